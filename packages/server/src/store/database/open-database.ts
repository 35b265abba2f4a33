// Opens the configured database, migrates it to the newest schema and checks its mode.
import { dirname } from 'node:path'
import { ConfigError } from '../../errors.ts'
import type { Database } from './index.ts'
import { migrate } from './migrate.ts'
import { markMode, refuseOtherMode, type Mode } from './mode.ts'
import { isExposed, openSqlite } from './sqlite.ts'

/** The options for opening a database. */
export type DatabaseOptions = {
  /** postgres://…, a SQLite file, or ':memory:'. */
  readonly database: string
  readonly poolSize: number
  /**
   * The mode of the server, which marks an empty database; undefined for commands that work with databases of both
   * modes.
   */
  readonly mode: Mode | undefined
  readonly now: () => number
  /** Gets the errors of idle connections that break. */
  readonly lost: (error: Error) => void
  /** Called once when this server waits for the migration of another server. */
  readonly waits: () => void
  /** Called for a SQLite file that users other than its owner may read. */
  readonly exposed: (path: string) => void
}

/** Whether a database setting names PostgreSQL, and not a SQLite file. */
export const isPostgres = (database: string): boolean => /^postgres(ql)?:\/\//i.test(database)

/**
 * Opens a database and migrates it.
 *
 * @throws ConfigError when the database belongs to the other mode or a newer program, or cannot be reached or written
 * for a known reason; otherwise the error of the database
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

// The driver is loaded here, so that a server on SQLite starts without it.
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
    // This comes first, so that a database of the other mode is not changed.
    if (mode !== undefined) await refuseOtherMode(database, mode)
    await migrate(database, now, waits)
    if (mode !== undefined) await markMode(database, mode)
    return database
  } catch (error) {
    await database.close()
    throw error
  }
}

// All other encodings lack characters that names may contain, and SQL_ASCII stores bytes without checking them.
const requireUnicode = async (database: Database): Promise<void> => {
  const [row] = await database.read({ sql: 'show server_encoding', parameters: [] })
  const encoding = String(row?.['server_encoding'])
  if (encoding === 'UTF8' || encoding === 'SQL_ASCII') return
  throw new ConfigError(
    `The database has the encoding ${encoding} and cannot keep every name: make one with the encoding UTF8 (create database … encoding 'UTF8' template template0).`,
  )
}
