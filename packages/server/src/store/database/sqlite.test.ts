// What SQLite does when the file is not its own alone: locks of other processes, rights, a full disk.
import assert from 'node:assert/strict'
import { chmodSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test, type TestContext } from 'node:test'
import { closing } from '../../../testing/closing.ts'
import { folderOf } from '../../../testing/folders.ts'
import type { Database, Statement, Write } from './index.ts'
import { isExposed, openSqlite } from './sqlite.ts'

const plain = (sql: string): Statement => ({ sql, parameters: [] })

const insert = (number: number): Write => ({
  statement: plain(`insert into numbers values (${number})`),
  rows: 1,
  otherwise: () => new Error('not written'),
})

type Opened = { readonly database: Database; readonly other: DatabaseSync; readonly path: string }

/** A database with a table, and a connection as another process has it. */
const opened = async (t: TestContext, patience?: number): Promise<Opened> => {
  const folder = folderOf(t)
  const path = join(folder, 'poolkeeper.db')
  const database = openSqlite(path, patience)
  closing(t, database.close)
  await database.migrate([plain('create table numbers (number integer)')])
  const other = new DatabaseSync(path)
  closing(t, () => other.close())
  return { database, other, path }
}

const numbersIn = async (database: Database): Promise<unknown[]> =>
  (await database.read(plain('select number from numbers order by number'))).map(({ number }) => number)

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))

test('a lock of another process is waited for beside the event loop, and reading goes on', async (t) => {
  const { database, other } = await opened(t, 600_000)
  await database.commit([insert(1)])
  other.exec('begin immediate; insert into numbers values (2)')
  const commits = Promise.all(Array.from({ length: 500 }, (_, index) => database.commit([insert(3 + index)])))
  const migrated = database.migrate([plain('create table more (number integer)')])
  // The lock is this same thread's: were it waited for here, it would never end.
  for (let turns = 0; turns < 100; turns += 1) {
    await turn()
    assert.deepEqual(await numbersIn(database), [1])
  }
  other.exec('commit')
  await Promise.all([commits, migrated])
  assert.equal((await numbersIn(database)).length, 502)
})

test('a lock that does not end is a refusal that clients try again; afterwards all goes on', async (t) => {
  const { database, other } = await opened(t, 60)
  other.exec('begin immediate')
  const refused = { name: 'TooManyRequestsException', message: 'Too many requests' }
  const commits = Array.from({ length: 500 }, (_, index) => assert.rejects(database.commit([insert(index)]), refused))
  await Promise.all(commits)
  await assert.rejects(database.migrate([plain('create table more (number integer)')]), refused)
  other.exec('rollback')
  await database.commit([insert(1)])
  assert.deepEqual(await numbersIn(database), [1])
})

test('closing waits for what is under way behind a lock', async (t) => {
  const { database, other, path } = await opened(t, 600_000)
  other.exec('begin immediate')
  const commit = database.commit([insert(1)])
  const closed = database.close()
  await turn()
  other.exec('rollback')
  await Promise.all([commit, closed, database.close()])
  const again = openSqlite(path)
  closing(t, again.close)
  assert.deepEqual(await numbersIn(again), [1])
})

test('a full disk is an error for what cannot be written, whole lists at a time, and reading goes on', async (t) => {
  const { database } = await opened(t)
  await database.commit([insert(1)])
  const [pages] = await database.read(plain('pragma page_count'))
  // SQLite itself then says that the disk is full.
  await database.read(plain(`pragma max_page_count = ${Number(pages?.['page_count'])}`))
  const large = { sql: `insert into numbers values (?)`, parameters: ['x'.repeat(1_000_000)] }
  const write: Write = { statement: large, rows: 1, otherwise: () => new Error('not written') }
  const lists = [[insert(2)], [insert(3), write], [insert(4)]]
  const results = await Promise.allSettled(lists.map((list) => database.commit(list)))
  for (const result of results) {
    assert.equal(result.status, 'rejected')
    assert.match(String(result.reason), /database or disk is full/)
  }
  assert.deepEqual(await numbersIn(database), [1])
  await database.commit([insert(5)])
  assert.deepEqual(await numbersIn(database), [1, 5])
})

const rightsOf = (path: string): number => statSync(path).mode & 0o777

test('the file and its log are their owner’s alone; one that was there keeps its rights, which can be asked', async (t) => {
  const { database, path } = await opened(t)
  await database.commit([insert(1)])
  for (const file of [path, `${path}-wal`, `${path}-shm`]) assert.equal(rightsOf(file), 0o600, file)
  assert.equal(isExposed(path), false)
  const old = join(path, '..', 'old.db')
  writeFileSync(old, '')
  chmodSync(old, 0o644)
  const other = openSqlite(old)
  closing(t, other.close)
  assert.equal(rightsOf(old), 0o644)
  assert.equal(isExposed(old), true)
  assert.equal(isExposed(join(path, '..', 'none.db')), false)
})
