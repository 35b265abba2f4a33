// Removes rows that have ended, in steps. tables.ts says when the rows of a table end.
import { sql } from 'kysely'
import { prepare, type Database } from './database/index.ts'
import { removalOf, type Step } from './steps.ts'
import { columnName } from './table.ts'
import { describedTables, type TableName } from './tables.ts'

/** The sweep of one table. */
export type Sweep = {
  readonly table: TableName
  /** Removes ended rows. @param now - epoch milliseconds */
  step(now: number): Step
  /** The milliseconds by which the oldest ended row is overdue; 0 when no row is. */
  overdue(now: number): Promise<number>
}

const hourMilliseconds = 3_600_000

/** The sweeps of all tables whose rows end. */
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
