import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { PoolError } from './call.ts'
import { refusedState, whyOf } from './refusal.ts'
import type { State, Why } from './state.ts'

type Entry = { type: string; message: string; when: string }

const { errors } = JSON.parse(
  readFileSync(new URL('../../../model/vectors/error-messages.json', import.meta.url), 'utf8'),
) as { errors: Entry[] }

/** What each refusal's texts begin with; an exception that is listed under none is thrown. */
const expected: Readonly<Record<Why, readonly string[]>> = {
  'code-wrong': [
    'CodeMismatchException Invalid verification code',
    'CodeMismatchException Invalid code received',
    'CodeMismatchException Invalid code or auth state',
    'EnableSoftwareTokenMFAException Code mismatch',
  ],
  'code-expired': ['ExpiredCodeException Invalid code provided'],
  'code-used': ['ExpiredCodeException Your software token has already'],
  'code-not-sent': [],
  'session-expired': [
    'NotAuthorizedException Invalid session for the user',
    'NotAuthorizedException Invalid Refresh Token',
    'NotAuthorizedException Refresh Token has',
    'NotAuthorizedException Invalid Access Token',
    'NotAuthorizedException Access Token has been revoked',
    'NotAuthorizedException Access Token has expired',
    'RefreshTokenReuseException',
  ],
  'too-many-attempts': [
    'NotAuthorizedException Password attempts exceeded',
    'LimitExceededException Attempt limit exceeded',
  ],
  'password-wrong': ['NotAuthorizedException Incorrect username or password.'],
  'password-unfit': ['InvalidPasswordException', 'PasswordHistoryPolicyViolationException'],
  'password-expired': ['NotAuthorizedException Temporary password has expired'],
  'passkey-wrong': ['NotAuthorizedException Passkey verification failed.'],
  'user-not-found': ['UserNotFoundException'],
  'user-exists': ['UsernameExistsException', 'AliasExistsException'],
  'user-disabled': ['NotAuthorizedException User is disabled.'],
  'already-confirmed': [
    'NotAuthorizedException User cannot be confirmed. Current status is CONFIRMED',
    'InvalidParameterException User is already confirmed.',
  ],
  'sign-up-closed': ['NotAuthorizedException SignUp is not permitted'],
  'attributes-wrong': [
    'InvalidParameterException Attributes did not conform',
    'InvalidParameterException Invalid attributes given',
    'InvalidParameterException Username should be an email',
    'InvalidParameterException Username should be either',
    'InvalidParameterException Username cannot be of email format',
    'NotAuthorizedException A client attempted to write unauthorized attribute',
    'NotAuthorizedException Cannot modify an already provided',
  ],
  'cannot-reset': [
    'InvalidParameterException Cannot reset password for the user',
    'NotAuthorizedException User password cannot be reset',
  ],
  'refused-by-trigger': ['UserLambdaValidationException'],
}

const expectedFor = (text: string): string | undefined =>
  Object.entries(expected).find(([, texts]) => texts.some((start) => text.startsWith(start)))?.[0]

const refusal = (name: string, message: string): PoolError => new PoolError(name, message, 400)

test('every text of the catalogue is the refusal it should be, or none', () => {
  for (const { type, message } of errors) {
    assert.equal(whyOf(refusal(type, message)), expectedFor(`${type} ${message}`), `${type} ${message}`)
  }
})

test('what an operator must mend is thrown', () => {
  const thrown = [
    ['ResourceNotFoundException', 'User pool client abc does not exist.'],
    ['NotAuthorizedException', 'Unable to verify secret hash for client abc'],
    ['InvalidParameterException', 'USER_SRP_AUTH is not enabled for the client.'],
    ['InternalErrorException', 'Something went wrong.'],
  ] as const
  for (const [name, message] of thrown) {
    const error = refusal(name, message)
    assert.throws(
      () => refusedState(totp, start, error),
      (caught) => caught === error,
    )
  }
})

test('what is no answer of the service is thrown', () => {
  const error = new TypeError('fetch failed')
  assert.throws(
    () => refusedState(totp, start, error),
    (caught) => caught === error,
  )
})

test('a code that cannot be one is a wrong code', () => {
  const message = (member: string): string =>
    `1 validation error detected: Value 'abc' at '${member}' failed to satisfy constraint: Member must satisfy regular expression pattern: [0-9]+`
  assert.equal(whyOf(refusal('InvalidParameterException', message('userCode'))), 'code-wrong')
  assert.equal(whyOf(refusal('InvalidParameterException', message('confirmationCode'))), 'code-wrong')
  assert.equal(whyOf(refusal('InvalidParameterException', message('clientId'))), undefined)
})

const username = 'jane@example.com'
const start = { step: 'password', username } as const
const totp = { step: 'enter-totp', username, userId: 'jane', session: 's'.repeat(20) } as const
const wrongCode = refusal('CodeMismatchException', 'Invalid code received for user')

const triesLeft = (state: State): number | undefined => state.refused?.triesLeft

test('wrong codes are counted down to the lock, through a page reload and other refusals', () => {
  const used = refusal('ExpiredCodeException', 'Your software token has already been used once.')
  let state: State = totp
  const seen = [wrongCode, wrongCode, used, wrongCode, wrongCode, wrongCode, wrongCode].map((error) => {
    state = JSON.parse(JSON.stringify(refusedState(state, start, error))) as State
    assert.equal(state.step, 'enter-totp')
    return triesLeft(state)
  })
  assert.deepEqual(seen, [4, 3, 3, 2, 1, 0, 0])
})

test('where no limit is documented no tries are promised', () => {
  const state = { ...totp, step: 'set-up-totp', secret: 'ABCDEFGHIJKLMNOP', uri: 'otpauth://totp/a:b' } as const
  const next = refusedState(state, start, refusal('EnableSoftwareTokenMFAException', 'Code mismatch'))
  assert.deepEqual(next, { ...state, refused: { why: 'code-wrong', message: 'Code mismatch' } })
})

test('an expired session starts again from the password, and says why', () => {
  const message = 'Invalid session for the user, session is expired.'
  const next = refusedState(totp, start, refusal('NotAuthorizedException', message))
  assert.deepEqual(next, { ...start, refused: { why: 'session-expired', message } })
})

test('a wrong password stays at the password; inside a sign-in it starts again', () => {
  const error = refusal('NotAuthorizedException', 'Incorrect username or password.')
  const custom = { ...totp, step: 'custom-challenge', parameters: {} } as const
  assert.deepEqual(refusedState(start, start, error).refused, {
    why: 'password-wrong',
    message: error.message,
    triesLeft: 4,
  })
  assert.deepEqual(refusedState(custom, start, error), {
    ...start,
    refused: { why: 'password-wrong', message: error.message },
  })
})

test('a user who is not confirmed goes to the code, one whose password was reset to a new one', () => {
  const unconfirmed = refusal('UserNotConfirmedException', 'User is not confirmed.')
  const reset = refusal('PasswordResetRequiredException', 'Password reset required for the user')
  assert.deepEqual(refusedState(start, start, unconfirmed), { step: 'confirm-sign-up', username })
  assert.deepEqual(refusedState(start, start, reset), { step: 'reset-password', username })
})

test('a sign-up whose message failed has made the user: the code is next', () => {
  const state = { step: 'sign-up', username, attributes: {} } as const
  const error = refusal('CodeDeliveryFailureException', 'The message could not be sent.')
  const refused = { why: 'code-not-sent', message: error.message }
  assert.deepEqual(refusedState(state, start, error), { step: 'confirm-sign-up', username, refused })
})

test('a signed-in user whose access token is over stays signed in and is told', () => {
  const tokens = { accessToken: 'a', idToken: 'i', refreshToken: 'r', expiresAt: 1 }
  const state = {
    step: 'set-up-totp',
    username,
    tokens,
    secret: 'ABCDEFGHIJKLMNOP',
    uri: 'otpauth://totp/a:b',
  } as const
  const error = refusal('NotAuthorizedException', 'Access Token has expired')
  const refused = { why: 'session-expired', message: error.message }
  assert.deepEqual(refusedState(state, start, error), { step: 'signed-in', username, tokens, refused })
})
