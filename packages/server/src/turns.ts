// Work shared out over the turns of the event loop. Of what comes together, requests or the answers of a thread, as much
// is begun as fits into a moment, the rest in the next turns: between them the event loop sees who else has come.

/** For how long a turn goes on beginning pieces of work. */
const turnMilliseconds = 1

/**
 * Makes what begins pieces of work: one at once when nothing else has begun in this turn, the others in their order, in
 * this turn or one of the next.
 *
 * @param now - milliseconds
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

  // Each is an immediate of its own: so what a piece leads to is done, and its time counted, before the next begins.
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

/** Begins a piece of work in its turn. The event loop is one for the whole process, and so are its turns. */
export const inTurn: (work: () => void) => void = makeTurns(() => performance.now())
