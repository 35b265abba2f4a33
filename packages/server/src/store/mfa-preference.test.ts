import assert from 'node:assert/strict'
import { test } from 'node:test'
import { heldPreference, storedPreference, type MfaPreference } from './mfa-preference.ts'

const chosen: MfaPreference = { enabled: ['sms', 'software-token', 'email'], preferred: 'email', webAuthn: true }

const stored = { enabled: ['SMS_MFA', 'SOFTWARE_TOKEN_MFA', 'EMAIL_OTP'], preferred: 'EMAIL_OTP', webAuthn: true }

test('a choice of factors is stored by the names that every version knows, and read by them', () => {
  assert.deepEqual(storedPreference(chosen), stored)
  assert.deepEqual(heldPreference(stored), chosen)
  assert.deepEqual(heldPreference({ enabled: [] }), { enabled: [] })
  assert.deepEqual(heldPreference(JSON.parse(JSON.stringify(storedPreference({ enabled: [] })))), { enabled: [] })
})

test('req 26: a factor that this version does not know is not passed over, which would ask for none', () => {
  for (const name of ['sms', 'VOICE_MFA', '', 'toString']) {
    assert.throws(() => heldPreference({ enabled: [name] }), /does not know/)
    assert.throws(() => heldPreference({ enabled: [], preferred: name }), /does not know/)
  }
})
