// Removes rows that have ended, a bounded number at a time, so that tables stay as large as what they are for.
import { sql } from 'kysely'
import { prepare, type Database, type Statement } from './database/index.ts'
import { columnName } from './table.ts'
import { describedTables, type DescribedTable } from './tables.ts'

const rowsAtOnce = 500

const hourMilliseconds = 3_600_000

/** Deletes rows of a table that ended long enough ago. */
const sweepOf = (database: Database, table: DescribedTable): ((now: number) => Statement) | undefined => {
  const { ends, key, name } = table
  if (!ends) return undefined
  const remove = prepare<{ before: number }>(database.dialect, (_, slot) => {
    const keys = sql.join(key.map((property) => sql.ref(columnName(table, property))))
    const ended = sql`${sql.ref(columnName(table, ends.at))} < ${slot('before')}`
    // A row that is written anew while the sweep reads has not ended: the outer condition is looked at again.
    return sql`delete from ${sql.table(name)} where ${ended} and (${keys}) in
      (select ${keys} from ${sql.table(name)} where ${ended} limit ${sql.lit(rowsAtOnce)})`
  })
  return (now) => remove({ before: now - ends.keptHours * hourMilliseconds })
}

/**
 * Makes the function that removes what has ended.
 *
 * @returns removes up to 500 rows of each table; `now` in epoch milliseconds
 */
export const sweeper = (database: Database): ((now: number) => Promise<void>) => {
  const sweeps = describedTables.flatMap((table) => sweepOf(database, table) ?? [])
  return async (now) => {
    for (const sweep of sweeps) {
      const statement = sweep(now)
      await database.commit([{ statement, rows: 'any', otherwise: () => new Error('unreachable') }])
    }
  }
}
