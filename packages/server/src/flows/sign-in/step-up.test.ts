import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { decodeBase32 } from '../../rules/base32.ts'
import { totpCode, totpStep } from '../../rules/totp.ts'
import { makeTestApp, type TestApp } from '../../../testing/app.ts'

const password = 'Correct-horse-7'
const level = (...levels: number[]): string => levels.map((number) => `urn:cognito:loa:${number}`).join(' ')

type Server = TestApp & { poolId: string; clientId: string }

const makeServer = async (t: TestContext, tier: 'LITE' | 'ESSENTIALS' = 'ESSENTIALS'): Promise<Server> => {
  const server = await makeTestApp(t)
  const pool = { UserPoolId: '', PoolName: 'p', UserPoolTier: tier } as const
  const poolId = (await server.call('CreateUserPool', pool)).UserPool?.Id ?? ''
  await server.call('SetUserPoolMfaConfig', {
    UserPoolId: poolId,
    MfaConfiguration: 'OPTIONAL',
    SoftwareTokenMfaConfiguration: { Enabled: true },
  })
  const clientId = await newClient(server, poolId)
  return { ...server, poolId, clientId }
}

const newClient = async ({ call }: TestApp, UserPoolId: string): Promise<string> => {
  const ExplicitAuthFlows = ['ALLOW_USER_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'] as const
  const input = { UserPoolId, ClientName: 'c', ExplicitAuthFlows: [...ExplicitAuthFlows] }
  return (await call('CreateUserPoolClient', input)).UserPoolClient?.ClientId ?? ''
}

const addUser = async ({ call, poolId: UserPoolId }: Server, Username: string): Promise<void> => {
  await call('AdminCreateUser', { UserPoolId, Username, MessageAction: 'SUPPRESS' })
  await call('AdminSetUserPassword', { UserPoolId, Username, Password: password, Permanent: true })
}

const start = ({ call, clientId }: Server, parameters: Record<string, string>, ClientId = clientId) =>
  call('InitiateAuth', { ClientId, AuthFlow: 'USER_AUTH', AuthParameters: { USERNAME: 'jane', ...parameters } })

const byPassword = { PREFERRED_CHALLENGE: 'PASSWORD', PASSWORD: password }

const claimsOf = (token = ''): Record<string, unknown> =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>

/** Enrols an authenticator app. @returns what it shows, a step further each time */
const enrol = async (server: Server, AccessToken: string): Promise<() => string> => {
  const { SecretCode = '' } = await server.call('AssociateSoftwareToken', { AccessToken })
  const code = (): string => totpCode(decodeBase32(SecretCode), totpStep(server.context.clock.now()))
  await server.call('VerifySoftwareToken', { AccessToken, UserCode: code() })
  return () => {
    server.advance(30)
    return code()
  }
}

const respond = ({ call, clientId: ClientId }: Server, Session: string | undefined, code: string) =>
  call('RespondToAuthChallenge', {
    ClientId,
    ChallengeName: 'SOFTWARE_TOKEN_MFA',
    Session: Session ?? '',
    ChallengeResponses: { USERNAME: 'jane', SOFTWARE_TOKEN_MFA_CODE: code },
  })

test('a level that is asked for demands the second factor that the pool would not, and tokens name it', async (t) => {
  const server = await makeServer(t)
  await addUser(server, 'jane')
  const first = (await start(server, byPassword)).AuthenticationResult
  const code = await enrol(server, first?.AccessToken ?? '')
  // Enrolled, not preferred: an optional pool asks for nothing more.
  const plain = (await start(server, byPassword)).AuthenticationResult
  assert.equal(claimsOf(plain?.AccessToken)['acr'], undefined)
  const { ChallengeName, Session } = await start(server, { ...byPassword, TARGET_ACR_VALUES: level(2) })
  assert.equal(ChallengeName, 'SOFTWARE_TOKEN_MFA')
  const { AuthenticationResult: tokens } = await respond(server, Session, code())
  for (const token of [tokens?.AccessToken, tokens?.IdToken]) {
    assert.equal(claimsOf(token)['acr'], 'urn:cognito:loa:3')
    assert.deepEqual(claimsOf(token)['amr'], ['pwd', 'otp', 'mfa'])
  }
  const { AuthenticationResult: fresh } = await server.call('InitiateAuth', {
    ClientId: server.clientId,
    AuthFlow: 'REFRESH_TOKEN_AUTH',
    AuthParameters: { REFRESH_TOKEN: tokens?.RefreshToken ?? '' },
  })
  assert.equal(claimsOf(fresh?.AccessToken)['acr'], 'urn:cognito:loa:3')
})

test('levels are tried in their order, as far as the user can reach them', async (t) => {
  const server = await makeServer(t)
  await addUser(server, 'jane')
  // Nothing enrolled: level 1 at the most.
  const one = await start(server, { ...byPassword, TARGET_ACR_VALUES: level(4, 3, 2, 1) })
  assert.equal(claimsOf(one.AuthenticationResult?.AccessToken)['acr'], 'urn:cognito:loa:1')
  await assert.rejects(start(server, { ...byPassword, TARGET_ACR_VALUES: level(3, 2) }), {
    name: 'MFAMethodNotFoundException',
  })
  const wrong = { ...byPassword, PASSWORD: 'Wrong-horse-7', TARGET_ACR_VALUES: level(3) }
  await assert.rejects(start(server, wrong), { message: 'Incorrect username or password.' })
  await enrol(server, one.AuthenticationResult?.AccessToken ?? '')
  const two = await start(server, { ...byPassword, TARGET_ACR_VALUES: level(4, 2) })
  assert.equal(two.ChallengeName, 'SOFTWARE_TOKEN_MFA')
  const easy = await start(server, { ...byPassword, TARGET_ACR_VALUES: level(1, 3) })
  assert.equal(claimsOf(easy.AuthenticationResult?.AccessToken)['acr'], 'urn:cognito:loa:1')
})

test('names that a pool gives its levels are asked for and told; unknown ones are passed over, and alone refused', async (t) => {
  const server = await makeServer(t)
  await addUser(server, 'jane')
  await server.call('UpdateUserPool', {
    UserPoolId: server.poolId,
    AcrConfiguration: { Level1: { AcrValue: 'urn:shop:browse' } },
  })
  const told = await start(server, { ...byPassword, TARGET_ACR_VALUES: 'nonsense urn:shop:browse' })
  assert.equal(claimsOf(told.AuthenticationResult?.AccessToken)['acr'], 'urn:shop:browse')
  for (const TARGET_ACR_VALUES of ['nonsense', level(1)])
    await assert.rejects(start(server, { ...byPassword, TARGET_ACR_VALUES }), {
      name: 'InvalidParameterException',
      message: 'None of the requested TARGET_ACR_VALUES is valid.',
    })
})

test('with an access token the first factor counts on, and the second is asked at once', async (t) => {
  const server = await makeServer(t)
  await addUser(server, 'jane')
  const ACCESS_TOKEN = (await start(server, byPassword)).AuthenticationResult?.AccessToken ?? ''
  const code = await enrol(server, ACCESS_TOKEN)
  const { ChallengeName, Session } = await start(server, { ACCESS_TOKEN, TARGET_ACR_VALUES: level(2) })
  assert.equal(ChallengeName, 'SOFTWARE_TOKEN_MFA')
  const { AuthenticationResult } = await respond(server, Session, code())
  assert.equal(claimsOf(AuthenticationResult?.AccessToken)['acr'], 'urn:cognito:loa:3')
  assert.notEqual(claimsOf(AuthenticationResult?.AccessToken)['origin_jti'], claimsOf(ACCESS_TOKEN)['origin_jti'])
})

test('an access token alone buys no tokens', async (t) => {
  const server = await makeServer(t)
  await addUser(server, 'jane')
  const ACCESS_TOKEN = (await start(server, byPassword)).AuthenticationResult?.AccessToken ?? ''
  const begun = await start(server, { ACCESS_TOKEN, TARGET_ACR_VALUES: level(1) })
  assert.equal(begun.ChallengeName, 'SELECT_CHALLENGE')
  assert.equal(begun.AuthenticationResult, undefined)
})

test('an access token that is too old, of before the password, or ended counts for nothing', async (t) => {
  const server = await makeServer(t)
  await addUser(server, 'jane')
  const signIn = async (): Promise<string> => (await start(server, byPassword)).AuthenticationResult?.AccessToken ?? ''
  const ACCESS_TOKEN = await signIn()
  await enrol(server, ACCESS_TOKEN)
  server.advance(100)
  const step = async (more: Record<string, string> = {}): Promise<string | undefined> =>
    (await start(server, { ACCESS_TOKEN, TARGET_ACR_VALUES: level(2), ...more })).ChallengeName
  assert.equal(await step({ MAX_AGE: '1000' }), 'SOFTWARE_TOKEN_MFA')
  assert.equal(await step({ MAX_AGE: '99' }), 'SELECT_CHALLENGE')
  assert.equal(await step({ MAX_AGE: '0' }), 'SELECT_CHALLENGE')
  for (const MAX_AGE of ['-1', '1.5', 'soon'])
    await assert.rejects(step({ MAX_AGE }), { name: 'InvalidParameterException' })
  await server.call('AdminSetUserPassword', {
    UserPoolId: server.poolId,
    Username: 'jane',
    Password: password,
    Permanent: true,
  })
  assert.equal(await step(), 'SELECT_CHALLENGE')
  await server.call('AdminUserGlobalSignOut', { UserPoolId: server.poolId, Username: 'jane' })
  await assert.rejects(step(), { name: 'NotAuthorizedException', message: 'Access Token has been revoked' })
})

test('an access token of another user or client, or without a level, is refused', async (t) => {
  const server = await makeServer(t)
  await addUser(server, 'jane')
  await addUser(server, 'joe')
  const joe = (await start(server, { ...byPassword, USERNAME: 'joe' })).AuthenticationResult?.AccessToken ?? ''
  const invalid = { name: 'NotAuthorizedException', message: 'Invalid Access Token' }
  await assert.rejects(start(server, { ACCESS_TOKEN: joe, TARGET_ACR_VALUES: level(1) }), invalid)
  const jane = (await start(server, byPassword)).AuthenticationResult?.AccessToken ?? ''
  await assert.rejects(start(server, { ACCESS_TOKEN: jane }), { name: 'InvalidParameterException' })
  await assert.rejects(start(server, { ACCESS_TOKEN: `${jane}x`, TARGET_ACR_VALUES: level(1) }), {
    name: 'NotAuthorizedException',
  })
  const other = await newClient(server, server.poolId)
  await assert.rejects(start(server, { ACCESS_TOKEN: jane, TARGET_ACR_VALUES: level(1) }, other), invalid)
})

test('step-up is of the tiers that have sign-in by choice', async (t) => {
  const server = await makeServer(t, 'LITE').catch((error: unknown) => error)
  if (server instanceof Error) return assert.equal(server.name, 'FeatureUnavailableInTierException')
  const lite = server as Server
  await addUser(lite, 'jane')
  await assert.rejects(start(lite, { ...byPassword, TARGET_ACR_VALUES: level(1) }), {
    name: 'FeatureUnavailableInTierException',
  })
})
