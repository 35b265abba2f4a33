// protocol/authentication 3.1.7, 3.5, 5.3.11, row by row, and what must hold of every row.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  availableFirstFactors,
  codeAttributes,
  type FirstFactor,
  type FirstFactorRules,
  type FirstFactorUser,
} from './first-factors.ts'

const all: FirstFactorRules['allowed'] = ['password', 'email-otp', 'sms-otp', 'passkey']

const rules = (of: Partial<FirstFactorRules> = {}): FirstFactorRules => ({
  mfa: 'OFF',
  allowed: all,
  passkeyIsTwoFactors: false,
  ...of,
})

const nothing: FirstFactorUser = {
  hasPassword: false,
  hasEmail: false,
  hasPhoneNumber: false,
  hasPasskey: false,
  passwordDue: false,
  hasSecondFactor: false,
  passkeyAsTwoFactors: false,
}

const everything: FirstFactorUser = {
  ...nothing,
  hasPassword: true,
  hasEmail: true,
  hasPhoneNumber: true,
  hasPasskey: true,
}

const passwords: FirstFactor[] = ['password-srp', 'password']
const every: FirstFactor[] = [...passwords, 'email-otp', 'sms-otp', 'passkey']

const table: readonly [
  title: string,
  pool: Partial<FirstFactorRules>,
  user: Partial<FirstFactorUser>,
  available: FirstFactor[],
][] = [
  ['a user who has everything', {}, everything, every],
  ['the default allows passwords alone', { allowed: ['password'] }, everything, passwords],
  ['a pool without SMS', { allowed: ['password', 'email-otp'] }, everything, [...passwords, 'email-otp']],
  ['a user without a password', {}, { ...everything, hasPassword: false }, ['email-otp', 'sms-otp', 'passkey']],
  ['an address without a number', {}, { hasPassword: true, hasEmail: true }, [...passwords, 'email-otp']],
  ['a number without an address', {}, { hasPhoneNumber: true }, ['sms-otp']],
  ['nothing at all: asked for a password like everybody', {}, {}, passwords],
  ['a new password is due', {}, { ...everything, passwordDue: true }, passwords],
  ['MFA ON', { mfa: 'ON' }, everything, passwords],
  ['MFA ON, no password: nothing gets past it', { mfa: 'ON' }, { ...everything, hasPassword: false }, passwords],
  ['MFA OPTIONAL, no active factor', { mfa: 'OPTIONAL' }, everything, every],
  ['MFA OPTIONAL, an active factor', { mfa: 'OPTIONAL' }, { ...everything, hasSecondFactor: true }, passwords],
  [
    'MFA ON, a passkey that is two factors',
    { mfa: 'ON', passkeyIsTwoFactors: true },
    { ...everything, passkeyAsTwoFactors: true },
    [...passwords, 'passkey'],
  ],
  ['MFA ON, the user did not choose that', { mfa: 'ON', passkeyIsTwoFactors: true }, everything, passwords],
  ['MFA ON, the pool does not allow that', { mfa: 'ON' }, { ...everything, passkeyAsTwoFactors: true }, passwords],
]

for (const [title, pool, user, available] of table) {
  test(`first factors: ${title}`, () => {
    assert.deepEqual(availableFirstFactors(rules(pool), { ...nothing, ...user }), available)
  })
}

const anyRules: fc.Arbitrary<FirstFactorRules> = fc.record({
  mfa: fc.constantFrom('OFF', 'OPTIONAL', 'ON'),
  allowed: fc.subarray([...all]).map((some) => [...new Set(['password' as const, ...some])]),
  passkeyIsTwoFactors: fc.boolean(),
})

const anyUser: fc.Arbitrary<FirstFactorUser> = fc.record({
  hasPassword: fc.boolean(),
  hasEmail: fc.boolean(),
  hasPhoneNumber: fc.boolean(),
  hasPasskey: fc.boolean(),
  passwordDue: fc.boolean(),
  hasSecondFactor: fc.boolean(),
  passkeyAsTwoFactors: fc.boolean(),
})

test('no code is a first factor where a second is due, none is empty-handed, nothing is offered that is not allowed', () => {
  fc.assert(
    fc.property(anyRules, anyUser, (pool, user) => {
      const available = availableFirstFactors(pool, user)
      const codes = available.includes('email-otp') || available.includes('sms-otp')
      assert.ok(available.length > 0)
      if (pool.mfa === 'ON' || user.passwordDue || (pool.mfa === 'OPTIONAL' && user.hasSecondFactor)) assert.ok(!codes)
      for (const factor of ['email-otp', 'sms-otp', 'passkey'] as const) {
        if (available.includes(factor)) assert.ok(pool.allowed.includes(factor))
      }
    }),
  )
})

test('the addresses to which codes go that let in by themselves', () => {
  assert.deepEqual(
    [codeAttributes(['password', 'passkey']), codeAttributes(['password', 'sms-otp']), codeAttributes(all)],
    [[], ['phone_number'], ['email', 'phone_number']],
  )
})
