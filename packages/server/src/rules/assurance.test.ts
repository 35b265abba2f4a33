import assert from 'node:assert/strict'
import { test } from 'node:test'
import { acrOf, levelReached, levelsOf, liftingTo, methodsOf } from './assurance.ts'
import type { Proof } from './proofs.ts'

const reached: readonly (readonly [proved: readonly Proof[], level: number])[] = [
  [['password'], 1],
  [['email-otp'], 1],
  [['passkey'], 1],
  [['custom'], 1],
  [['password', 'device'], 1],
  [['password', 'sms'], 2],
  [['password', 'email'], 2],
  [['password', 'recovery-code'], 2],
  [['email-otp', 'email'], 1],
  [['sms-otp', 'sms'], 1],
  [['email-otp', 'sms'], 2],
  [['password', 'software-token'], 3],
  [['passkey', 'sms'], 2],
  [['passkey', 'software-token'], 4],
  [['passkey-two-factors'], 4],
]

for (const [proved, level] of reached) {
  test(`${proved.join(' and ')}: level ${level}`, () => assert.equal(levelReached(proved), level))
}

test('levels are named by the pool, or by their default', () => {
  const names = { level2: { acrValue: 'urn:shop:two' } }
  assert.equal(acrOf(names, 2), 'urn:shop:two')
  assert.equal(acrOf(names, 3), 'urn:cognito:loa:3')
  assert.deepEqual(levelsOf(names, 'urn:cognito:loa:3  urn:shop:two urn:cognito:loa:2 nonsense urn:shop:two'), [3, 2])
  assert.deepEqual(levelsOf(undefined, ' '), [])
})

test('the factors that lift to a level are those that reach it', () => {
  const all = ['sms', 'software-token', 'email'] as const
  assert.deepEqual(liftingTo(2, ['password'], all), all)
  assert.deepEqual(liftingTo(2, ['email-otp'], all), ['sms', 'software-token'])
  assert.deepEqual(liftingTo(3, ['password'], all), ['software-token'])
  assert.deepEqual(liftingTo(4, ['password'], all), [])
  assert.deepEqual(liftingTo(4, ['passkey'], all), ['software-token'])
})

test('methods are named once each, and two factors beside', () => {
  assert.deepEqual(methodsOf(['password', 'software-token']), ['pwd', 'otp', 'mfa'])
  assert.deepEqual(methodsOf(['email-otp']), ['otp'])
})
