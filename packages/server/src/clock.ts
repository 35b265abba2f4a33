// Clocks: the time of the operating system, a clock that notices steps of it, and one that the development server can
// move forward.

/** The source of time. Nothing else in the service reads a clock. */
export type Clock = {
  /** The present instant, in epoch milliseconds. */
  now(): number
  /** The last step back, until the clock reaches its `from` again: everything that had expired then stays expired. */
  readonly steppedBack?: () => ClockStep | undefined
}

/** A step of the system's clock, from one instant to another. */
export type ClockStep = { readonly from: number; readonly to: number }

/** The one reader of the system's clock. */
export const systemClock: Clock = { now: () => Date.now() }

/** A clock that follows a step back only when `follow` says that all rows that had expired before it are removed. */
export type WatchedClock = Clock & {
  readonly steppedBack: () => ClockStep | undefined
  /** The step back that the clock does not follow yet; until then its time stands still at the step's `from`. */
  pending(): ClockStep | undefined
  /** Follows the pending step back. @param step - the step to remember */
  follow(step: ClockStep): void
  /** Takes over the highest time and the last step back of another process. */
  recall(highestAt: number, step: ClockStep | undefined): void
  /** The number of steps, by direction. */
  steps(): Readonly<Record<'back' | 'forward', number>>
}

/** A correction up to this size is not a step: the time stands still until the system's clock reaches it again. */
const correctionMilliseconds = 1000

/** How far the system's clock may run ahead of a steady clock between two readings. */
const driftMilliseconds = 60_000

/**
 * Watches a clock.
 *
 * @param told - called for each step, when it is noticed
 * @param steady - milliseconds of a clock that is never set
 */
export const watchedClock = (
  system: Clock,
  told: (step: ClockStep) => void,
  steady: () => number = () => performance.now(),
): WatchedClock => {
  let highest = system.now()
  let seenAt = steady()
  let pending: ClockStep | undefined
  let last: ClockStep | undefined
  const counted = { back: 0, forward: 0 }

  const note = (step: ClockStep): void => {
    counted[step.to < step.from ? 'back' : 'forward'] += 1
    told(step)
  }
  const goOn = (time: number): number => {
    const [from, elapsed] = [highest, steady() - seenAt]
    highest = time
    seenAt += elapsed
    pending = undefined
    if (time - from > elapsed + driftMilliseconds) note({ from, to: time })
    return time
  }
  const stand = (time: number): number => {
    if (pending || highest - time <= correctionMilliseconds) return highest
    pending = { from: highest, to: time }
    note(pending)
    return highest
  }
  const now = (): number => {
    const time = system.now()
    return time < highest ? stand(time) : goOn(time)
  }
  return {
    now,
    pending: () => {
      now()
      return pending
    },
    follow: (step) => {
      if (!pending) return
      last = step
      pending = undefined
      highest = system.now()
      seenAt = steady()
    },
    recall: (highestAt, step) => {
      highest = Math.max(highest, highestAt)
      last = step
    },
    steppedBack: () => {
      if (last && last.from <= now()) last = undefined
      return last
    },
    steps: () => ({ ...counted }),
  }
}

/** A clock that can be moved forward, and reset to real time. */
export type MovableClock = Clock & {
  advance(seconds: number): void
  /** How far the clock is ahead of real time. */
  aheadSeconds(): number
  /** Resets the clock to real time. Rows stored before then lie in the future. */
  reset(): void
}

/** Makes a clock that runs ahead of another by all that it was moved. */
export const movableClock = (base: Clock = systemClock): MovableClock => {
  let ahead = 0
  return {
    now: () => base.now() + ahead,
    advance: (seconds) => {
      ahead += seconds * 1000
    },
    aheadSeconds: () => ahead / 1000,
    reset: () => {
      ahead = 0
    },
  }
}
