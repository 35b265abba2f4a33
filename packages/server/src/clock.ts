// The time of the operating system, watched for steps, and a clock that the development server can move forward.

/** Where the time comes from. Nothing else in the service reads a clock. */
export type Clock = {
  /** The present instant, in epoch milliseconds. */
  now(): number
  /** The last step back whose beginning lies ahead again: what had ended by then stays ended. */
  readonly steppedBack?: () => ClockStep | undefined
}

/** A step of the system's clock, from one instant to another. */
export type ClockStep = { readonly from: number; readonly to: number }

/** The one reader of the system's clock. */
export const systemClock: Clock = { now: () => Date.now() }

/** A clock that does not follow a step back until it is told that what had ended before it is gone. */
export type WatchedClock = Clock & {
  readonly steppedBack: () => ClockStep | undefined
  /** The step back that is not followed yet: the time stands still at its `from`. */
  pending(): ClockStep | undefined
  /** Follows the step back that is pending. @param step - what is to be remembered of it */
  follow(step: ClockStep): void
  /** Takes a time for seen that another process has seen, and its last step back. */
  recall(highestAt: number, step: ClockStep | undefined): void
  /** How many steps there were. */
  steps(): Readonly<Record<'back' | 'forward', number>>
}

/** Corrections of the system's clock that are no step: the time waits for it to come as far again. */
const correctionMilliseconds = 1000

/** How far the system's clock may run ahead of a steady one between two looks at it. */
const driftMilliseconds = 60_000

/**
 * Watches a clock.
 *
 * @param told - told of each step, when it is noticed
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

/** A clock that can be moved forward, and put back to real time. */
export type MovableClock = Clock & {
  advance(seconds: number): void
  /** How far it stands ahead of real time. */
  aheadSeconds(): number
  /** Puts it back to real time. What was stored meanwhile is of the future then. */
  reset(): void
}

/** Makes a clock that runs with another, ahead of it by what it was moved. */
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
