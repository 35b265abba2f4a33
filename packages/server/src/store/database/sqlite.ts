// SQLite by node:sqlite. Write-ahead log with synchronous=FULL: what is acknowledged is on the disk. Lists that
// arrive together share one transaction and one disk sync, each list still whole or absent by itself.
import { closeSync, openSync, statSync } from 'node:fs'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'
import { ServiceError } from '../../errors.ts'
import { makeCheckpoints } from './checkpoints.ts'
import type { Database, Statement, Value, Write } from './index.ts'

type Waiting = { writes: readonly Write[]; done: () => void; failed: (error: unknown) => void }

/** Lists that wait for one another at most. */
const gatheredAtMost = 100

/** Lists that one transaction writes at most: more come together only behind a lock. */
const writtenTogether = 400

/** How long a lock of another process is waited for, and how long a pause in between lasts. */
const lockMilliseconds = 5000
const lockPauseMilliseconds = 20

/** How many prepared statements are kept; the service has about a hundred. */
const statementLimit = 500

/** Whether others than its owner may read or write the file of a database. Windows has no such rights. */
export const isExposed = (path: string): boolean =>
  process.platform !== 'win32' && ((statSync(path, { throwIfNoEntry: false })?.mode ?? 0) & 0o077) !== 0

/**
 * Opens a SQLite database.
 *
 * @param path - a file path or ':memory:'; a file that is missing is made, for its owner alone
 * @param patience - how long a lock of another process is waited for, in milliseconds
 * @returns the database; several processes may open the same file. While one waits for the lock of another, its event
 * loop goes on; where it waits in vain, it refuses with TooManyRequestsException
 */
export const openSqlite = (path: string, patience: number = lockMilliseconds): Database => {
  makePrivateFile(path)
  const connection = new DatabaseSync(path, { timeout: lockMilliseconds })
  const journal = connection.prepare('pragma journal_mode = wal').get()?.['journal_mode']
  connection.exec('pragma wal_autocheckpoint = 0; pragma synchronous = full; pragma foreign_keys = off')
  connection.exec('pragma cache_size = -65536; pragma temp_store = memory; pragma mmap_size = 268435456')
  // From here on a lock is an answer: SQLite waits for it by putting the whole thread to sleep.
  connection.exec('pragma busy_timeout = 0')
  const pauses = Math.ceil(patience / lockPauseMilliseconds)

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
      // On a full disk SQLite takes back the whole group by itself.
      if (!connection.isTransaction) throw error
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
  let pausesMade = 0
  const writeGroup = (group: readonly Waiting[]): void => {
    for (const answer of transaction(() => group.map(writeInGroup))) answer()
    checkpoints?.wrote(group.reduce((sum, { writes }) => sum + writes.length, 0))
  }
  const flush = (): void => {
    const group = waiting.slice(0, writtenTogether)
    if (group.length === 0) return
    try {
      writeGroup(group)
      waiting = waiting.slice(group.length)
    } catch (error) {
      const locked = isBusy(error)
      if (locked && pausesMade < pauses) {
        pausesMade += 1
        setTimeout(flush, lockPauseMilliseconds)
        return
      }
      const failing = locked ? waiting : group
      waiting = waiting.slice(failing.length)
      for (const { failed } of failing) failed(locked ? busy() : error)
    }
    pausesMade = 0
    if (waiting.length > 0) setImmediate(flush)
  }

  // Not in the way of what needs no lock of another process: nearly everything.
  const whenFree = async <Result>(work: () => Result): Promise<Result> => {
    for (let made = 0; made < pauses; made += 1) {
      try {
        return work()
      } catch (error) {
        if (!isBusy(error)) throw error
        await pause(lockPauseMilliseconds)
      }
    }
    throw busy()
  }

  // Waits, a turn of the event loop at a time, while lists go on arriving: whoever comes now shares the disk sync.
  const gather = (seen: number): void => {
    if (waiting.length === seen || waiting.length >= gatheredAtMost) flush()
    else setImmediate(gather, waiting.length)
  }

  const readNow = ({ sql, parameters }: Statement): Record<string, Value>[] => {
    beginSnapshot()
    return prepared(sql).all(...parameters) as Record<string, Value>[]
  }

  const close = async (): Promise<void> => {
    while (waiting.length > 0) {
      flush()
      if (waiting.length > 0) await pause(lockPauseMilliseconds)
    }
    endSnapshot()
    await checkpoints?.close()
    connection.close()
  }
  let closing: Promise<void> | undefined

  return {
    dialect: 'sqlite',
    read: async (statement) => {
      try {
        return readNow(statement)
      } catch (error) {
        if (!isBusy(error)) throw error
        return whenFree(() => readNow(statement))
      }
    },
    commit: (writes) =>
      new Promise((done, failed) => {
        if (waiting.length === 0) setImmediate(gather, 0)
        waiting.push({ writes, done, failed })
      }),
    migrate: (list) =>
      whenFree(() =>
        transaction(() => void list.forEach(({ sql, parameters }) => connection.prepare(sql).run(...parameters))),
      ),
    // Its settings are its own connection's, and full.
    weaknesses: async () => [],
    close: () => (closing ??= close()),
  }
}

/** SQLITE_BUSY and its kinds: another process has a lock. */
const isBusy = (error: unknown): boolean => (Number((error as { errcode?: unknown }).errcode) & 0xff) === 5

const busy = (): ServiceError =>
  new ServiceError('TooManyRequestsException', 'Too many requests', 'another process holds a lock on the database file')

// SQLite gives its log the rights of the file. ':memory:' and '' are no files, and 'file:' is a URI.
const makePrivateFile = (path: string): void => {
  if (path !== '' && !/^(:memory:$|file:)/.test(path)) closeSync(openSync(path, 'a', 0o600))
}
