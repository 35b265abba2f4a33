import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { makeTestApp, type TestApp } from '../../../testing/app.ts'
import { onBothDatabases, raceOfFifty } from '../../../testing/databases.ts'

const password = 'Correct-horse-7'

type Server = TestApp & { poolId: string; clientId: string; signIn: () => Promise<Required<Tokens>> }

type Tokens = { AccessToken?: string | undefined; RefreshToken?: string | undefined }

const signInBy = async (call: TestApp['call'], ClientId: string): Promise<Required<Tokens>> => {
  const AuthParameters = { USERNAME: 'jane', PASSWORD: password }
  const { AuthenticationResult } = await call('InitiateAuth', {
    ClientId,
    AuthFlow: 'USER_PASSWORD_AUTH',
    AuthParameters,
  })
  return {
    AccessToken: AuthenticationResult?.AccessToken ?? '',
    RefreshToken: AuthenticationResult?.RefreshToken ?? '',
  }
}

const makeServer = async (
  t: TestContext,
  options: { maxPerUser?: number; tracked?: boolean; tier?: 'LITE' | 'ESSENTIALS' } = {},
  app?: TestApp,
): Promise<Server> => {
  const server = app ?? (await makeTestApp(t))
  const { UserPool } = await server.call('CreateUserPool', {
    PoolName: 'p',
    UserPoolTier: options.tier ?? 'ESSENTIALS',
  })
  const poolId = UserPool?.Id ?? ''
  const { UserPoolClient } = await server.call('CreateUserPoolClient', {
    UserPoolId: poolId,
    ClientName: 'c',
    ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
  })
  const clientId = UserPoolClient?.ClientId ?? ''
  await server.call('AdminCreateUser', { UserPoolId: poolId, Username: 'jane', MessageAction: 'SUPPRESS' })
  await server.call('AdminSetUserPassword', {
    UserPoolId: poolId,
    Username: 'jane',
    Password: password,
    Permanent: true,
  })
  if (options.tracked !== false) {
    await server.call('SetUserPoolSessionConfiguration', {
      UserPoolId: poolId,
      UserSessionTracking: 'ENABLED',
      TokenSession: { MaxPerUser: options.maxPerUser ?? 20 },
    })
  }
  const signIn = (): Promise<Required<Tokens>> => signInBy(server.call, clientId)
  return { ...server, poolId, clientId, signIn }
}

const refresh = ({ call, clientId }: Server, RefreshToken: string | undefined) =>
  call('InitiateAuth', {
    ClientId: clientId,
    AuthFlow: 'REFRESH_TOKEN_AUTH',
    AuthParameters: { REFRESH_TOKEN: RefreshToken ?? '' },
  })

test('a pool tracks no sessions until it is told to, and keeps what it was told', async (t) => {
  const server = await makeServer(t, { tracked: false })
  const { poolId: UserPoolId } = server
  const get = () => server.call('GetUserPoolSessionConfiguration', { UserPoolId })
  assert.deepEqual(await get(), { UserPoolId, UserSessionTracking: 'DISABLED', TokenSession: { MaxPerUser: 20 } })
  const { AccessToken = '' } = await server.signIn()
  await assert.rejects(server.call('ListUserSessions', { AccessToken }), {
    name: 'OperationNotEnabledException',
    message: 'Session tracking is not enabled for this user pool.',
  })
  const set = { UserPoolId, UserSessionTracking: 'ENABLED', TokenSession: { MaxPerUser: 7 } } as const
  assert.deepEqual(await server.call('SetUserPoolSessionConfiguration', set), set)
  await server.call('UpdateUserPool', { UserPoolId })
  const { UserPool } = await server.call('DescribeUserPool', { UserPoolId })
  assert.ok(!JSON.stringify(UserPool).includes('Tracking'))
  assert.deepEqual(await get(), set)
  // A sign-in of before is not tracked, and lives on.
  assert.deepEqual(await server.call('ListUserSessions', { AccessToken }), { Sessions: [] })
  for (const MaxPerUser of [0, 101, 1.5]) {
    await assert.rejects(server.call('SetUserPoolSessionConfiguration', { ...set, TokenSession: { MaxPerUser } }), {
      name: 'InvalidParameterException',
      message: /^1 validation error detected: Value '.*' at 'tokenSession\.maxPerUser'/,
    })
  }
})

test('sessions need a tier that has them, and a pool that uses them cannot step down', async (t) => {
  const server = await makeServer(t, { tracked: false, tier: 'LITE' })
  const set = {
    UserPoolId: server.poolId,
    UserSessionTracking: 'ENABLED',
    TokenSession: { MaxPerUser: 7 },
  } as const
  const message = 'The following features need to be disabled for the LITE pricing tier configured: Session Tracking'
  const unavailable = { name: 'FeatureUnavailableInTierException', message }
  await assert.rejects(server.call('SetUserPoolSessionConfiguration', set), unavailable)
  await assert.rejects(
    server.call('SetUserPoolClientSessionConfiguration', {
      UserPoolId: server.poolId,
      ClientId: server.clientId,
      SSOSession: { MaxValidityMinutes: 5 },
    }),
    unavailable,
  )
  await server.call('UpdateUserPool', { UserPoolId: server.poolId, UserPoolTier: 'PLUS' })
  await server.call('SetUserPoolSessionConfiguration', set)
  await assert.rejects(server.call('UpdateUserPool', { UserPoolId: server.poolId, UserPoolTier: 'LITE' }), {
    name: 'TierChangeNotAllowedException',
    message,
  })
})

test('the configuration of a client: set while sessions are tracked, dormant otherwise, kept by an update', async (t) => {
  const server = await makeServer(t)
  const ids = { UserPoolId: server.poolId, ClientId: server.clientId }
  const get = async () =>
    (await server.call('GetUserPoolClientSessionConfiguration', ids)).SSOSession?.MaxValidityMinutes
  const set = (MaxValidityMinutes: number) =>
    server.call('SetUserPoolClientSessionConfiguration', { ...ids, SSOSession: { MaxValidityMinutes } })
  assert.equal(await get(), 60)
  assert.deepEqual(await set(0), { ...ids, SSOSession: { MaxValidityMinutes: 0 } })
  await set(129_600)
  for (const bad of [-1, 129_601, 0.5]) await assert.rejects(set(bad), { name: 'InvalidParameterException' })
  await server.call('UpdateUserPoolClient', { ...ids, ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH'] })
  assert.equal(await get(), 129_600)
  await server.call('SetUserPoolSessionConfiguration', {
    UserPoolId: server.poolId,
    UserSessionTracking: 'DISABLED',
    TokenSession: { MaxPerUser: 20 },
  })
  assert.equal(await get(), 129_600)
  await assert.rejects(set(5), { name: 'InvalidParameterException' })
})

test('a user sees the sign-ins that are alive, the last active first, and which of them is this one', async (t) => {
  const server = await makeServer(t)
  const one = await server.signIn()
  server.advance(60)
  const two = await server.signIn()
  server.advance(60)
  await refresh(server, one.RefreshToken)
  const { Sessions = [] } = await server.call('ListUserSessions', { AccessToken: two.AccessToken ?? '' })
  assert.deepEqual(
    Sessions.map(({ IsCurrentSession }) => IsCurrentSession),
    [false, true],
  )
  const [first, second] = Sessions
  for (const { SessionId, SessionType, ClientId, DeviceType } of Sessions) {
    assert.match(SessionId ?? '', /^tkn[a-z0-9]{25}$/)
    assert.deepEqual([SessionType, ClientId, DeviceType], ['TOKEN', server.clientId, 'unknown'])
  }
  assert.equal(Number(first?.LastActiveDate) - Number(first?.CreateDate), 120)
  assert.equal(Number(second?.LastActiveDate) - Number(second?.CreateDate), 0)
  const { Sessions: seen = [] } = await server.call('AdminListUserSessions', {
    UserPoolId: server.poolId,
    Username: 'jane',
  })
  assert.deepEqual(
    seen,
    Sessions.map((session) => ({ ...session, IsCurrentSession: false })),
  )
  await assert.rejects(
    server.call('AdminListUserSessions', { UserPoolId: server.poolId, Username: 'jane', NextToken: 'x' }),
    { name: 'InvalidParameterException' },
  )
  await server.call('RevokeToken', { Token: one.RefreshToken ?? '', ClientId: server.clientId })
  const { Sessions: left = [] } = await server.call('ListUserSessions', { AccessToken: two.AccessToken ?? '' })
  assert.deepEqual(
    left.map(({ SessionId }) => SessionId),
    [second?.SessionId],
  )
})

test('a user ends another of their sign-ins, not this one, and nobody else’s', async (t) => {
  const server = await makeServer(t)
  const [mine, other] = [await server.signIn(), await server.signIn()]
  const AccessToken = mine.AccessToken ?? ''
  const { Sessions = [] } = await server.call('ListUserSessions', { AccessToken })
  const idOf = (current: boolean): string =>
    Sessions.find(({ IsCurrentSession }) => IsCurrentSession === current)?.SessionId ?? ''
  const missing = { name: 'ResourceNotFoundException', message: 'Session does not exist.' }
  await assert.rejects(server.call('RevokeUserSession', { AccessToken, SessionId: idOf(true) }), {
    name: 'InvalidParameterException',
  })
  await assert.rejects(server.call('RevokeUserSession', { AccessToken, SessionId: 'sso0' }), missing)
  await server.call('AdminCreateUser', { UserPoolId: server.poolId, Username: 'joe', MessageAction: 'SUPPRESS' })
  await assert.rejects(
    server.call('AdminRevokeUserSession', { UserPoolId: server.poolId, Username: 'joe', SessionId: idOf(false) }),
    missing,
  )
  await server.call('RevokeUserSession', { AccessToken, SessionId: idOf(false), RevokeAssociatedSessions: 'LINKED' })
  await assert.rejects(server.call('GetUser', { AccessToken: other.AccessToken ?? '' }), {
    name: 'NotAuthorizedException',
    message: 'Access Token has been revoked',
  })
  await assert.rejects(refresh(server, other.RefreshToken), { message: 'Refresh Token has been revoked' })
  await assert.rejects(server.call('RevokeUserSession', { AccessToken, SessionId: idOf(false) }), missing)
  await server.call('AdminRevokeUserSession', { UserPoolId: server.poolId, Username: 'jane', SessionId: idOf(true) })
  await assert.rejects(server.call('GetUser', { AccessToken }), { name: 'NotAuthorizedException' })
})

test('the sign-in over the limit ends the one that rested longest; a lower limit ends none by itself', async (t) => {
  const server = await makeServer(t, { maxPerUser: 2 })
  const one = await server.signIn()
  server.advance(1)
  const two = await server.signIn()
  server.advance(1)
  await refresh(server, one.RefreshToken)
  server.advance(1)
  const three = await server.signIn()
  await assert.rejects(server.call('GetUser', { AccessToken: two.AccessToken ?? '' }), {
    name: 'NotAuthorizedException',
  })
  for (const { AccessToken = '' } of [one, three]) await server.call('GetUser', { AccessToken })
  await server.call('SetUserPoolSessionConfiguration', {
    UserPoolId: server.poolId,
    UserSessionTracking: 'ENABLED',
    TokenSession: { MaxPerUser: 1 },
  })
  for (const { AccessToken = '' } of [one, three]) await server.call('GetUser', { AccessToken })
  const four = await server.signIn()
  for (const { AccessToken = '' } of [one, three])
    await assert.rejects(server.call('GetUser', { AccessToken }), { name: 'NotAuthorizedException' })
  await server.call('GetUser', { AccessToken: four.AccessToken ?? '' })
})

onBothDatabases(
  'of fifty sign-ins at once as many stay as a user may have, and of fifty endings one ends',
  async (start, t) => {
    const servers = await start(2)
    const server = await makeServer(t, { maxPerUser: 5 }, servers[0])
    await raceOfFifty(servers, ({ call }) => signInBy(call, server.clientId))
    const listed = await server.call('AdminListUserSessions', { UserPoolId: server.poolId, Username: 'jane' })
    assert.equal(listed.Sessions?.length, 5)
    const SessionId = listed.Sessions?.[0]?.SessionId ?? ''
    const { won, refused } = await raceOfFifty(servers, ({ call }) =>
      call('AdminRevokeUserSession', { UserPoolId: server.poolId, Username: 'jane', SessionId }),
    )
    assert.equal(won.length, 1)
    assert.ok(refused.every(({ name }) => name === 'ResourceNotFoundException'))
  },
)
