// Touches rows in steps until none is left.
import { rowsOfStep } from '../store/steps.ts'
import type { Step, Store } from '../store/index.ts'

/** How a work goes on. */
export type Progress = {
  /** Asked before each step; false ends the work. */
  readonly goOn: () => Promise<boolean>
  /** Told how many rows of a table a step touched. */
  readonly touched: (table: string, rows: number) => void
}

/** Repeats a step until no rows are left for it. @returns whether the work goes on */
export const touchInSteps = async (store: Store, step: Step, { goOn, touched }: Progress): Promise<boolean> => {
  for (;;) {
    if (!(await goOn())) return false
    const rows = await step.count()
    if (rows === 0) return true
    await store.commit([step.write()])
    touched(step.table, rows)
    if (rows < rowsOfStep) return true
  }
}
