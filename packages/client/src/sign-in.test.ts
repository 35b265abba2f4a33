import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newContext } from './context.ts'
import { settle, type AuthAnswer } from './sign-in.ts'
import type { State } from './state.ts'

const context = newContext({ userPoolId: 'eu-west-1_AbCdEf123', clientId: 'abc', now: () => 1_000 })
const username = 'jane@example.com'
const Session = 's'.repeat(20)
const pending = { username, userId: '7f3c', session: Session }

const asked = (ChallengeName: string, parameters: Record<string, string>): AuthAnswer => ({
  ChallengeName,
  Session,
  ChallengeParameters: { USER_ID_FOR_SRP: '7f3c', ...parameters },
})
const sent = { CODE_DELIVERY_DELIVERY_MEDIUM: 'EMAIL', CODE_DELIVERY_DESTINATION: 'j***@e***' }
const sentTo = { destination: 'j***@e***', medium: 'email' }

/** What the service asks (protocol/authentication 3.4), and the state that it becomes. */
const table: readonly (readonly [AuthAnswer, State | object])[] = [
  [
    asked('NEW_PASSWORD_REQUIRED', {
      requiredAttributes: '["userAttributes.name"]',
      userAttributes: '{"email":"j@e"}',
    }),
    { step: 'new-password', ...pending, requiredAttributes: ['name'], attributes: { email: 'j@e' } },
  ],
  [asked('SOFTWARE_TOKEN_MFA', {}), { step: 'enter-totp', ...pending }],
  [asked('SOFTWARE_TOKEN_MFA', { FRIENDLY_DEVICE_NAME: 'phone' }), { step: 'enter-totp', ...pending, device: 'phone' }],
  [asked('EMAIL_OTP', sent), { step: 'enter-code', ...pending, challenge: 'EMAIL_OTP', sentTo }],
  [
    asked('SMS_MFA', { CODE_DELIVERY_DELIVERY_MEDIUM: 'SMS', CODE_DELIVERY_DESTINATION: '+*******0100' }),
    { step: 'enter-code', ...pending, challenge: 'SMS_MFA', sentTo: { destination: '+*******0100', medium: 'sms' } },
  ],
  [
    asked('SELECT_MFA_TYPE', { MFAS_CAN_CHOOSE: '["SMS_MFA","SOFTWARE_TOKEN_MFA","NEW_ONE"]' }),
    { step: 'select-mfa', ...pending, choices: ['sms', 'totp'] },
  ],
  [
    { ...asked('SELECT_CHALLENGE', {}), AvailableChallenges: ['PASSWORD_SRP', 'PASSWORD', 'WEB_AUTHN'] },
    { step: 'select-challenge', ...pending, choices: ['password', 'passkey'] },
  ],
  [
    asked('WEB_AUTHN', { CREDENTIAL_REQUEST_OPTIONS: '{"a":1}' }),
    { step: 'use-passkey', ...pending, options: { a: 1 } },
  ],
  [
    asked('CUSTOM_CHALLENGE', { question: 'why?' }),
    { step: 'custom-challenge', ...pending, parameters: { USER_ID_FOR_SRP: '7f3c', question: 'why?' } },
  ],
  [
    { AuthenticationResult: { AccessToken: 'a', IdToken: 'i', RefreshToken: 'r', ExpiresIn: 3600 } },
    {
      step: 'signed-in',
      username,
      tokens: { accessToken: 'a', idToken: 'i', refreshToken: 'r', expiresAt: 3_601_000 },
    },
  ],
]

for (const [answer, expected] of table) {
  const { step } = expected as State
  test(`${answer.ChallengeName ?? 'the tokens'} becomes ${step}, which survives a page reload`, async () => {
    const state = await settle(context, { username }, answer)
    assert.deepEqual(state, expected)
    assert.deepEqual(JSON.parse(JSON.stringify(state)), state)
  })
}

test('a challenge the client does not know is an error, not a state', async () => {
  for (const name of ['DEVICE_SRP_AUTH', 'constructor', '']) {
    await assert.rejects(settle(context, { username }, asked(name, {})), { name: 'UnsupportedChallenge' })
  }
})

test('a pool id without a region is refused', () => {
  for (const userPoolId of ['', 'AbCdEf123', 'eu-west-1_']) {
    assert.throws(() => newContext({ userPoolId, clientId: 'abc' }), TypeError)
  }
})
