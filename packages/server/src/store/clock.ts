// Stores the highest time that a server has used, so that the next start notices a clock that was set back; and removes
// the rows that such a clock would make valid again.
import { sql } from 'kysely'
import { prepare, type Database, type Write } from './database/index.ts'
import { rowsOf } from './rows.ts'
import { changeOf, removalOf, type Step } from './steps.ts'
import { columnName } from './table.ts'
import { describedTables, type DescribedTable, type Row, type TableName } from './tables.ts'

type Mark = Row<'clock'>

export type ClockMarks = {
  /** The highest time that was used, and the last step back. */
  find(): Promise<Mark | undefined>
  /** Stores a time that was used, unless a higher one is stored. */
  raise(at: number): Write
  /** Stores a step back that the service has followed. */
  follow(step: { readonly from: number; readonly to: number }): Write
  /**
   * The work to do before a step back can be followed: it removes the rows that had ended before the step, and moves
   * the times that would lie far in the future.
   */
  steps(step: { readonly from: number; readonly to: number }): Step[]
  /** Removes rows that would end later than any row of their table can. */
  removeFuture(now: number): Step[]
}

const name = 'service'

const hourMilliseconds = 3_600_000

/** The longest pause before a message's next try, and the longest lease. */
const longestWait = hourMilliseconds

/** The table of marks. */
export const clockMarks = (database: Database): ClockMarks => {
  const rows = rowsOf<'clock', Mark>(database, 'clock')
  const raise = prepare<{ at: number }>(database.dialect, (db, slot) =>
    db
      .insertInto('clock')
      .values({ name, highest_at: slot('at'), stepped_from: null, stepped_to: null })
      .onConflict((conflict) =>
        conflict
          .column('name')
          .doUpdateSet((eb) => ({ highest_at: eb.ref('excluded.highest_at') }))
          .whereRef('clock.highest_at', '<', 'excluded.highest_at'),
      ),
  )
  const stepsOf = afterStepBack(database)
  const removals = describedTables
    .filter(({ ends }) => ends?.longestHours)
    .map((table) => removalOfFuture(database, table))
  return {
    find: () => rows.find({ name }),
    raise: (at) => rows.any(raise({ at })),
    follow: ({ from, to }) => rows.put({ name, highestAt: to, steppedFrom: from, steppedTo: to }),
    steps: ({ from, to }) => stepsOf.map((stepOf) => stepOf({ from, to, later: to + longestWait })),
    removeFuture: (now) => removals.map((removal) => removal(now)),
  }
}

type Times = { from: number; to: number; later: number }

const afterStepBack = (database: Database): ((times: Times) => Step)[] => [
  ...describedTables.filter(({ ends }) => ends?.usable).map((table) => removalOfEnded(database, table)),
  // A count that began in the future would last longer by the length of the step.
  changeOf<Times>(database, tableOf('attempts'), {
    set: (slot) => sql`since_at = ${slot('to')}`,
    condition: (slot) => sql`since_at > ${slot('to')}`,
  }),
  // A temporary password that had expired stays expired.
  changeOf<Times>(database, tableOf('users'), {
    set: (slot) => sql`temporary_until = ${slot('to')}`,
    condition: (slot) => sql`temporary_until > ${slot('to')} and temporary_until <= ${slot('from')}`,
  }),
  // Messages are sent as if the clock had not changed. A message that was given up is never due.
  changeOf<Times>(database, tableOf('outbox'), {
    set: (slot) => sql`next_attempt_at = ${slot('to')}, lease_until = 0`,
    condition: (slot) => sql`sent_at is null and next_attempt_at < ${sql.lit(Number.MAX_SAFE_INTEGER)}
      and (next_attempt_at > ${slot('later')} or lease_until > ${slot('later')})`,
  }),
]

const tableOf = (wanted: TableName): DescribedTable => {
  const table = describedTables.find(({ name: described }) => described === wanted)
  if (!table) throw new Error(`no table ${wanted}`)
  return table
}

/** Removes rows that had ended before the step. */
const removalOfEnded = (database: Database, table: DescribedTable): ((times: Times) => Step) =>
  removalOf<Times>(
    database,
    table,
    (slot) => sql`${endOf(table)} <= ${slot('from')} and ${endOf(table)} > ${slot('to')}`,
  )

const removalOfFuture = (database: Database, table: DescribedTable): ((now: number) => Step) => {
  const removal = removalOf<{ latest: number }>(database, table, (slot) => sql`${endOf(table)} > ${slot('latest')}`)
  return (now) => removal({ latest: now + (table.ends?.longestHours ?? 0) * hourMilliseconds })
}

const endOf = (table: DescribedTable): ReturnType<typeof sql.ref> => sql.ref(columnName(table, table.ends?.at ?? ''))
