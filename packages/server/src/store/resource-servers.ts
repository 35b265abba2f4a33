// Resource servers of a pool, each with the scopes that clients may have (protocol/administration 8).
import { resourceNotFound } from '../errors.ts'
import type { Database, Write } from './database/index.ts'
import { rowsOf } from './rows.ts'
import type { Row } from './tables.ts'

/** A scope of a resource server, without the server's identifier. */
export type Scope = { readonly name: string; readonly description: string }

/** A resource server. */
export type ResourceServer = Row<'resource_servers', { readonly scopes: readonly Scope[] }>

export type ResourceServers = {
  /** @throws ServiceError ResourceNotFoundException */
  get(poolId: string, identifier: string): Promise<ResourceServer>
  /** Up to `limit` servers whose identifier comes after `after`, by identifier. */
  list(poolId: string, after: string, limit: number): Promise<ResourceServer[]>
  /** Adds a server; refused with `taken` when the pool has a server of that identifier. */
  add(server: ResourceServer, taken: () => Error): Write
  /** Replaces name and scopes. */
  change(server: ResourceServer): Write
  remove(server: ResourceServer): Write
}

/** The table of resource servers. */
export const resourceServers = (database: Database): ResourceServers => {
  const rows = rowsOf<'resource_servers', ResourceServer>(database, 'resource_servers')
  return {
    get: async (poolId, identifier) => {
      const server = await rows.find({ poolId, identifier })
      if (!server) throw missing(identifier)
      return server
    },
    list: (poolId, after, limit) => rows.page({ poolId }, after, limit),
    add: rows.insert,
    change: (server) => rows.update(server, () => missing(server.identifier)),
    remove: (server) => rows.remove(server, () => missing(server.identifier)),
  }
}

const missing = (identifier: string): Error => resourceNotFound(`Resource server ${identifier} does not exist.`)
