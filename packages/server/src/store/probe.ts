// Checks whether the database takes writes. Reads do not show that: they succeed on a full disk and on a standby.
import { prepare, type Database } from './database/index.ts'

/**
 * Makes the probe of a database.
 *
 * @returns a function that writes one row of `leases`, always the same; it resolves when the row is written, and
 * rejects when it cannot be
 */
export const probe = (database: Database): (() => Promise<void>) => {
  // An unchanged row would not be written, so this changes it.
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
