// A write that asks whether the database takes writes: reading goes on while a disk is full or a server is a standby.
import { prepare, type Database } from './database/index.ts'

/**
 * Makes the probe of a database.
 *
 * @returns writes one row of `leases`, always the same; resolves when that is written, rejects when it cannot be
 */
export const probe = (database: Database): (() => Promise<void>) => {
  // A row that stays what it is would not be written.
  const count = prepare<Record<never, never>>(database.dialect, (db) =>
    db
      .insertInto('leases')
      .values({ name: 'readiness', owner: '', until_at: 0 })
      .onConflict((conflict) =>
        conflict.column('name').doUpdateSet((eb) => ({ until_at: eb('leases.until_at', '+', 1) })),
      ),
  )
  return () => database.commit([{ statement: count({}), rows: 1, otherwise: () => new Error('unreachable') }])
}
