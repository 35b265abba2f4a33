// The descriptions of the tables beside the tables themselves, on both databases.
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { ask, insertOf } from '../../testing/rows.ts'
import { migrated, onBoth } from '../../testing/stores.ts'
import { emptyDatabase } from './reset.ts'
import { columnName } from './table.ts'
import { describedTables, distribution, type DescribedTable } from './tables.ts'

/** Every column of the database: table, name, type, whether it may be null. */
const columnsSql = {
  sqlite: `select m.name as "table", c.name, upper(c.type) as type, c."notnull" = 0 and c.pk = 0 as optional
    from sqlite_master m join pragma_table_info(m.name) c where m.type = 'table'`,
  postgres: `select table_name as "table", column_name as name, upper(data_type) as type, is_nullable = 'YES' as optional
    from information_schema.columns where table_schema = 'public'`,
} as const

/** Every index of the database, those of primary keys too, with its columns in order, separated by commas. */
const indexesSql = {
  sqlite: `select m.name as "table", l.origin = 'pk' as "primary", l.partial,
    (select group_concat(name, ',') from (select name from pragma_index_info(l.name) order by seqno)) as columns
    from sqlite_master m join pragma_index_list(m.name) l where m.type = 'table'
    union all
    select m.name, 1, 0, c.name from sqlite_master m join pragma_table_info(m.name) c
    where m.type = 'table' and c.pk = 1 and not exists (select 1 from pragma_index_list(m.name) where origin = 'pk')`,
  postgres: `select c.relname as "table", i.indisprimary as "primary", i.indpred is not null as partial,
    (select string_agg(a.attname, ',' order by k.place) from unnest(i.indkey) with ordinality k(number, place)
      join pg_attribute a on a.attrelid = c.oid and a.attnum = k.number) as columns
    from pg_index i join pg_class c on c.oid = i.indrelid join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'public'`,
} as const

const typeOf = (column: string): string => (/^(text|json)/.test(column) ? 'TEXT' : 'BIGINT')

const described = ({ name, columns }: DescribedTable): string[] =>
  Object.entries(columns).map(
    ([property, column]) =>
      `${name}.${columnName({ columns }, property)} ${typeOf(column)}${column.includes('?') ? ' null' : ''}`,
  )

onBoth('every table of the database is described, column by column', async (open) => {
  const database = await migrated(open)
  const found = (await ask(database, columnsSql[database.dialect])).map(
    ({ table, name, type, optional }) => `${table}.${name} ${type}${optional ? ' null' : ''}`,
  )
  assert.deepEqual(found.toSorted(), describedTables.flatMap(described).toSorted())
})

onBoth(
  'every key is described, and an index leads to the rows of an owner and to those that have ended',
  async (open) => {
    const database = await migrated(open)
    const indexes = await ask(database, indexesSql[database.dialect])
    for (const table of describedTables) {
      const own = indexes.filter(({ table: name, partial }) => name === table.name && !partial)
      const primary = own.filter((index) => index['primary']).map(({ columns }) => columns)
      const columnsOf = (properties: readonly string[]): string =>
        properties.map((property) => columnName(table, property)).join(',')
      assert.deepEqual(primary, [columnsOf(table.key)], table.name)
      const leads = { server: '', pool: 'pool_id', user: 'pool_id,user_id' }[table.owner]
      const ofClient = 'clientId' in table.columns ? 'pool_id,client_id' : ''
      for (const wanted of [leads, ofClient, table.ends ? columnsOf([table.ends.at]) : '']) {
        const found = own.some(({ columns }) => `${String(columns)},`.startsWith(wanted === '' ? '' : `${wanted},`))
        assert.ok(found, `${table.name} has an index that begins with ${wanted}`)
      }
    }
  },
)

test('a description names its own columns only', () => {
  for (const { name, key, columns, ends, spread, owner } of describedTables) {
    const named = [...key, ...(ends ? [ends.at] : []), ...(spread === 'everywhere' ? [] : [spread])]
    assert.deepEqual(
      named.filter((property) => !(property in columns)),
      [],
      name,
    )
    if (ends) assert.equal(columns[ends.at], 'instant', name)
    // Rows that are spread lie where their key says.
    if (spread !== 'everywhere') assert.ok(key.includes(spread), name)
    if (owner === 'server') continue
    const has = Object.keys(columns).map((property) => columnName({ columns }, property))
    assert.ok(has.includes('pool_id'), name)
    if (owner === 'user') assert.ok(has.includes('user_id'), name)
  }
})

onBoth('a reset empties every table but those of the server itself', async (open) => {
  const database = await migrated(open)
  const kept = describedTables.filter(({ owner }) => owner === 'server').map(({ name }) => name)
  assert.deepEqual(kept, ['access_keys', 'clock', 'leases', 'marks', 'migrations'])
  const fresh = describedTables.filter(({ name }) => name !== 'migrations')
  await database.migrate(fresh.map((table) => insertOf(table)))
  await emptyDatabase(database)
  for (const { name } of describedTables) {
    const [row] = await ask(database, `select count(*) as rows from ${name}`)
    assert.equal(Number(row?.['rows']) > 0, kept.includes(name), name)
  }
})

const keysAndDistribution = new URL('../../../../docs/decisions/keys-and-distribution.md', import.meta.url)

test('the page on keys and distribution says of every table its key and its spreading', () => {
  const rows = [...readFileSync(keysAndDistribution, 'utf8').matchAll(/^\| (\w+) +\| ([\w, ]+?) +\| ([\w, ]+?) +\|/gm)]
  const written = rows
    .map(([, table, key, spread]) => ({ table, key, spread }))
    .filter(({ table }) => table !== 'table')
  const spreads = new Map(distribution.map(({ table, by }) => [table, by]))
  const wanted = describedTables.map((table) => ({
    table: table.name as string,
    key: table.key.map((property) => columnName(table, property)).join(', '),
    spread: spreads.get(table.name)?.replace('everywhere', 'copied to every node'),
  }))
  assert.deepEqual(written, wanted)
})

test('no join crosses owners: what is joined lies on every machine', () => {
  const sources = globSync('*.ts', { cwd: import.meta.dirname }).filter((file) => !file.endsWith('.test.ts'))
  const joined = sources.flatMap((file) =>
    [...readFileSync(join(import.meta.dirname, file), 'utf8').matchAll(/\w*(?:Join\(\s*'|\bjoin )(\w+)/g)]
      .map(([, name]) => name)
      .filter((name) => describedTables.some((table) => table.name === name)),
  )
  assert.deepEqual(joined, ['pools', 'pools'])
  for (const name of joined) assert.equal(describedTables.find((table) => table.name === name)?.spread, 'everywhere')
})
