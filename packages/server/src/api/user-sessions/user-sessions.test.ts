import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { signIn } from '../../../testing/sign-in.ts'
import { makeTestApp, type TestApp } from '../../../testing/app.ts'
import { onBothDatabases, raceOfFifty } from '../../../testing/databases.ts'
import { addPool, addUser, onServer, type PoolUnderTest } from '../../../testing/pool.ts'

const makeServer = async (
  t: TestContext,
  options: { maxPerUser?: number; tracked?: boolean; tier?: 'LITE' | 'ESSENTIALS' } = {},
  app?: TestApp,
): Promise<PoolUnderTest> => {
  const at = await addPool(app ?? (await makeTestApp(t)), { pool: { UserPoolTier: options.tier ?? 'ESSENTIALS' } })
  await addUser(at, 'jane')
  if (options.tracked !== false) {
    await at.server.call('SetUserPoolSessionConfiguration', {
      UserPoolId: at.UserPoolId,
      UserSessionTracking: 'ENABLED',
      TokenSession: { MaxPerUser: options.maxPerUser ?? 20 },
    })
  }
  return at
}

const refresh = ({ server: { call }, ClientId: clientId }: PoolUnderTest, RefreshToken: string | undefined) =>
  call('InitiateAuth', {
    ClientId: clientId,
    AuthFlow: 'REFRESH_TOKEN_AUTH',
    AuthParameters: { REFRESH_TOKEN: RefreshToken ?? '' },
  })

test('a pool tracks no sessions until it is told to, and keeps what it was told', async (t) => {
  const at = await makeServer(t, { tracked: false })
  const { UserPoolId } = at
  const get = () => at.server.call('GetUserPoolSessionConfiguration', { UserPoolId })
  assert.deepEqual(await get(), { UserPoolId, UserSessionTracking: 'DISABLED', TokenSession: { MaxPerUser: 20 } })
  const { AccessToken } = await signIn(at, 'jane')
  await assert.rejects(at.server.call('ListUserSessions', { AccessToken }), {
    name: 'OperationNotEnabledException',
    message: 'Session tracking is not enabled for this user pool.',
  })
  const set = { UserPoolId, UserSessionTracking: 'ENABLED', TokenSession: { MaxPerUser: 7 } } as const
  assert.deepEqual(await at.server.call('SetUserPoolSessionConfiguration', set), set)
  await at.server.call('UpdateUserPool', { UserPoolId })
  const { UserPool } = await at.server.call('DescribeUserPool', { UserPoolId })
  assert.ok(!JSON.stringify(UserPool).includes('Tracking'))
  assert.deepEqual(await get(), set)
  // A sign-in of before is not tracked, and lives on.
  assert.deepEqual(await at.server.call('ListUserSessions', { AccessToken }), { Sessions: [] })
  for (const MaxPerUser of [0, 101, 1.5]) {
    await assert.rejects(at.server.call('SetUserPoolSessionConfiguration', { ...set, TokenSession: { MaxPerUser } }), {
      name: 'InvalidParameterException',
      message: /^1 validation error detected: Value '.*' at 'tokenSession\.maxPerUser'/,
    })
  }
})

test('sessions need a tier that has them, and a pool that uses them cannot step down', async (t) => {
  const at = await makeServer(t, { tracked: false, tier: 'LITE' })
  const set = {
    UserPoolId: at.UserPoolId,
    UserSessionTracking: 'ENABLED',
    TokenSession: { MaxPerUser: 7 },
  } as const
  const message = 'The following features need to be disabled for the LITE pricing tier configured: Session Tracking'
  const unavailable = { name: 'FeatureUnavailableInTierException', message }
  await assert.rejects(at.server.call('SetUserPoolSessionConfiguration', set), unavailable)
  await assert.rejects(
    at.server.call('SetUserPoolClientSessionConfiguration', {
      UserPoolId: at.UserPoolId,
      ClientId: at.ClientId,
      SSOSession: { MaxValidityMinutes: 5 },
    }),
    unavailable,
  )
  await at.server.call('UpdateUserPool', { UserPoolId: at.UserPoolId, UserPoolTier: 'PLUS' })
  await at.server.call('SetUserPoolSessionConfiguration', set)
  await assert.rejects(at.server.call('UpdateUserPool', { UserPoolId: at.UserPoolId, UserPoolTier: 'LITE' }), {
    name: 'TierChangeNotAllowedException',
    message,
  })
})

test('the configuration of a client: set while sessions are tracked, dormant otherwise, kept by an update', async (t) => {
  const at = await makeServer(t)
  const ids = { UserPoolId: at.UserPoolId, ClientId: at.ClientId }
  const get = async () =>
    (await at.server.call('GetUserPoolClientSessionConfiguration', ids)).SSOSession?.MaxValidityMinutes
  const set = (MaxValidityMinutes: number) =>
    at.server.call('SetUserPoolClientSessionConfiguration', { ...ids, SSOSession: { MaxValidityMinutes } })
  assert.equal(await get(), 60)
  assert.deepEqual(await set(0), { ...ids, SSOSession: { MaxValidityMinutes: 0 } })
  await set(129_600)
  for (const bad of [-1, 129_601, 0.5]) await assert.rejects(set(bad), { name: 'InvalidParameterException' })
  await at.server.call('UpdateUserPoolClient', { ...ids, ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH'] })
  assert.equal(await get(), 129_600)
  await at.server.call('SetUserPoolSessionConfiguration', {
    UserPoolId: at.UserPoolId,
    UserSessionTracking: 'DISABLED',
    TokenSession: { MaxPerUser: 20 },
  })
  assert.equal(await get(), 129_600)
  await assert.rejects(set(5), { name: 'InvalidParameterException' })
})

test('a user sees the sign-ins that are alive, the last active first, and which of them is this one', async (t) => {
  const at = await makeServer(t)
  const one = await signIn(at, 'jane')
  at.server.advance(60)
  const two = await signIn(at, 'jane')
  at.server.advance(60)
  await refresh(at, one.RefreshToken)
  const { Sessions = [] } = await at.server.call('ListUserSessions', { AccessToken: two.AccessToken ?? '' })
  assert.deepEqual(
    Sessions.map(({ IsCurrentSession }) => IsCurrentSession),
    [false, true],
  )
  const [first, second] = Sessions
  for (const { SessionId, SessionType, ClientId, DeviceType } of Sessions) {
    assert.match(SessionId ?? '', /^tkn[a-z0-9]{25}$/)
    assert.deepEqual([SessionType, ClientId, DeviceType], ['TOKEN', at.ClientId, 'unknown'])
  }
  assert.equal(Number(first?.LastActiveDate) - Number(first?.CreateDate), 120)
  assert.equal(Number(second?.LastActiveDate) - Number(second?.CreateDate), 0)
  const { Sessions: seen = [] } = await at.server.call('AdminListUserSessions', {
    UserPoolId: at.UserPoolId,
    Username: 'jane',
  })
  assert.deepEqual(
    seen,
    Sessions.map((session) => ({ ...session, IsCurrentSession: false })),
  )
  await assert.rejects(
    at.server.call('AdminListUserSessions', { UserPoolId: at.UserPoolId, Username: 'jane', NextToken: 'x' }),
    { name: 'InvalidParameterException' },
  )
  await at.server.call('RevokeToken', { Token: one.RefreshToken ?? '', ClientId: at.ClientId })
  const { Sessions: left = [] } = await at.server.call('ListUserSessions', { AccessToken: two.AccessToken ?? '' })
  assert.deepEqual(
    left.map(({ SessionId }) => SessionId),
    [second?.SessionId],
  )
})

test('a user ends another of their sign-ins, not this one, and nobody else’s', async (t) => {
  const at = await makeServer(t)
  const [mine, other] = [await signIn(at, 'jane'), await signIn(at, 'jane')]
  const AccessToken = mine.AccessToken ?? ''
  const { Sessions = [] } = await at.server.call('ListUserSessions', { AccessToken })
  const idOf = (current: boolean): string =>
    Sessions.find(({ IsCurrentSession }) => IsCurrentSession === current)?.SessionId ?? ''
  const missing = { name: 'ResourceNotFoundException', message: 'Session does not exist.' }
  await assert.rejects(at.server.call('RevokeUserSession', { AccessToken, SessionId: idOf(true) }), {
    name: 'InvalidParameterException',
  })
  await assert.rejects(at.server.call('RevokeUserSession', { AccessToken, SessionId: 'sso0' }), missing)
  await at.server.call('AdminCreateUser', { UserPoolId: at.UserPoolId, Username: 'joe', MessageAction: 'SUPPRESS' })
  await assert.rejects(
    at.server.call('AdminRevokeUserSession', { UserPoolId: at.UserPoolId, Username: 'joe', SessionId: idOf(false) }),
    missing,
  )
  await at.server.call('RevokeUserSession', { AccessToken, SessionId: idOf(false), RevokeAssociatedSessions: 'LINKED' })
  await assert.rejects(at.server.call('GetUser', { AccessToken: other.AccessToken ?? '' }), {
    name: 'NotAuthorizedException',
    message: 'Access Token has been revoked',
  })
  await assert.rejects(refresh(at, other.RefreshToken), { message: 'Refresh Token has been revoked' })
  await assert.rejects(at.server.call('RevokeUserSession', { AccessToken, SessionId: idOf(false) }), missing)
  await at.server.call('AdminRevokeUserSession', { UserPoolId: at.UserPoolId, Username: 'jane', SessionId: idOf(true) })
  await assert.rejects(at.server.call('GetUser', { AccessToken }), { name: 'NotAuthorizedException' })
})

test('the sign-in over the limit ends the one that rested longest; a lower limit ends none by itself', async (t) => {
  const at = await makeServer(t, { maxPerUser: 2 })
  const one = await signIn(at, 'jane')
  at.server.advance(1)
  const two = await signIn(at, 'jane')
  at.server.advance(1)
  await refresh(at, one.RefreshToken)
  at.server.advance(1)
  const three = await signIn(at, 'jane')
  await assert.rejects(at.server.call('GetUser', { AccessToken: two.AccessToken ?? '' }), {
    name: 'NotAuthorizedException',
  })
  for (const { AccessToken = '' } of [one, three]) await at.server.call('GetUser', { AccessToken })
  await at.server.call('SetUserPoolSessionConfiguration', {
    UserPoolId: at.UserPoolId,
    UserSessionTracking: 'ENABLED',
    TokenSession: { MaxPerUser: 1 },
  })
  for (const { AccessToken = '' } of [one, three]) await at.server.call('GetUser', { AccessToken })
  const four = await signIn(at, 'jane')
  for (const { AccessToken = '' } of [one, three])
    await assert.rejects(at.server.call('GetUser', { AccessToken }), { name: 'NotAuthorizedException' })
  await at.server.call('GetUser', { AccessToken: four.AccessToken ?? '' })
})

onBothDatabases(
  'of fifty sign-ins at once as many stay as a user may have, and of fifty endings one ends',
  async (start, t) => {
    const servers = await start(2)
    const at = await makeServer(t, { maxPerUser: 5 }, servers[0])
    await raceOfFifty(servers, (server) => signIn(onServer(server, at), 'jane'))
    const listed = await at.server.call('AdminListUserSessions', { UserPoolId: at.UserPoolId, Username: 'jane' })
    assert.equal(listed.Sessions?.length, 5)
    const SessionId = listed.Sessions?.[0]?.SessionId ?? ''
    const { won, refused } = await raceOfFifty(servers, ({ call }) =>
      call('AdminRevokeUserSession', { UserPoolId: at.UserPoolId, Username: 'jane', SessionId }),
    )
    assert.equal(won.length, 1)
    assert.ok(refused.every(({ name }) => name === 'ResourceNotFoundException'))
  },
)
