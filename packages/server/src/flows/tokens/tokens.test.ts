import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { createLocalJWKSet, jwtVerify, type JSONWebKeySet, type JWTPayload } from 'jose'
import {
  addUserWithApp,
  beginByAdmin,
  beginByPassword,
  payloadOf,
  refresh,
  respond,
  signIn,
  tokensOf,
} from '../../../testing/sign-in.ts'
import { addPool, addUser, goodPassword, type PoolUnderTest, startPool } from '../../../testing/pool.ts'
import { appOf } from '../../../testing/authenticator-app.ts'
import { countedDatabase, makeTestApp } from '../../../testing/app.ts'
import { rotateKeys } from '../callers/signing.ts'

const keysOf = async (at: PoolUnderTest): Promise<JSONWebKeySet> => {
  const url = `http://127.0.0.1:9229/${at.UserPoolId}/.well-known/jwks.json`
  return (await (await at.server.app.fetch(new Request(url))).json()) as JSONWebKeySet
}

/** What a resource server does: its own library, and a key set that it may have kept for a while. */
const verify = async (
  at: PoolUnderTest,
  token: string,
  keys?: JSONWebKeySet,
  issuer: string = `http://127.0.0.1:9229/${at.UserPoolId}`,
): Promise<JWTPayload> => {
  const known = createLocalJWKSet(keys ?? (await keysOf(at)))
  const { payload } = await jwtVerify(token, known, {
    algorithms: ['RS256'],
    issuer,
    currentDate: new Date(at.server.context.clock.now()),
  })
  return payload
}

const kidOf = (token: string): unknown =>
  (JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString('utf8')) as { kid: unknown }).kid

const withUser = async (t: TestContext, client = {}): Promise<PoolUnderTest> => {
  const at = await startPool(t, { client })
  await addUser(at, 'jane')
  return at
}

test('req 41: tokens verify with the published keys, and say who, for whom and what for', async (t) => {
  const at = await withUser(t)
  const sub = payloadOf((await signIn(at, 'jane')).AccessToken)['sub']
  const { AccessToken, IdToken, ExpiresIn } = await signIn(at, 'jane')
  const [access, id] = [await verify(at, AccessToken), await verify(at, IdToken)]
  assert.equal(access['token_use'], 'access')
  assert.equal(id['token_use'], 'id')
  assert.equal(access['client_id'], at.ClientId)
  assert.equal(id.aud, at.ClientId)
  assert.equal(access['username'], 'jane')
  assert.equal(id['cognito:username'], 'jane')
  for (const payload of [access, id]) {
    assert.equal(payload.sub, sub)
    assert.equal(Number(payload.exp) - Number(payload.iat), ExpiresIn)
    assert.equal(payload['auth_time'], payload.iat)
    assert.match(String(payload.jti), /^[0-9a-f-]{36}$/)
    assert.match(String(payload['origin_jti']), /^[0-9a-f-]{36}$/)
  }
  assert.equal(access['origin_jti'], id['origin_jti'])
  assert.equal(access['event_id'], id['event_id'])
  assert.notEqual(access.jti, id.jti)
})

for (const [Type, host] of [
  ['ORIGINAL', 'cognito-idp.zz-local-1.amazonaws.com'],
  ['UPDATED', 'issuer-cognito-idp.zz-local-1.amazonaws.com'],
] as const) {
  test(`req 41: where the server is told so the issuer is shaped like AWS, ${Type}`, async (t) => {
    const at = await startPool(t, {}, { settings: { issuerMode: 'cognito' } })
    await at.server.call('UpdateUserPool', { UserPoolId: at.UserPoolId, IssuerConfiguration: { Type } })
    await addUser(at, 'jane')
    const { AccessToken, IdToken } = await signIn(at, 'jane')
    const issuer = `https://${host}/${at.UserPoolId}`
    for (const token of [AccessToken, IdToken]) assert.equal((await verify(at, token, undefined, issuer)).iss, issuer)
    assert.equal((await at.server.call('GetUser', { AccessToken })).Username, 'jane')
    const url = `http://127.0.0.1:9229/${at.UserPoolId}/.well-known/openid-configuration`
    const discovery = (await (await at.server.app.fetch(new Request(url))).json()) as Record<string, unknown>
    assert.equal(discovery['issuer'], issuer)
    assert.equal(discovery['jwks_uri'], url.replace('openid-configuration', 'jwks.json'))
  })
}

test('req 41: a pool has a key for access tokens and one for ID tokens, RSA of 2048 bits, and shows no private member', async (t) => {
  const at = await withUser(t)
  const { keys } = await keysOf(at)
  assert.equal(keys.length, 2)
  for (const key of keys) {
    assert.deepEqual(Object.keys(key).toSorted(), ['alg', 'e', 'kid', 'kty', 'n', 'use'])
    assert.equal(Buffer.from(String(key['n']), 'base64url').length, 256)
  }
  const { AccessToken, IdToken } = await signIn(at, 'jane')
  assert.notEqual(kidOf(AccessToken), kidOf(IdToken))
  assert.deepEqual(new Set(keys.map(({ kid }) => kid)), new Set([kidOf(AccessToken), kidOf(IdToken)]))
})

test('req 41: the keys of two pools have nothing in common', async (t) => {
  const app = await makeTestApp(t)
  const sets = [await keysOf(await addPool(app)), await keysOf(await addPool(app))]
  assert.equal(new Set(sets.flatMap(({ keys }) => keys.map(({ kid }) => kid))).size, 4)
})

test('every sign-in has an origin_jti of its own, every token a jti of its own (protocol/authentication 6.1.4)', async (t) => {
  const at = await withUser(t)
  const signIns = [await signIn(at, 'jane'), await signIn(at, 'jane')]
  const refreshed = await Promise.all(
    signIns.map(async ({ RefreshToken }) => tokensOf(await refresh(at, RefreshToken))),
  )
  const tokens = [...signIns, ...refreshed].flatMap(({ AccessToken, IdToken }) => [AccessToken, IdToken].map(payloadOf))
  assert.equal(new Set(tokens.map(({ jti }) => jti)).size, 8)
  assert.equal(new Set(tokens.map(({ origin_jti }) => origin_jti)).size, 2)
})

const minutes = { AccessToken: 'minutes', IdToken: 'minutes', RefreshToken: 'minutes' } as const

test('req 42: lifetimes are as the client says, access and ID token each by its own', async (t) => {
  const cases = [
    [{}, 3600, 3600],
    [{ AccessTokenValidity: 5, IdTokenValidity: 10, TokenValidityUnits: minutes }, 300, 600],
    [{ AccessTokenValidity: 24, IdTokenValidity: 2 }, 86_400, 7200],
    [{ AccessTokenValidity: 1, TokenValidityUnits: { AccessToken: 'days' } }, 86_400, 3600],
    [{ AccessTokenValidity: 300, TokenValidityUnits: { AccessToken: 'seconds' } }, 300, 3600],
  ] as const
  for (const [client, access, id] of cases) {
    const at = await withUser(t, client)
    const { AccessToken, IdToken, ExpiresIn } = await signIn(at, 'jane')
    const life = (token: string): number => Number(payloadOf(token)['exp']) - Number(payloadOf(token)['iat'])
    assert.deepEqual([life(AccessToken), life(IdToken), ExpiresIn], [access, id, access])
  }
})

test('req 42: lifetimes out of range are refused', async (t) => {
  const at = await startPool(t)
  const bad = [
    { AccessTokenValidity: 4, TokenValidityUnits: minutes },
    { AccessTokenValidity: 25 },
    { IdTokenValidity: 4, TokenValidityUnits: minutes },
    { IdTokenValidity: 25 },
    { RefreshTokenValidity: 59, TokenValidityUnits: minutes },
    { RefreshTokenValidity: 3651 },
    { AccessTokenValidity: 120, RefreshTokenValidity: 60, TokenValidityUnits: minutes },
  ]
  for (const settings of bad) {
    const made = at.server.call('CreateUserPoolClient', { UserPoolId: at.UserPoolId, ClientName: 'x', ...settings })
    await assert.rejects(made, { name: 'InvalidParameterException' }, JSON.stringify(settings))
  }
})

test('req 42: a change of lifetimes counts from the next token on', async (t) => {
  const at = await withUser(t)
  const before = await signIn(at, 'jane')
  const { UserPoolId, ClientId } = at
  await at.server.call('UpdateUserPoolClient', {
    UserPoolId,
    ClientId,
    ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
    AccessTokenValidity: 5,
    TokenValidityUnits: { AccessToken: 'minutes' },
  })
  assert.equal(tokensOf(await refresh(at, before.RefreshToken)).ExpiresIn, 300)
  at.server.advance(3599)
  await at.server.call('GetUser', { AccessToken: before.AccessToken })
})

test('req 51: a new key is published before it signs; old tokens verify until the last of them is dead', async (t) => {
  const at = await withUser(t)
  const before = await signIn(at, 'jane')
  const kept = await keysOf(at)
  await rotateKeys(at.server.context, at.UserPoolId)
  const both = await keysOf(at)
  assert.equal(both.keys.length, 4)
  // Within the hour the old keys sign: whoever kept the key set has no new key to miss.
  at.server.advance(3599)
  const within = await signIn(at, 'jane')
  await verify(at, within.AccessToken, kept)
  await verify(at, within.IdToken, kept)
  at.server.advance(1)
  const after = await signIn(at, 'jane')
  await verify(at, after.AccessToken, both)
  await verify(at, after.IdToken, both)
  await assert.rejects(verify(at, after.AccessToken, kept), { code: 'ERR_JWKS_NO_MATCHING_KEY' })
  assert.equal(kidOf(before.AccessToken), kidOf(within.AccessToken))
  assert.notEqual(kidOf(after.AccessToken), kidOf(within.AccessToken))
  // The old ones still speak for their user, and refresh tokens know nothing of keys.
  await at.server.call('GetUser', { AccessToken: within.AccessToken })
  await at.server.call('GetUser', { AccessToken: after.AccessToken })
  tokensOf(await refresh(at, before.RefreshToken))
  at.server.advance(86_400)
  assert.deepEqual(
    new Set((await keysOf(at)).keys.map(({ kid }) => kid)),
    new Set([kidOf(after.AccessToken), kidOf(after.IdToken)]),
  )
})

test('req 51: a token of a day signed at the last instant by the old key verifies to its end', async (t) => {
  const at = await withUser(t, { AccessTokenValidity: 24 })
  await rotateKeys(at.server.context, at.UserPoolId)
  at.server.advance(3599)
  const { AccessToken } = await signIn(at, 'jane')
  at.server.advance(86_399)
  await at.server.call('GetUser', { AccessToken })
  await verify(at, AccessToken)
})

test('req 51: rotation again and again, under load: nothing fails for a client that keeps key sets for five minutes', async (t) => {
  const at = await withUser(t, { AccessTokenValidity: 5, TokenValidityUnits: { AccessToken: 'minutes' } })
  const { RefreshToken } = await signIn(at, 'jane')
  let kept = await keysOf(at)
  for (let round = 0; round < 24; round += 1) {
    if (round % 6 === 1) await rotateKeys(at.server.context, at.UserPoolId)
    const answers = await Promise.all(Array.from({ length: 5 }, () => refresh(at, RefreshToken)))
    for (const { AccessToken, IdToken } of answers.map(tokensOf)) {
      await verify(at, AccessToken, kept)
      await verify(at, IdToken, kept)
      await at.server.call('GetUser', { AccessToken })
    }
    at.server.advance(300)
    kept = await keysOf(at)
  }
})

/** A server that counts the lists that it writes. */
const counting = async (
  t: TestContext,
  mfa: 'OFF' | 'OPTIONAL' | 'ON',
  client = {},
): Promise<PoolUnderTest & { commits: () => number }> => {
  const { database, commits } = countedDatabase()
  return { ...(await addPool(await makeTestApp(t, { database }), { mfa, client })), commits }
}

test('a sign-in without a second factor is two commits: one counts the guess, one gives', async (t) => {
  const at = await counting(t, 'OFF')
  await addUser(at, 'jane')
  at.commits()
  await signIn(at, 'jane')
  assert.equal(at.commits(), 2)
  await beginByAdmin(at, 'jane')
  assert.equal(at.commits(), 2)
})

test('a sign-in with a second factor is four commits', async (t) => {
  const at = await counting(t, 'OPTIONAL')
  const app = await addUserWithApp(at, 'jane')
  at.commits()
  const { Session = '' } = await beginByPassword(at, 'jane')
  assert.equal(at.commits(), 2)
  const answers = { USERNAME: 'jane', SOFTWARE_TOKEN_MFA_CODE: app.code() }
  tokensOf(await respond(at, 'SOFTWARE_TOKEN_MFA', Session, answers))
  assert.equal(at.commits(), 2)
})

test('the start of SRP is one commit', async (t) => {
  const at = await counting(t, 'OFF')
  await addUser(at, 'jane')
  at.commits()
  await at.server.call('InitiateAuth', {
    ClientId: at.ClientId,
    AuthFlow: 'USER_SRP_AUTH',
    AuthParameters: { USERNAME: 'jane', SRP_A: '2' },
  })
  assert.equal(at.commits(), 1)
})

test('a refresh is no commit, a rotation one, GetUser none, a sign-out one', async (t) => {
  const at = await counting(t, 'OFF')
  await addUser(at, 'jane')
  const { AccessToken, RefreshToken } = await signIn(at, 'jane')
  at.commits()
  await refresh(at, RefreshToken)
  await at.server.call('GetTokensFromRefreshToken', { ClientId: at.ClientId, RefreshToken })
  await at.server.call('GetUser', { AccessToken })
  await keysOf(at)
  assert.equal(at.commits(), 0)
  await at.server.call('RevokeToken', { ClientId: at.ClientId, Token: RefreshToken })
  assert.equal(at.commits(), 1)
  await assert.rejects(at.server.call('GetUser', { AccessToken }))
  await assert.rejects(refresh(at, RefreshToken))
  assert.equal(at.commits(), 0)
  const rotating = await counting(t, 'OFF', {
    ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH'],
    RefreshTokenRotation: { Feature: 'ENABLED', RetryGracePeriodSeconds: 0 },
  })
  await addUser(rotating, 'jane')
  const first = await signIn(rotating, 'jane')
  rotating.commits()
  await rotating.server.call('GetTokensFromRefreshToken', {
    ClientId: rotating.ClientId,
    RefreshToken: first.RefreshToken,
  })
  assert.equal(rotating.commits(), 1)
})

test('the first sign-in after enrolment, from the temporary password to tokens, is seven commits', async (t) => {
  const at = await counting(t, 'ON')
  await at.server.call('AdminCreateUser', {
    UserPoolId: at.UserPoolId,
    Username: 'jane',
    TemporaryPassword: 'Temporary-horse-1',
    MessageAction: 'SUPPRESS',
  })
  at.commits()
  const begun = await beginByPassword(at, 'jane', 'Temporary-horse-1')
  const answers = { USERNAME: 'jane', NEW_PASSWORD: goodPassword }
  const asked = await respond(at, 'NEW_PASSWORD_REQUIRED', begun.Session ?? '', answers)
  const associated = await at.server.call('AssociateSoftwareToken', { Session: asked.Session ?? '' })
  const UserCode = appOf(at, associated.SecretCode ?? '').code()
  const verified = await at.server.call('VerifySoftwareToken', { Session: associated.Session ?? '', UserCode })
  tokensOf(await respond(at, 'MFA_SETUP', verified.Session ?? '', { USERNAME: 'jane' }))
  assert.equal(at.commits(), 7)
})
