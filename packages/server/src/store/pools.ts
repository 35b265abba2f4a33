// User pools. A deleted pool keeps its row, marked, until it is purged; every read here passes it by.
import { resourceNotFound, ServiceError } from '../errors.ts'
import type { PoolSettings } from '../rules/pool-settings.ts'
import { prepare, type Database, type Value, type Write } from './database/index.ts'
import { recent } from './recent.ts'

/** A user pool. */
export type Pool = {
  readonly id: string
  readonly region: string
  readonly name: string
  readonly settings: PoolSettings
  /** Counts the changes; a change names the version it was made from. */
  readonly version: number
  readonly createdAt: number
  readonly updatedAt: number
}

export type Pools = {
  /** The pool, or undefined when there is none or it was deleted. */
  find(poolId: string): Promise<Pool | undefined>
  /** The pool. @throws ServiceError ResourceNotFoundException (spec: administration 0) */
  get(poolId: string): Promise<Pool>
  /** Up to `limit` pools of a Region whose id comes after `after`, by id. */
  list(region: string, after: string, limit: number): Promise<Pool[]>
  /** How many pools a Region has, counted up to `most`. */
  count(region: string, most: number): Promise<number>
  add(pool: Pool): Write
  /** Replaces name and settings of the version that was read. */
  change(pool: Pool, to: { readonly name: string; readonly settings: PoolSettings }, now: number): Write
  remove(pool: Pool, now: number): Write
  /** Forgets what was kept in memory. */
  forget(): void
}

const poolOf = (row: Record<string, Value>): Pool => ({
  id: String(row['pool_id']),
  region: String(row['region']),
  name: String(row['name']),
  settings: JSON.parse(String(row['settings'])) as PoolSettings,
  version: Number(row['version']),
  createdAt: Number(row['created_at']),
  updatedAt: Number(row['updated_at']),
})

const changedMeanwhile = (): ServiceError =>
  new ServiceError('ConcurrentModificationException', 'The user pool was changed by another request, please try again.')

/** The table of user pools. */
export const pools = (database: Database): Pools => {
  const { dialect } = database
  const selectOne = prepare<{ id: string }>(dialect, (db, slot) =>
    db.selectFrom('pools').selectAll().where('pool_id', '=', slot('id')).where('deleted_at', 'is', null),
  )
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
  const insert = prepare<{ id: string; region: string; name: string; settings: string; now: number }>(
    dialect,
    (db, slot) =>
      db.insertInto('pools').values({
        pool_id: slot('id'),
        region: slot('region'),
        name: slot('name'),
        settings: slot('settings'),
        version: 1,
        created_at: slot('now'),
        updated_at: slot('now'),
        deleted_at: null,
      }),
  )
  const update = prepare<{ id: string; version: number; name: string; settings: string; now: number }>(
    dialect,
    (db, slot) =>
      db
        .updateTable('pools')
        .set((eb) => ({
          name: slot('name'),
          settings: slot('settings'),
          updated_at: slot('now'),
          version: eb('version', '+', 1),
        }))
        .where('pool_id', '=', slot('id'))
        .where('version', '=', slot('version'))
        .where('deleted_at', 'is', null),
  )
  const mark = prepare<{ id: string; version: number; now: number }>(dialect, (db, slot) =>
    db
      .updateTable('pools')
      .set({ deleted_at: slot('now') })
      .where('pool_id', '=', slot('id'))
      .where('version', '=', slot('version'))
      .where('deleted_at', 'is', null),
  )

  const memory = recent<Pool | undefined>()
  const find = (id: string): Promise<Pool | undefined> =>
    memory.get(id, async () => {
      const [row] = await database.read(selectOne({ id }))
      return row && poolOf(row)
    })
  return {
    find,
    get: async (id) => {
      const pool = await find(id)
      if (!pool) throw resourceNotFound(`User pool ${id} does not exist.`)
      return pool
    },
    list: async (region, after, limit) => (await database.read(selectPage({ region, after, limit }))).map(poolOf),
    count: async (region, most) => Number((await database.read(countUpTo({ region, most })))[0]?.['count']),
    add: ({ id, region, name, settings, createdAt }) => ({
      statement: insert({ id, region, name, settings: JSON.stringify(settings), now: createdAt }),
      rows: 1,
      otherwise: changedMeanwhile,
      settings: true,
    }),
    change: ({ id, version }, { name, settings }, now) => ({
      statement: update({ id, version, name, settings: JSON.stringify(settings), now }),
      rows: 1,
      otherwise: changedMeanwhile,
      settings: true,
    }),
    remove: ({ id, version }, now) => ({
      statement: mark({ id, version, now }),
      rows: 1,
      otherwise: changedMeanwhile,
      settings: true,
    }),
    forget: memory.clear,
  }
}
