// Requests a minute: a bucket that holds a minute's worth and gets it back evenly, so that a minute's worth may come at
// once and no more can come for long.

/** What was taken from a bucket and is not back yet, in requests, at an instant in epoch milliseconds. */
export type Bucket = { readonly used: number; readonly at: number }

/**
 * A bucket at a later instant. Where the clock stepped back meanwhile, the bucket goes with it: nothing comes back, and
 * nothing stays out for longer than a minute.
 *
 * @param perMinute - what the bucket holds, and gets back in a minute
 */
export const bucketAt = ({ used, at }: Bucket, now: number, perMinute: number): Bucket => ({
  used: Math.max(0, used - (Math.max(0, now - at) * perMinute) / minute),
  at: now,
})

const minute = 60_000

/** Takes one request. @returns the bucket after it; undefined when the bucket holds none */
export const taken = ({ used, at }: Bucket, perMinute: number): Bucket | undefined =>
  used + 1 <= perMinute + rounding ? { used: used + 1, at } : undefined

/** What fractions of a request may be off by. */
const rounding = 1e-6
