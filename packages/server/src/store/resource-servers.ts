// Resource servers of a pool, each with the scopes that clients may be given (spec: administration 8).
import { resourceNotFound } from '../errors.ts'
import { prepare, type Database, type Value, type Write } from './database/index.ts'

/** A scope of a resource server, without the server's identifier. */
export type Scope = { readonly name: string; readonly description: string }

/** A resource server. */
export type ResourceServer = {
  readonly poolId: string
  readonly identifier: string
  readonly name: string
  readonly scopes: readonly Scope[]
}

export type ResourceServers = {
  /** @throws ServiceError ResourceNotFoundException */
  get(poolId: string, identifier: string): Promise<ResourceServer>
  /** Up to `limit` servers whose identifier comes after `after`, by identifier. */
  list(poolId: string, after: string, limit: number): Promise<ResourceServer[]>
  /** Adds a server; refused with `taken` when the pool has its identifier. */
  add(server: ResourceServer, taken: () => Error): Write
  /** Replaces name and scopes. */
  change(server: ResourceServer): Write
  remove(server: ResourceServer): Write
}

const serverOf = (row: Record<string, Value>): ResourceServer => ({
  poolId: String(row['pool_id']),
  identifier: String(row['identifier']),
  name: String(row['name']),
  scopes: JSON.parse(String(row['scopes'])) as Scope[],
})

const missing = (identifier: string): Error => resourceNotFound(`Resource server ${identifier} does not exist.`)

/** The table of resource servers. */
export const resourceServers = (database: Database): ResourceServers => {
  const { dialect } = database
  type Key = { poolId: string; identifier: string }
  const select = prepare<Key>(dialect, (db, slot) =>
    db
      .selectFrom('resource_servers')
      .selectAll()
      .where('pool_id', '=', slot('poolId'))
      .where('identifier', '=', slot('identifier')),
  )
  const selectPage = prepare<{ poolId: string; after: string; limit: number }>(dialect, (db, slot) =>
    db
      .selectFrom('resource_servers')
      .selectAll()
      .where('pool_id', '=', slot('poolId'))
      .where('identifier', '>', slot('after'))
      .orderBy('identifier')
      .limit(slot('limit')),
  )
  type Row = Key & { name: string; scopes: string }
  const insert = prepare<Row>(dialect, (db, slot) =>
    db
      .insertInto('resource_servers')
      .values({
        pool_id: slot('poolId'),
        identifier: slot('identifier'),
        name: slot('name'),
        scopes: slot('scopes'),
      })
      .onConflict((conflict) => conflict.doNothing()),
  )
  const update = prepare<Row>(dialect, (db, slot) =>
    db
      .updateTable('resource_servers')
      .set({ name: slot('name'), scopes: slot('scopes') })
      .where('pool_id', '=', slot('poolId'))
      .where('identifier', '=', slot('identifier')),
  )
  const deleteOne = prepare<Key>(dialect, (db, slot) =>
    db
      .deleteFrom('resource_servers')
      .where('pool_id', '=', slot('poolId'))
      .where('identifier', '=', slot('identifier')),
  )
  const rowOf = (server: ResourceServer): Row => ({ ...server, scopes: JSON.stringify(server.scopes) })
  return {
    get: async (poolId, identifier) => {
      const [row] = await database.read(select({ poolId, identifier }))
      if (!row) throw missing(identifier)
      return serverOf(row)
    },
    list: async (poolId, after, limit) => (await database.read(selectPage({ poolId, after, limit }))).map(serverOf),
    add: (server, otherwise) => ({ statement: insert(rowOf(server)), rows: 1, otherwise }),
    change: (server) => ({ statement: update(rowOf(server)), rows: 1, otherwise: () => missing(server.identifier) }),
    remove: ({ poolId, identifier }) => ({
      statement: deleteOne({ poolId, identifier }),
      rows: 1,
      otherwise: () => missing(identifier),
    }),
  }
}
