// App clients. Requests name only the id of a client; its pool must not be deleted.
import { resourceNotFound, ServiceError } from '../errors.ts'
import type { ClientSettings } from '../rules/client-settings.ts'
import { prepare, type Database, type Write } from './database/index.ts'
import { rowsOf } from './rows.ts'
import type { Row } from './tables.ts'
import { recent } from './recent.ts'

/** One secret of an app client; a client may have two (protocol/administration 2.3). */
export type ClientSecret = { readonly id: string; readonly sealed: string; readonly createdAt: number }

/** An app client. */
export type Client = Row<'clients', { readonly settings: ClientSettings; readonly secrets: readonly ClientSecret[] }>

/** The members of a client that may change. */
export type ClientChange = Partial<Pick<Client, 'name' | 'settings' | 'secrets'>>

export type Clients = {
  /** The client, or undefined when the client or its pool does not exist. */
  find(clientId: string): Promise<Client | undefined>
  /** The client, of any pool. @throws ServiceError ResourceNotFoundException (protocol/administration 0) */
  get(clientId: string): Promise<Client>
  /** The client of this pool. @throws ServiceError ResourceNotFoundException, also for another pool's client */
  getOf(poolId: string, clientId: string): Promise<Client>
  /** Up to `limit` clients of a pool whose id comes after `after`, by id. */
  list(poolId: string, after: string, limit: number): Promise<Client[]>
  /** The number of clients of a pool, at most `most`. */
  count(poolId: string, most: number): Promise<number>
  add(client: Client): Write
  change(client: Client, to: ClientChange, now: number): Write
  remove(client: Client): Write
  /** Forgets the rows in memory. */
  forget(): void
}

/** The table of app clients. */
export const clients = (database: Database): Clients => {
  const { dialect } = database
  const rows = rowsOf<'clients', Client>(database, 'clients')
  const selectOne = prepare<{ id: string }>(dialect, (db, slot) =>
    db
      .selectFrom('clients')
      .innerJoin('pools', 'pools.pool_id', 'clients.pool_id')
      .selectAll('clients')
      .where('client_id', '=', slot('id'))
      .where('pools.deleted_at', 'is', null),
  )
  const selectPage = prepare<{ poolId: string; after: string; limit: number }>(dialect, (db, slot) =>
    db
      .selectFrom('clients')
      .selectAll()
      .where('pool_id', '=', slot('poolId'))
      .where('client_id', '>', slot('after'))
      .orderBy('client_id')
      .limit(slot('limit')),
  )
  const countUpTo = prepare<{ poolId: string; most: number }>(dialect, (db, slot) =>
    db
      .selectFrom(
        db
          .selectFrom('clients')
          .select('client_id')
          .where('pool_id', '=', slot('poolId'))
          .limit(slot('most'))
          .as('counted'),
      )
      .select((eb) => eb.fn.countAll().as('count')),
  )
  const memory = recent<Client | undefined>()
  const find = (id: string): Promise<Client | undefined> =>
    memory.get(id, async () => {
      const [client] = await rows.read(selectOne({ id }))
      return client
    })
  const get = async (id: string): Promise<Client> => {
    const client = await find(id)
    if (!client) throw missing(id)
    return client
  }
  return {
    find,
    get,
    getOf: async (poolId, id) => {
      const client = await get(id)
      if (client.poolId !== poolId) throw missing(id)
      return client
    },
    list: (poolId, after, limit) => rows.read(selectPage({ poolId, after, limit })),
    count: async (poolId, most) => Number((await database.read(countUpTo({ poolId, most })))[0]?.['count']),
    add: (client) => rows.insert(client, changedMeanwhile),
    change: (client, to, now) => rows.update({ ...client, ...to, updatedAt: now }, changedMeanwhile),
    remove: ({ id }) => rows.remove({ id }, () => missing(id)),
    forget: memory.clear,
  }
}

const missing = (id: string): ServiceError => resourceNotFound(`User pool client ${id} does not exist.`)

const changedMeanwhile = (): ServiceError =>
  new ServiceError('ConcurrentModificationException', 'The client was changed by another request, please try again.')
