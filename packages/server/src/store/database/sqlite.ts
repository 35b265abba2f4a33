// SQLite by node:sqlite. Write-ahead log with synchronous=FULL: what is acknowledged is on the disk. Lists that
// arrive together share one transaction and one disk sync, each list still whole or absent by itself.
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { makeCheckpoints } from './checkpoints.ts'
import type { Database, Statement, Value, Write } from './index.ts'

type Waiting = { writes: readonly Write[]; done: () => void; failed: (error: unknown) => void }

/** Lists that wait for one another at most. */
const gatheredAtMost = 100

/** How many prepared statements are kept; the service has about a hundred. */
const statementLimit = 500

/**
 * Opens a SQLite database.
 *
 * @param path - a file path or ':memory:'
 * @returns the database; several processes may open the same file, and wait up to five seconds for one another
 */
export const openSqlite = (path: string): Database => {
  const connection = new DatabaseSync(path, { timeout: 5000 })
  const journal = connection.prepare('pragma journal_mode = wal').get()?.['journal_mode']
  connection.exec('pragma wal_autocheckpoint = 0; pragma synchronous = full; pragma foreign_keys = off')
  connection.exec('pragma cache_size = -65536; pragma temp_store = memory; pragma mmap_size = 268435456')

  const statements = new Map<string, StatementSync>()
  const prepared = (sql: string): StatementSync => {
    const known = statements.get(sql)
    if (known) return known
    const statement = connection.prepare(sql)
    if (statements.size >= statementLimit) statements.clear()
    statements.set(sql, statement)
    return statement
  }
  const run = ({ sql, parameters }: Statement): number => Number(prepared(sql).run(...parameters).changes)

  const writeList = (writes: readonly Write[]): void => {
    for (const { statement, rows, otherwise } of writes) {
      const touched = run(statement)
      if (rows !== 'any' && touched !== rows) throw otherwise()
    }
  }

  // A list that is refused takes back what it wrote and leaves the others of its group alone.
  const writeInGroup = ({ writes, done, failed }: Waiting): (() => void) => {
    connection.exec('savepoint list')
    try {
      writeList(writes)
      connection.exec('release list')
      return done
    } catch (error) {
      connection.exec('rollback to list; release list')
      return () => failed(error)
    }
  }

  // The reads of one turn of the event loop share a snapshot, which spares each of them the file locks of its own.
  const beginReading = connection.prepare('begin')
  const endReading = connection.prepare('commit')
  let reading = false
  const endSnapshot = (): void => {
    if (!reading) return
    reading = false
    endReading.run()
  }
  const beginSnapshot = (): void => {
    if (reading) return
    reading = true
    beginReading.run()
    setImmediate(endSnapshot)
  }

  const transaction = <Result>(work: () => Result): Result => {
    endSnapshot()
    connection.exec('begin immediate')
    try {
      const result = work()
      connection.exec('commit')
      return result
    } catch (error) {
      if (connection.isTransaction) connection.exec('rollback')
      throw error
    }
  }

  const finishCheckpoint = (): void => {
    endSnapshot()
    try {
      connection.exec('pragma wal_checkpoint(passive)')
    } catch {
      // Nothing is lost: the log keeps what it holds, until the next checkpoint.
    }
  }
  // A database in memory has no log.
  const checkpoints = journal === 'wal' ? makeCheckpoints(path, finishCheckpoint) : undefined

  let waiting: Waiting[] = []
  const flush = (): void => {
    const group = waiting
    waiting = []
    if (group.length === 0) return
    try {
      for (const answer of transaction(() => group.map(writeInGroup))) answer()
    } catch (error) {
      for (const { failed } of group) failed(error)
      return
    }
    checkpoints?.wrote(group.reduce((sum, { writes }) => sum + writes.length, 0))
  }

  // Waits, a turn of the event loop at a time, while lists go on arriving: whoever comes now shares the disk sync.
  const gather = (seen: number): void => {
    if (waiting.length === seen || waiting.length >= gatheredAtMost) flush()
    else setImmediate(gather, waiting.length)
  }

  return {
    dialect: 'sqlite',
    read: async ({ sql, parameters }) => {
      beginSnapshot()
      return prepared(sql).all(...parameters) as Record<string, Value>[]
    },
    commit: (writes) =>
      new Promise((done, failed) => {
        if (waiting.length === 0) setImmediate(gather, 0)
        waiting.push({ writes, done, failed })
      }),
    migrate: async (list) =>
      transaction(() => void list.forEach(({ sql, parameters }) => connection.prepare(sql).run(...parameters))),
    // Its settings are its own connection's, and full.
    weaknesses: async () => [],
    ping: async () => void connection.prepare('select 1').get(),
    close: async () => {
      flush()
      endSnapshot()
      await checkpoints?.close()
      if (connection.isOpen) connection.close()
    },
  }
}
