// Custom scopes: the scopes that the resource servers of a pool define now, each named `identifier/scope`
// (protocol/administration 8).
import type { Context } from '../../context.ts'
import type { Pool } from '../../store/index.ts'

/** The number of resource servers in one read; a pool may have fewer. */
const readAtOnce = 300

/** The full names of all custom scopes of a pool. */
export const customScopes = async ({ store }: Pick<Context, 'store'>, pool: Pool): Promise<ReadonlySet<string>> => {
  const servers = await store.resourceServers.list(pool.id, '', readAtOnce)
  return new Set(servers.flatMap(({ identifier, scopes }) => scopes.map(({ name }) => `${identifier}/${name}`)))
}
