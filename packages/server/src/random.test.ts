import assert from 'node:assert/strict'
import { test } from 'node:test'
import { randomBytes, systemRandom } from './random.ts'

test('random bytes are as many as asked for, and never the same again', () => {
  const lengths = [0, 1, 12, 16, 32, 4096, 4097, 10_000]
  for (const length of lengths) assert.equal(systemRandom.bytes(length).length, length)
  const drawn = Array.from({ length: 2000 }, () => randomBytes(16).toString('hex'))
  assert.equal(new Set(drawn).size, drawn.length)
})

test('random bytes stay what they were while more are drawn, and are nobody else’s', () => {
  const first = randomBytes(16)
  const before = first.toString('hex')
  for (let count = 0; count < 1000; count += 1) randomBytes(16).fill(0)
  assert.equal(first.toString('hex'), before)
  first.fill(0)
  assert.notEqual(randomBytes(16).toString('hex'), first.toString('hex'))
})

test('every byte value comes, about as often as any other', () => {
  const counts = Array.from({ length: 256 }, () => 0)
  for (let round = 0; round < 1000; round += 1)
    for (const byte of randomBytes(256)) counts[byte] = (counts[byte] ?? 0) + 1
  // 1,000 expected of each; nine standard deviations to either side.
  for (const count of counts) assert.ok(count > 715 && count < 1285, String(count))
})
