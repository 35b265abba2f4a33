// The tables of protocol/authentication 3.8 and 5.4, row by row, and what must hold of every row.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { activeFactors, nextStep, type MfaRules, type MfaUser, type NextStep } from './next-step.ts'
import type { Proof } from './proofs.ts'

const rules = (mfa: MfaRules['mfa'], offered: MfaRules['offered'] = ['software-token']): MfaRules => ({
  mfa,
  offered,
})

const all: MfaRules['offered'] = ['software-token', 'sms', 'email']

const plain: MfaUser = {
  passwordDue: false,
  softwareTokenVerified: false,
  hasPhoneNumber: false,
  hasEmail: false,
  recoveryOnly: [],
  enabled: [],
  preferred: undefined,
}

const app: Partial<MfaUser> = { softwareTokenVerified: true }
const appEnabled: Partial<MfaUser> = { ...app, enabled: ['software-token'] }
const reachable: Partial<MfaUser> = { hasEmail: true, hasPhoneNumber: true }

const done: NextStep = { step: 'done' }

const after = (pool: MfaRules, user: Partial<MfaUser>, proved: readonly Proof[] = ['password']): NextStep =>
  nextStep(pool, { ...plain, ...user }, proved)

const table: readonly [title: string, pool: MfaRules, user: Partial<MfaUser>, next: NextStep][] = [
  ['OFF, nothing enrolled', rules('OFF'), {}, done],
  ['OFF, a preferred token', rules('OFF'), { ...appEnabled, preferred: 'software-token' }, done],
  ['OPTIONAL, no active factor', rules('OPTIONAL', all), reachable, done],
  ['OPTIONAL, a verified token, preference never set', rules('OPTIONAL'), app, done],
  ['OPTIONAL, an enabled token', rules('OPTIONAL'), appEnabled, { step: 'software-token' }],
  [
    'OPTIONAL, enabled but never verified',
    rules('OPTIONAL'),
    { enabled: ['software-token'], preferred: 'software-token' },
    done,
  ],
  [
    'OPTIONAL, several active, one preferred',
    rules('OPTIONAL', all),
    { ...app, ...reachable, enabled: all, preferred: 'email' },
    { step: 'email' },
  ],
  [
    'OPTIONAL, several active, none preferred',
    rules('OPTIONAL', all),
    { ...app, ...reachable, enabled: all },
    { step: 'select-factor', choices: ['sms', 'software-token', 'email'] },
  ],
  [
    'OPTIONAL, the preferred one is not offered any more',
    rules('OPTIONAL', ['software-token']),
    { ...app, ...reachable, enabled: all, preferred: 'sms' },
    { step: 'software-token' },
  ],
  [
    'OPTIONAL, the preferred one has lost its address',
    rules('OPTIONAL', all),
    { ...app, hasEmail: true, enabled: all, preferred: 'sms' },
    { step: 'select-factor', choices: ['software-token', 'email'] },
  ],
  ['ON, a verified token only', rules('ON'), app, { step: 'software-token' }],
  ['ON, a token that the user switched off', rules('ON'), { ...app, enabled: [] }, { step: 'software-token' }],
  [
    'ON, a token and an address, none preferred',
    rules('ON', all),
    { ...app, hasEmail: true },
    { step: 'select-factor', choices: ['software-token', 'email'] },
  ],
  [
    'ON, a token preferred over an address',
    rules('ON', all),
    { ...appEnabled, hasEmail: true, preferred: 'software-token' },
    { step: 'software-token' },
  ],
  ['ON, one address', rules('ON', all), { hasEmail: true }, { step: 'email' }],
  ['ON, the other address', rules('ON', all), { hasPhoneNumber: true }, { step: 'sms' }],
  ['ON, both addresses', rules('ON', all), reachable, { step: 'select-factor', choices: ['sms', 'email'] }],
  [
    'ON, an address that only recovery may use',
    rules('ON', ['software-token', 'email']),
    { hasEmail: true, recoveryOnly: ['email'] },
    { step: 'mfa-setup', choices: ['software-token'] },
  ],
  ['ON, nothing enrolled', rules('ON'), {}, { step: 'mfa-setup', choices: ['software-token'] }],
  [
    'ON, nothing enrolled, everything offered',
    rules('ON', all),
    {},
    { step: 'mfa-setup', choices: ['sms', 'software-token', 'email'] },
  ],
  ['ON, enrolled before the pool stopped offering it', rules('ON', []), app, { step: 'software-token' }],
  [
    'ON, nothing offered and nothing enrolled',
    rules('ON', []),
    reachable,
    { step: 'impossible', because: 'MFA is required and the user can use no factor' },
  ],
]

for (const [title, pool, user, next] of table) {
  test(`req 38: ${title}: ${next.step}`, () => assert.deepEqual(after(pool, user), next))
}

const firstFactors: readonly Proof[] = ['password', 'email-otp', 'sms-otp', 'passkey', 'custom']
const secondFactors: readonly Proof[] = ['software-token', 'sms', 'email']

test('req 38: every first factor is asked for the second', () => {
  for (const proof of firstFactors) {
    assert.deepEqual(after(rules('ON'), app, [proof]), { step: 'software-token' }, proof)
    assert.deepEqual(after(rules('OPTIONAL'), appEnabled, [proof]), { step: 'software-token' }, proof)
  }
})

test('a first and a second factor give tokens', () => {
  for (const second of secondFactors) assert.deepEqual(after(rules('ON'), app, ['password', second]), done, second)
  assert.deepEqual(after(rules('ON'), app, ['passkey-two-factors']), done)
})

test('req 25: a second factor alone is no sign-in, nor is nothing', () => {
  for (const mfa of ['OFF', 'OPTIONAL', 'ON'] as const) {
    for (const proved of [[], ...secondFactors.map((proof) => [proof])]) {
      assert.equal(after(rules(mfa), app, proved).step, 'impossible', `${mfa} ${proved.join()}`)
    }
  }
})

const tracking = (mfa: MfaRules['mfa'], offered?: MfaRules['offered']): MfaRules => ({
  ...rules(mfa, offered),
  devices: true,
})
const known: Partial<MfaUser> = { deviceRemembered: true }
const deviceStep: NextStep = { step: 'device' }

test('a remembered device is asked in place of a second factor, and where tokens would follow', () => {
  for (const mfa of ['OFF', 'OPTIONAL', 'ON'] as const) {
    assert.deepEqual(after(tracking(mfa), { ...appEnabled, ...known }), deviceStep, mfa)
    assert.deepEqual(after(tracking(mfa), { ...appEnabled, ...known }, ['password', 'device']), done, mfa)
  }
  const several = { ...app, ...reachable, ...known, enabled: all }
  assert.deepEqual(after(tracking('OPTIONAL', all), several), deviceStep)
  assert.deepEqual(after(tracking('OPTIONAL'), known), deviceStep)
  assert.deepEqual(after(tracking('ON'), { ...app, ...known }, ['custom']), deviceStep)
})

test('a factor that was proved is not asked for again by a device', () => {
  for (const second of secondFactors) {
    assert.deepEqual(after(tracking('ON'), { ...app, ...known }, ['password', second]), done, second)
  }
})

test('req 25: a device stands for no first factor, no new password and no set-up', () => {
  assert.equal(after(tracking('OFF'), known, ['device']).step, 'impossible')
  assert.equal(after(tracking('ON'), { ...known, passwordDue: true }, ['password', 'device']).step, 'new-password')
  assert.equal(after(tracking('ON'), known, ['password', 'device']).step, 'mfa-setup')
  assert.equal(after(tracking('ON', []), known, ['password', 'device']).step, 'impossible')
})

test('req 38: the proof of a device counts only while it is remembered and the pool lets devices replace a factor', () => {
  const proved: readonly Proof[] = ['password', 'device']
  const asked: NextStep = { step: 'software-token' }
  assert.deepEqual(after(tracking('ON'), app, proved), asked)
  assert.deepEqual(after(tracking('ON'), { ...app, deviceRemembered: false }, proved), asked)
  assert.deepEqual(after(rules('ON'), { ...app, ...known }, proved), asked)
  assert.deepEqual(after({ ...rules('ON'), devices: false }, { ...app, ...known }, proved), asked)
})

test('req 8: a new password that is due comes before everything else', () => {
  for (const mfa of ['OFF', 'OPTIONAL', 'ON'] as const) {
    for (const proved of [['password'], ['password', 'software-token']] as const) {
      assert.deepEqual(after(rules(mfa), { ...appEnabled, passwordDue: true }, proved), {
        step: 'new-password',
      })
    }
  }
})

test('req 8: a password that is due is chosen after the temporary one or a custom sign-in, and after nothing else', () => {
  const due = { ...appEnabled, passwordDue: true }
  for (const mfa of ['OFF', 'OPTIONAL', 'ON'] as const) {
    for (const proof of firstFactors) {
      const may = proof === 'password' || proof === 'custom'
      for (const proved of [[proof], [proof, 'software-token'], [proof, 'device']] as const) {
        const { step } = after(rules(mfa), due, proved)
        assert.equal(step, may ? 'new-password' : 'impossible', `${mfa}: ${proved.join()}`)
      }
    }
  }
})

const anyFactors = fc.subarray(['software-token', 'sms', 'email'] as const)
const anyUser: fc.Arbitrary<MfaUser> = fc.record({
  passwordDue: fc.boolean(),
  softwareTokenVerified: fc.boolean(),
  hasPhoneNumber: fc.boolean(),
  hasEmail: fc.boolean(),
  recoveryOnly: fc.subarray(['email', 'phone_number'] as const),
  enabled: anyFactors,
  preferred: fc.option(fc.constantFrom('software-token', 'sms', 'email'), { nil: undefined }),
})
const anyRules: fc.Arbitrary<MfaRules> = fc.record({
  mfa: fc.constantFrom('OFF', 'OPTIONAL', 'ON'),
  offered: anyFactors,
})

test('req 25, 38: with MFA ON one factor never gives tokens, whoever the user is', () => {
  fc.assert(
    fc.property(anyRules, anyUser, fc.constantFrom(...firstFactors), (pool, user, proof) => {
      assert.notEqual(nextStep({ ...pool, mfa: 'ON' }, user, [proof]).step, 'done')
    }),
  )
})

test('req 38: tokens after one factor mean that no factor is active', () => {
  fc.assert(
    fc.property(anyRules, anyUser, (pool, user) => {
      if (nextStep(pool, user, ['password']).step === 'done') assert.deepEqual(activeFactors(pool, user), [])
    }),
  )
})

test('only active factors are asked for, only offered ones can be set up', () => {
  fc.assert(
    fc.property(anyRules, anyUser, (pool, user) => {
      const next = nextStep(pool, { ...user, passwordDue: false }, ['password'])
      const active: readonly string[] = activeFactors(pool, user)
      if (next.step === 'select-factor') assert.deepEqual(next.choices, active)
      else if (next.step === 'mfa-setup') assert.ok(next.choices.every((choice) => pool.offered.includes(choice)))
      else assert.ok(['done', 'impossible', ...active].includes(next.step))
    }),
  )
})
