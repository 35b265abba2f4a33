// SQLite, through node:sqlite. The write-ahead log has synchronous=FULL: an acknowledged commit is on the disk. Lists
// of writes that arrive together share one transaction and one disk sync, and each list is still written as a whole or
// not at all.
import { closeSync, openSync, statSync } from 'node:fs'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'
import { ServiceError } from '../../errors.ts'
import { makeCheckpoints } from './checkpoints.ts'
import type { Database, Statement, Value, Write } from './index.ts'

type Waiting = { writes: readonly Write[]; done: () => void; failed: (error: unknown) => void }

/** Gathering ends when this many lists wait to share a transaction. */
const gatheredAtMost = 100

/** The most lists in one transaction; more than that wait only behind a lock. */
const writtenTogether = 400

/** The longest wait for a lock of another process, and the pause between two tries. */
const lockMilliseconds = 5000
const lockPauseMilliseconds = 20

/** The most prepared statements in memory; the service has about a hundred. */
const statementLimit = 500

/** Whether users other than its owner may read or write the file of a database. Windows has no such rights. */
export const isExposed = (path: string): boolean =>
  process.platform !== 'win32' && ((statSync(path, { throwIfNoEntry: false })?.mode ?? 0) & 0o077) !== 0

/**
 * Opens a SQLite database.
 *
 * @param path - a file path or ':memory:'; a missing file is created, and only its owner may read it
 * @param patience - the longest wait for a lock of another process, in milliseconds
 * @returns the database; several processes may open the same file. While one waits for the lock of another, its event
 * loop continues; when it gets no lock in time, it refuses with TooManyRequestsException
 */
export const openSqlite = (path: string, patience: number = lockMilliseconds): Database => {
  makePrivateFile(path)
  const connection = new DatabaseSync(path, { timeout: lockMilliseconds })
  const journal = connection.prepare('pragma journal_mode = wal').get()?.['journal_mode']
  connection.exec('pragma wal_autocheckpoint = 0; pragma synchronous = full; pragma foreign_keys = off')
  connection.exec('pragma cache_size = -65536; pragma temp_store = memory; pragma mmap_size = 268435456')
  // From here on, a locked file is an error at once: SQLite itself would wait by blocking the whole thread.
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

  // A refused list undoes only its own writes, and not those of the other lists of its group.
  const writeInGroup = ({ writes, done, failed }: Waiting): (() => void) => {
    connection.exec('savepoint list')
    try {
      writeList(writes)
      connection.exec('release list')
      return done
    } catch (error) {
      // On a full disk, SQLite itself undoes the whole group.
      if (!connection.isTransaction) throw error
      connection.exec('rollback to list; release list')
      return () => failed(error)
    }
  }

  // The reads of one turn of the event loop share a snapshot, so that they lock the file only once.
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
      // Nothing is lost: the log keeps its pages until the next checkpoint.
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

  // The first try runs at once, because nearly all work meets no lock of another process.
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

  // Waits one turn of the event loop at a time, as long as more lists arrive: they share the disk sync.
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
    // This connection sets synchronous=FULL itself, so no setting can weaken it.
    weaknesses: async () => [],
    close: () => (closing ??= close()),
  }
}

/** SQLITE_BUSY and its kinds: another process holds a lock. */
const isBusy = (error: unknown): boolean => (Number((error as { errcode?: unknown }).errcode) & 0xff) === 5

const busy = (): ServiceError =>
  new ServiceError('TooManyRequestsException', 'Too many requests', 'another process holds a lock on the database file')

// SQLite gives its log the rights of the file. ':memory:' and '' are not files, and 'file:' begins a URI.
const makePrivateFile = (path: string): void => {
  if (path !== '' && !/^(:memory:$|file:)/.test(path)) closeSync(openSync(path, 'a', 0o600))
}
