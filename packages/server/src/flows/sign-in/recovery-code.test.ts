import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { onBothDatabases, raceOfFifty } from '../../../testing/databases.ts'
import { makeTestApp, Refused, type TestApp } from '../../../testing/app.ts'
import { appOf } from '../../../testing/authenticator-app.ts'
import { startFactorPool } from '../../../testing/factors.ts'
import { addPool, addUser, addVerifiedUser, goodPassword, type PoolUnderTest } from '../../../testing/pool.ts'
import { accessTokenOf, begin, beginByPassword, respond } from '../../../testing/sign-in.ts'
import type { InitiateAuthResponse } from '../../wire/model.gen.ts'

const makeServer = async (t: TestContext, app?: TestApp, enabled = true): Promise<PoolUnderTest> => {
  const at = await addPool(app ?? (await makeTestApp(t)), { mfa: 'ON' })
  const { server, UserPoolId } = at
  if (enabled) await server.call('SetUserPoolRecoveryCodeConfiguration', { UserPoolId, Enabled: true })
  return at
}

const start = (at: PoolUnderTest, username = 'jane'): Promise<InitiateAuthResponse> => beginByPassword(at, username)

/** Signs up with an authenticator app. @returns an access token */
const enrol = async (at: PoolUnderTest, Username = 'jane'): Promise<string> => {
  await addUser(at, Username)
  const { Session = '' } = await start(at, Username)
  const associated = await at.server.call('AssociateSoftwareToken', { Session })
  const UserCode = appOf(at, associated.SecretCode ?? '').code()
  const verified = await at.server.call('VerifySoftwareToken', { Session: associated.Session ?? '', UserCode })
  return accessTokenOf(await respond(at, 'MFA_SETUP', verified.Session, { USERNAME: Username }))
}

const recover = (
  { server: { call }, ClientId }: PoolUnderTest,
  of: { Session: string | undefined; RecoveryCode: string | undefined; Username?: string; ClientId?: string },
) =>
  call('RespondWithRecoveryCode', {
    ClientId: of.ClientId ?? ClientId,
    Username: of.Username ?? 'jane',
    Session: of.Session ?? '',
    RecoveryCode: of.RecoveryCode ?? '',
  })

const mismatch = { name: 'CodeMismatchException', message: 'Invalid code received for user' }

test('a recovery code takes the place of the second factor, once, however it is typed', async (t) => {
  const at = await makeServer(t)
  const AccessToken = await enrol(at)
  const { RecoveryCodes } = await at.server.call('CreateRecoveryCodes', { AccessToken })
  assert.equal(new Set(RecoveryCodes).size, 10)
  for (const code of RecoveryCodes) assert.match(code, /^([0-9A-HJKMNP-TV-Z]{4}-){2}[0-9A-HJKMNP-TV-Z]{4}$/)
  const [first = '', second = ''] = RecoveryCodes
  const { Session, ChallengeName } = await start(at)
  assert.equal(ChallengeName, 'SOFTWARE_TOKEN_MFA')
  const { AuthenticationResult: tokens } = await recover(at, { Session, RecoveryCode: first.toLowerCase() })
  await at.server.call('GetUser', { AccessToken: tokens?.AccessToken ?? '' })
  assert.equal((await at.server.call('CountRecoveryCodes', { AccessToken })).RecoveryCodesLeft, 9)
  const again = await start(at)
  await assert.rejects(recover(at, { Session: again.Session, RecoveryCode: first }), mismatch)
  await assert.rejects(recover(at, { Session, RecoveryCode: second }), {
    name: 'NotAuthorizedException',
    message: 'Invalid session for the user, session can only be used once.',
  })
  assert.ok((await recover(at, { Session: again.Session, RecoveryCode: second })).AuthenticationResult)
  const admin = await at.server.call('AdminInitiateAuth', {
    UserPoolId: at.UserPoolId,
    ClientId: at.ClientId,
    AuthFlow: 'ADMIN_USER_PASSWORD_AUTH',
    AuthParameters: { USERNAME: 'jane', PASSWORD: goodPassword },
  })
  const done = await at.server.call('AdminRespondWithRecoveryCode', {
    UserPoolId: at.UserPoolId,
    ClientId: at.ClientId,
    Username: 'jane',
    Session: admin.Session ?? '',
    RecoveryCode: RecoveryCodes[2] ?? '',
  })
  assert.ok(done.AuthenticationResult?.RefreshToken)
})

test('a recovery code never takes the place of the first factor, of a new password or of the set-up', async (t) => {
  const at = await makeServer(t)
  const { RecoveryCodes } = await at.server.call('CreateRecoveryCodes', { AccessToken: await enrol(at) })
  const invalid = { name: 'NotAuthorizedException', message: 'Invalid session for the user.' }
  const srp = await at.server.call('InitiateAuth', {
    ClientId: at.ClientId,
    AuthFlow: 'USER_SRP_AUTH',
    AuthParameters: { USERNAME: 'jane', SRP_A: '2' },
  })
  await assert.rejects(recover(at, { Session: srp.Session, RecoveryCode: RecoveryCodes[0] }), invalid)
  await at.server.call('AdminDeleteSoftwareToken', { UserPoolId: at.UserPoolId, Username: 'jane' })
  const setUp = await start(at)
  assert.equal(setUp.ChallengeName, 'MFA_SETUP')
  await assert.rejects(recover(at, { Session: setUp.Session, RecoveryCode: RecoveryCodes[0] }), invalid)
  await at.server.call('AdminSetUserPassword', {
    UserPoolId: at.UserPoolId,
    Username: 'jane',
    Password: goodPassword,
    Permanent: false,
  })
  const fresh = await start(at)
  assert.equal(fresh.ChallengeName, 'NEW_PASSWORD_REQUIRED')
  await assert.rejects(recover(at, { Session: fresh.Session, RecoveryCode: RecoveryCodes[0] }), invalid)
})

test('codes of another user, of before, removed ones and made-up ones are refused, and guesses lock the user', async (t) => {
  const at = await makeServer(t)
  const AccessToken = await enrol(at)
  const joe = await at.server.call('CreateRecoveryCodes', { AccessToken: await enrol(at, 'joe') })
  const { RecoveryCodes: before } = await at.server.call('CreateRecoveryCodes', { AccessToken })
  const { RecoveryCodes: after } = await at.server.call('CreateRecoveryCodes', { AccessToken })
  const { Session } = await start(at)
  await assert.rejects(recover(at, { Session, RecoveryCode: joe.RecoveryCodes[0] }), mismatch)
  await assert.rejects(recover(at, { Session, RecoveryCode: before[0] }), mismatch)
  await assert.rejects(recover(at, { Session, RecoveryCode: joe.RecoveryCodes[0], Username: 'joe' }), {
    name: 'NotAuthorizedException',
  })
  for (let guess = 0; guess < 3; guess += 1)
    await assert.rejects(recover(at, { Session, RecoveryCode: '0000-0000-0000' }), mismatch)
  await assert.rejects(recover(at, { Session, RecoveryCode: after[0] }), {
    name: 'NotAuthorizedException',
    message: 'Password attempts exceeded',
  })
  at.server.advance(2)
  await at.server.call('AdminDeleteRecoveryCodes', { UserPoolId: at.UserPoolId, Username: 'jane' })
  await assert.rejects(recover(at, { Session, RecoveryCode: after[0] }), mismatch)
  const count = { UserPoolId: at.UserPoolId, Username: 'jane' }
  assert.equal((await at.server.call('AdminCountRecoveryCodes', count)).RecoveryCodesLeft, 0)
})

test('another client, a disabled user and a new password end what a session with a recovery code could do', async (t) => {
  const at = await makeServer(t)
  const { RecoveryCodes } = await at.server.call('CreateRecoveryCodes', { AccessToken: await enrol(at) })
  const [RecoveryCode] = RecoveryCodes
  const { UserPoolClient: other } = await at.server.call('CreateUserPoolClient', {
    UserPoolId: at.UserPoolId,
    ClientName: 'other',
  })
  const one = await start(at)
  await assert.rejects(recover(at, { Session: one.Session, RecoveryCode, ClientId: other?.ClientId ?? '' }), {
    name: 'NotAuthorizedException',
  })
  await at.server.call('AdminDisableUser', { UserPoolId: at.UserPoolId, Username: 'jane' })
  await assert.rejects(recover(at, { Session: one.Session, RecoveryCode }), { name: 'NotAuthorizedException' })
  await at.server.call('AdminEnableUser', { UserPoolId: at.UserPoolId, Username: 'jane' })
  const two = await start(at)
  await at.server.call('AdminSetUserPassword', {
    UserPoolId: at.UserPoolId,
    Username: 'jane',
    Password: 'Another-horse-8',
    Permanent: true,
  })
  await assert.rejects(recover(at, { Session: two.Session, RecoveryCode }), { name: 'NotAuthorizedException' })
})

test('until a pool switches them on there are no recovery codes, and off again none serves', async (t) => {
  const at = await makeServer(t, undefined, false)
  const AccessToken = await enrol(at)
  const off = {
    name: 'OperationNotEnabledException',
    message: 'Recovery codes are not enabled for this user pool.',
  }
  const ids = { UserPoolId: at.UserPoolId, Username: 'jane' }
  const config = { UserPoolId: at.UserPoolId }
  const set = (Enabled: boolean) => at.server.call('SetUserPoolRecoveryCodeConfiguration', { ...config, Enabled })
  assert.deepEqual(await at.server.call('GetUserPoolRecoveryCodeConfiguration', config), { ...config, Enabled: false })
  await assert.rejects(at.server.call('CreateRecoveryCodes', { AccessToken }), off)
  await assert.rejects(at.server.call('CountRecoveryCodes', { AccessToken }), off)
  await assert.rejects(at.server.call('DeleteRecoveryCodes', { AccessToken }), off)
  await assert.rejects(at.server.call('AdminCountRecoveryCodes', ids), off)
  await assert.rejects(at.server.call('AdminDeleteRecoveryCodes', ids), off)
  const { Session } = await start(at)
  await assert.rejects(recover(at, { Session, RecoveryCode: '0000-0000-0000' }), off)
  await set(true)
  const { RecoveryCodes } = await at.server.call('CreateRecoveryCodes', { AccessToken })
  await at.server.call('UpdateUserPool', config)
  assert.equal((await at.server.call('GetUserPoolRecoveryCodeConfiguration', config)).Enabled, true)
  await set(false)
  await assert.rejects(recover(at, { Session, RecoveryCode: RecoveryCodes[0] }), off)
  await at.server.call('SetUserPoolMfaConfig', {
    UserPoolId: at.UserPoolId,
    MfaConfiguration: 'ON',
    SoftwareTokenMfaConfiguration: { Enabled: true },
  })
  await set(true)
  assert.ok((await recover(at, { Session, RecoveryCode: RecoveryCodes[0] })).AuthenticationResult)
})

test('the strict wire knows nothing of recovery codes', async (t) => {
  const at = await makeServer(t)
  const AccessToken = await enrol(at)
  const target = async (name: string): Promise<{ status: number; body: unknown }> => {
    const response = await at.server.app.fetch(
      new Request('http://127.0.0.1:9229/', {
        method: 'POST',
        headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': name },
        body: JSON.stringify({ AccessToken }),
      }),
    )
    return { status: response.status, body: await response.json() }
  }
  const unknown = { status: 400, body: { __type: 'UnknownOperationException', message: 'Unknown operation.' } }
  assert.deepEqual(await target('AWSCognitoIdentityProviderService.CreateRecoveryCodes'), unknown)
  assert.deepEqual(await target('Poolkeeper.GetUser'), unknown)
  assert.deepEqual(await target('Poolkeeper.Poolkeeper.CreateRecoveryCodes'), unknown)
  assert.equal((await target('Poolkeeper.CreateRecoveryCodes')).status, 200)
  const { Session = '' } = await start(at)
  await assert.rejects(
    at.server.call('RespondToAuthChallenge', {
      ClientId: at.ClientId,
      ChallengeName: 'RECOVERY_CODE' as 'MFA_SETUP',
      Session,
      ChallengeResponses: { USERNAME: 'jane', RECOVERY_CODE: '0000-0000-0000' },
    }),
    { name: 'InvalidParameterException' },
  )
  const user = await at.server.call('GetUser', { AccessToken })
  assert.ok(!JSON.stringify(user).includes('ecovery'))
  const { UserPool } = await at.server.call('DescribeUserPool', { UserPoolId: at.UserPoolId })
  assert.ok(!JSON.stringify(UserPool).includes('ecoveryCode'))
})

test('codes leave with their user, and are kept as keyed hashes alone', async (t) => {
  const at = await makeServer(t)
  const AccessToken = await enrol(at)
  const { RecoveryCodes } = await at.server.call('CreateRecoveryCodes', { AccessToken })
  const user = await at.server.context.store.users.find(at.UserPoolId, 'jane')
  const kept = user ? await at.server.context.store.recoveryCodes.list(user) : []
  assert.equal(kept.length, 10)
  for (const code of RecoveryCodes) assert.ok(!kept.join(' ').includes(code.replaceAll('-', '')))
  await at.server.call('AdminDeleteUser', { UserPoolId: at.UserPoolId, Username: 'jane' })
  assert.deepEqual(user && (await at.server.context.store.recoveryCodes.list(user)), [])
})

test('new codes may be asked for ten times an hour', async (t) => {
  const at = await makeServer(t)
  const AccessToken = await enrol(at)
  for (let turn = 0; turn < 10; turn += 1) await at.server.call('CreateRecoveryCodes', { AccessToken })
  await assert.rejects(at.server.call('CreateRecoveryCodes', { AccessToken }), { name: 'LimitExceededException' })
})

onBothDatabases('of fifty sign-ins with one recovery code one gets tokens', async (startServers, t) => {
  const servers = await startServers(2)
  const at = await makeServer(t, servers[0])
  const { RecoveryCodes } = await at.server.call('CreateRecoveryCodes', { AccessToken: await enrol(at) })
  const sessions: (string | undefined)[] = []
  while (sessions.length < 50) sessions.push((await start(at)).Session)
  const { won, refused } = await raceOfFifty(servers, ({ call }, index) =>
    recover({ ...at, server: { ...at.server, call } }, { Session: sessions[index], RecoveryCode: RecoveryCodes[0] }),
  )
  assert.equal(won.length, 1)
  assert.ok(won[0]?.result.AuthenticationResult)
  for (const error of refused) {
    assert.ok(error instanceof Refused)
    assert.match(error.name, /^(ExpiredCode|CodeMismatch|NotAuthorized)Exception$/)
  }
})

test('where no first factor was proved, nothing tells whether a recovery code is right', async (t) => {
  const at = await startFactorPool(t, { first: ['EMAIL_OTP'] })
  const { server, UserPoolId } = at
  await server.call('SetUserPoolRecoveryCodeConfiguration', { UserPoolId, Enabled: true })
  await addVerifiedUser(at, 'jane')
  const { AuthenticationResult } = await begin(at, {
    USERNAME: 'jane',
    PREFERRED_CHALLENGE: 'PASSWORD',
    PASSWORD: goodPassword,
  })
  const AccessToken = AuthenticationResult?.AccessToken ?? ''
  const { RecoveryCodes } = await server.call('CreateRecoveryCodes', { AccessToken })
  const { ChallengeName, Session } = await begin(at, { USERNAME: 'jane', PREFERRED_CHALLENGE: 'EMAIL_OTP' })
  assert.equal(ChallengeName, 'EMAIL_OTP')
  const invalid = { name: 'NotAuthorizedException', message: 'Invalid session for the user.' }
  for (const RecoveryCode of [RecoveryCodes[0], 'AAAA-AAAA-AAAA']) {
    await assert.rejects(recover(at, { Session, RecoveryCode }), invalid)
  }
  assert.equal((await server.call('CountRecoveryCodes', { AccessToken })).RecoveryCodesLeft, 10)
})
