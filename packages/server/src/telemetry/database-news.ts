// What the log says of the database beside the answers: of connections that break, of a start that waits, and of a
// file that others may read.
import type { Log } from '../context.ts'

/** What opening a database tells of. */
export type DatabaseNews = {
  readonly lost: (error: Error) => void
  readonly waits: () => void
  readonly exposed: (path: string) => void
}

/** Writes what happens to the database into the log. */
export const databaseNews = (log: Log): DatabaseNews => ({
  lost: (error) => log.warn({ err: error }, 'a database connection was lost'),
  waits: () => log.warn({ leaseSeconds: 60 }, 'another server migrates the database, or died while it did: waiting'),
  exposed: (path) => log.warn({ path }, 'others than its owner may read the database file: chmod 600 it'),
})
