// Opens the database that a setting names, at the newest schema.
import { migrate } from './migrate.ts'
import { isExposed, openSqlite } from './sqlite.ts'
import type { Database } from './index.ts'

/** What opening needs to know. */
export type DatabaseOptions = {
  /** postgres://…, a SQLite file, or ':memory:'. */
  readonly database: string
  readonly poolSize: number
  readonly now: () => number
  /** Told of idle connections that break. */
  readonly lost: (error: Error) => void
  /** Told once when the migration of another server is waited for. */
  readonly waits: () => void
  /** Told of a SQLite file that others than its owner may read. */
  readonly exposed: (path: string) => void
}

const isPostgres = (database: string): boolean => /^postgres(ql)?:\/\//.test(database)

// Loaded when it is used: a server on SQLite starts without it.
const openRemote = async (url: string, poolSize: number, lost: (error: Error) => void): Promise<Database> =>
  (await import('./postgres.ts')).openPostgres(url, poolSize, lost)

/**
 * Opens a database and migrates it.
 *
 * @throws Error when it cannot be reached or written
 */
export const openDatabase = async (options: DatabaseOptions): Promise<Database> => {
  const { database, poolSize, now, lost, waits, exposed } = options
  const remote = isPostgres(database)
  const opened = remote ? await openRemote(database, poolSize, lost) : openSqlite(database)
  if (!remote && isExposed(database)) exposed(database)
  try {
    await migrate(opened, now, waits)
    return opened
  } catch (error) {
    await opened.close()
    throw error
  }
}
