// What every table can do because it is described, shown of each table on both databases.
import assert from 'node:assert/strict'
import { ask } from '../../testing/rows.ts'
import { migrated, onBoth } from '../../testing/stores.ts'
import type { Database, Write } from './database/index.ts'
import { rowsOf, type Rows } from './rows.ts'
import { kindOf } from './table.ts'
import { describedTables, type DescribedTable, type KeyOf, type OwnerOf, type Row, type TableName } from './tables.ts'

const samples: Readonly<Record<string, readonly [unknown, unknown]>> = {
  text: ['ä"\'; --', 'other'],
  json: [{ a: [1, null, 'x'] }, []],
  flag: [true, false],
  count: [1_767_323_045_000, 0],
  instant: [1_767_323_045_001, 2],
  version: [1, 1],
}

type Item = Record<string, unknown>

const itemOf = (table: DescribedTable, which: 0 | 1, absent: boolean): Item =>
  Object.fromEntries(
    Object.entries(table.columns)
      .filter(([, column]) => column !== 'former')
      .map(([property, column]) => [
        property,
        absent && column.includes('?') ? undefined : samples[kindOf(table, property)]?.[which],
      ]),
  )

const refusal = new Error('refused')
const refused = (): Error => refusal

/** The rows of a table whose name is known only when the test runs. */
const rowsOfAny = (database: Database, name: TableName): Rows<TableName, Row<TableName>> =>
  rowsOf<TableName, Row<TableName>>(database, name)

onBoth('every table: a row is inserted once, found as it was, replaced, and removed once', async (open) => {
  const database = await migrated(open)
  const write = (...writes: Write[]): Promise<void> => database.commit(writes)
  for (const table of describedTables.filter(({ name }) => name !== 'migrations')) {
    const rows = rowsOfAny(database, table.name)
    const [full, bare] = [false, true].map((absent) => itemOf(table, 0, absent)) as [Item, Item]
    const key = Object.fromEntries(table.key.map((property) => [property, full[property]])) as KeyOf<TableName>
    const is = async (wanted: Item | undefined): Promise<void> =>
      assert.deepEqual(await rows.find(key), wanted, table.name)
    const changed: Item = { ...itemOf(table, 1, false), ...key }
    const hasVersion = Object.values(table.columns).includes('version')

    await is(undefined)
    await assert.rejects(write(rows.remove(key, refused)), refusal)
    await write(rows.remove(key), rows.insert(bare as Row<TableName>, refused))
    await is(bare)
    await assert.rejects(write(rows.insert(full as Row<TableName>, refused)), refusal)
    await is(bare)
    if (Object.keys(table.columns).length === table.key.length) continue
    await write(rows.put(full as Row<TableName>))
    await is(full)
    await write(rows.update(changed as Row<TableName>, refused))
    await is({ ...changed, ...(hasVersion ? { version: 2 } : {}) })
    const again = write(rows.update(changed as Row<TableName>, refused))
    await (hasVersion ? assert.rejects(again, refusal) : again)
    await write(rows.remove(key, refused))
    await is(undefined)
    await assert.rejects(write(rows.update(changed as Row<TableName>, refused)), refusal)
  }
})

onBoth('every table: the rows of an owner are read in pages, by the last part of their key', async (open) => {
  const database = await migrated(open)
  for (const table of describedTables.filter(({ name }) => name !== 'migrations')) {
    const rows = rowsOfAny(database, table.name)
    const last = table.key.at(-1) ?? ''
    const owner = Object.fromEntries(table.key.slice(0, -1).map((property) => [property, 'owner']))
    const items = ['b', 'a', 'c'].map((text) => ({ ...itemOf(table, 0, true), ...owner, [last]: text }))
    const elsewhere = { ...itemOf(table, 0, true), [last]: 'd' }
    const all = table.key.length > 1 ? [...items, elsewhere] : items
    await database.commit(all.map((item) => rows.insert(item as unknown as Row<TableName>, refused)))
    const page = async (after: string, limit: number): Promise<unknown> =>
      (await rows.page(owner as OwnerOf<TableName>, after, limit)).map((item) => (item as Item)[last])
    assert.deepEqual(await page('', 2), ['a', 'b'], table.name)
    assert.deepEqual(await page('b', 2), ['c'], table.name)
    assert.deepEqual(await page('c', 2), [], table.name)
    if (table.key.length === 1) continue
    const counts = [2, 3, 4].map((most) => rows.count(owner as OwnerOf<TableName>, most))
    assert.deepEqual(await Promise.all(counts), [2, 3, 3], table.name)
    const lasts = async (): Promise<Set<unknown>> =>
      new Set((await rows.all(owner as OwnerOf<TableName>)).map((item) => (item as Item)[last]))
    assert.deepEqual(await lasts(), new Set(['a', 'b', 'c']), table.name)
    await database.commit([rows.removeAll(owner)])
    assert.deepEqual(await lasts(), new Set(), table.name)
    const others = await ask(database, `select * from ${table.name}`)
    assert.equal(others.length, 1, table.name)
  }
})

onBoth('rows of an owner are found by their keys, however many, in one read', async (open) => {
  const database = await migrated(open)
  const reads: string[] = []
  const counted: Database = { ...database, read: (statement) => (reads.push(statement.sql), database.read(statement)) }
  const rows = rowsOf<'codes', Row<'codes'>>(counted, 'codes')
  const table = describedTables.find(({ name }) => name === 'codes') ?? assert.fail()
  const code = (userId: string, purpose: string): Row<'codes'> =>
    ({ ...itemOf(table, 0, true), poolId: 'p', userId, purpose }) as unknown as Row<'codes'>
  const purposes = Array.from({ length: 120 }, (_, index) => `purpose${index}`)
  await database.commit([
    ...purposes.map((purpose) => rows.insert(code('u', purpose), refused)),
    rows.insert(code('other', 'purpose0'), refused),
  ])
  const found = async (lasts: readonly string[]): Promise<Set<string>> =>
    new Set((await rows.findAll({ poolId: 'p', userId: 'u' }, lasts)).map(({ purpose }) => purpose))
  for (const count of [0, 1, 2, 10, 11, 100, 101, 120]) {
    const asked = purposes.slice(0, count)
    assert.deepEqual(await found(asked), new Set(asked))
  }
  assert.deepEqual(await found(['none', 'purpose7']), new Set(['purpose7']))
  assert.equal(reads.length, 8)
  assert.equal(new Set(reads).size, 4, 'a few statements serve all counts')
})
