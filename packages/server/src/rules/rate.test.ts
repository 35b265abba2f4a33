import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { bucketAt, taken, type Bucket } from './rate.ts'

const start = 1_767_323_045_000

const full: Bucket = { used: 0, at: 0 }

/** Takes as many requests as there are at an instant, up to 20,000. */
const takeAll = (from: Bucket, now: number, perMinute: number): { bucket: Bucket; took: number } => {
  let bucket = bucketAt(from, now, perMinute)
  for (let took = 0; took < 20_000; took += 1) {
    const next = taken(bucket, perMinute)
    if (next === undefined) return { bucket, took }
    bucket = next
  }
  return { bucket, took: 20_000 }
}

test('req 123: a minute’s worth may come at once, and not one more', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 12_000 }), fc.integer({ min: 0, max: 2 ** 42 }), (perMinute, now) => {
      assert.equal(takeAll(full, now, perMinute).took, perMinute)
    }),
    { numRuns: 50 },
  )
})

test('req 123: an empty bucket fills evenly, and is full after a minute', () => {
  for (const perMinute of [1, 7, 60, 3000]) {
    const { bucket } = takeAll(full, start, perMinute)
    assert.equal(takeAll(bucket, start + 30_000, perMinute).took, Math.floor(perMinute / 2))
    assert.equal(takeAll(bucket, start + 60_000, perMinute).took, perMinute)
    assert.equal(takeAll(bucket, start + 3_600_000, perMinute).took, perMinute)
  }
})

test('req 123: however requests are spread, no more than a minute’s worth and what came back is taken', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(5000), { maxLength: 300 }), fc.integer({ min: 1, max: 100 }), (pauses, perMinute) => {
      let bucket = full
      let now = start
      let took = 0
      for (const pause of pauses) {
        now += pause
        const next = taken(bucketAt(bucket, now, perMinute), perMinute)
        if (next === undefined) continue
        bucket = next
        took += 1
      }
      assert.ok(took <= perMinute + ((now - start) * perMinute) / 60_000 + 1e-3)
    }),
  )
})

test('a clock that steps back gives nothing back, and keeps a bucket empty for a minute at most', () => {
  const { bucket } = takeAll(full, start + 30 * 86_400_000, 60)
  const after = takeAll(bucket, start, 60)
  assert.equal(after.took, 0)
  assert.equal(takeAll(after.bucket, start + 60_000, 60).took, 60)
})
