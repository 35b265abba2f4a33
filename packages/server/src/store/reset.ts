// Empties the database, for the development server.
import type { Database } from './database/index.ts'
import { describedTables } from './tables.ts'

/** Removes all rows except those of the server itself: access keys, leases and the schema. */
export const emptyDatabase = (database: Database): Promise<void> =>
  database.migrate(
    describedTables
      .filter(({ owner }) => owner !== 'server')
      .map(({ name }) => ({ sql: `delete from ${name}`, parameters: [] })),
  )
