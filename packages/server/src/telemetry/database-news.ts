// Log lines about the database: a lost connection, a start that waits for another server, a database file with loose
// permissions.
import type { Log } from '../context.ts'

/** The events of a database that the log reports. */
export type DatabaseNews = {
  readonly lost: (error: Error) => void
  readonly waits: () => void
  readonly exposed: (path: string) => void
}

/** Makes functions that write each event into the log. */
export const databaseNews = (log: Log): DatabaseNews => ({
  lost: (error) => log.warn({ err: error }, 'a database connection was lost'),
  waits: () => log.warn({ leaseSeconds: 60 }, 'another server migrates the database, or died while it did: waiting'),
  exposed: (path) => log.warn({ path }, 'others than its owner may read the database file: chmod 600 it'),
})
