// The purge: removes the rows of pools, clients and users that were removed (requirement 125).
import type { Context } from '../context.ts'
import type { Store } from '../store/index.ts'
import { touchInSteps, type StepProgress } from './steps.ts'

/**
 * The milliseconds from a removal to its purge: requests that began before the removal may still write, and have ended
 * by then.
 */
const graceMilliseconds = 60_000

type Removed = Awaited<ReturnType<Store['removals']['list']>>[number]

/** Removes the rows of all owners that were removed more than a minute ago. */
export const purge = async (
  { store, clock }: Pick<Context, 'store' | 'clock'>,
  progress: StepProgress,
): Promise<void> => {
  for (;;) {
    const [first, ...others] = await store.removals.list(clock.now() - graceMilliseconds)
    if (!first) return
    for (const removed of [first, ...others]) {
      if (!(await purgeOne(store, removed, progress))) return
    }
  }
}

const purgeOne = async (store: Store, removed: Removed, progress: StepProgress): Promise<boolean> => {
  for (const step of store.removals.steps(removed)) {
    if (!(await touchInSteps(store, step, progress))) return false
  }
  await store.commit(store.removals.finish(removed))
  return true
}
