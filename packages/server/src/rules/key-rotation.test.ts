import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isPublished, publishedAheadMilliseconds, signingKeyOf, type RotatedKey } from './key-rotation.ts'

type Key = RotatedKey & { readonly name: string }

const key = (name: string, retiredAt?: number, use: RotatedKey['use'] = 'access'): Key => ({ name, use, retiredAt })

const signs = (keys: readonly Key[], now: number): string | undefined => signingKeyOf(keys, 'access', now)?.name

const hour = publishedAheadMilliseconds

test('req 51: the old key signs until its time is over, then the new one', () => {
  const keys = [key('new'), key('old', hour)]
  for (const order of [keys, keys.toReversed()]) {
    assert.deepEqual(
      [0, hour - 1, hour, hour * 100].map((now) => signs(order, now)),
      ['old', 'old', 'new', 'new'],
    )
  }
})

test('req 51: two rotations within the hour take their turns', () => {
  const keys = [key('third'), key('first', hour), key('second', hour + 1000)]
  assert.deepEqual(
    [1000, hour, hour + 1000].map((now) => signs(keys, now)),
    ['first', 'second', 'third'],
  )
})

test('a key of the other use never signs', () => {
  assert.equal(signs([key('id', undefined, 'id')], 0), undefined)
  assert.equal(signs([], 0), undefined)
})

test('req 51: an old key is published for a day past its end, the newest always', () => {
  const day = 86_400_000
  assert.deepEqual(
    [0, hour, hour + day - 1, hour + day].map((now) => isPublished(key('old', hour), now)),
    [true, true, true, false],
  )
  assert.equal(isPublished(key('new'), Number.MAX_SAFE_INTEGER), true)
})
