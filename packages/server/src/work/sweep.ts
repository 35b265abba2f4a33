// The sweep: removes all rows that have ended, so that tables do not grow without end.
import type { Context } from '../context.ts'
import { touchInSteps, type StepProgress } from './steps.ts'

/** Removes all rows that have ended. */
export const sweep = async (
  { store, clock }: Pick<Context, 'store' | 'clock'>,
  progress: StepProgress,
): Promise<void> => {
  for (const { step } of store.sweeps) {
    if (!(await touchInSteps(store, step(clock.now()), progress))) return
  }
}
