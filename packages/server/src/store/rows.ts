// The reads and writes that every described table has: its rows are read, inserted, replaced, updated and removed by
// their key. Writes with other conditions are written by hand, in the file of their table.
import type { RawBuilder } from 'kysely'
import type { Database, Slots, Statement, Value, Write } from './database/index.ts'
import { namedColumns, rowStatements, type NamedColumn, type Slot, type Values } from './row-statements.ts'
import {
  tables,
  type KeyColumns,
  type KeyOf,
  type OwnerColumns,
  type OwnerOf,
  type Row,
  type TableName,
} from './tables.ts'

/** The rows of a table. */
export type Rows<Name extends TableName, Item> = {
  find(key: KeyOf<Name>): Promise<Item | undefined>
  /** The rows whose keys begin with `owner` and end with one of `lasts`, in any order. */
  findAll(owner: OwnerOf<Name>, lasts: readonly string[]): Promise<Item[]>
  /** The rows whose keys begin with `owner`, in any order; for owners with few rows. */
  all(owner: OwnerOf<Name>): Promise<Item[]>
  /**
   * Up to `limit` rows whose keys begin with `owner` and whose last part comes after `after`, in the order of their
   * keys.
   */
  page(owner: OwnerOf<Name>, after: string, limit: number): Promise<Item[]>
  /** The number of rows whose keys begin with `owner`, at most `most`. */
  count(owner: OwnerOf<Name>, most: number): Promise<number>
  /** Runs a query for whole rows. */
  read(query: Statement): Promise<Item[]>
  /** Adds a row; refused with `taken` when its key is taken. */
  insert(row: Item, taken: () => Error): Write
  /** Prepares the insertion of rows; a row is refused when a condition does not hold, or its key is taken. */
  insertWhere<More extends Values>(
    condition: (slot: (name: keyof KeyOf<Name> | keyof More) => Value) => RawBuilder<unknown>,
  ): (row: Item, more: More, otherwise: () => Error) => Write
  /** Adds a row, or replaces the row that has its key. */
  put(row: Item): Write
  /**
   * Replaces the row of a key; refused with `otherwise` when there is none. A table with versions also refuses it when
   * the row has changed since it was read, and increments the version.
   */
  update(row: Item, otherwise: () => Error): Write
  /** Prepares the replacement of one text of a row; a text that has changed meanwhile stays. */
  replaceText(property: keyof Item & string): (key: KeyOf<Name>, before: string, after: string) => Write
  /** Removes the row of a key; when there is none, it is refused with `gone`, if that is given. */
  remove(key: KeyOf<Name>, gone?: () => Error): Write
  /** Removes the rows whose keys begin with `owner`. */
  removeAll(owner: OwnerOf<Name>): Write
  /** The key of a row as the condition of a prepared query: `.where((eb) => eb.and(rows.key(slot)))`. */
  key(slot: Slots<KeyOf<Name>>): KeyColumns<Name>
  /** The owner part of a key as the condition of a prepared query. */
  owner(slot: Slots<OwnerOf<Name>>): OwnerColumns<Name>
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
  const columns = namedColumns(tables[name])
  const key = columns.filter(({ inKey }) => inKey)
  const statements = rowStatements(dialect, name, columns)
  const settings = 'cached' in tables[name]
  const one = (statement: Statement, otherwise: () => Error): Write => ({ statement, rows: 1, otherwise, settings })
  const any = (statement: Statement): Write => ({ statement, rows: 'any', otherwise: unreachable, settings })
  const readAll = async (query: Statement): Promise<Item[]> =>
    (await read(query)).map((row) => heldRow(columns, row) as Item)
  return {
    find: async (wanted) => (await readAll(statements.select(storedRow(columns, wanted))))[0],
    findAll: async (owner, lasts) => (lasts.length === 0 ? [] : readAll(statements.selectAll(owner, lasts))),
    all: (owner) => readAll(statements.selectOwned(owner)),
    page: (owner, after, limit) => readAll(statements.page({ ...owner, after, limit })),
    count: async (owner, most) => Number((await read(statements.count({ ...owner, most })))[0]?.['rows']),
    read: readAll,
    insert: (row, taken) => one(statements.insert(storedRow(columns, row)), taken),
    insertWhere: (condition) => {
      const insert = statements.insertWhere(condition as (slot: Slot) => RawBuilder<unknown>)
      return (row, more, otherwise) => one(insert({ ...storedRow(columns, row), ...more }), otherwise)
    },
    put: (row) => any(statements.put(storedRow(columns, row))),
    update: (row, otherwise) => one(statements.update(storedRow(columns, row)), otherwise),
    replaceText: (property) => {
      const replace = statements.replaceText(property)
      return (row, before, after) => any(replace({ ...storedRow(columns, row), before, after }))
    },
    remove: (doomed, gone) => {
      const statement = statements.remove(storedRow(columns, doomed))
      return gone ? one(statement, gone) : any(statement)
    },
    removeAll: (owner) => any(statements.removeOwned(owner)),
    key: (slot) => slotColumns(key, slot as Slot) as KeyColumns<Name>,
    owner: (slot) => slotColumns(key.slice(0, -1), slot as Slot) as unknown as OwnerColumns<Name>,
    one,
    any,
  }
}

const unreachable = (): Error => new Error('unreachable')

const slotColumns = (columns: readonly NamedColumn[], slot: Slot): Values =>
  Object.fromEntries(columns.map(({ name, property }) => [name, slot(property)]))

const heldValue = (kind: string, value: Value | undefined): unknown => {
  if (value === null) return undefined
  if (kind === 'json') return JSON.parse(String(value))
  if (kind === 'flag') return value === 1
  return kind === 'text' ? String(value) : Number(value)
}

const heldRow = (columns: readonly NamedColumn[], row: Values): unknown => {
  const held: Record<string, unknown> = {}
  for (const { property, name, kind } of columns) if (kind !== 'former') held[property] = heldValue(kind, row[name])
  return held
}

const storedValue = (kind: string, value: unknown): Value => {
  if (kind === 'former') return 0
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
