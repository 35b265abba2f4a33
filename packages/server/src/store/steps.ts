// Work on many rows in steps. Each step touches a bounded number of rows, so that no request waits long for it.
import { sql, type RawBuilder } from 'kysely'
import { prepare, type Database, type Slots, type Value, type Write } from './database/index.ts'
import { columnName } from './table.ts'
import type { DescribedTable, TableName } from './tables.ts'

/** The most rows that one step touches. */
export const rowsOfStep = 200

/** One step of work on a table. Touched rows no longer meet its condition. */
export type Step = {
  readonly table: TableName
  /** The number of rows that `write` would touch, at most `rowsOfStep`. */
  count(): Promise<number>
  /** Touches up to `rowsOfStep` rows. */
  write(): Write
}

/**
 * Prepares the removal of rows that meet a condition.
 *
 * @param condition - the condition of the rows, with the column names of the table
 * @returns a function that makes a step from the values of the condition
 */
export const removalOf = <Values extends Readonly<Record<string, Value>>>(
  database: Pick<Database, 'dialect' | 'read'>,
  table: DescribedTable,
  condition: (slot: Slots<Values>) => RawBuilder<unknown>,
): ((values: Values) => Step) =>
  stepOf(database, table, { verb: () => sql`delete from ${sql.table(table.name)}`, condition })

/**
 * Prepares a change of rows that meet a condition; changed rows must no longer meet it.
 *
 * @param set - the new values, as SQL
 */
export const changeOf = <Values extends Readonly<Record<string, Value>>>(
  database: Pick<Database, 'dialect' | 'read'>,
  table: DescribedTable,
  { set, condition }: Record<'set' | 'condition', (slot: Slots<Values>) => RawBuilder<unknown>>,
): ((values: Values) => Step) =>
  stepOf(database, table, { verb: (slot) => sql`update ${sql.table(table.name)} set ${set(slot)}`, condition })

const stepOf = <Values extends Readonly<Record<string, Value>>>(
  database: Pick<Database, 'dialect' | 'read'>,
  table: DescribedTable,
  { verb, condition }: Record<'verb' | 'condition', (slot: Slots<Values>) => RawBuilder<unknown>>,
): ((values: Values) => Step) => {
  const { dialect, read } = database
  const source = sql.table(table.name)
  const bound = sql.lit(rowsOfStep)
  const key = sql.join(table.key.map((property) => sql.ref(columnName(table, property))))
  const count = prepare<Values>(
    dialect,
    (_, slot) =>
      sql`select count(*) as "rows" from (select 1 from ${source} where ${condition(slot)} limit ${bound}) as bounded`,
  )
  // The condition is checked again: a row may change after its key was selected.
  const touch = prepare<Values>(
    dialect,
    (_, slot) =>
      sql`${verb(slot)} where ${condition(slot)} and (${key}) in
        (select ${key} from ${source} where ${condition(slot)} limit ${bound})`,
  )
  return (values) => ({
    table: table.name,
    count: async () => Number((await read(count(values)))[0]?.['rows']),
    write: () => ({ statement: touch(values), rows: 'any', otherwise: () => new Error('unreachable') }),
  })
}
