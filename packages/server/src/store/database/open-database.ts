// Opens the database that a setting names, at the newest schema, in the mode that made it.
import { dirname } from 'node:path'
import { ConfigError } from '../../errors.ts'
import type { Database } from './index.ts'
import { migrate } from './migrate.ts'
import { markMode, refuseOtherMode, type Mode } from './mode.ts'
import { isExposed, openSqlite } from './sqlite.ts'

/** What opening needs to know. */
export type DatabaseOptions = {
  /** postgres://…, a SQLite file, or ':memory:'. */
  readonly database: string
  readonly poolSize: number
  /** The mode that opens it, and marks it where it is empty; undefined for what is done to a database of either. */
  readonly mode: Mode | undefined
  readonly now: () => number
  /** Told of idle connections that break. */
  readonly lost: (error: Error) => void
  /** Told once when the migration of another server is waited for. */
  readonly waits: () => void
  /** Told of a SQLite file that others than its owner may read. */
  readonly exposed: (path: string) => void
}

/** Whether a database is a PostgreSQL, and not a SQLite file. */
export const isPostgres = (database: string): boolean => /^postgres(ql)?:\/\//i.test(database)

/**
 * Opens a database and migrates it.
 *
 * @throws ConfigError when it is of the other mode or a newer program, or cannot be reached or written for a reason that
 * is known; else the error of the database
 */
export const openDatabase = (options: DatabaseOptions): Promise<Database> =>
  isPostgres(options.database) ? openRemote(options) : openFile(options)

const openFile = async (options: DatabaseOptions): Promise<Database> => {
  const database = opened(options.database)
  if (isExposed(options.database)) options.exposed(options.database)
  return prepared(database, options)
}

const opened = (path: string): Database => {
  try {
    return openSqlite(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    throw new ConfigError(`There is no folder ${dirname(path)} for the database: make it first, or name one by --data.`)
  }
}

// Loaded when it is used: a server on SQLite starts without it.
const openRemote = async (options: DatabaseOptions): Promise<Database> => {
  const { explainedFault } = await import('./postgres-faults.ts')
  const { openPostgres } = await import('./postgres.ts')
  try {
    return await prepared(openPostgres(options.database, options.poolSize, options.lost), options, requireUnicode)
  } catch (error) {
    throw explainedFault(error, options.database)
  }
}

const prepared = async (
  database: Database,
  { mode, now, waits }: DatabaseOptions,
  check: (database: Database) => Promise<void> = async () => {},
): Promise<Database> => {
  try {
    await check(database)
    // First: a database of the other mode is not touched.
    if (mode !== undefined) await refuseOtherMode(database, mode)
    await migrate(database, now, waits)
    if (mode !== undefined) await markMode(database, mode)
    return database
  } catch (error) {
    await database.close()
    throw error
  }
}

// Any other encoding lacks characters that names may hold. SQL_ASCII keeps whatever it is given.
const requireUnicode = async (database: Database): Promise<void> => {
  const [row] = await database.read({ sql: 'show server_encoding', parameters: [] })
  const encoding = String(row?.['server_encoding'])
  if (encoding === 'UTF8' || encoding === 'SQL_ASCII') return
  throw new ConfigError(
    `The database has the encoding ${encoding} and cannot keep every name: make one with the encoding UTF8 (create database … encoding 'UTF8' template template0).`,
  )
}
