// Tests of the store on each database: the same test on SQLite and on PostgreSQL, without a server.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import type { Database } from '../src/store/database/index.ts'
import { migrate } from '../src/store/database/migrate.ts'
import { openPostgres } from '../src/store/database/postgres.ts'
import { openSqlite } from '../src/store/database/sqlite.ts'
import { startPostgres } from './postgres.ts'

/** Opens one fresh database as often as it is called, as several servers would; all is closed after the test. */
type Place = (t: TestContext) => Promise<() => Database>

const closing = (t: TestContext, open: () => Database, gone: () => void): (() => Database) => {
  const opened: Database[] = []
  t.after(async () => {
    await Promise.all(opened.map((database) => database.close()))
    gone()
  })
  return () => {
    const database = open()
    let closed: Promise<void> | undefined
    const once = { ...database, close: () => (closed ??= database.close()) }
    opened.push(once)
    return once
  }
}

/** A database in a file of its own. */
export const sqliteFile: Place = async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'poolkeeper-contract-'))
  const remove = (): void => rmSync(folder, { recursive: true, force: true })
  return closing(t, () => openSqlite(join(folder, 'poolkeeper.sqlite')), remove)
}

const postgresDatabase: Place = async (t) => {
  const url = await (await startPostgres()).freshDatabase()
  return closing(
    t,
    () => openPostgres(url, 8, () => {}),
    () => {},
  )
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
