// Derives the statements of a table from its description. Each is prepared at its first use; its parameters have the
// names of a row's properties.
import { sql, type RawBuilder } from 'kysely'
import { prepare, type Dialect, type Statement, type Value } from './database/index.ts'
import { columnName, kindOf, type Description } from './table.ts'
import type { TableName } from './tables.ts'

/** A column: the property of a row, its name in the database and its kind. */
export type NamedColumn = {
  readonly property: string
  readonly name: string
  readonly kind: string
  readonly inKey: boolean
}

/** The columns of a table. */
export const namedColumns = (table: Description): NamedColumn[] =>
  Object.keys(table.columns).map((property) => ({
    property,
    name: columnName(table, property),
    kind: kindOf(table, property),
    inKey: table.key.includes(property),
  }))

/** The parameters of a statement, by name. */
export type Values = Readonly<Record<string, Value>>

/** The placeholder for the value of a parameter. */
export type Slot = (name: string) => Value

type Prepared = (values: Values) => Statement

/** The statements for the rows of a table; rows.ts documents each. */
export type RowStatements = Readonly<
  Record<'select' | 'selectOwned' | 'page' | 'count' | 'insert' | 'put' | 'update' | 'remove' | 'removeOwned', Prepared>
> & {
  selectAll(owner: Values, lasts: readonly string[]): Statement
  insertWhere(condition: (slot: Slot) => RawBuilder<unknown>): Prepared
  replaceText(property: string): Prepared
}

/** The statements of a table. */
export const rowStatements = (
  dialect: Dialect,
  tableName: TableName,
  columns: readonly NamedColumn[],
): RowStatements => {
  const table = sql.table(tableName)
  const key = columns.filter(({ inKey }) => inKey)
  const [owner, last] = [key.slice(0, -1), key.slice(-1)]
  const others = columns.filter(({ inKey, kind }) => !inKey && kind !== 'former')
  const version = columns.filter(({ kind }) => kind === 'version')

  const insert = (slot: Slot): RawBuilder<unknown> =>
    sql`insert into ${table} (${names(columns)}) values (${values(columns, slot)})`
  const excluded = others.map(({ name }) => sql`${sql.ref(name)} = ${sql.ref(`excluded.${name}`)}`)
  const replacement = excluded.length === 0 ? sql`nothing` : sql`update set ${sql.join(excluded)}`
  const changed = (slot: Slot): RawBuilder<unknown>[] =>
    others.map((column) =>
      column.kind === 'version'
        ? sql`${sql.ref(column.name)} = ${sql.ref(column.name)} + 1`
        : equal(column, slot(column.property)),
    )
  const owned = (slot: Slot): RawBuilder<unknown> => (owner.length === 0 ? sql`` : sql`${matching(owner, slot)} and `)

  const prepared = (build: (slot: Slot) => RawBuilder<unknown>): Prepared =>
    whenUsed(() => prepare<Values>(dialect, (_, slot) => build(slot)))
  const selections = new Map<number, Prepared>()
  const selectionOf = (places: readonly string[]): Prepared => {
    const known = selections.get(places.length)
    if (known) return known
    const made = prepared(
      (slot) => sql`select * from ${table} where ${owned(slot)}${names(last)} in (${sql.join(places.map(slot))})`,
    )
    selections.set(places.length, made)
    return made
  }
  return {
    select: prepared((slot) => sql`select * from ${table} where ${matching(key, slot)}`),
    // One statement for up to ten keys, one for up to a hundred and so on; unused places repeat a key, which adds no
    // row.
    selectAll: (ofOwner, lasts) => {
      const places = Array.from({ length: 10 ** Math.ceil(Math.log10(lasts.length)) }, (_, index) => `last${index}`)
      const given = places.map((place, index) => [place, lasts[index] ?? lasts[0] ?? ''])
      return selectionOf(places)({ ...ofOwner, ...Object.fromEntries(given) })
    },
    selectOwned: prepared((slot) => sql`select * from ${table} where ${matching(owner, slot)}`),
    removeOwned: prepared((slot) => sql`delete from ${table} where ${matching(owner, slot)}`),
    page: prepared(
      (slot) => sql`select * from ${table} where ${owned(slot)}${names(last)} > ${slot('after')}
        order by ${names(last)} limit ${slot('limit')}`,
    ),
    count: prepared(
      (slot) => sql`select count(*) as "rows" from
        (select 1 from ${table} where ${matching(owner, slot)} limit ${slot('most')}) as counted`,
    ),
    insert: prepared((slot) => sql`${insert(slot)} on conflict do nothing`),
    insertWhere: (condition) =>
      prepared(
        (slot) => sql`insert into ${table} (${names(columns)}) select ${values(columns, slot)} where ${condition(slot)}
          on conflict do nothing`,
      ),
    put: prepared((slot) => sql`${insert(slot)} on conflict (${names(key)}) do ${replacement}`),
    update: prepared(
      (slot) => sql`update ${table} set ${sql.join(changed(slot))} where ${matching([...key, ...version], slot)}`,
    ),
    replaceText: (property) =>
      prepared((slot) => {
        const text = columns.filter((column) => column.property === property)
        return sql`update ${table} set ${names(text)} = ${slot('after')}
          where ${matching(key, slot)} and ${names(text)} = ${slot('before')}`
      }),
    remove: prepared((slot) => sql`delete from ${table} where ${matching(key, slot)}`),
  }
}

const whenUsed = (make: () => Prepared): Prepared => {
  let made: Prepared | undefined
  return (parameters) => (made ??= make())(parameters)
}

const names = (columns: readonly NamedColumn[]): RawBuilder<unknown> =>
  sql.join(columns.map(({ name }) => sql.ref(name)))

const values = (columns: readonly NamedColumn[], slot: Slot): RawBuilder<unknown> =>
  sql.join(columns.map(({ property }) => slot(property)))

const equal = ({ name }: NamedColumn, value: Value): RawBuilder<unknown> => sql`${sql.ref(name)} = ${value}`

const matching = (columns: readonly NamedColumn[], slot: Slot): RawBuilder<unknown> =>
  sql.join(
    columns.map((column) => equal(column, slot(column.property))),
    sql` and `,
  )
