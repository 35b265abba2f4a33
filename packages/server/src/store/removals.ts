// Removes pools, clients and users. Readers no longer see a removed owner at once; its other rows are removed in steps,
// and the row that records the removal comes last. So a removal is short, however many rows belong to the owner, and
// leaves nothing behind (requirement 125).
import { sql } from 'kysely'
import { prepare, type Database, type Write } from './database/index.ts'
import { rowsOf } from './rows.ts'
import { removalOf, type Step } from './steps.ts'
import { describedTables, type DescribedTable, type Row } from './tables.ts'

/** A removed owner: a pool by its id, a client or user by its id and the pool's. */
export type Removed = { readonly kind: 'pool' | 'client' | 'user'; readonly poolId: string; readonly id: string }

export type Removals = {
  /** Removes a user with its rows; rows beyond the size of one write are removed later. */
  user(user: { readonly poolId: string; readonly id: string }, now: number): Write[]
  /** Records that a client was removed; its rows are removed later. */
  client(client: { readonly poolId: string; readonly id: string }, now: number): Write
  /** Some owners that were removed before a moment and may still have rows. */
  list(before: number): Promise<Removed[]>
  /** A step for each table that may have rows of the removed owner. */
  steps(removed: Removed): Step[]
  /** Removes the record of a removal that is complete. */
  finish(removed: Removed): Write[]
}

const listedAtOnce = 20

type Kept = Row<'removals', { readonly kind: 'client' | 'user' }>

/** The removals of a database. */
export const removals = (database: Database): Removals => {
  const { dialect } = database
  const rows = rowsOf<'removals', Kept>(database, 'removals')
  const selectPools = prepare<{ before: number }>(dialect, (db, slot) =>
    db.selectFrom('pools').select('pool_id').where('deleted_at', '<=', slot('before')).limit(listedAtOnce),
  )
  const selectOthers = prepare<{ before: number }>(dialect, (db, slot) =>
    db.selectFrom('removals').selectAll().where('removed_at', '<=', slot('before')).limit(listedAtOnce),
  )
  const deletePool = prepare<{ poolId: string }>(dialect, (db, slot) =>
    db.deleteFrom('pools').where('pool_id', '=', slot('poolId')).where('deleted_at', 'is not', null),
  )
  type Target = { poolId: string; id: string }
  const inPool = (tables: readonly DescribedTable[], column: 'pool_id' | 'user_id' | 'client_id') =>
    tables.map((table) =>
      removalOf<Target>(database, table, (slot) =>
        column === 'pool_id'
          ? sql`pool_id = ${slot('poolId')}`
          : sql`pool_id = ${slot('poolId')} and ${sql.ref(column)} = ${slot('id')}`,
      ),
    )
  const removalsOf = {
    pool: inPool(ofPool, 'pool_id'),
    user: inPool(ofUser, 'user_id'),
    client: inPool(ofClient, 'client_id'),
  }
  const steps: Removals['steps'] = ({ kind, poolId, id }) => removalsOf[kind].map((stepOf) => stepOf({ poolId, id }))
  return {
    user: ({ poolId, id }, now) => [
      ...steps({ kind: 'user', poolId, id }).map((step) => step.write()),
      rows.put({ poolId, kind: 'user', id, removedAt: now }),
    ],
    client: ({ poolId, id }, now) => rows.insert({ poolId, kind: 'client', id, removedAt: now }, taken),
    list: async (before) => [
      ...(await database.read(selectPools({ before }))).map((row): Removed => {
        const id = String(row['pool_id'])
        return { kind: 'pool', poolId: id, id }
      }),
      ...(await rows.read(selectOthers({ before }))),
    ],
    steps,
    finish: ({ kind, poolId, id }) =>
      kind === 'pool' ? [rows.any(deletePool({ poolId }))] : [rows.remove({ poolId, kind, id })],
  }
}

const taken = (): Error => new Error('it was removed before')

// The pool's own row is removed last.
const ofPool = describedTables.filter(({ owner, name }) => owner !== 'server' && name !== 'pools')

// The users table comes last: as long as the user's row exists, the removal can be repeated.
const ofUser = [
  ...describedTables.filter(({ owner, name }) => owner === 'user' && name !== 'users'),
  ...describedTables.filter(({ name }) => name === 'users'),
]

const ofClient = describedTables.filter(({ columns }) => 'clientId' in columns)
