import assert from 'node:assert/strict'
import { createHmac, generateKeyPairSync, sign as signBytes, type KeyObject } from 'node:crypto'
import { test, type TestContext } from 'node:test'
import { makeTestApp, Refused } from '../../../testing/app.ts'
import {
  addSignInPool,
  everyFlow,
  makeSignInServer,
  password,
  payloadOf,
  signInServer,
  tokensOf,
  type SignInServer,
} from '../../../testing/sign-in.ts'
import { tokenSigner } from './signing.ts'

const unverified = { name: 'NotAuthorizedException', message: 'Could not verify signature for Access Token' }
const notAccess = { name: 'NotAuthorizedException', message: 'Invalid Access Token' }
const expired = { name: 'NotAuthorizedException', message: 'Access Token has expired' }
const revoked = { name: 'NotAuthorizedException', message: 'Access Token has been revoked' }

const getUser = (server: SignInServer, AccessToken: string) => server.call('GetUser', { AccessToken })

/** Every operation that takes an access token, with input that would do. */
const uses = (server: SignInServer, AccessToken: string): readonly [name: string, call: () => Promise<unknown>][] => [
  ['GetUser', () => server.call('GetUser', { AccessToken })],
  ['GlobalSignOut', () => server.call('GlobalSignOut', { AccessToken })],
  ['AssociateSoftwareToken', () => server.call('AssociateSoftwareToken', { AccessToken })],
  ['VerifySoftwareToken', () => server.call('VerifySoftwareToken', { AccessToken, UserCode: '000000' })],
  ['SetUserMFAPreference', () => server.call('SetUserMFAPreference', { AccessToken })],
  [
    'ChangePassword',
    () =>
      server.call('ChangePassword', {
        AccessToken,
        PreviousPassword: password,
        ProposedPassword: 'Another-horse-8',
      }),
  ],
  ['UpdateUserAttributes', () => server.call('UpdateUserAttributes', { AccessToken, UserAttributes: [] })],
  ['DeleteUserAttributes', () => server.call('DeleteUserAttributes', { AccessToken, UserAttributeNames: ['name'] })],
  [
    'GetUserAttributeVerificationCode',
    () => server.call('GetUserAttributeVerificationCode', { AccessToken, AttributeName: 'email' }),
  ],
  [
    'VerifyUserAttribute',
    () => server.call('VerifyUserAttribute', { AccessToken, AttributeName: 'email', Code: '000000' }),
  ],
  ['DeleteUser', () => server.call('DeleteUser', { AccessToken })],
]

const refusedEverywhere = async (
  server: SignInServer,
  token: string,
  refusal: { readonly name: string; readonly message?: string | RegExp },
): Promise<void> => {
  for (const [name, call] of uses(server, token)) await assert.rejects(call(), refusal, name)
}

const withUser = async (t: TestContext): Promise<SignInServer> => {
  const server = await makeSignInServer(t, { mfa: 'OPTIONAL' })
  await server.addUser('jane')
  return server
}

test('req 39: ID and refresh tokens are no access tokens, for any operation', async (t) => {
  const server = await withUser(t)
  const { AccessToken, IdToken, RefreshToken } = await server.signIn('jane')
  await refusedEverywhere(server, IdToken, unverified)
  await refusedEverywhere(server, RefreshToken, unverified)
  await getUser(server, AccessToken)
})

test('req 39: a text that is no token is refused', async (t) => {
  const server = await withUser(t)
  const texts = ['invalidtoken', 'a.b.c', 'e30.e30.e30', '....', Buffer.from('null').toString('base64url')]
  for (const text of texts) await assert.rejects(getUser(server, text), unverified, text)
  await assert.rejects(getUser(server, ''), { name: /^(NotAuthorized|InvalidParameter)Exception$/ })
})

const encoded = (part: unknown): string => Buffer.from(JSON.stringify(part)).toString('base64url')

const signedBy = (header: unknown, payload: unknown, key: KeyObject): string => {
  const input = `${encoded(header)}.${encoded(payload)}`
  return `${input}.${signBytes('sha256', Buffer.from(input), key).toString('base64url')}`
}

test('req 40: forged tokens are refused', async (t) => {
  const server = await withUser(t)
  await server.addUser('june')
  const { AccessToken, IdToken } = await server.signIn('jane')
  const june = payloadOf((await server.signIn('june')).AccessToken)
  const [header = '', payload = '', signature = ''] = AccessToken.split('.')
  const claims = payloadOf(AccessToken)
  const { kid } = JSON.parse(Buffer.from(header, 'base64url').toString('utf8')) as { kid: string }
  const attacker = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const jwk = attacker.publicKey.export({ format: 'jwk' })
  const response = await server.app.fetch(new Request(`http://127.0.0.1:9229/${server.poolId}/.well-known/jwks.json`))
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
  for (const [what, token] of Object.entries(forged)) await assert.rejects(getUser(server, token), unverified, what)
  await getUser(server, AccessToken)
})

/** A token that the pool's own access key signs, with other claims. */
const signedHere = async (server: SignInServer, access: Record<string, unknown>): Promise<string> =>
  (await tokenSigner(server.context, server.poolId)).access(access)

test('req 39, 42: what is signed by the right key must still be an access token of this pool, in its time', async (t) => {
  const server = await withUser(t)
  const claims = payloadOf((await server.signIn('jane')).AccessToken)
  const now = Number(claims['iat'])
  const cases: readonly [Record<string, unknown>, { readonly name: string; readonly message: string }][] = [
    [{ token_use: 'id' }, notAccess],
    [{ token_use: undefined }, notAccess],
    [{ iss: `http://elsewhere.example/${server.poolId}` }, notAccess],
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
    const token = await signedHere(server, { ...claims, ...change })
    await assert.rejects(getUser(server, token), refusal, JSON.stringify(change))
  }
  await getUser(server, await signedHere(server, claims))
})

test('req 40: a token of one pool is none of another, whatever it says', async (t) => {
  const app = await makeTestApp(t)
  const [one, two] = [await addSignInPool(app), await addSignInPool(app)]
  for (const server of [one, two]) await server.addUser('jane')
  const claims = payloadOf((await one.signIn('jane')).AccessToken)
  const there = payloadOf((await two.signIn('jane')).AccessToken)
  // Signed by the keys of the first, in the words of the second.
  await assert.rejects(getUser(one, await signedHere(one, there)), unverified)
  await assert.rejects(getUser(one, await signedHere(two, { ...claims, iss: claims['iss'] })), unverified)
})

test('req 42: a token of five minutes lives for five minutes', async (t) => {
  const server = await makeSignInServer(t, {
    client: { AccessTokenValidity: 5, TokenValidityUnits: { AccessToken: 'minutes' } },
  })
  await server.addUser('jane')
  const { AccessToken, ExpiresIn } = await server.signIn('jane')
  assert.equal(ExpiresIn, 300)
  server.advance(299)
  await getUser(server, AccessToken)
  server.advance(1)
  await assert.rejects(getUser(server, AccessToken), expired)
  server.advance(-1)
  await getUser(server, AccessToken)
})

test('req 44: GlobalSignOut ends every token of that user, and of nobody else', async (t) => {
  const server = await withUser(t)
  await server.addUser('june')
  const [one, two, bystander] = [await server.signIn('jane'), await server.signIn('jane'), await server.signIn('june')]
  assert.deepEqual(await server.call('GlobalSignOut', { AccessToken: one.AccessToken }), {})
  for (const { AccessToken, RefreshToken } of [one, two]) {
    await refusedEverywhere(server, AccessToken, revoked)
    await assert.rejects(server.refresh(RefreshToken), { message: 'Refresh Token has been revoked' })
  }
  await getUser(server, bystander.AccessToken)
  await server.refresh(bystander.RefreshToken)
  await getUser(server, (await server.signIn('jane')).AccessToken)
})

test('req 44: AdminUserGlobalSignOut ends every token of that user, and of nobody else', async (t) => {
  const server = await withUser(t)
  await server.addUser('june')
  const [jane, bystander] = [await server.signIn('jane'), await server.signIn('june')]
  const UserPoolId = server.poolId
  assert.deepEqual(await server.call('AdminUserGlobalSignOut', { UserPoolId, Username: 'jane' }), {})
  await assert.rejects(getUser(server, jane.AccessToken), revoked)
  await assert.rejects(server.refresh(jane.RefreshToken), { message: 'Refresh Token has been revoked' })
  await getUser(server, bystander.AccessToken)
  await assert.rejects(server.call('AdminUserGlobalSignOut', { UserPoolId, Username: 'nobody' }), {
    name: 'UserNotFoundException',
  })
  await assert.rejects(server.call('AdminUserGlobalSignOut', { UserPoolId: 'zz-local-1_none', Username: 'jane' }), {
    name: 'ResourceNotFoundException',
  })
})

test('req 44: a sign-out ends the tokens of a refresh too, and tokens without origin_jti', async (t) => {
  const server = await makeSignInServer(t, { client: { EnableTokenRevocation: false } })
  await server.addUser('jane')
  const { AccessToken, RefreshToken } = await server.signIn('jane')
  const refreshed = tokensOf(await server.refresh(RefreshToken)).AccessToken
  await server.call('GlobalSignOut', { AccessToken: refreshed })
  await assert.rejects(getUser(server, AccessToken), revoked)
  await assert.rejects(getUser(server, refreshed), revoked)
  await assert.rejects(server.refresh(RefreshToken), { message: 'Refresh Token has been revoked' })
})

test('req 45: disabling ends access tokens, sign-in and refresh; enabling opens the sign-in again', async (t) => {
  const server = await withUser(t)
  const { AccessToken, RefreshToken } = await server.signIn('jane')
  const user = { UserPoolId: server.poolId, Username: 'jane' }
  await server.call('AdminDisableUser', user)
  const disabled = { name: 'NotAuthorizedException', message: 'User is disabled.' }
  await refusedEverywhere(server, AccessToken, revoked)
  await assert.rejects(server.start('jane'), disabled)
  await assert.rejects(server.adminStart('jane'), disabled)
  await assert.rejects(server.start('jane', 'Wrong-horse-7'), { message: 'Incorrect username or password.' })
  await assert.rejects(server.refresh(RefreshToken), { name: 'NotAuthorizedException' })
  await server.call('AdminEnableUser', user)
  await assert.rejects(getUser(server, AccessToken), revoked)
  await assert.rejects(server.refresh(RefreshToken), { message: 'Refresh Token has been revoked' })
  await getUser(server, (await server.signIn('jane')).AccessToken)
})

test('req 46: the tokens of a deleted user stay dead, also for a new user of the same name', async (t) => {
  const server = await withUser(t)
  const byAdmin = await server.signIn('jane')
  await server.call('AdminDeleteUser', { UserPoolId: server.poolId, Username: 'jane' })
  const dead = async ({ AccessToken, RefreshToken }: typeof byAdmin): Promise<void> => {
    await refusedEverywhere(server, AccessToken, { name: 'UserNotFoundException', message: 'User does not exist.' })
    await assert.rejects(server.refresh(RefreshToken), { message: 'Invalid Refresh Token' })
  }
  await dead(byAdmin)
  await server.addUser('jane')
  await dead(byAdmin)
  const byHerself = await server.signIn('jane')
  await server.call('DeleteUser', { AccessToken: byHerself.AccessToken })
  await server.addUser('jane')
  await dead(byAdmin)
  await dead(byHerself)
  await getUser(server, (await server.signIn('jane')).AccessToken)
})

test('req 54: the tokens of a deleted client are dead', async (t) => {
  const server = await withUser(t)
  const { AccessToken } = await server.signIn('jane')
  const { poolId: UserPoolId, clientId: ClientId } = server
  await server.call('DeleteUserPoolClient', { UserPoolId, ClientId })
  await assert.rejects(getUser(server, AccessToken), { name: 'ResourceNotFoundException' })
})

test('req 86: a pool under deletion protection stays; a deleted one serves nobody, and its tokens die', async (t) => {
  const server = await makeSignInServer(t, { pool: { DeletionProtection: 'ACTIVE' } })
  await server.addUser('jane')
  const { AccessToken, RefreshToken } = await server.signIn('jane')
  const UserPoolId = server.poolId
  await assert.rejects(server.call('DeleteUserPool', { UserPoolId }), { name: 'InvalidParameterException' })
  await getUser(server, AccessToken)
  await server.call('UpdateUserPool', { UserPoolId, DeletionProtection: 'INACTIVE' })
  await server.call('DeleteUserPool', { UserPoolId })
  await refusedEverywhere(server, AccessToken, unverified)
  const gone = { name: 'ResourceNotFoundException' }
  await assert.rejects(server.refresh(RefreshToken), gone)
  await assert.rejects(server.start('jane'), gone)
  await assert.rejects(server.adminStart('jane'), gone)
  await assert.rejects(server.call('AdminGetUser', { UserPoolId, Username: 'jane' }), gone)
  const ClientId = server.clientId
  await assert.rejects(server.call('SignUp', { ClientId, Username: 'june', Password: password }), gone)
  await assert.rejects(server.call('GetTokensFromRefreshToken', { ClientId, RefreshToken }), gone)
  const keys = await server.app.fetch(new Request(`http://127.0.0.1:9229/${UserPoolId}/.well-known/jwks.json`))
  assert.equal(keys.status, 404)
})

/** Calls without a signature, or with one that says it is an administrator's. */
const callRaw = async (
  server: SignInServer,
  operation: string,
  input: unknown,
  headers: Record<string, string> = {},
) => {
  const response = await server.app.fetch(
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
  const server = await withUser(t)
  const { clientId: ClientId } = server
  const begun = await callRaw(server, 'InitiateAuth', {
    ClientId,
    AuthFlow: 'USER_PASSWORD_AUTH',
    AuthParameters: { USERNAME: 'jane', PASSWORD: password },
  })
  const { AccessToken, IdToken, RefreshToken } = begun['AuthenticationResult'] as Record<string, string>
  assert.equal((await callRaw(server, 'GetUser', { AccessToken }))['Username'], 'jane')
  await callRaw(server, 'GetTokensFromRefreshToken', { ClientId, RefreshToken })
  // test-app.ts signs every call: the signature did not help any of the forged tokens above either.
  await assert.rejects(server.call('GetUser', { AccessToken: IdToken ?? '' }), unverified)
  await assert.rejects(server.call('GetUser', { AccessToken: 'administrator' }), unverified)
  for (const operation of ['AdminGetUser', 'AdminInitiateAuth', 'AdminUserGlobalSignOut', 'AdminDeleteUser']) {
    await assert.rejects(
      callRaw(server, operation, { UserPoolId: server.poolId, Username: 'jane', AccessToken }),
      { name: 'MissingAuthenticationTokenException' },
      operation,
    )
  }
  await callRaw(server, 'RevokeToken', { ClientId, Token: RefreshToken })
  await assert.rejects(callRaw(server, 'GetUser', { AccessToken }), revoked)
})

test('req 87: who is meant comes from the token, never from the body', async (t) => {
  const server = await withUser(t)
  const sub = await server.addUser('june')
  const { AccessToken } = await server.signIn('jane')
  const june = await server.signIn('june')
  const forged = {
    AccessToken,
    Username: 'june',
    UserPoolId: server.poolId,
    UserId: sub,
    Sub: sub,
    ClientId: 'another',
    user: { sub },
  }
  assert.equal((await callRaw(server, 'GetUser', forged))['Username'], 'jane')
  await callRaw(server, 'UpdateUserAttributes', { ...forged, UserAttributes: [{ Name: 'name', Value: 'Jane' }] })
  const Previous = { PreviousPassword: password, ProposedPassword: 'Another-horse-8' }
  await callRaw(server, 'ChangePassword', { ...forged, ...Previous })
  await callRaw(server, 'AssociateSoftwareToken', forged)
  await callRaw(server, 'GlobalSignOut', forged)
  await assert.rejects(getUser(server, AccessToken), revoked)
  const user = await getUser(server, june.AccessToken)
  assert.equal(
    user.UserAttributes?.some(({ Name }) => Name === 'name'),
    false,
  )
  tokensOf(await server.start('june'))
  await assert.rejects(server.call('VerifySoftwareToken', { AccessToken: june.AccessToken, UserCode: '000000' }), {
    name: 'SoftwareTokenMFANotFoundException',
  })
  const again = await server.signIn('jane', 'Another-horse-8')
  await callRaw(server, 'DeleteUser', { ...forged, AccessToken: again.AccessToken })
  await getUser(server, june.AccessToken)
})

test('GetUser says what the client may read, all as text (protocol/authentication 6.1.7, 6.4.6)', async (t) => {
  const app = await makeTestApp(t)
  const server = await addSignInPool(app)
  const sub = await server.addUser('jane')
  const UserAttributes = [
    { Name: 'email', Value: 'jane@example.com' },
    { Name: 'email_verified', Value: 'true' },
    { Name: 'given_name', Value: 'Jane' },
  ]
  await app.call('AdminUpdateUserAttributes', { UserPoolId: server.poolId, Username: 'jane', UserAttributes })
  assert.deepEqual(await getUser(server, (await server.signIn('jane')).AccessToken), {
    Username: 'jane',
    UserAttributes: [{ Name: 'sub', Value: sub }, ...UserAttributes],
  })
  const { UserPoolClient } = await app.call('CreateUserPoolClient', {
    UserPoolId: server.poolId,
    ClientName: 'narrow',
    ExplicitAuthFlows: everyFlow,
    ReadAttributes: ['given_name'],
  })
  const narrow = signInServer(app, server.poolId, UserPoolClient?.ClientId ?? '')
  const { AccessToken, IdToken } = await narrow.signIn('jane')
  const { UserAttributes: shown } = await getUser(narrow, AccessToken)
  assert.deepEqual(
    shown.map(({ Name }) => Name),
    ['sub', 'given_name'],
  )
  assert.equal(payloadOf(IdToken)['email'], undefined)
  assert.equal(payloadOf(IdToken)['given_name'], 'Jane')
})
