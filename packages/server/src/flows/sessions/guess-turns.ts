// Guesses about one user are looked at one after the other within a process. An attempt counts as wrong until it is
// found right: without turns, right answers that come together, as of tests that share a user, would lock one another
// out. The limit itself is kept by the store alone, over any number of processes.
import { limits } from '../../config.ts'
import type { LockSubject, Store } from '../../store/index.ts'

/**
 * Does work on a subject in its turn. A turn ends with the work, or after a bounded time while the work goes on: a
 * trigger function may sign in the user whose own sign-in waits for it.
 *
 * @returns what the work returns
 */
export const inTurnOf = async <Result>(
  store: Store,
  { poolId, id }: LockSubject,
  work: () => Promise<Result>,
  turnMilliseconds: number = limits.guessTurnSeconds * 1000,
): Promise<Result> => {
  const lines = linesOf(store)
  const key = `${poolId}/${id}`
  const before = lines.get(key)
  const { promise, resolve: end } = Promise.withResolvers<void>()
  lines.set(key, promise)
  await before
  const late = setTimeout(end, turnMilliseconds).unref()
  try {
    return await work()
  } finally {
    clearTimeout(late)
    end()
    if (lines.get(key) === promise) lines.delete(key)
  }
}

/** Of each subject that is at work: the promise that resolves when the turn of the last in line ends. */
type Lines = Map<string, Promise<void>>

const linesOfStores = new WeakMap<Store, Lines>()

const linesOf = (store: Store): Lines => {
  const lines = linesOfStores.get(store) ?? new Map<string, Promise<void>>()
  linesOfStores.set(store, lines)
  return lines
}
