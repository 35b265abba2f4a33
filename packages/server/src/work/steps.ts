// Repeats a step until no row is left for it.
import { rowsOfStep } from '../store/steps.ts'
import type { Step, Store } from '../store/index.ts'

/** The control and the report of work in steps. */
export type StepProgress = {
  /** Called before each step; false ends the work. */
  readonly goOn: () => Promise<boolean>
  /** Gets the number of rows of a table that a step touched. */
  readonly touched: (table: string, rows: number) => void
}

/** Repeats a step until no rows are left for it. @returns false when `goOn` ended the work */
export const touchInSteps = async (store: Store, step: Step, { goOn, touched }: StepProgress): Promise<boolean> => {
  for (;;) {
    if (!(await goOn())) return false
    const rows = await step.count()
    if (rows === 0) return true
    await store.commit([step.write()])
    touched(step.table, rows)
    if (rows < rowsOfStep) return true
  }
}
