// Rows that have ended: what tables.ts says of the end of a row, as steps that remove them.
import { sql } from 'kysely'
import { prepare, type Database } from './database/index.ts'
import { removalOf, type Step } from './steps.ts'
import { columnName } from './table.ts'
import { describedTables, type TableName } from './tables.ts'

/** A table whose rows end. */
export type Sweep = {
  readonly table: TableName
  /** Removes rows that are no longer kept. @param now - epoch milliseconds */
  step(now: number): Step
  /** For how many milliseconds the row that should have been removed first is overdue; 0 when none is. */
  overdue(now: number): Promise<number>
}

const hourMilliseconds = 3_600_000

/** The tables whose rows end. */
export const sweeps = (database: Pick<Database, 'dialect' | 'read'>): Sweep[] =>
  describedTables.flatMap((table) => {
    if (!table.ends) return []
    const ending = sql.ref(columnName(table, table.ends.at))
    const keptMilliseconds = table.ends.keptHours * hourMilliseconds
    const removal = removalOf<{ before: number }>(database, table, (slot) => sql`${ending} < ${slot('before')}`)
    const oldest = prepare<Record<never, never>>(
      database.dialect,
      () => sql`select min(${ending}) as oldest from ${sql.table(table.name)}`,
    )
    return {
      table: table.name,
      step: (now) => removal({ before: now - keptMilliseconds }),
      overdue: async (now) => {
        const first = (await database.read(oldest({})))[0]?.['oldest']
        return typeof first === 'number' ? Math.max(0, now - keptMilliseconds - first) : 0
      },
    }
  })
