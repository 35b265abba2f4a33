// AdminGetUser, AdminDisableUser, AdminEnableUser, AdminDeleteUser, GetUser and DeleteUser; who is known by what name;
// whom a signature and a token let in (protocol/administration 4.3, 4.4; requirements 45, 46, 84 to 87).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  addClient,
  addPool,
  addUser,
  addVerifiedUser,
  goodPassword,
  listed,
  otherPassword,
  type PoolUnderTest,
  recordOf,
  refusals,
  refused,
  signUpUser,
  startPool,
  userOf,
} from '../../../testing/pool.ts'
import { signIn } from '../../../testing/sign-in.ts'
import { testStart } from '../../../testing/app.ts'
import type { Inputs, OperationName } from '../../wire/model.gen.ts'

const disabled = 'NotAuthorizedException: User is disabled.'

const refresh = ({ server, ClientId }: PoolUnderTest, REFRESH_TOKEN: string): Promise<unknown> =>
  server.call('InitiateAuth', { ClientId, AuthFlow: 'REFRESH_TOKEN_AUTH', AuthParameters: { REFRESH_TOKEN } })

test('protocol/administration 4.3: AdminGetUser tells everything of a user', async (t) => {
  const at = await startPool(t)
  const { server, UserPoolId } = at
  const sub = await addUser(at, 'jane', { email: 'jane@example.com', name: 'Jane' })
  server.advance(60)
  await server.call('AdminUpdateUserAttributes', {
    UserPoolId,
    Username: 'jane',
    UserAttributes: listed({ name: 'Janet' }),
  })
  assert.deepEqual(await server.call('AdminGetUser', { UserPoolId, Username: 'jane' }), {
    Username: 'jane',
    UserAttributes: listed({ sub, email: 'jane@example.com', name: 'Janet', email_verified: 'false' }),
    UserCreateDate: testStart / 1000,
    UserLastModifiedDate: testStart / 1000 + 60,
    Enabled: true,
    UserStatus: 'CONFIRMED',
  })
})

test('protocol/authentication 6.4.6: GetUser tells the caller of the caller', async (t) => {
  const at = await startPool(t)
  const sub = await addUser(at, 'jane', { email: 'jane@example.com' })
  const { AccessToken } = await signIn(at, 'jane')
  assert.deepEqual(await at.server.call('GetUser', { AccessToken }), {
    Username: 'jane',
    UserAttributes: listed({ sub, email: 'jane@example.com', email_verified: 'false' }),
  })
})

test('protocol/authentication 2.1.8: user name, alias and sub lead to a user everywhere', async (t) => {
  const at = await startPool(t, { pool: { AliasAttributes: ['email', 'phone_number', 'preferred_username'] } })
  const { server, UserPoolId } = at
  const names = { email: 'jane@example.com', phone_number: '+15555550100', preferred_username: 'janie' }
  const sub = await addUser(at, 'jane', { ...names, email_verified: 'true', phone_number_verified: 'true' })
  for (const Username of ['jane', sub, ...Object.values(names)]) {
    assert.equal((await userOf(at, Username)).Username, 'jane')
    await signIn(at, Username)
    await server.call('AdminUpdateUserAttributes', { UserPoolId, Username, UserAttributes: listed({ name: Username }) })
    assert.equal((await userOf(at, 'jane')).attributes['name'], Username)
  }
})

test('req 45: disabling ends what is open and stops what comes, enabling opens only what comes', async (t) => {
  const at = await startPool(t)
  const { server, UserPoolId } = at
  await addUser(at, 'jane')
  await addUser(at, 'john')
  const [jane, john] = [await signIn(at, 'jane'), await signIn(at, 'john')]
  assert.deepEqual(await server.call('AdminDisableUser', { UserPoolId, Username: 'jane' }), {})
  const user = await userOf(at, 'jane')
  assert.equal(user.Enabled, false)
  assert.equal(user.UserStatus, 'CONFIRMED')
  await refused(signIn(at, 'jane'), disabled)
  await assert.rejects(server.call('GetUser', { AccessToken: jane.AccessToken }), { name: 'NotAuthorizedException' })
  await assert.rejects(refresh(at, jane.RefreshToken), { name: 'NotAuthorizedException' })
  await server.call('GetUser', { AccessToken: john.AccessToken })
  await server.call('AdminDisableUser', { UserPoolId, Username: 'jane' })
  assert.deepEqual(await server.call('AdminEnableUser', { UserPoolId, Username: 'jane' }), {})
  assert.equal((await userOf(at, 'jane')).Enabled, true)
  await assert.rejects(server.call('GetUser', { AccessToken: jane.AccessToken }), {
    name: 'NotAuthorizedException',
    message: 'Access Token has been revoked',
  })
  await assert.rejects(refresh(at, jane.RefreshToken), { name: 'NotAuthorizedException' })
  await signIn(at, 'jane')
})

test('protocol/administration 4.4: a user is deleted in any state, and takes everything along', async (t) => {
  const at = await startPool(t)
  const { server, UserPoolId } = at
  const remove = (Username: string): Promise<unknown> => server.call('AdminDeleteUser', { UserPoolId, Username })
  await addUser(at, 'confirmed')
  await signUpUser(at, 'unconfirmed', { email: 'unconfirmed@example.com' })
  await addUser(at, 'disabled')
  await server.call('AdminDisableUser', { UserPoolId, Username: 'disabled' })
  await addVerifiedUser(at, 'reset')
  await server.call('AdminResetUserPassword', { UserPoolId, Username: 'reset' })
  await server.call('AdminCreateUser', { UserPoolId, Username: 'invited', MessageAction: 'SUPPRESS' })
  for (const name of ['confirmed', 'unconfirmed', 'disabled', 'reset', 'invited']) {
    assert.deepEqual(await remove(name), {})
    await refused(userOf(at, name), refusals.noUser)
    await refused(remove(name), refusals.noUser)
    await refused(signIn(at, name), refusals.noUser)
  }
  assert.deepEqual((await server.call('ListUsers', { UserPoolId })).Users, [])
})

test('req 46: the tokens and codes of a deleted user stay dead for a new user of the same name', async (t) => {
  const at = await startPool(t)
  const { server, ClientId } = at
  await addVerifiedUser(at, 'jane')
  const tokens = await signIn(at, 'jane')
  await server.call('ForgotPassword', { ClientId, Username: 'jane' })
  const ConfirmationCode = await server.code('jane@example.com')
  assert.deepEqual(await server.call('DeleteUser', { AccessToken: tokens.AccessToken }), {})
  await refused(server.call('GetUser', { AccessToken: tokens.AccessToken }), refusals.noUser)
  await addVerifiedUser(at, 'jane')
  await refused(server.call('GetUser', { AccessToken: tokens.AccessToken }), refusals.noUser)
  await refused(server.call('DeleteUser', { AccessToken: tokens.AccessToken }), refusals.noUser)
  await assert.rejects(refresh(at, tokens.RefreshToken), { name: 'NotAuthorizedException' })
  await refused(
    server.call('ConfirmForgotPassword', { ClientId, Username: 'jane', ConfirmationCode, Password: otherPassword }),
    refusals.expired,
  )
  await signIn(at, 'jane')
})

type Call = { [Name in OperationName]: readonly [name: Name, more: Partial<Inputs[Name]>] }[OperationName]

const administration: readonly Call[] = [
  ['AdminConfirmSignUp', {}],
  ['AdminDeleteUser', {}],
  ['AdminDeleteUserAttributes', { UserAttributeNames: ['name'] }],
  ['AdminDisableUser', {}],
  ['AdminEnableUser', {}],
  ['AdminGetUser', {}],
  ['AdminResetUserPassword', {}],
  ['AdminSetUserPassword', { Password: goodPassword }],
  ['AdminSetUserMFAPreference', {}],
  ['AdminUpdateUserAttributes', { UserAttributes: [{ Name: 'name', Value: 'x' }] }],
  ['AdminUserGlobalSignOut', {}],
]

const ask = (at: PoolUnderTest, [name, more]: Call, UserPoolId: string, Username: string): Promise<unknown> =>
  at.server.call(name, { UserPoolId, Username, ...more })

for (const call of administration) {
  test(`req 85: ${call[0]} names unknown pools and users, and users of another pool are unknown`, async (t) => {
    const at = await startPool(t)
    const other = await addPool(at.server)
    await addUser(other, 'jane', { name: 'Jane' })
    await refused(ask(at, call, at.UserPoolId, 'jane'), refusals.noUser)
    await refused(ask(at, call, at.UserPoolId, '__proto__'), refusals.noUser)
    const unknown = 'zz-local-1_Nowhere01'
    await refused(ask(at, call, unknown, 'jane'), `ResourceNotFoundException: User pool ${unknown} does not exist.`)
    await refused(
      ask(at, call, other.UserPoolId.replace('zz-local-1', 'zz-local-2'), 'jane'),
      `ResourceNotFoundException: User pool ${other.UserPoolId.replace('zz-local-1', 'zz-local-2')} does not exist.`,
    )
    await signIn(other, 'jane')
  })
}

test('req 86: a deleted pool serves nobody, and its tokens are dead', async (t) => {
  const at = await startPool(t)
  const { server, UserPoolId, ClientId } = at
  await addUser(at, 'jane')
  const { AccessToken } = await signIn(at, 'jane')
  await server.call('DeleteUserPool', { UserPoolId })
  await assert.rejects(signIn(at, 'jane'), { name: 'ResourceNotFoundException' })
  await assert.rejects(server.call('SignUp', { ClientId, Username: 'john', Password: goodPassword }), {
    name: 'ResourceNotFoundException',
  })
  await assert.rejects(server.call('GetUser', { AccessToken }), {
    name: /NotAuthorizedException|ResourceNotFoundException/,
  })
  await assert.rejects(userOf(at, 'jane'), { name: 'ResourceNotFoundException' })
})

/** Calls as a client without a signature does, or with one that no key made. */
const unsigned = async (
  at: PoolUnderTest,
  name: OperationName,
  input: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ status: number; type: string }> => {
  const response = await at.server.app.fetch(
    new Request('http://127.0.0.1:9229/', {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': `AWSCognitoIdentityProviderService.${name}`,
        ...headers,
      },
      body: JSON.stringify(input),
    }),
  )
  const body = (await response.json()) as { __type?: string }
  return { status: response.status, type: body.__type ?? '' }
}

const anySignature = {
  authorization:
    'AWS4-HMAC-SHA256 Credential=test/20260102/zz-local-1/cognito-idp/aws4_request, SignedHeaders=host, Signature=0',
}

test('req 84: users need no signature, and a signature opens nothing for them', async (t) => {
  const at = await startPool(t)
  await addUser(at, 'jane')
  const { AccessToken, IdToken } = await signIn(at, 'jane')
  for (const headers of [{}, anySignature]) {
    assert.equal((await unsigned(at, 'GetUser', { AccessToken }, headers)).status, 200)
    assert.equal((await unsigned(at, 'GetUser', {}, headers)).type, 'InvalidParameterException')
    for (const token of [IdToken, 'x.y.z', 'nonsense']) {
      assert.equal((await unsigned(at, 'GetUser', { AccessToken: token }, headers)).type, 'NotAuthorizedException')
    }
    const forged = { AccessToken: IdToken, UserPoolId: at.UserPoolId, Username: 'jane' }
    assert.equal((await unsigned(at, 'DeleteUser', forged, headers)).type, 'NotAuthorizedException')
  }
  await userOf(at, 'jane')
})

test('req 84: in production administration needs a signature, and users still need none', async (t) => {
  const dev = await startPool(t)
  await addUser(dev, 'jane')
  const { AccessToken } = await signIn(dev, 'jane')
  Object.assign(dev.server.context, { settings: { ...dev.server.context.settings, mode: 'serve' } })
  assert.equal((await unsigned(dev, 'GetUser', { AccessToken })).status, 200)
  const start = {
    ClientId: dev.ClientId,
    AuthFlow: 'USER_PASSWORD_AUTH',
    AuthParameters: { USERNAME: 'jane', PASSWORD: goodPassword },
  }
  assert.equal((await unsigned(dev, 'InitiateAuth', start)).status, 200)
  const administered: readonly (readonly [OperationName, object])[] = [
    ...administration,
    ['ListUsers', {}],
    ['AdminCreateUser', {}],
  ]
  for (const [name, more] of administered) {
    const input = { UserPoolId: dev.UserPoolId, Username: 'jane', ...more }
    assert.deepEqual(await unsigned(dev, name, input), { status: 403, type: 'MissingAuthenticationTokenException' })
    const { type } = await unsigned(dev, name, input, anySignature)
    assert.equal(type, 'IncompleteSignatureException', name)
  }
})

test('req 54: unknown, deleted and foreign clients are named so by every operation that names one', async (t) => {
  const at = await startPool(t)
  const { server, UserPoolId } = at
  await addUser(at, 'jane')
  const gone = await addClient(at)
  await server.call('DeleteUserPoolClient', { UserPoolId, ClientId: gone.ClientId })
  const calls = (ClientId: string): Promise<unknown>[] => {
    const named = { ClientId, Username: 'jane' }
    const AuthParameters = { USERNAME: 'jane', PASSWORD: goodPassword }
    return [
      server.call('SignUp', { ...named, Password: goodPassword }),
      server.call('ConfirmSignUp', { ...named, ConfirmationCode: '000000' }),
      server.call('ResendConfirmationCode', named),
      server.call('ForgotPassword', named),
      server.call('ConfirmForgotPassword', { ...named, ConfirmationCode: '000000', Password: goodPassword }),
      server.call('InitiateAuth', { ClientId, AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters }),
      server.call('AdminInitiateAuth', {
        UserPoolId,
        ClientId,
        AuthFlow: 'ADMIN_USER_PASSWORD_AUTH',
        AuthParameters,
      }),
    ]
  }
  for (const ClientId of [gone.ClientId, 'nonsense', '__proto__']) {
    for (const call of calls(ClientId)) {
      await refused(call, `ResourceNotFoundException: User pool client ${ClientId} does not exist.`)
    }
  }
  const foreign = await addPool(server)
  await refused(
    server.call('AdminInitiateAuth', {
      UserPoolId,
      ClientId: foreign.ClientId,
      AuthFlow: 'ADMIN_USER_PASSWORD_AUTH',
      AuthParameters: { USERNAME: 'jane', PASSWORD: goodPassword },
    }),
    `ResourceNotFoundException: User pool client ${foreign.ClientId} does not exist.`,
  )
  // The user of one pool is nobody to a client of another.
  await refused(signIn(foreign, 'jane'), refusals.noUser)
})

test('attributes come as they were given, sub first, the marks of addresses last', async (t) => {
  const at = await startPool(t)
  await addUser(at, 'jane', { name: 'Jane', email: 'jane@example.com' })
  const { UserAttributes } = await at.server.call('AdminGetUser', { UserPoolId: at.UserPoolId, Username: 'jane' })
  assert.deepEqual(Object.keys(recordOf(UserAttributes)), ['sub', 'name', 'email', 'email_verified'])
})
