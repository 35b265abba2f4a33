// Shares of the connections: writes about one subject, a user or a name, wait for one another's locks, and while they
// wait they hold connections that everybody else needs. So one subject has a share, and what goes beyond it waits
// without a connection.

/** Who may write at once. */
export type ConnectionShares = {
  /**
   * Runs work about subjects, when each of them has a place in its share.
   *
   * @throws the error of `late` when a place was not free in time
   */
  run<Result>(subjects: readonly string[], work: () => Promise<Result>): Promise<Result>
}

/** A subject with work under way. */
type Share = { running: number; readonly waiting: (() => void)[] }

/**
 * Makes shares.
 *
 * @param size - how much work about one subject runs at once
 * @param milliseconds - how long work waits for its place
 * @param late - the error of work that waited in vain
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
        // In one order for all, so that no two wait for one another.
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
