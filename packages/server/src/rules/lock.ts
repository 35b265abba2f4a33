// The lock after wrong guesses: how long it lasts (protocol/authentication 3.2). Only this file states the rule; the
// store builds its statement from it.

/** The numbers of the rule. */
export type LockRule = {
  /** The failure in a row that brings the first lock. */
  readonly failuresBeforeLock: number
  /** The longest lock, and the time without attempts after which failures are forgotten. */
  readonly lockMaximumSeconds: number
}

/** The length of the first lock; each further failure doubles it. */
const firstMilliseconds = 1000

/**
 * The length of the lock after a number of failures in a row.
 *
 * @returns milliseconds; 0 for no lock
 */
export const lockMilliseconds = ({ failuresBeforeLock, lockMaximumSeconds }: LockRule, failures: number): number =>
  failures < failuresBeforeLock
    ? 0
    : Math.min(firstMilliseconds * 2 ** (failures - failuresBeforeLock), lockMaximumSeconds * 1000)

/** The difference that the clocks of servers may have. */
const clockToleranceMilliseconds = 60_000

/**
 * The longest that a lock may hold from now, whatever end is stored: a clock that was ahead may have written it. The
 * tolerance keeps a server with another clock from ending a lock that a server has just set.
 */
export const lockLimitMilliseconds = (rule: LockRule, failures: number): number =>
  Math.min(lockMilliseconds(rule, failures) + clockToleranceMilliseconds, rule.lockMaximumSeconds * 1000)

/** The number of failures after which every lock has the greatest length. */
export const failuresOfLongestLock = (rule: LockRule): number => {
  let failures = rule.failuresBeforeLock
  while (lockMilliseconds(rule, failures) < rule.lockMaximumSeconds * 1000) failures += 1
  return failures
}
