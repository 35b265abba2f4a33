// User pools. A deleted pool keeps its row, marked as deleted, until the purge; all reads here ignore it.
import { resourceNotFound, ServiceError } from '../errors.ts'
import type { PoolSettings } from '../rules/pool-settings.ts'
import { prepare, type Database, type Write } from './database/index.ts'
import { withPresentNames } from './former-settings.ts'
import { rowsOf } from './rows.ts'
import type { Row } from './tables.ts'
import { recent } from './recent.ts'

type Kept = Row<'pools', { readonly settings: PoolSettings }>

/** A user pool. */
export type Pool = Omit<Kept, 'deletedAt'>

export type Pools = {
  /** The pool, or undefined when it does not exist or was deleted. */
  find(poolId: string): Promise<Pool | undefined>
  /** The pool. @throws ServiceError ResourceNotFoundException (protocol/administration 0) */
  get(poolId: string): Promise<Pool>
  /** Up to `limit` pools of a Region whose id comes after `after`, by id. */
  list(region: string, after: string, limit: number): Promise<Pool[]>
  /** The number of pools in a Region, at most `most`. */
  count(region: string, most: number): Promise<number>
  add(pool: Pool): Write
  /** Replaces name and settings; refused when the pool has changed since it was read. */
  change(pool: Pool, to: { readonly name: string; readonly settings: PoolSettings }, now: number): Write
  /** Marks the pool as deleted; refused when it has changed since it was read. */
  remove(pool: Pool, now: number): Write
  /** Forgets the rows in memory. */
  forget(): void
}

/** The table of user pools. */
export const pools = (database: Database): Pools => {
  const { dialect } = database
  const rows = rowsOf<'pools', Kept>(database, 'pools')
  const selectPage = prepare<{ region: string; after: string; limit: number }>(dialect, (db, slot) =>
    db
      .selectFrom('pools')
      .selectAll()
      .where('region', '=', slot('region'))
      .where('pool_id', '>', slot('after'))
      .where('deleted_at', 'is', null)
      .orderBy('pool_id')
      .limit(slot('limit')),
  )
  const countUpTo = prepare<{ region: string; most: number }>(dialect, (db, slot) =>
    db
      .selectFrom(
        db
          .selectFrom('pools')
          .select('pool_id')
          .where('region', '=', slot('region'))
          .where('deleted_at', 'is', null)
          .limit(slot('most'))
          .as('counted'),
      )
      .select((eb) => eb.fn.countAll().as('count')),
  )
  const memory = recent<Pool | undefined>()
  const find = (id: string): Promise<Pool | undefined> =>
    memory.get(id, async () => {
      const pool = await rows.find({ id })
      return pool && pool.deletedAt === undefined ? present(pool) : undefined
    })
  return {
    find,
    get: async (id) => {
      const pool = await find(id)
      if (!pool) throw resourceNotFound(`User pool ${id} does not exist.`)
      return pool
    },
    list: async (region, after, limit) => (await rows.read(selectPage({ region, after, limit }))).map(present),
    count: async (region, most) => Number((await database.read(countUpTo({ region, most })))[0]?.['count']),
    add: (pool) => rows.insert({ ...pool, deletedAt: undefined }, changedMeanwhile),
    change: (pool, to, now) => rows.update({ ...pool, ...to, updatedAt: now, deletedAt: undefined }, changedMeanwhile),
    remove: (pool, now) => rows.update({ ...pool, deletedAt: now }, changedMeanwhile),
    forget: memory.clear,
  }
}

const changedMeanwhile = (): ServiceError =>
  new ServiceError('ConcurrentModificationException', 'The user pool was changed by another request, please try again.')

const present = (pool: Kept): Kept => ({ ...pool, settings: withPresentNames(pool.settings) })
