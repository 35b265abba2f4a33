// Rows made up from the description of their table, for tests that go through every table.
import type { Database, Value } from '../src/store/database/index.ts'
import { columnName, kindOf } from '../src/store/table.ts'
import { describedTables, type DescribedTable, type TableName } from '../src/store/tables.ts'

/** A query for whole rows, of any table. */
export const ask = async (database: Database, sql: string): Promise<Record<string, Value>[]> =>
  (await database.read({ sql, parameters: [] })).map((row) => ({ ...row }))

const madeUp: Readonly<Record<string, Value>> = {
  text: 'x',
  json: '{}',
  flag: 1,
  count: 1,
  instant: 1,
  version: 1,
  former: 0,
}

/** The statement that inserts a row: what is given by property, null too, and made-up values elsewhere. */
export const insertOf = (
  table: DescribedTable,
  given: Readonly<Record<string, Value>> = {},
): { sql: string; parameters: Value[] } => {
  const properties = Object.keys(table.columns)
  const names = properties.map((property) => `"${columnName(table, property)}"`)
  const values = properties.map((property) => {
    const value = given[property]
    return value === undefined ? (madeUp[kindOf(table, property)] ?? null) : value
  })
  const literals = values.map((value) =>
    typeof value === 'string' ? `'${value.replaceAll("'", "''")}'` : String(value),
  )
  return { sql: `insert into ${table.name} (${names.join(', ')}) values (${literals.join(', ')})`, parameters: [] }
}

/** Every row of the database, by table. */
export const everyRow = async (database: Database): Promise<Record<TableName, Record<string, Value>[]>> => {
  const found = {} as Record<TableName, Record<string, Value>[]>
  for (const { name } of describedTables) found[name] = await ask(database, `select * from ${name}`)
  return found
}
