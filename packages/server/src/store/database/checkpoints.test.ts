import assert from 'node:assert/strict'
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { closing } from '../../../testing/closing.ts'
import { folderOf } from '../../../testing/folders.ts'
import { makeCheckpoints } from './checkpoints.ts'
import type { Database, Write } from './index.ts'
import { openSqlite } from './sqlite.ts'

/** A file with a table, removed after the test; whoever opens it closes it. */
const newFile = async (t: TestContext): Promise<string> => {
  const folder = folderOf(t)
  const file = join(folder, 'poolkeeper.sqlite')
  const database = openSqlite(file)
  closing(t, () => database.close())
  await database.migrate([{ sql: 'create table pages (number integer, text text)', parameters: [] }])
  await database.close()
  return file
}

const numbersIn = async (database: Database): Promise<unknown> =>
  (await database.read({ sql: 'select count(distinct number) as numbers from pages', parameters: [] }))[0]?.['numbers']

const text = 'x'.repeat(3500)

/** A list of rows that fill a page each. */
const pages = (first: number, count: number): Write[] =>
  Array.from({ length: count }, (_, index) => ({
    statement: { sql: 'insert into pages values (?, ?)', parameters: [first + index, text] },
    rows: 1,
    otherwise: () => new Error('not written'),
  }))

test('the log of a database that is written to all the time begins anew again and again', async (t) => {
  const file = await newFile(t)
  const database = openSqlite(file)
  closing(t, () => database.close())
  const lists = 60
  for (let list = 0; list < lists; list += 1) await database.commit(pages(list * 400, 400))
  const [log, whole] = [statSync(`${file}-wal`).size, statSync(file).size]
  assert.equal(await numbersIn(database), lists * 400)
  await database.close()
  assert.ok(log < whole / 2, `the log has ${log} bytes, the file ${whole}`)
})

test('closing ends the thread, and leaves one file that holds everything', async (t) => {
  const file = await newFile(t)
  const database = openSqlite(file)
  closing(t, () => database.close())
  const empty = statSync(file).size
  let written = 0
  // Only a checkpoint makes the file grow, and the first one is the thread's.
  for (; statSync(file).size === empty && written < 100_000; written += 400) await database.commit(pages(written, 400))
  await database.commit(pages(written, 400))
  await database.close()
  assert.equal(existsSync(`${file}-wal`), false)
  const again = openSqlite(file)
  closing(t, () => again.close())
  assert.equal(await numbersIn(again), written + 400)
})

test('where the thread fails, the connection that writes makes the checkpoint', async (t) => {
  const folder = folderOf(t)
  let failures = 0
  await new Promise<void>((resolve) => {
    const checkpoints = makeCheckpoints(join(folder, 'missing', 'poolkeeper.sqlite'), () => {
      failures += 1
      // Each that is due tries anew.
      if (failures < 2) checkpoints.wrote(1600)
      else resolve(checkpoints.close())
    })
    checkpoints.wrote(1599)
    assert.equal(failures, 0)
    checkpoints.wrote(1)
  })
  assert.equal(failures, 2)
})
