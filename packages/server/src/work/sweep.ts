// The sweep: removes rows that have ended, until none is left, so that tables stay as large as what they are for.
import type { Context } from '../context.ts'
import { touchInSteps, type Progress } from './steps.ts'

/** Removes all rows that have ended. */
export const sweep = async ({ store, clock }: Pick<Context, 'store' | 'clock'>, progress: Progress): Promise<void> => {
  for (const { step } of store.sweeps) {
    if (!(await touchInSteps(store, step(clock.now()), progress))) return
  }
}
