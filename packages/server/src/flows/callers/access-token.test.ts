import assert from 'node:assert/strict'
import { createHmac, generateKeyPairSync, sign as signBytes, type KeyObject } from 'node:crypto'
import { test, type TestContext } from 'node:test'
import { beginByAdmin, beginByPassword, payloadOf, refresh, signIn, tokensOf } from '../../../testing/sign-in.ts'
import {
  addPool,
  addUser,
  everyFlow,
  goodPassword,
  poolOn,
  type PoolUnderTest,
  startPool,
} from '../../../testing/pool.ts'
import { makeTestApp, Refused } from '../../../testing/app.ts'
import { tokenSigner } from './signing.ts'

const unverified = { name: 'NotAuthorizedException', message: 'Could not verify signature for Access Token' }
const notAccess = { name: 'NotAuthorizedException', message: 'Invalid Access Token' }
const expired = { name: 'NotAuthorizedException', message: 'Access Token has expired' }
const revoked = { name: 'NotAuthorizedException', message: 'Access Token has been revoked' }

const getUser = (at: PoolUnderTest, AccessToken: string) => at.server.call('GetUser', { AccessToken })

/** Every operation that takes an access token, with input that would do. */
const uses = (at: PoolUnderTest, AccessToken: string): readonly [name: string, call: () => Promise<unknown>][] => [
  ['GetUser', () => at.server.call('GetUser', { AccessToken })],
  ['GlobalSignOut', () => at.server.call('GlobalSignOut', { AccessToken })],
  ['AssociateSoftwareToken', () => at.server.call('AssociateSoftwareToken', { AccessToken })],
  ['VerifySoftwareToken', () => at.server.call('VerifySoftwareToken', { AccessToken, UserCode: '000000' })],
  ['SetUserMFAPreference', () => at.server.call('SetUserMFAPreference', { AccessToken })],
  [
    'ChangePassword',
    () =>
      at.server.call('ChangePassword', {
        AccessToken,
        PreviousPassword: goodPassword,
        ProposedPassword: 'Another-horse-8',
      }),
  ],
  ['UpdateUserAttributes', () => at.server.call('UpdateUserAttributes', { AccessToken, UserAttributes: [] })],
  ['DeleteUserAttributes', () => at.server.call('DeleteUserAttributes', { AccessToken, UserAttributeNames: ['name'] })],
  [
    'GetUserAttributeVerificationCode',
    () => at.server.call('GetUserAttributeVerificationCode', { AccessToken, AttributeName: 'email' }),
  ],
  [
    'VerifyUserAttribute',
    () => at.server.call('VerifyUserAttribute', { AccessToken, AttributeName: 'email', Code: '000000' }),
  ],
  ['DeleteUser', () => at.server.call('DeleteUser', { AccessToken })],
]

const refusedEverywhere = async (
  at: PoolUnderTest,
  token: string,
  refusal: { readonly name: string; readonly message?: string | RegExp },
): Promise<void> => {
  for (const [name, call] of uses(at, token)) await assert.rejects(call(), refusal, name)
}

const withUser = async (t: TestContext): Promise<PoolUnderTest> => {
  const at = await startPool(t, { mfa: 'OPTIONAL' })
  await addUser(at, 'jane')
  return at
}

test('req 39: ID and refresh tokens are no access tokens, for any operation', async (t) => {
  const at = await withUser(t)
  const { AccessToken, IdToken, RefreshToken } = await signIn(at, 'jane')
  await refusedEverywhere(at, IdToken, unverified)
  await refusedEverywhere(at, RefreshToken, unverified)
  await getUser(at, AccessToken)
})

test('req 39: a text that is no token is refused', async (t) => {
  const at = await withUser(t)
  const texts = ['invalidtoken', 'a.b.c', 'e30.e30.e30', '....', Buffer.from('null').toString('base64url')]
  for (const text of texts) await assert.rejects(getUser(at, text), unverified, text)
  await assert.rejects(getUser(at, ''), { name: /^(NotAuthorized|InvalidParameter)Exception$/ })
})

const encoded = (part: unknown): string => Buffer.from(JSON.stringify(part)).toString('base64url')

const signedBy = (header: unknown, payload: unknown, key: KeyObject): string => {
  const input = `${encoded(header)}.${encoded(payload)}`
  return `${input}.${signBytes('sha256', Buffer.from(input), key).toString('base64url')}`
}

test('req 40: forged tokens are refused', async (t) => {
  const at = await withUser(t)
  await addUser(at, 'june')
  const { AccessToken, IdToken } = await signIn(at, 'jane')
  const june = payloadOf((await signIn(at, 'june')).AccessToken)
  const [header = '', payload = '', signature = ''] = AccessToken.split('.')
  const claims = payloadOf(AccessToken)
  const { kid } = JSON.parse(Buffer.from(header, 'base64url').toString('utf8')) as { kid: string }
  const attacker = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const jwk = attacker.publicKey.export({ format: 'jwk' })
  const response = await at.server.app.fetch(
    new Request(`http://127.0.0.1:9229/${at.UserPoolId}/.well-known/jwks.json`),
  )
  const published = JSON.stringify(
    ((await response.json()) as { keys: { kid: string }[] }).keys.find((key) => key.kid === kid),
  )
  const mac = (alg: string): string => {
    const input = `${encoded({ kid, alg })}.${encoded(claims)}`
    return `${input}.${createHmac('sha256', published).update(input).digest('base64url')}`
  }
  const forged = {
    'a changed payload': `${header}.${encoded({ ...claims, sub: june['sub'], username: 'june' })}.${signature}`,
    'a later end': `${header}.${encoded({ ...claims, exp: Number(claims['exp']) + 86_400 })}.${signature}`,
    'a changed signature': `${header}.${payload}.${signature.slice(0, -6)}AAAAAA`,
    'no signature': `${header}.${payload}.`,
    'alg none': `${encoded({ kid, alg: 'none' })}.${payload}.`,
    'HS256 with the public key': mac('HS256'),
    'RS256 by a MAC': mac('RS256'),
    'another key under the same kid': signedBy({ kid, alg: 'RS256' }, claims, attacker.privateKey),
    'an embedded jwk': signedBy({ alg: 'RS256', jwk }, claims, attacker.privateKey),
    'an embedded jwk beside the kid': signedBy({ kid, alg: 'RS256', jwk }, claims, attacker.privateKey),
    jku: signedBy({ kid, alg: 'RS256', jku: 'http://127.0.0.1/jwks.json' }, claims, attacker.privateKey),
    'a path as kid': signedBy({ kid: '../../../dev/null', alg: 'RS256' }, claims, attacker.privateKey),
    'the payload under the signature of the ID token': `${header}.${payload}.${IdToken.split('.')[2]}`,
  }
  for (const [what, token] of Object.entries(forged)) await assert.rejects(getUser(at, token), unverified, what)
  await getUser(at, AccessToken)
})

/** A token that the pool's own access key signs, with other claims. */
const signedHere = async (at: PoolUnderTest, access: Record<string, unknown>): Promise<string> =>
  (await tokenSigner(at.server.context, at.UserPoolId)).access(access)

test('req 39, 42: what is signed by the right key must still be an access token of this pool, in its time', async (t) => {
  const at = await withUser(t)
  const claims = payloadOf((await signIn(at, 'jane')).AccessToken)
  const now = Number(claims['iat'])
  const cases: readonly [Record<string, unknown>, { readonly name: string; readonly message: string }][] = [
    [{ token_use: 'id' }, notAccess],
    [{ token_use: undefined }, notAccess],
    [{ iss: `http://elsewhere.example/${at.UserPoolId}` }, notAccess],
    [{ exp: now }, expired],
    [{ exp: undefined }, expired],
    [{ exp: 'soon' }, expired],
    [{ scope: 'openid' }, { name: 'NotAuthorizedException', message: 'Access Token does not have required scopes' }],
    [{ scope: undefined }, { name: 'NotAuthorizedException', message: 'Access Token does not have required scopes' }],
    [{ origin_jti: 'another' }, revoked],
    [{ sub: 'nobody' }, { name: 'UserNotFoundException', message: 'User does not exist.' }],
    [{ client_id: 'gone' }, { name: 'ResourceNotFoundException', message: 'User pool client gone does not exist.' }],
  ]
  for (const [change, refusal] of cases) {
    const token = await signedHere(at, { ...claims, ...change })
    await assert.rejects(getUser(at, token), refusal, JSON.stringify(change))
  }
  await getUser(at, await signedHere(at, claims))
})

test('req 40: a token of one pool is none of another, whatever it says', async (t) => {
  const app = await makeTestApp(t)
  const [one, two] = [await addPool(app), await addPool(app)]
  for (const at of [one, two]) await addUser(at, 'jane')
  const claims = payloadOf((await signIn(one, 'jane')).AccessToken)
  const there = payloadOf((await signIn(two, 'jane')).AccessToken)
  // Signed by the keys of the first, in the words of the second.
  await assert.rejects(getUser(one, await signedHere(one, there)), unverified)
  await assert.rejects(getUser(one, await signedHere(two, { ...claims, iss: claims['iss'] })), unverified)
})

test('req 42: a token of five minutes lives for five minutes', async (t) => {
  const at = await startPool(t, {
    client: { AccessTokenValidity: 5, TokenValidityUnits: { AccessToken: 'minutes' } },
  })
  await addUser(at, 'jane')
  const { AccessToken, ExpiresIn } = await signIn(at, 'jane')
  assert.equal(ExpiresIn, 300)
  at.server.advance(299)
  await getUser(at, AccessToken)
  at.server.advance(1)
  await assert.rejects(getUser(at, AccessToken), expired)
  at.server.advance(-1)
  await getUser(at, AccessToken)
})

test('req 44: GlobalSignOut ends every token of that user, and of nobody else', async (t) => {
  const at = await withUser(t)
  await addUser(at, 'june')
  const [one, two, bystander] = [await signIn(at, 'jane'), await signIn(at, 'jane'), await signIn(at, 'june')]
  assert.deepEqual(await at.server.call('GlobalSignOut', { AccessToken: one.AccessToken }), {})
  for (const { AccessToken, RefreshToken } of [one, two]) {
    await refusedEverywhere(at, AccessToken, revoked)
    await assert.rejects(refresh(at, RefreshToken), { message: 'Refresh Token has been revoked' })
  }
  await getUser(at, bystander.AccessToken)
  await refresh(at, bystander.RefreshToken)
  await getUser(at, (await signIn(at, 'jane')).AccessToken)
})

test('req 44: AdminUserGlobalSignOut ends every token of that user, and of nobody else', async (t) => {
  const at = await withUser(t)
  await addUser(at, 'june')
  const [jane, bystander] = [await signIn(at, 'jane'), await signIn(at, 'june')]
  const UserPoolId = at.UserPoolId
  assert.deepEqual(await at.server.call('AdminUserGlobalSignOut', { UserPoolId, Username: 'jane' }), {})
  await assert.rejects(getUser(at, jane.AccessToken), revoked)
  await assert.rejects(refresh(at, jane.RefreshToken), { message: 'Refresh Token has been revoked' })
  await getUser(at, bystander.AccessToken)
  await assert.rejects(at.server.call('AdminUserGlobalSignOut', { UserPoolId, Username: 'nobody' }), {
    name: 'UserNotFoundException',
  })
  await assert.rejects(at.server.call('AdminUserGlobalSignOut', { UserPoolId: 'zz-local-1_none', Username: 'jane' }), {
    name: 'ResourceNotFoundException',
  })
})

test('req 44: a sign-out ends the tokens of a refresh too, and tokens without origin_jti', async (t) => {
  const at = await startPool(t, { client: { EnableTokenRevocation: false } })
  await addUser(at, 'jane')
  const { AccessToken, RefreshToken } = await signIn(at, 'jane')
  const refreshed = tokensOf(await refresh(at, RefreshToken)).AccessToken
  await at.server.call('GlobalSignOut', { AccessToken: refreshed })
  await assert.rejects(getUser(at, AccessToken), revoked)
  await assert.rejects(getUser(at, refreshed), revoked)
  await assert.rejects(refresh(at, RefreshToken), { message: 'Refresh Token has been revoked' })
})

test('req 45: disabling ends access tokens, sign-in and refresh; enabling opens the sign-in again', async (t) => {
  const at = await withUser(t)
  const { AccessToken, RefreshToken } = await signIn(at, 'jane')
  const user = { UserPoolId: at.UserPoolId, Username: 'jane' }
  await at.server.call('AdminDisableUser', user)
  const disabled = { name: 'NotAuthorizedException', message: 'User is disabled.' }
  await refusedEverywhere(at, AccessToken, revoked)
  await assert.rejects(beginByPassword(at, 'jane'), disabled)
  await assert.rejects(beginByAdmin(at, 'jane'), disabled)
  await assert.rejects(beginByPassword(at, 'jane', 'Wrong-horse-7'), { message: 'Incorrect username or password.' })
  await assert.rejects(refresh(at, RefreshToken), { name: 'NotAuthorizedException' })
  await at.server.call('AdminEnableUser', user)
  await assert.rejects(getUser(at, AccessToken), revoked)
  await assert.rejects(refresh(at, RefreshToken), { message: 'Refresh Token has been revoked' })
  await getUser(at, (await signIn(at, 'jane')).AccessToken)
})

test('req 46: the tokens of a deleted user stay dead, also for a new user of the same name', async (t) => {
  const at = await withUser(t)
  const byAdmin = await signIn(at, 'jane')
  await at.server.call('AdminDeleteUser', { UserPoolId: at.UserPoolId, Username: 'jane' })
  const dead = async ({ AccessToken, RefreshToken }: typeof byAdmin): Promise<void> => {
    await refusedEverywhere(at, AccessToken, { name: 'UserNotFoundException', message: 'User does not exist.' })
    await assert.rejects(refresh(at, RefreshToken), { message: 'Invalid Refresh Token' })
  }
  await dead(byAdmin)
  await addUser(at, 'jane')
  await dead(byAdmin)
  const byHerself = await signIn(at, 'jane')
  await at.server.call('DeleteUser', { AccessToken: byHerself.AccessToken })
  await addUser(at, 'jane')
  await dead(byAdmin)
  await dead(byHerself)
  await getUser(at, (await signIn(at, 'jane')).AccessToken)
})

test('req 54: the tokens of a deleted client are dead', async (t) => {
  const at = await withUser(t)
  const { AccessToken } = await signIn(at, 'jane')
  const { UserPoolId, ClientId } = at
  await at.server.call('DeleteUserPoolClient', { UserPoolId, ClientId })
  await assert.rejects(getUser(at, AccessToken), { name: 'ResourceNotFoundException' })
})

test('req 86: a pool under deletion protection stays; a deleted one serves nobody, and its tokens die', async (t) => {
  const at = await startPool(t, { pool: { DeletionProtection: 'ACTIVE' } })
  await addUser(at, 'jane')
  const { AccessToken, RefreshToken } = await signIn(at, 'jane')
  const UserPoolId = at.UserPoolId
  await assert.rejects(at.server.call('DeleteUserPool', { UserPoolId }), { name: 'InvalidParameterException' })
  await getUser(at, AccessToken)
  await at.server.call('UpdateUserPool', { UserPoolId, DeletionProtection: 'INACTIVE' })
  await at.server.call('DeleteUserPool', { UserPoolId })
  await refusedEverywhere(at, AccessToken, unverified)
  const gone = { name: 'ResourceNotFoundException' }
  await assert.rejects(refresh(at, RefreshToken), gone)
  await assert.rejects(beginByPassword(at, 'jane'), gone)
  await assert.rejects(beginByAdmin(at, 'jane'), gone)
  await assert.rejects(at.server.call('AdminGetUser', { UserPoolId, Username: 'jane' }), gone)
  const ClientId = at.ClientId
  await assert.rejects(at.server.call('SignUp', { ClientId, Username: 'june', Password: goodPassword }), gone)
  await assert.rejects(at.server.call('GetTokensFromRefreshToken', { ClientId, RefreshToken }), gone)
  const keys = await at.server.app.fetch(new Request(`http://127.0.0.1:9229/${UserPoolId}/.well-known/jwks.json`))
  assert.equal(keys.status, 404)
})

/** Calls without a signature, or with one that says it is an administrator's. */
const callRaw = async (at: PoolUnderTest, operation: string, input: unknown, headers: Record<string, string> = {}) => {
  const response = await at.server.app.fetch(
    new Request('http://127.0.0.1:9229/', {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': `AWSCognitoIdentityProviderService.${operation}`,
        ...headers,
      },
      body: JSON.stringify(input),
    }),
  )
  const body = (await response.json()) as Record<string, unknown>
  if (response.ok) return body
  throw new Refused(String(body['__type']), String(body['message']), response.status, body)
}

test('req 84: a user’s calls need no signature, and a signature opens nothing for them', async (t) => {
  const at = await withUser(t)
  const { ClientId } = at
  const begun = await callRaw(at, 'InitiateAuth', {
    ClientId,
    AuthFlow: 'USER_PASSWORD_AUTH',
    AuthParameters: { USERNAME: 'jane', PASSWORD: goodPassword },
  })
  const { AccessToken, IdToken, RefreshToken } = begun['AuthenticationResult'] as Record<string, string>
  assert.equal((await callRaw(at, 'GetUser', { AccessToken }))['Username'], 'jane')
  await callRaw(at, 'GetTokensFromRefreshToken', { ClientId, RefreshToken })
  // test-app.ts signs every call: the signature did not help any of the forged tokens above either.
  await assert.rejects(at.server.call('GetUser', { AccessToken: IdToken ?? '' }), unverified)
  await assert.rejects(at.server.call('GetUser', { AccessToken: 'administrator' }), unverified)
  for (const operation of ['AdminGetUser', 'AdminInitiateAuth', 'AdminUserGlobalSignOut', 'AdminDeleteUser']) {
    await assert.rejects(
      callRaw(at, operation, { UserPoolId: at.UserPoolId, Username: 'jane', AccessToken }),
      { name: 'MissingAuthenticationTokenException' },
      operation,
    )
  }
  await callRaw(at, 'RevokeToken', { ClientId, Token: RefreshToken })
  await assert.rejects(callRaw(at, 'GetUser', { AccessToken }), revoked)
})

test('req 87: who is meant comes from the token, never from the body', async (t) => {
  const at = await withUser(t)
  const sub = await addUser(at, 'june')
  const { AccessToken } = await signIn(at, 'jane')
  const june = await signIn(at, 'june')
  const forged = {
    AccessToken,
    Username: 'june',
    UserPoolId: at.UserPoolId,
    UserId: sub,
    Sub: sub,
    ClientId: 'another',
    user: { sub },
  }
  assert.equal((await callRaw(at, 'GetUser', forged))['Username'], 'jane')
  await callRaw(at, 'UpdateUserAttributes', { ...forged, UserAttributes: [{ Name: 'name', Value: 'Jane' }] })
  const Previous = { PreviousPassword: goodPassword, ProposedPassword: 'Another-horse-8' }
  await callRaw(at, 'ChangePassword', { ...forged, ...Previous })
  await callRaw(at, 'AssociateSoftwareToken', forged)
  await callRaw(at, 'GlobalSignOut', forged)
  await assert.rejects(getUser(at, AccessToken), revoked)
  const user = await getUser(at, june.AccessToken)
  assert.equal(
    user.UserAttributes?.some(({ Name }) => Name === 'name'),
    false,
  )
  tokensOf(await beginByPassword(at, 'june'))
  await assert.rejects(at.server.call('VerifySoftwareToken', { AccessToken: june.AccessToken, UserCode: '000000' }), {
    name: 'SoftwareTokenMFANotFoundException',
  })
  const again = await signIn(at, 'jane', 'Another-horse-8')
  await callRaw(at, 'DeleteUser', { ...forged, AccessToken: again.AccessToken })
  await getUser(at, june.AccessToken)
})

test('GetUser says what the client may read, all as text (protocol/authentication 6.1.7, 6.4.6)', async (t) => {
  const app = await makeTestApp(t)
  const at = await addPool(app)
  const sub = await addUser(at, 'jane')
  const UserAttributes = [
    { Name: 'email', Value: 'jane@example.com' },
    { Name: 'email_verified', Value: 'true' },
    { Name: 'given_name', Value: 'Jane' },
  ]
  await app.call('AdminUpdateUserAttributes', { UserPoolId: at.UserPoolId, Username: 'jane', UserAttributes })
  assert.deepEqual(await getUser(at, (await signIn(at, 'jane')).AccessToken), {
    Username: 'jane',
    UserAttributes: [{ Name: 'sub', Value: sub }, ...UserAttributes],
  })
  const { UserPoolClient } = await app.call('CreateUserPoolClient', {
    UserPoolId: at.UserPoolId,
    ClientName: 'narrow',
    ExplicitAuthFlows: everyFlow,
    ReadAttributes: ['given_name'],
  })
  const narrow = poolOn(app, at.UserPoolId, UserPoolClient?.ClientId ?? '')
  const { AccessToken, IdToken } = await signIn(narrow, 'jane')
  const { UserAttributes: shown } = await getUser(narrow, AccessToken)
  assert.deepEqual(
    shown.map(({ Name }) => Name),
    ['sub', 'given_name'],
  )
  assert.equal(payloadOf(IdToken)['email'], undefined)
  assert.equal(payloadOf(IdToken)['given_name'], 'Jane')
})
