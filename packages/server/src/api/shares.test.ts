// Shares at the door: which requests take one, from whom, and that nothing else is told by it (requirement 123).
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { addUser, goodPassword, startPool } from '../../testing/pool.ts'
import { refresh, signIn } from '../../testing/sign-in.ts'
import type { Keys } from '../keys/index.ts'
import { noShareLimits, type ShareName } from '../config.ts'
import { operationShapes, type OperationName } from '../wire/model.gen.ts'
import { Refused } from '../../testing/app.ts'
import { kindsOf } from './shares.ts'

/** Open operations by access token that send codes, and take their share once they know the client. */
const later: readonly OperationName[] = ['GetUserAttributeVerificationCode', 'UpdateUserAttributes']

/** Open operations that take no share: they go by an access token or a refresh token, or are not there yet. */
const free: readonly OperationName[] = [
  'ChangePassword',
  'CompleteWebAuthnRegistration',
  'ConfirmDevice',
  'CountRecoveryCodes',
  'CreateRecoveryCodes',
  'DeleteRecoveryCodes',
  'DeleteUser',
  'DeleteUserAttributes',
  'DeleteWebAuthnCredential',
  'ForgetDevice',
  'GetDevice',
  'GetTokensFromRefreshToken',
  'GetUser',
  'GetUserAuthFactors',
  'GlobalSignOut',
  'ListDevices',
  'ListUserSessions',
  'ListWebAuthnCredentials',
  'RevokeToken',
  'RevokeUserSession',
  'SetUserMFAPreference',
  'SetUserSettings',
  'StartWebAuthnRegistration',
  'UpdateAuthEventFeedback',
  'UpdateDeviceStatus',
  'VerifyUserAttribute',
]

test('every open operation takes a share, or stands among those that need none', () => {
  const open = Object.entries(operationShapes).filter(([, { auth }]) => auth !== 'sigv4')
  assert.deepEqual(open.map(([name]) => name).toSorted(), [...free, ...later, ...Object.keys(kindsOf)].toSorted())
})

const withLimits = async (t: TestContext, limits: Partial<Record<ShareName, number>>) => {
  const at = await startPool(t, {}, { settings: { shareLimits: { ...noShareLimits, ...limits } } })
  await addUser(at, 'anna')
  return at
}

const nameOf = async (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'answered',
    (error: unknown) => (error instanceof Refused ? error.name : 'failed'),
  )

test('req 123: a source that signs in too often is refused, before anything is looked at; others are served', async (t) => {
  const at = await withLimits(t, { 'sign-in/source': 3 })
  const { ClientId, UserPoolId } = at
  const AuthParameters = { USERNAME: 'anna', PASSWORD: goodPassword }
  const signInFrom = (address: string, PASSWORD = goodPassword) =>
    nameOf(
      at.server.from(address).call('InitiateAuth', {
        ClientId,
        AuthFlow: 'USER_PASSWORD_AUTH',
        AuthParameters: { ...AuthParameters, PASSWORD },
      }),
    )
  for (let guess = 0; guess < 3; guess += 1)
    assert.equal(await signInFrom('192.0.2.1', `Wrong-${guess}`), 'NotAuthorizedException')
  for (const given of [goodPassword, 'Wrong-3'])
    assert.equal(await signInFrom('192.0.2.1', given), 'TooManyRequestsException')
  const { fields } = at.server.log.findLast(({ message }) => message === 'refused') ?? {}
  assert.equal(fields?.['limit'], 'sign-in/source')
  assert.equal(fields?.['reason'], 'the share sign-in/source is used up: 3 requests a minute')
  assert.equal(await signInFrom('192.0.2.2'), 'answered')

  // An IPv6 network has one share, however many addresses it uses.
  for (const address of ['2001:db8::1', '2001:db8::2', '2001:db8:0:0:ffff::3'])
    assert.equal(await signInFrom(address), 'answered')
  assert.equal(await signInFrom('2001:db8::4'), 'TooManyRequestsException')
  assert.equal(await signInFrom('2001:db8:0:1::1'), 'answered')
  assert.equal(await signInFrom('::ffff:192.0.2.1'), 'TooManyRequestsException')

  // Signed calls are the operator's own.
  const AdminParameters = { UserPoolId, ClientId, AuthFlow: 'ADMIN_USER_PASSWORD_AUTH', AuthParameters } as const
  for (let time = 0; time < 5; time += 1)
    assert.equal(await nameOf(at.server.from('192.0.2.1').call('AdminInitiateAuth', AdminParameters)), 'answered')
  at.server.advance(20)
  assert.equal(await signInFrom('192.0.2.1'), 'answered')
  assert.equal(await signInFrom('192.0.2.1'), 'TooManyRequestsException')
})

test('callers without an address share one', async (t) => {
  const at = await withLimits(t, { 'sign-in/source': 2 })
  await signIn(at, 'anna')
  await signIn(at, 'anna')
  await assert.rejects(signIn(at, 'anna'), { name: 'TooManyRequestsException', message: 'Too many requests' })
})

test('refreshing and what an access token allows take no share', async (t) => {
  const at = await withLimits(t, { 'sign-in/source': 1, 'sign-in/client': 1, 'message/source': 1 })
  const { AccessToken, RefreshToken } = await signIn(at, 'anna')
  for (let time = 0; time < 3; time += 1) {
    await refresh(at, RefreshToken)
    await at.server.call('GetUser', { AccessToken })
    await at.server.call('UpdateUserAttributes', { AccessToken, UserAttributes: [{ Name: 'name', Value: `${time}` }] })
  }
})

test('req 123: every step of a sign-in takes a share, as do confirmations and codes', async (t) => {
  const at = await withLimits(t, { 'sign-in/source': 1, 'sign-up/source': 1, 'message/source': 1 })
  const { ClientId } = at
  const [Username, Session, ConfirmationCode] = ['anna', 'S'.repeat(20), '123456']
  const calls = {
    'sign-in/source': [
      () => at.server.call('RespondToAuthChallenge', { ClientId, ChallengeName: 'SMS_MFA', Session }),
      () => at.server.call('ConfirmForgotPassword', { ClientId, Username, ConfirmationCode, Password: goodPassword }),
      () => at.server.call('AssociateSoftwareToken', { Session }),
      () => at.server.call('VerifySoftwareToken', { Session, UserCode: ConfirmationCode }),
      () =>
        at.server.call('RespondWithRecoveryCode', { ClientId, Session, Username, RecoveryCode: 'abcde-fghij-klmno' }),
    ],
    'sign-up/source': [
      () => at.server.call('ConfirmSignUp', { ClientId, Username, ConfirmationCode }),
      () => at.server.call('SignUp', { ClientId, Username: 'berta', Password: goodPassword }),
    ],
    'message/source': [
      () => at.server.call('ForgotPassword', { ClientId, Username }),
      () => at.server.call('ResendConfirmationCode', { ClientId, Username }),
      () => at.server.call('SignUp', { ClientId, Username: 'clara', Password: goodPassword }),
      () =>
        at.server.call('RespondToAuthChallenge', {
          ClientId,
          ChallengeName: 'SELECT_CHALLENGE',
          Session,
          ChallengeResponses: { USERNAME: Username, ANSWER: 'EMAIL_OTP' },
        }),
      () =>
        at.server.call('RespondToAuthChallenge', {
          ClientId,
          ChallengeName: 'SELECT_MFA_TYPE',
          Session,
          ChallengeResponses: { USERNAME: Username, ANSWER: 'EMAIL_MFA' },
        }),
    ],
  }
  for (const [limit, operations] of Object.entries(calls)) {
    at.server.advance(60)
    const [first, ...others] = operations
    assert.notEqual(await nameOf(first?.() ?? Promise.reject(new Error('none'))), 'TooManyRequestsException')
    for (const operation of others) {
      assert.equal(await nameOf(operation()), 'TooManyRequestsException')
      // The share of sign-up is asked before that of messages, and both before anything is taken.
      if (limit !== 'message/source') assert.equal(at.server.log.at(-1)?.fields['limit'], limit)
    }
  }
})

test('req 11, 123: what is counted tells nothing about a user', async (t) => {
  const at = await withLimits(t, { 'message/source': 3 })
  const { ClientId } = at
  const ask = (Username: string, address: string) =>
    nameOf(at.server.from(address).call('ForgotPassword', { ClientId, Username }))
  const answersFor = async (username: string, address: string) => {
    const answers: string[] = []
    for (let time = 0; time < 5; time += 1) answers.push(await ask(username, address))
    return answers.indexOf('TooManyRequestsException')
  }
  assert.equal(await answersFor('anna', '192.0.2.1'), 3)
  assert.equal(await answersFor('nobody', '192.0.2.2'), 3)
})

test('req 123: a client that many sources use up together serves every other source a little, and other clients all', async (t) => {
  const at = await withLimits(t, { 'sign-in/source': 100, 'sign-in/client': 20, 'sign-in/spare': 2 })
  const { ClientId, UserPoolId } = at
  const signInFrom = (address: string, client = ClientId) =>
    nameOf(
      at.server.from(address).call('InitiateAuth', {
        ClientId: client,
        AuthFlow: 'USER_PASSWORD_AUTH',
        AuthParameters: { USERNAME: 'anna', PASSWORD: goodPassword },
      }),
    )
  for (let time = 0; time < 22; time += 1) assert.equal(await signInFrom('192.0.2.1'), 'answered')
  assert.equal(await signInFrom('192.0.2.1'), 'TooManyRequestsException')
  assert.equal(at.server.log.at(-1)?.fields['limit'], 'sign-in/client')
  assert.equal(await signInFrom('192.0.2.2'), 'answered')
  const { UserPoolClient } = await at.server.call('CreateUserPoolClient', {
    UserPoolId,
    ClientName: 'other',
    ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
  })
  assert.equal(await signInFrom('192.0.2.1', UserPoolClient?.ClientId), 'answered')
})

test('codes that an access token sends take a share of messages, and of their client', async (t) => {
  const at = await withLimits(t, { 'message/client': 2, 'message/spare': 1 })
  const { AccessToken } = await signIn(at, 'anna')
  const change = (time: number) => [{ Name: 'email', Value: `anna${time}@example.com` }]
  for (let time = 0; time < 3; time += 1)
    await at.server.call('UpdateUserAttributes', { AccessToken, UserAttributes: change(time) })
  await assert.rejects(at.server.call('UpdateUserAttributes', { AccessToken, UserAttributes: change(3) }), {
    name: 'TooManyRequestsException',
  })
  await assert.rejects(at.server.call('GetUserAttributeVerificationCode', { AccessToken, AttributeName: 'email' }), {
    name: 'TooManyRequestsException',
  })
})

test('req 123: a sign-in whose source has no place in the queue is refused before it is counted as an attempt', async (t) => {
  let crowded = false
  const keys = (all: Keys): Keys => ({
    ...all,
    passwords: { ...all.passwords, hasPlace: (share) => !crowded && all.passwords.hasPlace(share) },
    modularPower: { ...all.modularPower, hasPlace: (share) => !crowded && all.modularPower.hasPlace(share) },
  })
  const at = await startPool(t, {}, { keys })
  await addUser(at, 'anna')
  const { server, ClientId } = at
  const limitOf = async (call: Promise<unknown>): Promise<unknown> => {
    assert.equal(await nameOf(call), 'TooManyRequestsException')
    return server.log.at(-1)?.fields['limit']
  }
  const attempt = (PASSWORD: string) =>
    server.call('InitiateAuth', {
      ClientId,
      AuthFlow: 'USER_PASSWORD_AUTH',
      AuthParameters: { USERNAME: 'anna', PASSWORD },
    })
  crowded = true
  for (let guess = 0; guess < 20; guess += 1)
    assert.equal(await limitOf(attempt(`Wrong-${guess}`)), 'queue/password-checks')
  const AuthParameters = { USERNAME: 'anna', SRP_A: 'abc' }
  const srp = server.call('InitiateAuth', { ClientId, AuthFlow: 'USER_SRP_AUTH', AuthParameters })
  assert.equal(await limitOf(srp), 'queue/powers')
  const signUp = server.call('SignUp', { ClientId, Username: 'berta', Password: goodPassword })
  assert.equal(await limitOf(signUp), 'queue/password-checks')
  crowded = false
  // None of the twenty was counted: there is no lock.
  assert.equal(await nameOf(attempt(goodPassword)), 'answered')
})
