// Where tests of databases run: a SQLite file of the test's own, and a database of the PostgreSQL of the run.
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { Database } from '../src/store/database/index.ts'
import { openPostgres } from '../src/store/database/postgres.ts'
import { openSqlite } from '../src/store/database/sqlite.ts'
import { closing } from './closing.ts'
import { folderOf } from './folders.ts'
import { startPostgres, unhurried } from './postgres.ts'

/** Opens one fresh database as often as it is called, as several servers would; all is closed after the test. */
export type Place = (t: TestContext) => Promise<() => Database>

const opening = (t: TestContext, open: () => Database) => (): Database => {
  const database = open()
  let closed: Promise<void> | undefined
  const close = (): Promise<void> => (closed ??= database.close())
  closing(t, close)
  return { ...database, close }
}

/** A database in a file of its own. */
export const sqliteFile: Place = async (t) => {
  const file = join(folderOf(t), 'poolkeeper.sqlite')
  return opening(t, () => openSqlite(file))
}

const postgresDatabase: Place = async (t) => {
  const url = await (await startPostgres()).freshDatabase()
  return opening(t, () => openPostgres(url, 8, () => {}, unhurried))
}

const both: Readonly<Record<string, Place>> = { SQLite: sqliteFile, PostgreSQL: postgresDatabase }

/** The search for faults that no test finds asks SQLite first, as that is quicker; every other run asks both. */
const named = process.env['POOLKEEPER_TEST_DATABASES']?.split(',')

/** Where tests run that run on each database, by name. */
export const places: readonly (readonly [name: string, place: Place])[] = Object.entries(both).filter(
  ([name]) => named?.includes(name) ?? true,
)
