// What every table can do because it is described: its rows are read, inserted, put, updated and removed by their key.
// Writes with a condition of their own are written by hand, in the file of their table.
import { sql, type RawBuilder } from 'kysely'
import {
  prepare,
  type Database,
  type Dialect,
  type Slots,
  type Statement,
  type Value,
  type Write,
} from './database/index.ts'
import { columnName, kindOf, type Description } from './table.ts'
import { tables, type KeyColumns, type KeyOf, type OwnerOf, type Row, type TableName } from './tables.ts'

/** The rows of a table. */
export type Rows<Name extends TableName, Item> = {
  find(key: KeyOf<Name>): Promise<Item | undefined>
  /** Up to `limit` rows whose key begins with `owner` and ends with more than `after`, in the order of their keys. */
  page(owner: OwnerOf<Name>, after: string, limit: number): Promise<Item[]>
  /** Runs a query for whole rows. */
  read(query: Statement): Promise<Item[]>
  /** Adds a row; refused with `taken` when its key is taken. */
  insert(row: Item, taken: () => Error): Write
  /** Prepares the insertion of rows that are refused where a condition does not hold, or their key is taken. */
  insertWhere<More extends Values>(
    condition: (slot: (name: keyof KeyOf<Name> | keyof More) => Value) => RawBuilder<unknown>,
  ): (row: Item, more: More, otherwise: () => Error) => Write
  /** Adds a row, in place of the one that has its key. */
  put(row: Item): Write
  /**
   * Replaces the row of a key; refused with `otherwise` when there is none. In a table with versions it is also refused
   * when another change came after `row` was read, and counts the version up.
   */
  update(row: Item, otherwise: () => Error): Write
  /** Removes the row of a key; refused with `gone`, if that is given, when there is none. */
  remove(key: KeyOf<Name>, gone?: () => Error): Write
  /** The key of a row as the condition of a prepared query: `.where((eb) => eb.and(rows.key(slot)))`. */
  key(slot: Slots<KeyOf<Name>>): KeyColumns<Name>
  /** A write that must touch one row. */
  one(statement: Statement, otherwise: () => Error): Write
  /** A write that may touch any number of rows. */
  any(statement: Statement): Write
}

/**
 * The rows of a described table.
 *
 * @typeParam Item - the row as the file of its table names it
 */
export const rowsOf = <Name extends TableName, Item extends Row<Name>>(
  { dialect, read }: Pick<Database, 'dialect' | 'read'>,
  name: Name,
): Rows<Name, Item> => {
  const columns = columnsOf(tables[name])
  const statements = statementsOf(dialect, name, columns)
  const settings = 'cached' in tables[name]
  const one = (statement: Statement, otherwise: () => Error): Write => ({ statement, rows: 1, otherwise, settings })
  const any = (statement: Statement): Write => ({ statement, rows: 'any', otherwise: unreachable, settings })
  const readAll = async (query: Statement): Promise<Item[]> =>
    (await read(query)).map((row) => heldRow(columns, row) as Item)
  return {
    find: async (key) => (await readAll(statements.select(storedRow(columns, key))))[0],
    page: (owner, after, limit) => readAll(statements.page({ ...owner, after, limit })),
    read: readAll,
    insert: (row, taken) => one(statements.insert(storedRow(columns, row)), taken),
    insertWhere: (condition) => {
      const insert = statements.insertWhere(condition as (slot: (name: string) => Value) => RawBuilder<unknown>)
      return (row, more, otherwise) => one(insert({ ...storedRow(columns, row), ...more }), otherwise)
    },
    put: (row) => any(statements.put(storedRow(columns, row))),
    update: (row, otherwise) => one(statements.update(storedRow(columns, row)), otherwise),
    remove: (key, gone) => {
      const statement = statements.remove(storedRow(columns, key))
      return gone ? one(statement, gone) : any(statement)
    },
    key: (slot) => keyColumns(columns, slot as (property: string) => Value) as KeyColumns<Name>,
    one,
    any,
  }
}

const unreachable = (): Error => new Error('unreachable')

/** A column: the property of a row, its name in the database and its kind. */
type NamedColumn = { readonly property: string; readonly name: string; readonly kind: string; readonly inKey: boolean }

const columnsOf = (table: Description): NamedColumn[] =>
  Object.keys(table.columns).map((property) => ({
    property,
    name: columnName(table, property),
    kind: kindOf(table, property),
    inKey: table.key.includes(property),
  }))

const keyColumns = (
  columns: readonly NamedColumn[],
  slot: (property: string) => Value,
): Readonly<Record<string, Value>> =>
  Object.fromEntries(columns.filter(({ inKey }) => inKey).map(({ name, property }) => [name, slot(property)]))

type Values = Readonly<Record<string, Value>>

const heldValue = (kind: string, value: Value | undefined): unknown => {
  if (value === null) return undefined
  if (kind === 'json') return JSON.parse(String(value))
  if (kind === 'flag') return value === 1
  return kind === 'text' ? String(value) : Number(value)
}

const heldRow = (columns: readonly NamedColumn[], row: Values): unknown => {
  const held: Record<string, unknown> = {}
  for (const { property, name, kind } of columns) held[property] = heldValue(kind, row[name])
  return held
}

const storedValue = (kind: string, value: unknown): Value => {
  if (value === undefined) return null
  if (kind === 'json') return JSON.stringify(value)
  return kind === 'flag' ? Number(value) : (value as Value)
}

/** The parameters of a statement, by the properties of a row or key. */
const storedRow = (columns: readonly NamedColumn[], row: object): Values => {
  const stored: Record<string, Value> = {}
  for (const { property, kind } of columns)
    stored[property] = storedValue(kind, (row as Record<string, unknown>)[property])
  return stored
}

type Prepared = (values: Values) => Statement

/** Prepares a statement when it is first used. */
const whenUsed = (make: () => Prepared): Prepared => {
  let made: Prepared | undefined
  return (values) => (made ??= make())(values)
}

type Statements = Readonly<Record<'select' | 'page' | 'insert' | 'put' | 'update' | 'remove', Prepared>> & {
  insertWhere(condition: (slot: (name: string) => Value) => RawBuilder<unknown>): Prepared
}

const statementsOf = (dialect: Dialect, name: TableName, columns: readonly NamedColumn[]): Statements => {
  const table = sql.table(name)
  const key = columns.filter(({ inKey }) => inKey)
  const rest = columns.filter(({ inKey }) => !inKey)
  const last = key.slice(-1)
  const version = columns.find(({ kind }) => kind === 'version')

  type ValueOf = (column: NamedColumn) => Value
  const prepared = (build: (valueOf: ValueOf) => RawBuilder<unknown>): Prepared =>
    whenUsed(() => prepare<Values>(dialect, (_, slot) => build(({ property }) => slot(property))))
  const names = (list: readonly NamedColumn[]): RawBuilder<unknown> =>
    sql.join(list.map((column) => sql.ref(column.name)))
  const equal = (column: NamedColumn, value: Value): RawBuilder<unknown> => sql`${sql.ref(column.name)} = ${value}`
  const matching = (list: readonly NamedColumn[], valueOf: ValueOf): RawBuilder<unknown> =>
    sql.join(
      list.map((column) => equal(column, valueOf(column))),
      sql` and `,
    )
  const page = (slot: (name: string) => Value): RawBuilder<unknown> => {
    const owned = key.slice(0, -1).map((column) => sql`${equal(column, slot(column.property))} and `)
    return sql`select * from ${table} where ${sql.join(owned, sql``)}${names(last)} > ${slot('after')}
      order by ${names(last)} limit ${slot('limit')}`
  }
  const inserted = (valueOf: ValueOf): RawBuilder<unknown> =>
    sql`insert into ${table} (${names(columns)}) values (${sql.join(columns.map(valueOf))})`
  const replaced = sql.join(rest.map(({ name: column }) => sql`${sql.ref(column)} = ${sql.ref(`excluded.${column}`)}`))
  const changed = (valueOf: ValueOf): RawBuilder<unknown> =>
    sql.join(
      rest.map((column) =>
        column === version
          ? sql`${sql.ref(column.name)} = ${sql.ref(column.name)} + 1`
          : equal(column, valueOf(column)),
      ),
    )
  return {
    select: prepared((valueOf) => sql`select * from ${table} where ${matching(key, valueOf)}`),
    page: whenUsed(() => prepare<Values>(dialect, (_, slot) => page(slot))),
    insert: prepared((valueOf) => sql`${inserted(valueOf)} on conflict do nothing`),
    insertWhere: (condition) =>
      prepare<Values>(dialect, (_, slot) => {
        const values = sql.join(columns.map(({ property }) => slot(property)))
        return sql`insert into ${table} (${names(columns)}) select ${values} where ${condition(slot)}
          on conflict do nothing`
      }),
    put: prepared((valueOf) => sql`${inserted(valueOf)} on conflict (${names(key)}) do update set ${replaced}`),
    update: prepared((valueOf) => {
      const where = matching(version ? [...key, version] : key, valueOf)
      return sql`update ${table} set ${changed(valueOf)} where ${where}`
    }),
    remove: prepared((valueOf) => sql`delete from ${table} where ${matching(key, valueOf)}`),
  }
}
