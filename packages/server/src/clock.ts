// The time of the operating system, and a clock that the development server can move forward.

/** Where the time comes from. Nothing else in the service reads a clock. */
export type Clock = {
  /** The present instant, in epoch milliseconds. */
  now(): number
}

/** The one reader of the system's clock. */
export const systemClock: Clock = { now: () => Date.now() }

/** A clock that can be moved forward, and put back to real time. */
export type MovableClock = Clock & {
  advance(seconds: number): void
  /** How far it stands ahead of real time. */
  aheadSeconds(): number
  /** Puts it back to real time. What was stored meanwhile is of the future then. */
  reset(): void
}

/** Makes a clock that runs with the system's, ahead of it by what it was moved. */
export const movableClock = (): MovableClock => {
  let ahead = 0
  return {
    now: () => Date.now() + ahead,
    advance: (seconds) => {
      ahead += seconds * 1000
    },
    aheadSeconds: () => ahead / 1000,
    reset: () => {
      ahead = 0
    },
  }
}
