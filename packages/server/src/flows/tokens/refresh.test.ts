import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test, type TestContext } from 'node:test'
import { onBothDatabases, raceOfFifty } from '../../../testing/databases.ts'
import { secretHash } from '../../rules/secret-hash.ts'
import { makeTestApp, type TestApp } from '../../../testing/app.ts'
import {
  addSignInPool,
  everyFlow,
  makeSignInServer,
  password,
  payloadOf,
  signInServer,
  tokensOf,
  type GivenTokens,
  type SignInServer,
} from '../../../testing/sign-in.ts'
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
): Promise<SignInServer> => {
  const server = await makeSignInServer(t, { client })
  await server.addUser('jane')
  return server
}

const rotating = (graceSeconds: number): Partial<Inputs['CreateUserPoolClient']> => ({
  ExplicitAuthFlows: everyFlow.filter((flow) => flow !== 'ALLOW_REFRESH_TOKEN_AUTH'),
  RefreshTokenRotation: { Feature: 'ENABLED', RetryGracePeriodSeconds: graceSeconds },
})

/** GetTokensFromRefreshToken. */
const renew = async (server: SignInServer, RefreshToken: string, ClientSecret?: string): Promise<GivenTokens> => {
  const secret = ClientSecret === undefined ? {} : { ClientSecret }
  return tokensOf(
    await server.call('GetTokensFromRefreshToken', { ClientId: server.clientId, RefreshToken, ...secret }),
  )
}

const anotherClient = async (
  server: SignInServer,
  settings: Partial<Inputs['CreateUserPoolClient']> = {},
): Promise<SignInServer & { secret: string }> => {
  const { UserPoolClient } = await server.call('CreateUserPoolClient', {
    UserPoolId: server.poolId,
    ClientName: 'another',
    ExplicitAuthFlows: everyFlow,
    ...settings,
  })
  const { ClientId = '', ClientSecret: secret = '' } = UserPoolClient ?? {}
  return { ...signInServer(server, server.poolId, ClientId), secret }
}

test('both names of the flow, on both operations, give tokens and no refresh token (protocol/authentication 6.3.1)', async (t) => {
  const server = await withUser(t)
  const { RefreshToken } = await server.signIn('jane')
  const { poolId: UserPoolId, clientId: ClientId } = server
  for (const AuthFlow of ['REFRESH_TOKEN_AUTH', 'REFRESH_TOKEN'] as const) {
    const input = { ClientId, AuthFlow, AuthParameters: { REFRESH_TOKEN: RefreshToken } }
    for (const answer of [
      await server.call('InitiateAuth', input),
      await server.call('AdminInitiateAuth', { UserPoolId, ...input }),
    ]) {
      const members = ['AccessToken', 'ExpiresIn', 'TokenType', 'IdToken']
      assert.deepEqual(Object.keys(answer.AuthenticationResult ?? {}), members)
      assert.deepEqual(answer.ChallengeParameters, {})
    }
  }
  const renewed = await server.call('GetTokensFromRefreshToken', { ClientId, RefreshToken })
  assert.deepEqual(Object.keys(renewed.AuthenticationResult ?? {}), [
    'AccessToken',
    'ExpiresIn',
    'TokenType',
    'IdToken',
  ])
})

test('a refresh token has the form that clients know (protocol/authentication 6.1.12)', async (t) => {
  const server = await withUser(t)
  const { RefreshToken } = await server.signIn('jane')
  const { refreshToken } = JSON.parse(readFileSync('model/vectors/tokens.json', 'utf8')) as {
    refreshToken: { headerBase64url: string }
  }
  assert.equal(RefreshToken.split('.').length, 5)
  assert.equal(RefreshToken.split('.')[0], refreshToken.headerBase64url)
  assert.match(RefreshToken, /^[A-Za-z0-9-_=.]+$/)
})

test('a refresh keeps the sign-in and its time, and shows the attributes of now (protocol/authentication 6.1.4, 6.1.5, 6.3.8)', async (t) => {
  const server = await withUser(t)
  const first = await server.signIn('jane')
  const UserAttributes = [{ Name: 'name', Value: 'Jane' }]
  await server.call('AdminUpdateUserAttributes', { UserPoolId: server.poolId, Username: 'jane', UserAttributes })
  server.advance(1800)
  const second = tokensOf(await server.refresh(first.RefreshToken))
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
  const server = await withUser(t)
  const { AccessToken, IdToken, RefreshToken } = await server.signIn('jane')
  const parts = RefreshToken.split('.')
  const changed = parts.map((part, index) =>
    parts.with(index, `${part.slice(0, 3)}${part[3] === 'A' ? 'B' : 'A'}${part.slice(4)}`).join('.'),
  )
  const random = [parts[0], 'AAAA', 'AAAAAAAAAAAAAAAA', 'AAAA', 'AAAAAAAAAAAAAAAAAAAAAA'].join('.')
  const texts = [...changed, random, AccessToken, IdToken, 'x', `${RefreshToken}A`, RefreshToken.slice(0, -4)]
  for (const text of [...texts, parts.slice(0, 4).join('.'), `${RefreshToken}.AAAA`]) {
    await assert.rejects(server.refresh(text), unknown, text.slice(0, 60))
    await assert.rejects(renew(server, text), unknownHere, text.slice(0, 60))
  }
  await assert.rejects(server.refresh(''), {
    name: 'InvalidParameterException',
    message: 'Missing required parameter REFRESH_TOKEN',
  })
  await server.refresh(RefreshToken)
})

test('req 47: a refresh token is bound to its client and its pool', async (t) => {
  const app = await makeTestApp(t)
  const server = await addSignInPool(app)
  const elsewhere = await addSignInPool(app)
  for (const one of [server, elsewhere]) await one.addUser('jane')
  const sibling = await anotherClient(server)
  const { RefreshToken } = await server.signIn('jane')
  for (const other of [sibling, elsewhere]) {
    await assert.rejects(other.refresh(RefreshToken), unknown)
    await assert.rejects(renew(other, RefreshToken), unknownHere)
    await assert.rejects(app.call('RevokeToken', { ClientId: other.clientId, Token: RefreshToken }), unauthorized)
  }
  await server.refresh(RefreshToken)
})

test('req 52: a client with a secret needs it at every refresh, and the hash is over the stored name (protocol/authentication 2.5.4)', async (t) => {
  const plain = await withUser(t)
  const server = await anotherClient(plain, { GenerateSecret: true })
  const { clientId: ClientId, secret } = server
  const hash = (name: string, key = secret): string => secretHash(name, ClientId, key)
  const start = await server.call('InitiateAuth', {
    ClientId,
    AuthFlow: 'USER_PASSWORD_AUTH',
    AuthParameters: { USERNAME: 'jane', PASSWORD: password, SECRET_HASH: hash('jane') },
  })
  const { RefreshToken } = tokensOf(start)
  const refresh = (SECRET_HASH?: string) =>
    server.call('InitiateAuth', {
      ClientId,
      AuthFlow: 'REFRESH_TOKEN_AUTH',
      AuthParameters: { REFRESH_TOKEN: RefreshToken, ...(SECRET_HASH === undefined ? {} : { SECRET_HASH }) },
    })
  await assert.rejects(refresh(), {
    name: 'NotAuthorizedException',
    message: `Client ${ClientId} is configured with secret but SECRET_HASH was not received`,
  })
  for (const wrong of [hash('june'), hash('jane', 'another'), hash(''), secret, 'x']) {
    await assert.rejects(refresh(wrong), {
      name: 'NotAuthorizedException',
      message: `SecretHash does not match for the client: ${ClientId}`,
    })
  }
  tokensOf(await refresh(hash('jane')))
  await assert.rejects(renew(server, RefreshToken), { name: 'NotAuthorizedException' })
  await assert.rejects(renew(server, RefreshToken, 'x'.repeat(52)), { name: 'NotAuthorizedException' })
  await renew(server, RefreshToken, secret)
  // A secret for a client that has none.
  const other = (await plain.signIn('jane')).RefreshToken
  await assert.rejects(renew(plain, other, secret), { name: 'NotAuthorizedException' })
  await renew(plain, other)
  const revoke = (ClientSecret?: string) =>
    server.call('RevokeToken', {
      ClientId,
      Token: RefreshToken,
      ...(ClientSecret === undefined ? {} : { ClientSecret }),
    })
  await assert.rejects(revoke(), unauthorized)
  await assert.rejects(revoke('x'.repeat(52)), unauthorized)
  await renew(server, RefreshToken, secret)
  await revoke(secret)
  await assert.rejects(renew(server, RefreshToken, secret), revoked)
})

test('req 53: a client without the flow refreshes by GetTokensFromRefreshToken alone', async (t) => {
  const server = await withUser(t, { ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH'] })
  const { RefreshToken } = await server.signIn('jane')
  await assert.rejects(server.refresh(RefreshToken), { name: 'InvalidParameterException' })
  await renew(server, RefreshToken)
})

test('req 43: RevokeToken ends the refresh token and every access token from it; other sign-ins stay', async (t) => {
  const server = await withUser(t)
  const [one, two] = [await server.signIn('jane'), await server.signIn('jane')]
  const refreshed = tokensOf(await server.refresh(one.RefreshToken))
  const { clientId: ClientId } = server
  assert.deepEqual(await server.call('RevokeToken', { ClientId, Token: one.RefreshToken }), {})
  for (const { AccessToken } of [one, refreshed]) {
    await assert.rejects(server.call('GetUser', { AccessToken }), accessRevoked)
  }
  await assert.rejects(server.refresh(one.RefreshToken), revoked)
  await assert.rejects(renew(server, one.RefreshToken), revoked)
  await server.call('GetUser', { AccessToken: two.AccessToken })
  await server.refresh(two.RefreshToken)
  assert.deepEqual(await server.call('RevokeToken', { ClientId, Token: one.RefreshToken }), {})
})

test('req 43: RevokeToken takes refresh tokens only, of a client that is there', async (t) => {
  const server = await withUser(t)
  const { AccessToken, IdToken, RefreshToken } = await server.signIn('jane')
  const { clientId: ClientId } = server
  for (const Token of [AccessToken, IdToken]) {
    await assert.rejects(server.call('RevokeToken', { ClientId, Token }), { name: 'UnsupportedTokenTypeException' })
  }
  await assert.rejects(server.call('RevokeToken', { ClientId: 'nobody', Token: RefreshToken }), unauthorized)
  await assert.rejects(
    server.call('RevokeToken', { ClientId, Token: RefreshToken, ClientSecret: 'x'.repeat(52) }),
    unauthorized,
  )
  // RFC 7009, 2.2: a token that nobody knows is as good as revoked.
  assert.deepEqual(await server.call('RevokeToken', { ClientId, Token: 'nonsense' }), {})
  await server.refresh(RefreshToken)
})

test('req 43: without EnableTokenRevocation there is no RevokeToken, and no jti', async (t) => {
  const server = await withUser(t, { EnableTokenRevocation: false })
  const tokens = await server.signIn('jane')
  for (const token of [tokens.AccessToken, tokens.IdToken]) {
    assert.equal('jti' in payloadOf(token) || 'origin_jti' in payloadOf(token), false)
  }
  await assert.rejects(server.call('RevokeToken', { ClientId: server.clientId, Token: tokens.RefreshToken }), {
    name: 'UnsupportedOperationException',
  })
  await server.refresh(tokens.RefreshToken)
  await server.call('GetUser', { AccessToken: tokens.AccessToken })
})

test('req 48: with grace 0 the old refresh token ends at once, and each refresh gives the next', async (t) => {
  const server = await withUser(t, rotating(0))
  const first = await server.signIn('jane')
  const second = await renew(server, first.RefreshToken)
  assert.notEqual(second.RefreshToken, '')
  assert.notEqual(second.RefreshToken, first.RefreshToken)
  await assert.rejects(renew(server, first.RefreshToken), reused)
  const third = await renew(server, second.RefreshToken)
  await server.call('GetUser', { AccessToken: third.AccessToken })
})

test('req 48: REFRESH_TOKEN_AUTH is no way around, however the client came by it', async (t) => {
  const server = await withUser(t, rotating(0))
  const { RefreshToken } = await server.signIn('jane')
  for (const AuthFlow of ['REFRESH_TOKEN_AUTH', 'REFRESH_TOKEN'] as const) {
    const input = { ClientId: server.clientId, AuthFlow, AuthParameters: { REFRESH_TOKEN: RefreshToken } }
    await assert.rejects(server.call('InitiateAuth', input), { name: 'UnsupportedOperationException' })
    const admin = server.call('AdminInitiateAuth', { UserPoolId: server.poolId, ...input })
    await assert.rejects(admin, { name: 'UnsupportedOperationException' })
  }
  const created = server.call('CreateUserPoolClient', {
    UserPoolId: server.poolId,
    ClientName: 'both',
    ...rotating(0),
    ExplicitAuthFlows: ['ALLOW_REFRESH_TOKEN_AUTH'],
  })
  await assert.rejects(created, { name: 'InvalidParameterException' })
  await renew(server, RefreshToken)
})

for (const grace of [1, 30, 60]) {
  test(`req 48: a grace of ${grace} s is honoured: within it the old token gives the newest once more`, async (t) => {
    const server = await withUser(t, rotating(grace))
    const first = await server.signIn('jane')
    const second = await renew(server, first.RefreshToken)
    server.advance(grace - 0.001)
    const again = await renew(server, first.RefreshToken)
    assert.notEqual(again.RefreshToken, first.RefreshToken)
    await server.call('GetUser', { AccessToken: again.AccessToken })
    server.advance(0.001)
    await assert.rejects(renew(server, first.RefreshToken), reused)
    if (grace >= 10) return server.close()
    await renew(server, second.RefreshToken)
  })
}

test('a grace is for the token before the newest, not for older ones', async (t) => {
  const server = await withUser(t, rotating(60))
  const first = await server.signIn('jane')
  const second = await renew(server, first.RefreshToken)
  await renew(server, second.RefreshToken)
  await assert.rejects(renew(server, first.RefreshToken), reused)
})

test('req 49: reuse after the grace period ends the whole sign-in, no other, and is logged', async (t) => {
  for (const grace of [0, 60]) {
    const server = await withUser(t, rotating(grace))
    const bystander = await server.signIn('jane')
    const first = await server.signIn('jane')
    const second = await renew(server, first.RefreshToken)
    server.advance(61)
    await assert.rejects(renew(server, first.RefreshToken), reused)
    await assert.rejects(renew(server, second.RefreshToken), revoked)
    for (const { AccessToken } of [first, second]) {
      await assert.rejects(server.call('GetUser', { AccessToken }), accessRevoked)
    }
    await renew(server, bystander.RefreshToken)
    const reasons = server.log.map(({ fields }) => fields['reason'])
    assert.ok(reasons.includes('a refresh token that was rotated out came back; its sign-in has been ended'))
  }
})

test('req 49: an old token ends its sign-in however many rotations ago it was', async (t) => {
  const server = await withUser(t, rotating(0))
  const first = await server.signIn('jane')
  let newest = first
  for (let turn = 0; turn < 4; turn += 1) newest = await renew(server, newest.RefreshToken)
  await assert.rejects(renew(server, first.RefreshToken), reused)
  await assert.rejects(renew(server, newest.RefreshToken), revoked)
})

test('req 49: a request that was sent twice within seconds is refused, and ends nothing', async (t) => {
  const server = await withUser(t, rotating(0))
  const first = await server.signIn('jane')
  const second = await renew(server, first.RefreshToken)
  server.advance(9)
  await assert.rejects(renew(server, first.RefreshToken), reused)
  await renew(server, second.RefreshToken)
})

test('req 43, 48: any refresh token of a rotating sign-in ends it all', async (t) => {
  const server = await withUser(t, rotating(60))
  const first = await server.signIn('jane')
  const second = await renew(server, first.RefreshToken)
  await server.call('RevokeToken', { ClientId: server.clientId, Token: first.RefreshToken })
  await assert.rejects(renew(server, second.RefreshToken), revoked)
  await assert.rejects(renew(server, first.RefreshToken), revoked)
  await assert.rejects(server.call('GetUser', { AccessToken: second.AccessToken }), accessRevoked)
})

test('req 50: a refresh token has an absolute end, refreshed or not', async (t) => {
  const server = await withUser(t, { RefreshTokenValidity: 1 })
  const { RefreshToken } = await server.signIn('jane')
  server.advance(86_399)
  await server.refresh(RefreshToken)
  server.advance(1)
  await assert.rejects(server.refresh(RefreshToken), expired)
  await assert.rejects(renew(server, RefreshToken), expired)
})

test('req 50: rotation does not move the end: a rotated token has the remaining time (protocol/authentication 6.3.3)', async (t) => {
  const server = await withUser(t, { ...rotating(0), RefreshTokenValidity: 1 })
  let { RefreshToken } = await server.signIn('jane')
  for (let hour = 1; hour < 24; hour += 1) {
    server.advance(3600)
    ;({ RefreshToken } = await renew(server, RefreshToken))
  }
  server.advance(3600)
  await assert.rejects(renew(server, RefreshToken), expired)
})

test('req 50: thirty days by default', async (t) => {
  const server = await withUser(t)
  const { RefreshToken } = await server.signIn('jane')
  server.advance(30 * 86_400 - 1)
  await server.refresh(RefreshToken)
  server.advance(1)
  await assert.rejects(server.refresh(RefreshToken), expired)
})

test('req 37: a user whose password an administrator made temporary refreshes no more', async (t) => {
  const server = await withUser(t)
  const { RefreshToken } = await server.signIn('jane')
  await server.call('AdminSetUserPassword', {
    UserPoolId: server.poolId,
    Username: 'jane',
    Password: 'Temporary-horse-1',
    Permanent: false,
  })
  await assert.rejects(server.refresh(RefreshToken), { name: 'NotAuthorizedException' })
  await assert.rejects(renew(server, RefreshToken), { name: 'NotAuthorizedException' })
})

const onNode = (app: TestApp, server: SignInServer): SignInServer => signInServer(app, server.poolId, server.clientId)

onBothDatabases('req 48, 104: of fifty refreshes with grace 0 over two servers one wins', async (start) => {
  const apps = await start(2)
  const server = await addSignInPool(apps[0], { client: rotating(0) })
  await server.addUser('jane')
  const { RefreshToken } = await server.signIn('jane')
  const { won, refused } = await raceOfFifty(apps, (app) => renew(onNode(app, server), RefreshToken))
  assert.equal(won.length, 1)
  for (const { name } of refused) assert.equal(name, 'RefreshTokenReuseException')
  // Requests that were sent together are no theft: the winner goes on.
  const next = won[0]?.result.RefreshToken ?? ''
  const newest = await renew(server, next)
  await server.call('GetUser', { AccessToken: newest.AccessToken })
})

onBothDatabases('req 48: of fifty refreshes within a grace every one succeeds, and one rotates', async (start) => {
  const apps = await start(2)
  const server = await addSignInPool(apps[0], { client: rotating(60) })
  await server.addUser('jane')
  const { RefreshToken } = await server.signIn('jane')
  const { won, refused } = await raceOfFifty(apps, (app) => renew(onNode(app, server), RefreshToken))
  assert.deepEqual(refused, [])
  const generations = new Set(
    won.map(({ result }) => readRefreshToken(server.context, result.RefreshToken)?.generation),
  )
  assert.deepEqual([...generations], [2])
})
