import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test, type TestContext } from 'node:test'
import { type GivenTokens, payloadOf, refresh, signIn, tokensOf } from '../../../testing/sign-in.ts'
import {
  addPool,
  addUser,
  everyFlow,
  goodPassword,
  onServer,
  poolOn,
  type PoolUnderTest,
  startPool,
} from '../../../testing/pool.ts'
import { onBothDatabases, raceOfFifty } from '../../../testing/databases.ts'
import { secretHash } from '../../rules/secret-hash.ts'
import { makeTestApp, type TestApp } from '../../../testing/app.ts'
import type { Inputs } from '../../wire/model.gen.ts'
import { readRefreshToken } from './refresh-token.ts'

const unknown = { name: 'NotAuthorizedException', message: 'Invalid Refresh Token' }
const unknownHere = { name: 'NotAuthorizedException', message: 'Invalid Refresh Token.' }
const revoked = { name: 'NotAuthorizedException', message: 'Refresh Token has been revoked' }
const expired = { name: 'NotAuthorizedException', message: 'Refresh Token has expired' }
const reused = { name: 'RefreshTokenReuseException' }
const unauthorized = { name: 'UnauthorizedException' }
const accessRevoked = { message: 'Access Token has been revoked' }

const withUser = async (
  t: TestContext,
  client: Partial<Inputs['CreateUserPoolClient']> = {},
): Promise<PoolUnderTest> => {
  const at = await startPool(t, { client })
  await addUser(at, 'jane')
  return at
}

const rotating = (graceSeconds: number): Partial<Inputs['CreateUserPoolClient']> => ({
  ExplicitAuthFlows: everyFlow.filter((flow) => flow !== 'ALLOW_REFRESH_TOKEN_AUTH'),
  RefreshTokenRotation: { Feature: 'ENABLED', RetryGracePeriodSeconds: graceSeconds },
})

/** GetTokensFromRefreshToken. */
const renew = async (at: PoolUnderTest, RefreshToken: string, ClientSecret?: string): Promise<GivenTokens> => {
  const secret = ClientSecret === undefined ? {} : { ClientSecret }
  return tokensOf(await at.server.call('GetTokensFromRefreshToken', { ClientId: at.ClientId, RefreshToken, ...secret }))
}

const anotherClient = async (
  at: PoolUnderTest,
  settings: Partial<Inputs['CreateUserPoolClient']> = {},
): Promise<PoolUnderTest & { secret: string }> => {
  const { UserPoolClient } = await at.server.call('CreateUserPoolClient', {
    UserPoolId: at.UserPoolId,
    ClientName: 'another',
    ExplicitAuthFlows: everyFlow,
    ...settings,
  })
  const { ClientId = '', ClientSecret: secret = '' } = UserPoolClient ?? {}
  return { ...poolOn(at.server, at.UserPoolId, ClientId), secret }
}

test('both names of the flow, on both operations, give tokens and no refresh token (protocol/authentication 6.3.1)', async (t) => {
  const at = await withUser(t)
  const { RefreshToken } = await signIn(at, 'jane')
  const { UserPoolId, ClientId } = at
  for (const AuthFlow of ['REFRESH_TOKEN_AUTH', 'REFRESH_TOKEN'] as const) {
    const input = { ClientId, AuthFlow, AuthParameters: { REFRESH_TOKEN: RefreshToken } }
    for (const answer of [
      await at.server.call('InitiateAuth', input),
      await at.server.call('AdminInitiateAuth', { UserPoolId, ...input }),
    ]) {
      const members = ['AccessToken', 'ExpiresIn', 'TokenType', 'IdToken']
      assert.deepEqual(Object.keys(answer.AuthenticationResult ?? {}), members)
      assert.deepEqual(answer.ChallengeParameters, {})
    }
  }
  const renewed = await at.server.call('GetTokensFromRefreshToken', { ClientId, RefreshToken })
  assert.deepEqual(Object.keys(renewed.AuthenticationResult ?? {}), [
    'AccessToken',
    'ExpiresIn',
    'TokenType',
    'IdToken',
  ])
})

test('a refresh token has the form that clients know (protocol/authentication 6.1.12)', async (t) => {
  const at = await withUser(t)
  const { RefreshToken } = await signIn(at, 'jane')
  const { refreshToken } = JSON.parse(readFileSync('model/vectors/tokens.json', 'utf8')) as {
    refreshToken: { headerBase64url: string }
  }
  assert.equal(RefreshToken.split('.').length, 5)
  assert.equal(RefreshToken.split('.')[0], refreshToken.headerBase64url)
  assert.match(RefreshToken, /^[A-Za-z0-9-_=.]+$/)
})

test('a refresh keeps the sign-in and its time, and shows the attributes of now (protocol/authentication 6.1.4, 6.1.5, 6.3.8)', async (t) => {
  const at = await withUser(t)
  const first = await signIn(at, 'jane')
  const UserAttributes = [{ Name: 'name', Value: 'Jane' }]
  await at.server.call('AdminUpdateUserAttributes', { UserPoolId: at.UserPoolId, Username: 'jane', UserAttributes })
  at.server.advance(1800)
  const second = tokensOf(await refresh(at, first.RefreshToken))
  for (const kind of ['AccessToken', 'IdToken'] as const) {
    const [before, after] = [payloadOf(first[kind]), payloadOf(second[kind])]
    for (const claim of ['origin_jti', 'event_id', 'auth_time', 'sub', 'iss']) {
      assert.equal(after[claim], before[claim], claim)
    }
    assert.notEqual(after['jti'], before['jti'])
    assert.equal(Number(after['iat']) - Number(before['iat']), 1800)
    assert.equal(Number(after['exp']) - Number(after['iat']), 3600)
  }
  assert.equal(payloadOf(first.IdToken)['name'], undefined)
  assert.equal(payloadOf(second.IdToken)['name'], 'Jane')
})

test('req 47: random, changed and other kinds of tokens are refused', async (t) => {
  const at = await withUser(t)
  const { AccessToken, IdToken, RefreshToken } = await signIn(at, 'jane')
  const parts = RefreshToken.split('.')
  const changed = parts.map((part, index) =>
    parts.with(index, `${part.slice(0, 3)}${part[3] === 'A' ? 'B' : 'A'}${part.slice(4)}`).join('.'),
  )
  const random = [parts[0], 'AAAA', 'AAAAAAAAAAAAAAAA', 'AAAA', 'AAAAAAAAAAAAAAAAAAAAAA'].join('.')
  const texts = [...changed, random, AccessToken, IdToken, 'x', `${RefreshToken}A`, RefreshToken.slice(0, -4)]
  for (const text of [...texts, parts.slice(0, 4).join('.'), `${RefreshToken}.AAAA`]) {
    await assert.rejects(refresh(at, text), unknown, text.slice(0, 60))
    await assert.rejects(renew(at, text), unknownHere, text.slice(0, 60))
  }
  await assert.rejects(refresh(at, ''), {
    name: 'InvalidParameterException',
    message: 'Missing required parameter REFRESH_TOKEN',
  })
  await refresh(at, RefreshToken)
})

test('req 47: a refresh token is bound to its client and its pool', async (t) => {
  const app = await makeTestApp(t)
  const at = await addPool(app)
  const elsewhere = await addPool(app)
  for (const one of [at, elsewhere]) await addUser(one, 'jane')
  const sibling = await anotherClient(at)
  const { RefreshToken } = await signIn(at, 'jane')
  for (const other of [sibling, elsewhere]) {
    await assert.rejects(refresh(other, RefreshToken), unknown)
    await assert.rejects(renew(other, RefreshToken), unknownHere)
    await assert.rejects(app.call('RevokeToken', { ClientId: other.ClientId, Token: RefreshToken }), unauthorized)
  }
  await refresh(at, RefreshToken)
})

test('req 52: a client with a secret needs it at every refresh, and the hash is over the stored name (protocol/authentication 2.5.4)', async (t) => {
  const plain = await withUser(t)
  const at = await anotherClient(plain, { GenerateSecret: true })
  const { ClientId, secret } = at
  const hash = (name: string, key = secret): string => secretHash(name, ClientId, key)
  const start = await at.server.call('InitiateAuth', {
    ClientId,
    AuthFlow: 'USER_PASSWORD_AUTH',
    AuthParameters: { USERNAME: 'jane', PASSWORD: goodPassword, SECRET_HASH: hash('jane') },
  })
  const { RefreshToken } = tokensOf(start)
  const renewWith = (SECRET_HASH?: string) =>
    at.server.call('InitiateAuth', {
      ClientId,
      AuthFlow: 'REFRESH_TOKEN_AUTH',
      AuthParameters: { REFRESH_TOKEN: RefreshToken, ...(SECRET_HASH === undefined ? {} : { SECRET_HASH }) },
    })
  await assert.rejects(renewWith(), {
    name: 'NotAuthorizedException',
    message: `Client ${ClientId} is configured with secret but SECRET_HASH was not received`,
  })
  for (const wrong of [hash('june'), hash('jane', 'another'), hash(''), secret, 'x']) {
    await assert.rejects(renewWith(wrong), {
      name: 'NotAuthorizedException',
      message: `SecretHash does not match for the client: ${ClientId}`,
    })
  }
  tokensOf(await renewWith(hash('jane')))
  await assert.rejects(renew(at, RefreshToken), { name: 'NotAuthorizedException' })
  await assert.rejects(renew(at, RefreshToken, 'x'.repeat(52)), { name: 'NotAuthorizedException' })
  await renew(at, RefreshToken, secret)
  // A secret for a client that has none.
  const other = (await signIn(plain, 'jane')).RefreshToken
  await assert.rejects(renew(plain, other, secret), { name: 'NotAuthorizedException' })
  await renew(plain, other)
  const revoke = (ClientSecret?: string) =>
    at.server.call('RevokeToken', {
      ClientId,
      Token: RefreshToken,
      ...(ClientSecret === undefined ? {} : { ClientSecret }),
    })
  await assert.rejects(revoke(), unauthorized)
  await assert.rejects(revoke('x'.repeat(52)), unauthorized)
  await renew(at, RefreshToken, secret)
  await revoke(secret)
  await assert.rejects(renew(at, RefreshToken, secret), revoked)
})

test('req 53: a client without the flow refreshes by GetTokensFromRefreshToken alone', async (t) => {
  const at = await withUser(t, { ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH'] })
  const { RefreshToken } = await signIn(at, 'jane')
  await assert.rejects(refresh(at, RefreshToken), { name: 'InvalidParameterException' })
  await renew(at, RefreshToken)
})

test('req 43: RevokeToken ends the refresh token and every access token from it; other sign-ins stay', async (t) => {
  const at = await withUser(t)
  const [one, two] = [await signIn(at, 'jane'), await signIn(at, 'jane')]
  const refreshed = tokensOf(await refresh(at, one.RefreshToken))
  const { ClientId } = at
  assert.deepEqual(await at.server.call('RevokeToken', { ClientId, Token: one.RefreshToken }), {})
  for (const { AccessToken } of [one, refreshed]) {
    await assert.rejects(at.server.call('GetUser', { AccessToken }), accessRevoked)
  }
  await assert.rejects(refresh(at, one.RefreshToken), revoked)
  await assert.rejects(renew(at, one.RefreshToken), revoked)
  await at.server.call('GetUser', { AccessToken: two.AccessToken })
  await refresh(at, two.RefreshToken)
  assert.deepEqual(await at.server.call('RevokeToken', { ClientId, Token: one.RefreshToken }), {})
})

test('req 43: RevokeToken takes refresh tokens only, of a client that is there', async (t) => {
  const at = await withUser(t)
  const { AccessToken, IdToken, RefreshToken } = await signIn(at, 'jane')
  const { ClientId } = at
  for (const Token of [AccessToken, IdToken]) {
    await assert.rejects(at.server.call('RevokeToken', { ClientId, Token }), { name: 'UnsupportedTokenTypeException' })
  }
  await assert.rejects(at.server.call('RevokeToken', { ClientId: 'nobody', Token: RefreshToken }), unauthorized)
  await assert.rejects(
    at.server.call('RevokeToken', { ClientId, Token: RefreshToken, ClientSecret: 'x'.repeat(52) }),
    unauthorized,
  )
  // RFC 7009, 2.2: a token that nobody knows is as good as revoked.
  assert.deepEqual(await at.server.call('RevokeToken', { ClientId, Token: 'nonsense' }), {})
  await refresh(at, RefreshToken)
})

test('req 43: without EnableTokenRevocation there is no RevokeToken, and no jti', async (t) => {
  const at = await withUser(t, { EnableTokenRevocation: false })
  const tokens = await signIn(at, 'jane')
  for (const token of [tokens.AccessToken, tokens.IdToken]) {
    assert.equal('jti' in payloadOf(token) || 'origin_jti' in payloadOf(token), false)
  }
  await assert.rejects(at.server.call('RevokeToken', { ClientId: at.ClientId, Token: tokens.RefreshToken }), {
    name: 'UnsupportedOperationException',
  })
  await refresh(at, tokens.RefreshToken)
  await at.server.call('GetUser', { AccessToken: tokens.AccessToken })
})

test('req 48: with grace 0 the old refresh token ends at once, and each refresh gives the next', async (t) => {
  const at = await withUser(t, rotating(0))
  const first = await signIn(at, 'jane')
  const second = await renew(at, first.RefreshToken)
  assert.notEqual(second.RefreshToken, '')
  assert.notEqual(second.RefreshToken, first.RefreshToken)
  await assert.rejects(renew(at, first.RefreshToken), reused)
  const third = await renew(at, second.RefreshToken)
  await at.server.call('GetUser', { AccessToken: third.AccessToken })
})

test('req 48: REFRESH_TOKEN_AUTH is no way around, however the client came by it', async (t) => {
  const at = await withUser(t, rotating(0))
  const { RefreshToken } = await signIn(at, 'jane')
  for (const AuthFlow of ['REFRESH_TOKEN_AUTH', 'REFRESH_TOKEN'] as const) {
    const input = { ClientId: at.ClientId, AuthFlow, AuthParameters: { REFRESH_TOKEN: RefreshToken } }
    await assert.rejects(at.server.call('InitiateAuth', input), { name: 'UnsupportedOperationException' })
    const admin = at.server.call('AdminInitiateAuth', { UserPoolId: at.UserPoolId, ...input })
    await assert.rejects(admin, { name: 'UnsupportedOperationException' })
  }
  const created = at.server.call('CreateUserPoolClient', {
    UserPoolId: at.UserPoolId,
    ClientName: 'both',
    ...rotating(0),
    ExplicitAuthFlows: ['ALLOW_REFRESH_TOKEN_AUTH'],
  })
  await assert.rejects(created, { name: 'InvalidParameterException' })
  await renew(at, RefreshToken)
})

for (const grace of [1, 30, 60]) {
  test(`req 48: a grace of ${grace} s is honoured: within it the old token gives the newest once more`, async (t) => {
    const at = await withUser(t, rotating(grace))
    const first = await signIn(at, 'jane')
    const second = await renew(at, first.RefreshToken)
    at.server.advance(grace - 0.001)
    const again = await renew(at, first.RefreshToken)
    assert.notEqual(again.RefreshToken, first.RefreshToken)
    await at.server.call('GetUser', { AccessToken: again.AccessToken })
    at.server.advance(0.001)
    await assert.rejects(renew(at, first.RefreshToken), reused)
    if (grace >= 10) return at.server.close()
    await renew(at, second.RefreshToken)
  })
}

test('a grace is for the token before the newest, not for older ones', async (t) => {
  const at = await withUser(t, rotating(60))
  const first = await signIn(at, 'jane')
  const second = await renew(at, first.RefreshToken)
  await renew(at, second.RefreshToken)
  await assert.rejects(renew(at, first.RefreshToken), reused)
})

test('req 49: reuse after the grace period ends the whole sign-in, no other, and is logged', async (t) => {
  for (const grace of [0, 60]) {
    const at = await withUser(t, rotating(grace))
    const bystander = await signIn(at, 'jane')
    const first = await signIn(at, 'jane')
    const second = await renew(at, first.RefreshToken)
    at.server.advance(61)
    await assert.rejects(renew(at, first.RefreshToken), reused)
    await assert.rejects(renew(at, second.RefreshToken), revoked)
    for (const { AccessToken } of [first, second]) {
      await assert.rejects(at.server.call('GetUser', { AccessToken }), accessRevoked)
    }
    await renew(at, bystander.RefreshToken)
    const reasons = at.server.log.map(({ fields }) => fields['reason'])
    assert.ok(reasons.includes('a refresh token that was rotated out came back; its sign-in has been ended'))
  }
})

test('req 49: an old token ends its sign-in however many rotations ago it was', async (t) => {
  const at = await withUser(t, rotating(0))
  const first = await signIn(at, 'jane')
  let newest = first
  for (let turn = 0; turn < 4; turn += 1) newest = await renew(at, newest.RefreshToken)
  await assert.rejects(renew(at, first.RefreshToken), reused)
  await assert.rejects(renew(at, newest.RefreshToken), revoked)
})

test('req 49: a request that was sent twice within seconds is refused, and ends nothing', async (t) => {
  const at = await withUser(t, rotating(0))
  const first = await signIn(at, 'jane')
  const second = await renew(at, first.RefreshToken)
  at.server.advance(9)
  await assert.rejects(renew(at, first.RefreshToken), reused)
  await renew(at, second.RefreshToken)
})

test('req 43, 48: any refresh token of a rotating sign-in ends it all', async (t) => {
  const at = await withUser(t, rotating(60))
  const first = await signIn(at, 'jane')
  const second = await renew(at, first.RefreshToken)
  await at.server.call('RevokeToken', { ClientId: at.ClientId, Token: first.RefreshToken })
  await assert.rejects(renew(at, second.RefreshToken), revoked)
  await assert.rejects(renew(at, first.RefreshToken), revoked)
  await assert.rejects(at.server.call('GetUser', { AccessToken: second.AccessToken }), accessRevoked)
})

test('req 50: a refresh token has an absolute end, refreshed or not', async (t) => {
  const at = await withUser(t, { RefreshTokenValidity: 1 })
  const { RefreshToken } = await signIn(at, 'jane')
  at.server.advance(86_399)
  await refresh(at, RefreshToken)
  at.server.advance(1)
  await assert.rejects(refresh(at, RefreshToken), expired)
  await assert.rejects(renew(at, RefreshToken), expired)
})

test('req 50: rotation does not move the end: a rotated token has the remaining time (protocol/authentication 6.3.3)', async (t) => {
  const at = await withUser(t, { ...rotating(0), RefreshTokenValidity: 1 })
  let { RefreshToken } = await signIn(at, 'jane')
  for (let hour = 1; hour < 24; hour += 1) {
    at.server.advance(3600)
    ;({ RefreshToken } = await renew(at, RefreshToken))
  }
  at.server.advance(3600)
  await assert.rejects(renew(at, RefreshToken), expired)
})

test('req 50: thirty days by default', async (t) => {
  const at = await withUser(t)
  const { RefreshToken } = await signIn(at, 'jane')
  at.server.advance(30 * 86_400 - 1)
  await refresh(at, RefreshToken)
  at.server.advance(1)
  await assert.rejects(refresh(at, RefreshToken), expired)
})

test('req 37: a user whose password an administrator made temporary refreshes no more', async (t) => {
  const at = await withUser(t)
  const { RefreshToken } = await signIn(at, 'jane')
  await at.server.call('AdminSetUserPassword', {
    UserPoolId: at.UserPoolId,
    Username: 'jane',
    Password: 'Temporary-horse-1',
    Permanent: false,
  })
  await assert.rejects(refresh(at, RefreshToken), { name: 'NotAuthorizedException' })
  await assert.rejects(renew(at, RefreshToken), { name: 'NotAuthorizedException' })
})

const onNode = (app: TestApp, at: PoolUnderTest): PoolUnderTest => onServer(app, at)

onBothDatabases('req 48, 104: of fifty refreshes with grace 0 over two servers one wins', async (start) => {
  const apps = await start(2)
  const at = await addPool(apps[0], { client: rotating(0) })
  await addUser(at, 'jane')
  const { RefreshToken } = await signIn(at, 'jane')
  const { won, refused } = await raceOfFifty(apps, (app) => renew(onNode(app, at), RefreshToken))
  assert.equal(won.length, 1)
  for (const { name } of refused) assert.equal(name, 'RefreshTokenReuseException')
  // Requests that were sent together are no theft: the winner goes on.
  const next = won[0]?.result.RefreshToken ?? ''
  const newest = await renew(at, next)
  await at.server.call('GetUser', { AccessToken: newest.AccessToken })
})

onBothDatabases('req 48: of fifty refreshes within a grace every one succeeds, and one rotates', async (start) => {
  const apps = await start(2)
  const at = await addPool(apps[0], { client: rotating(60) })
  await addUser(at, 'jane')
  const { RefreshToken } = await signIn(at, 'jane')
  const { won, refused } = await raceOfFifty(apps, (app) => renew(onNode(app, at), RefreshToken))
  assert.deepEqual(refused, [])
  const generations = new Set(
    won.map(({ result }) => readRefreshToken(at.server.context, result.RefreshToken)?.generation),
  )
  assert.deepEqual([...generations], [2])
})
