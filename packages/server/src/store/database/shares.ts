// Shares of the connections. Writes about one subject, a user or a name, wait for one another's locks, and hold
// connections meanwhile that other requests need. So each subject has a share of the connections, and further writes
// wait without one.

/** Limits the simultaneous work about each subject. */
export type ConnectionShares = {
  /**
   * Runs work about subjects as soon as each of them has a free place in its share.
   *
   * @throws the error of `late` when no place became free in time
   */
  run<Result>(subjects: readonly string[], work: () => Promise<Result>): Promise<Result>
}

/** The running and waiting work of one subject. */
type Share = { running: number; readonly waiting: (() => void)[] }

/**
 * Makes shares.
 *
 * @param size - the most simultaneous pieces of work about one subject
 * @param milliseconds - the longest wait for a place
 * @param late - makes the error for work that got no place in time
 */
export const makeConnectionShares = (size: number, milliseconds: number, late: () => Error): ConnectionShares => {
  const shares = new Map<string, Share>()

  const enter = (subject: string): Promise<void> | undefined => {
    const share = shares.get(subject)
    if (!share) return void shares.set(subject, { running: 1, waiting: [] })
    if (share.running < size) return void (share.running += 1)
    return new Promise((resolve, reject) => {
      const begin = (): void => {
        clearTimeout(timer)
        resolve()
      }
      const timer = setTimeout(() => {
        share.waiting.splice(share.waiting.indexOf(begin), 1)
        reject(late())
      }, milliseconds)
      share.waiting.push(begin)
    })
  }

  const leave = (subject: string): void => {
    const share = shares.get(subject)
    const next = share?.waiting.shift()
    if (next) next()
    else if (share && (share.running -= 1) === 0) shares.delete(subject)
  }

  return {
    run: async (subjects, work) => {
      const entered: string[] = []
      try {
        // All work enters its subjects in the same order, so that no two pieces of work wait for each other.
        for (const subject of subjects.toSorted(byText)) {
          await enter(subject)
          entered.push(subject)
        }
        return await work()
      } finally {
        entered.forEach(leave)
      }
    },
  }
}

const byText = (one: string, other: string): number => (one < other ? -1 : 1)
