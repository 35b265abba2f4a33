// Tests of the store on each database: the same test on SQLite and on PostgreSQL, without a server.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import type { Database } from '../src/store/database/index.ts'
import { migrate } from '../src/store/database/migrate.ts'
import { openPostgres } from '../src/store/database/postgres.ts'
import { openSqlite } from '../src/store/database/sqlite.ts'
import { sweeps } from '../src/store/sweep.ts'
import { closing } from './closing.ts'
import { startPostgres, unhurried } from './postgres.ts'

/** Opens one fresh database as often as it is called, as several servers would; all is closed after the test. */
type Place = (t: TestContext) => Promise<() => Database>

const opening = (t: TestContext, open: () => Database) => (): Database => {
  const database = open()
  let closed: Promise<void> | undefined
  const close = (): Promise<void> => (closed ??= database.close())
  closing(t, close)
  return { ...database, close }
}

/** A database in a file of its own. */
export const sqliteFile: Place = async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'poolkeeper-contract-'))
  closing(t, () => rmSync(folder, { recursive: true, force: true }))
  return opening(t, () => openSqlite(join(folder, 'poolkeeper.sqlite')))
}

const postgresDatabase: Place = async (t) => {
  const url = await (await startPostgres()).freshDatabase()
  return opening(t, () => openPostgres(url, 8, () => {}, unhurried))
}

const places = { SQLite: sqliteFile, PostgreSQL: postgresDatabase } as const

/** Runs a test on each database. */
export const onBoth = (title: string, run: (open: () => Database, t: TestContext) => Promise<void>): void => {
  for (const [name, place] of Object.entries(places)) {
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
