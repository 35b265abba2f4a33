import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { onBothDatabases, raceOfFifty } from '../../../testing/databases.ts'
import { decodeBase32 } from '../../rules/base32.ts'
import { totpCode, totpStep } from '../../rules/totp.ts'
import { makeTestApp, Refused, type TestApp } from '../../../testing/app.ts'

const password = 'Correct-horse-7'

type Server = TestApp & { poolId: string; clientId: string }

const makeServer = async (t: TestContext, app?: TestApp, enabled = true): Promise<Server> => {
  const server = app ?? (await makeTestApp(t))
  const poolId = (await server.call('CreateUserPool', { PoolName: 'p' })).UserPool?.Id ?? ''
  await server.call('SetUserPoolMfaConfig', {
    UserPoolId: poolId,
    MfaConfiguration: 'ON',
    SoftwareTokenMfaConfiguration: { Enabled: true },
  })
  const { UserPoolClient } = await server.call('CreateUserPoolClient', {
    UserPoolId: poolId,
    ClientName: 'c',
    ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH', 'ALLOW_USER_SRP_AUTH', 'ALLOW_ADMIN_USER_PASSWORD_AUTH'],
  })
  if (enabled) await server.call('SetUserPoolRecoveryCodeConfiguration', { UserPoolId: poolId, Enabled: true })
  return { ...server, poolId, clientId: UserPoolClient?.ClientId ?? '' }
}

const addUser = async ({ call, poolId: UserPoolId }: Server, Username: string): Promise<void> => {
  await call('AdminCreateUser', { UserPoolId, Username, MessageAction: 'SUPPRESS' })
  await call('AdminSetUserPassword', { UserPoolId, Username, Password: password, Permanent: true })
}

const start = ({ call, clientId: ClientId }: Server, USERNAME = 'jane') =>
  call('InitiateAuth', {
    ClientId,
    AuthFlow: 'USER_PASSWORD_AUTH',
    AuthParameters: { USERNAME, PASSWORD: password },
  })

/** Signs up with an authenticator app. @returns an access token */
const enrol = async (server: Server, Username = 'jane'): Promise<string> => {
  await addUser(server, Username)
  const { Session = '' } = await start(server, Username)
  const associated = await server.call('AssociateSoftwareToken', { Session })
  const UserCode = totpCode(decodeBase32(associated.SecretCode ?? ''), totpStep(server.context.clock.now()))
  const verified = await server.call('VerifySoftwareToken', { Session: associated.Session ?? '', UserCode })
  const { AuthenticationResult } = await server.call('RespondToAuthChallenge', {
    ClientId: server.clientId,
    ChallengeName: 'MFA_SETUP',
    Session: verified.Session ?? '',
    ChallengeResponses: { USERNAME: Username },
  })
  return AuthenticationResult?.AccessToken ?? ''
}

const recover = (
  { call, clientId: ClientId }: Server,
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
  const server = await makeServer(t)
  const AccessToken = await enrol(server)
  const { RecoveryCodes } = await server.call('CreateRecoveryCodes', { AccessToken })
  assert.equal(new Set(RecoveryCodes).size, 10)
  for (const code of RecoveryCodes) assert.match(code, /^([0-9A-HJKMNP-TV-Z]{4}-){2}[0-9A-HJKMNP-TV-Z]{4}$/)
  const [first = '', second = ''] = RecoveryCodes
  const { Session, ChallengeName } = await start(server)
  assert.equal(ChallengeName, 'SOFTWARE_TOKEN_MFA')
  const { AuthenticationResult: tokens } = await recover(server, { Session, RecoveryCode: first.toLowerCase() })
  await server.call('GetUser', { AccessToken: tokens?.AccessToken ?? '' })
  assert.equal((await server.call('CountRecoveryCodes', { AccessToken })).RecoveryCodesLeft, 9)
  const again = await start(server)
  await assert.rejects(recover(server, { Session: again.Session, RecoveryCode: first }), mismatch)
  await assert.rejects(recover(server, { Session, RecoveryCode: second }), {
    name: 'NotAuthorizedException',
    message: 'Invalid session for the user, session can only be used once.',
  })
  assert.ok((await recover(server, { Session: again.Session, RecoveryCode: second })).AuthenticationResult)
  const admin = await server.call('AdminInitiateAuth', {
    UserPoolId: server.poolId,
    ClientId: server.clientId,
    AuthFlow: 'ADMIN_USER_PASSWORD_AUTH',
    AuthParameters: { USERNAME: 'jane', PASSWORD: password },
  })
  const done = await server.call('AdminRespondWithRecoveryCode', {
    UserPoolId: server.poolId,
    ClientId: server.clientId,
    Username: 'jane',
    Session: admin.Session ?? '',
    RecoveryCode: RecoveryCodes[2] ?? '',
  })
  assert.ok(done.AuthenticationResult?.RefreshToken)
})

test('a recovery code never takes the place of the first factor, of a new password or of the set-up', async (t) => {
  const server = await makeServer(t)
  const { RecoveryCodes } = await server.call('CreateRecoveryCodes', { AccessToken: await enrol(server) })
  const invalid = { name: 'NotAuthorizedException', message: 'Invalid session for the user.' }
  const srp = await server.call('InitiateAuth', {
    ClientId: server.clientId,
    AuthFlow: 'USER_SRP_AUTH',
    AuthParameters: { USERNAME: 'jane', SRP_A: '2' },
  })
  await assert.rejects(recover(server, { Session: srp.Session, RecoveryCode: RecoveryCodes[0] }), invalid)
  await server.call('AdminDeleteSoftwareToken', { UserPoolId: server.poolId, Username: 'jane' })
  const setUp = await start(server)
  assert.equal(setUp.ChallengeName, 'MFA_SETUP')
  await assert.rejects(recover(server, { Session: setUp.Session, RecoveryCode: RecoveryCodes[0] }), invalid)
  await server.call('AdminSetUserPassword', {
    UserPoolId: server.poolId,
    Username: 'jane',
    Password: password,
    Permanent: false,
  })
  const fresh = await start(server)
  assert.equal(fresh.ChallengeName, 'NEW_PASSWORD_REQUIRED')
  await assert.rejects(recover(server, { Session: fresh.Session, RecoveryCode: RecoveryCodes[0] }), invalid)
})

test('codes of another user, of before, removed ones and made-up ones are refused, and guesses lock the user', async (t) => {
  const server = await makeServer(t)
  const AccessToken = await enrol(server)
  const joe = await server.call('CreateRecoveryCodes', { AccessToken: await enrol(server, 'joe') })
  const { RecoveryCodes: before } = await server.call('CreateRecoveryCodes', { AccessToken })
  const { RecoveryCodes: after } = await server.call('CreateRecoveryCodes', { AccessToken })
  const { Session } = await start(server)
  await assert.rejects(recover(server, { Session, RecoveryCode: joe.RecoveryCodes[0] }), mismatch)
  await assert.rejects(recover(server, { Session, RecoveryCode: before[0] }), mismatch)
  await assert.rejects(recover(server, { Session, RecoveryCode: joe.RecoveryCodes[0], Username: 'joe' }), {
    name: 'NotAuthorizedException',
  })
  for (let guess = 0; guess < 3; guess += 1)
    await assert.rejects(recover(server, { Session, RecoveryCode: '0000-0000-0000' }), mismatch)
  await assert.rejects(recover(server, { Session, RecoveryCode: after[0] }), {
    name: 'NotAuthorizedException',
    message: 'Password attempts exceeded',
  })
  server.advance(2)
  await server.call('AdminDeleteRecoveryCodes', { UserPoolId: server.poolId, Username: 'jane' })
  await assert.rejects(recover(server, { Session, RecoveryCode: after[0] }), mismatch)
  const count = { UserPoolId: server.poolId, Username: 'jane' }
  assert.equal((await server.call('AdminCountRecoveryCodes', count)).RecoveryCodesLeft, 0)
})

test('another client, a disabled user and a new password end what a session with a recovery code could do', async (t) => {
  const server = await makeServer(t)
  const { RecoveryCodes } = await server.call('CreateRecoveryCodes', { AccessToken: await enrol(server) })
  const [RecoveryCode] = RecoveryCodes
  const { UserPoolClient: other } = await server.call('CreateUserPoolClient', {
    UserPoolId: server.poolId,
    ClientName: 'other',
  })
  const one = await start(server)
  await assert.rejects(recover(server, { Session: one.Session, RecoveryCode, ClientId: other?.ClientId ?? '' }), {
    name: 'NotAuthorizedException',
  })
  await server.call('AdminDisableUser', { UserPoolId: server.poolId, Username: 'jane' })
  await assert.rejects(recover(server, { Session: one.Session, RecoveryCode }), { name: 'NotAuthorizedException' })
  await server.call('AdminEnableUser', { UserPoolId: server.poolId, Username: 'jane' })
  const two = await start(server)
  await server.call('AdminSetUserPassword', {
    UserPoolId: server.poolId,
    Username: 'jane',
    Password: 'Another-horse-8',
    Permanent: true,
  })
  await assert.rejects(recover(server, { Session: two.Session, RecoveryCode }), { name: 'NotAuthorizedException' })
})

test('until a pool switches them on there are no recovery codes, and off again none serves', async (t) => {
  const server = await makeServer(t, undefined, false)
  const AccessToken = await enrol(server)
  const off = {
    name: 'OperationNotEnabledException',
    message: 'Recovery codes are not enabled for this user pool.',
  }
  const ids = { UserPoolId: server.poolId, Username: 'jane' }
  const config = { UserPoolId: server.poolId }
  const set = (Enabled: boolean) => server.call('SetUserPoolRecoveryCodeConfiguration', { ...config, Enabled })
  assert.deepEqual(await server.call('GetUserPoolRecoveryCodeConfiguration', config), { ...config, Enabled: false })
  await assert.rejects(server.call('CreateRecoveryCodes', { AccessToken }), off)
  await assert.rejects(server.call('CountRecoveryCodes', { AccessToken }), off)
  await assert.rejects(server.call('DeleteRecoveryCodes', { AccessToken }), off)
  await assert.rejects(server.call('AdminCountRecoveryCodes', ids), off)
  await assert.rejects(server.call('AdminDeleteRecoveryCodes', ids), off)
  const { Session } = await start(server)
  await assert.rejects(recover(server, { Session, RecoveryCode: '0000-0000-0000' }), off)
  await set(true)
  const { RecoveryCodes } = await server.call('CreateRecoveryCodes', { AccessToken })
  await server.call('UpdateUserPool', config)
  assert.equal((await server.call('GetUserPoolRecoveryCodeConfiguration', config)).Enabled, true)
  await set(false)
  await assert.rejects(recover(server, { Session, RecoveryCode: RecoveryCodes[0] }), off)
  await server.call('SetUserPoolMfaConfig', {
    UserPoolId: server.poolId,
    MfaConfiguration: 'ON',
    SoftwareTokenMfaConfiguration: { Enabled: true },
  })
  await set(true)
  assert.ok((await recover(server, { Session, RecoveryCode: RecoveryCodes[0] })).AuthenticationResult)
})

test('the strict wire knows nothing of recovery codes', async (t) => {
  const server = await makeServer(t)
  const AccessToken = await enrol(server)
  const target = async (name: string): Promise<{ status: number; body: unknown }> => {
    const response = await server.app.fetch(
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
  const { Session = '' } = await start(server)
  await assert.rejects(
    server.call('RespondToAuthChallenge', {
      ClientId: server.clientId,
      ChallengeName: 'RECOVERY_CODE' as 'MFA_SETUP',
      Session,
      ChallengeResponses: { USERNAME: 'jane', RECOVERY_CODE: '0000-0000-0000' },
    }),
    { name: 'InvalidParameterException' },
  )
  const user = await server.call('GetUser', { AccessToken })
  assert.ok(!JSON.stringify(user).includes('ecovery'))
  const { UserPool } = await server.call('DescribeUserPool', { UserPoolId: server.poolId })
  assert.ok(!JSON.stringify(UserPool).includes('ecoveryCode'))
})

test('codes leave with their user, and are kept as keyed hashes alone', async (t) => {
  const server = await makeServer(t)
  const AccessToken = await enrol(server)
  const { RecoveryCodes } = await server.call('CreateRecoveryCodes', { AccessToken })
  const user = await server.context.store.users.find(server.poolId, 'jane')
  const kept = user ? await server.context.store.recoveryCodes.list(user) : []
  assert.equal(kept.length, 10)
  for (const code of RecoveryCodes) assert.ok(!kept.join(' ').includes(code.replaceAll('-', '')))
  await server.call('AdminDeleteUser', { UserPoolId: server.poolId, Username: 'jane' })
  assert.deepEqual(user && (await server.context.store.recoveryCodes.list(user)), [])
})

test('new codes may be asked for ten times an hour', async (t) => {
  const server = await makeServer(t)
  const AccessToken = await enrol(server)
  for (let turn = 0; turn < 10; turn += 1) await server.call('CreateRecoveryCodes', { AccessToken })
  await assert.rejects(server.call('CreateRecoveryCodes', { AccessToken }), { name: 'LimitExceededException' })
})

onBothDatabases('of fifty sign-ins with one recovery code one gets tokens', async (startServers, t) => {
  const servers = await startServers(2)
  const server = await makeServer(t, servers[0])
  const { RecoveryCodes } = await server.call('CreateRecoveryCodes', { AccessToken: await enrol(server) })
  const sessions = await Promise.all(Array.from({ length: 50 }, async () => (await start(server)).Session))
  const { won, refused } = await raceOfFifty(servers, ({ call }, index) =>
    recover({ ...server, call }, { Session: sessions[index], RecoveryCode: RecoveryCodes[0] }),
  )
  assert.equal(won.length, 1)
  assert.ok(won[0]?.result.AuthenticationResult)
  for (const error of refused) {
    assert.ok(error instanceof Refused)
    assert.match(error.name, /^(ExpiredCode|CodeMismatch|NotAuthorized)Exception$/)
  }
})

test('where no first factor was proved, nothing tells whether a recovery code is right', async (t) => {
  const server = await makeTestApp(t)
  const poolId = (
    await server.call('CreateUserPool', {
      PoolName: 'p',
      Policies: { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD', 'EMAIL_OTP'] } },
      EmailConfiguration: { EmailSendingAccount: 'DEVELOPER', SourceArn: 'arn:aws:ses:zz-local-1:0:identity/a' },
    })
  ).UserPool?.Id
  const UserPoolId = poolId ?? ''
  await server.call('SetUserPoolRecoveryCodeConfiguration', { UserPoolId, Enabled: true })
  const { UserPoolClient } = await server.call('CreateUserPoolClient', {
    UserPoolId,
    ClientName: 'c',
    ExplicitAuthFlows: ['ALLOW_USER_AUTH'],
  })
  const at = { ...server, poolId: UserPoolId, clientId: UserPoolClient?.ClientId ?? '' }
  await addUser(at, 'jane')
  const UserAttributes = [
    { Name: 'email', Value: 'jane@example.com' },
    { Name: 'email_verified', Value: 'true' },
  ]
  await server.call('AdminUpdateUserAttributes', { UserPoolId, Username: 'jane', UserAttributes })
  const begin = (parameters: Record<string, string>) =>
    server.call('InitiateAuth', {
      ClientId: at.clientId,
      AuthFlow: 'USER_AUTH',
      AuthParameters: { USERNAME: 'jane', ...parameters },
    })
  const { AuthenticationResult } = await begin({ PREFERRED_CHALLENGE: 'PASSWORD', PASSWORD: password })
  const AccessToken = AuthenticationResult?.AccessToken ?? ''
  const { RecoveryCodes } = await server.call('CreateRecoveryCodes', { AccessToken })
  const { ChallengeName, Session } = await begin({ PREFERRED_CHALLENGE: 'EMAIL_OTP' })
  assert.equal(ChallengeName, 'EMAIL_OTP')
  const invalid = { name: 'NotAuthorizedException', message: 'Invalid session for the user.' }
  for (const RecoveryCode of [RecoveryCodes[0], 'AAAA-AAAA-AAAA']) {
    await assert.rejects(recover(at, { Session, RecoveryCode }), invalid)
  }
  assert.equal((await server.call('CountRecoveryCodes', { AccessToken })).RecoveryCodesLeft, 10)
})
