// A limit on requests a minute: a bucket that holds the requests of one minute and refills evenly. A burst of one minute's
// requests is allowed, and in the long run no more than the limit.

/** The requests taken from a bucket and not refilled yet, at an instant in epoch milliseconds. */
export type Bucket = { readonly used: number; readonly at: number }

/**
 * The bucket at a later instant. If the clock has stepped back, nothing is refilled, and the bucket counts from the new
 * time, so that it is full again after a minute.
 *
 * @param perMinute - the capacity of the bucket, which refills in a minute
 */
export const bucketAt = ({ used, at }: Bucket, now: number, perMinute: number): Bucket => ({
  used: Math.max(0, used - (Math.max(0, now - at) * perMinute) / minute),
  at: now,
})

const minute = 60_000

/** Takes one request. @returns the new bucket; undefined when the bucket is empty */
export const taken = ({ used, at }: Bucket, perMinute: number): Bucket | undefined =>
  used + 1 <= perMinute + rounding ? { used: used + 1, at } : undefined

/** The tolerance for rounded fractions of a request. */
const rounding = 1e-6
