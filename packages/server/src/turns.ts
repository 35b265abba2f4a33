// Spreads work over turns of the event loop. When requests or thread results arrive together, as many start as fit into
// one millisecond; the rest wait for the next turns, so that the event loop notices new I/O in between.

/** The time in which one turn starts pieces of work. */
const turnMilliseconds = 1

/**
 * Makes a function that starts pieces of work in their order: at once if nothing else has started in this turn, otherwise
 * later in this turn or in one of the next.
 *
 * @param now - the time in milliseconds
 */
export const makeTurns = (now: () => number): ((work: () => void) => void) => {
  let waiting = 0
  let begunAt: number | undefined

  const begin = (work: () => void): void => {
    if (begunAt === undefined) {
      begunAt = now()
      setImmediate(() => (begunAt = undefined))
    }
    work()
  }

  // Each piece has a separate immediate, so that its follow-up work is done, and counted, before the next piece starts.
  const wait = (work: () => void): void => {
    setImmediate(() => {
      if (begunAt !== undefined && now() - begunAt >= turnMilliseconds) {
        wait(work)
        return
      }
      waiting -= 1
      begin(work)
    })
  }

  return (work) => {
    if (begunAt === undefined && waiting === 0) {
      begin(work)
      return
    }
    waiting += 1
    wait(work)
  }
}

/** Starts a piece of work in its turn. The process has one event loop, so all callers share its turns. */
export const inTurn: (work: () => void) => void = makeTurns(() => performance.now())
