// Guesses about one user are looked at one after the other within a process. An attempt counts as wrong until it is
// found right: without turns, right answers that come together, as of tests that share a user, would lock one another
// out. The limit itself is kept by the store alone, over any number of processes.
import type { LockSubject, Store } from '../../store/index.ts'

/** Of each subject that someone waits for: the promise that resolves when the last in line is done. */
type Lines = Map<string, Promise<void>>

const linesOfStores = new WeakMap<Store, Lines>()

const linesOf = (store: Store): Lines => {
  const lines = linesOfStores.get(store) ?? new Map<string, Promise<void>>()
  linesOfStores.set(store, lines)
  return lines
}

/** Does work on a subject when all that came before it is done. @returns what the work returns */
export const inTurnOf = async <Result>(
  store: Store,
  { poolId, id }: LockSubject,
  work: () => Promise<Result>,
): Promise<Result> => {
  const lines = linesOf(store)
  const key = `${poolId}/${id}`
  const before = lines.get(key)
  const { promise, resolve: done } = Promise.withResolvers<void>()
  lines.set(key, promise)
  await before
  try {
    return await work()
  } finally {
    done()
    if (lines.get(key) === promise) lines.delete(key)
  }
}
