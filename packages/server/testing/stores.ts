// Tests of the store on each database: the same test on SQLite and on PostgreSQL, without a server.
import { test, type TestContext } from 'node:test'
import type { Database } from '../src/store/database/index.ts'
import { migrate } from '../src/store/database/migrate.ts'
import { sweeps } from '../src/store/sweep.ts'
import { places } from './places.ts'

/** Runs a test on each database. */
export const onBoth = (title: string, run: (open: () => Database, t: TestContext) => Promise<void>): void => {
  for (const [name, place] of places) {
    test(`${title} (${name})`, async (t) => run(await place(t), t))
  }
}

/** A fresh database at the newest schema. */
export const migrated = async (open: () => Database): Promise<Database> => {
  const database = open()
  await migrate(database, () => 0)
  return database
}

/** Removes up to a step of what has ended, of every table. */
export const sweepOnce = async (database: Database, now: number): Promise<void> => {
  for (const { step } of sweeps(database)) await database.commit([step(now).write()])
}
