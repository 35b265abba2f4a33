// Opens the database that a setting names, at the newest schema.
import { migrate } from './migrate.ts'
import { openPostgres } from './postgres.ts'
import { openSqlite } from './sqlite.ts'
import type { Database } from './database.ts'

/** What opening needs to know. */
export type DatabaseOptions = {
  /** postgres://…, a SQLite file, or ':memory:'. */
  readonly database: string
  readonly poolSize: number
  readonly now: () => number
  /** Told of idle connections that break. */
  readonly lost: (error: Error) => void
}

const isPostgres = (database: string): boolean => /^postgres(ql)?:\/\//.test(database)

/**
 * Opens a database and migrates it.
 *
 * @throws Error when it cannot be reached or written
 */
export const openDatabase = async ({ database, poolSize, now, lost }: DatabaseOptions): Promise<Database> => {
  const opened = isPostgres(database) ? openPostgres(database, poolSize, lost) : openSqlite(database)
  try {
    await migrate(opened, now)
    return opened
  } catch (error) {
    await opened.close()
    throw error
  }
}
