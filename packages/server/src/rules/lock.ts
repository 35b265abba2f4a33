// For how long guesses lock the account that they are about (protocol/authentication 3.2). The rule stands here alone;
// the store's statement is made of it.

/** The numbers of the rule. */
export type LockRule = {
  /** Failures in a row up to the first lock. */
  readonly failuresBeforeLock: number
  /** The longest lock, and the time without an attempt after which failures are forgotten. */
  readonly lockMaximumSeconds: number
}

/** The first lock; each further failure doubles it. */
const firstMilliseconds = 1000

/**
 * How long the lock is that so many failures in a row bring.
 *
 * @returns milliseconds; 0 for no lock
 */
export const lockMilliseconds = ({ failuresBeforeLock, lockMaximumSeconds }: LockRule, failures: number): number =>
  failures < failuresBeforeLock
    ? 0
    : Math.min(firstMilliseconds * 2 ** (failures - failuresBeforeLock), lockMaximumSeconds * 1000)

/** By how much the clocks of servers may differ. */
const clockToleranceMilliseconds = 60_000

/**
 * How long a lock may hold from now, whatever its stored end says: a clock that was ahead may have written it. A lock is
 * not cut short for a difference between the clocks of servers, or one would let in where another has just locked.
 */
export const lockLimitMilliseconds = (rule: LockRule, failures: number): number =>
  Math.min(lockMilliseconds(rule, failures) + clockToleranceMilliseconds, rule.lockMaximumSeconds * 1000)

/** The number of failures from which on every lock is the longest. */
export const failuresOfLongestLock = (rule: LockRule): number => {
  let failures = rule.failuresBeforeLock
  while (lockMilliseconds(rule, failures) < rule.lockMaximumSeconds * 1000) failures += 1
  return failures
}
