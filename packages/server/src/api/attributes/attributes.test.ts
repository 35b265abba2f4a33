// UpdateUserAttributes, DeleteUserAttributes and their administrators' forms; what a client may read and write
// (protocol/administration 1.5, 1.10, 4.4; requirements 55 to 57).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  addClient,
  addPool,
  addUser,
  addVerifiedUser,
  goodPassword,
  listed,
  type PoolUnderTest,
  recordOf,
  refusals,
  refused,
  startPool,
  userOf,
} from '../../../testing/pool.ts'
import { payloadOf, signIn } from '../../../testing/sign-in.ts'
import type { CreateUserPoolRequest, Outputs } from '../../wire/model.gen.ts'

type Caller = PoolUnderTest & { readonly AccessToken: string }

const caller = async (at: PoolUnderTest, name: string = 'jane'): Promise<Caller> => {
  const { AccessToken } = await signIn(at, name)
  return { ...at, AccessToken }
}

const update = (
  { server, AccessToken }: Caller,
  attributes: Readonly<Record<string, string>>,
): Promise<Outputs['UpdateUserAttributes']> =>
  server.call('UpdateUserAttributes', { AccessToken, UserAttributes: listed(attributes) })

const remove = ({ server, AccessToken }: Caller, ...UserAttributeNames: string[]): Promise<unknown> =>
  server.call('DeleteUserAttributes', { AccessToken, UserAttributeNames })

const updateByAdmin = (
  { server, UserPoolId }: PoolUnderTest,
  Username: string,
  attributes: Readonly<Record<string, string>>,
): Promise<unknown> =>
  server.call('AdminUpdateUserAttributes', { UserPoolId, Username, UserAttributes: listed(attributes) })

const removeByAdmin = (
  { server, UserPoolId }: PoolUnderTest,
  Username: string,
  ...UserAttributeNames: string[]
): Promise<unknown> => server.call('AdminDeleteUserAttributes', { UserPoolId, Username, UserAttributeNames })

const schema: Partial<CreateUserPoolRequest> = {
  Schema: [
    { Name: 'given_name', Required: true, Mutable: true },
    { Name: 'role', AttributeDataType: 'String', Mutable: true },
    { Name: 'badge', AttributeDataType: 'String', Mutable: false },
    { Name: 'rank', AttributeDataType: 'String', Mutable: true, DeveloperOnlyAttribute: true },
  ],
}

const start = async (
  t: Parameters<typeof startPool>[0],
  pool: Partial<CreateUserPoolRequest> = {},
): Promise<Caller> => {
  const at = await startPool(t, { pool: { ...schema, ...pool } })
  await addUser(at, 'jane', { given_name: 'Jane', email: 'jane@example.com', email_verified: 'true' })
  return caller(at)
}

test('a user changes attributes, and takes them away by an empty value', async (t) => {
  const at = await start(t)
  assert.deepEqual(await update(at, { name: 'Jane Doe', 'custom:role': 'guest' }), { CodeDeliveryDetailsList: [] })
  await update(at, { name: '', 'custom:role': 'member' })
  const { attributes } = await userOf(at, 'jane')
  assert.equal(attributes['name'], undefined)
  assert.equal(attributes['custom:role'], 'member')
  assert.equal(attributes['email_verified'], 'true')
})

test('req 56: what is not the user’s to write', async (t) => {
  const at = await start(t)
  for (const name of ['sub', 'email_verified', 'phone_number_verified', 'identities', 'dev:custom:rank']) {
    await refused(update(at, { [name]: 'true' }), refusals.unwritable)
    await refused(remove(at, name), refusals.unwritable)
  }
  const missing = 'InvalidParameterException: user.custom:none: Attribute does not exist in the schema.\n'
  await refused(update(at, { 'custom:none': 'x' }), missing)
  await refused(remove(at, 'custom:none'), missing)
  const fixed = 'InvalidParameterException: user.custom:badge: Attribute cannot be updated.\n'
  await refused(update(at, { 'custom:badge': 'x' }), fixed)
  await refused(remove(at, 'custom:badge'), fixed)
  const needed = 'InvalidParameterException: user.given_name: Required attribute cannot be deleted.'
  await refused(update(at, { given_name: '' }), needed)
  await refused(remove(at, 'given_name'), needed)
})

test('one wrong attribute of several changes nothing', async (t) => {
  const at = await start(t)
  const before = (await userOf(at, 'jane')).attributes
  await assert.rejects(update(at, { name: 'x', 'custom:none': 'x' }))
  await assert.rejects(update(at, { name: 'x', email: 'nonsense' }))
  await assert.rejects(remove(at, 'email', 'given_name'))
  assert.deepEqual((await userOf(at, 'jane')).attributes, before)
})

test('protocol/administration 4.4: an administrator writes what no client may, developer-only attributes too', async (t) => {
  const at = await start(t)
  await updateByAdmin(at, 'jane', { 'dev:custom:rank': '9', email_verified: 'false', given_name: 'Janet' })
  const { attributes } = await userOf(at, 'jane')
  assert.equal(attributes['dev:custom:rank'], '9')
  assert.equal(attributes['email_verified'], 'false')
  await refused(
    updateByAdmin(at, 'jane', { sub: 'x' }),
    'InvalidParameterException: user.sub: Attribute cannot be updated.\n',
  )
  await refused(
    updateByAdmin(at, 'jane', { 'custom:none': 'x' }),
    'InvalidParameterException: user.custom:none: Attribute does not exist in the schema.\n',
  )
  await refused(
    updateByAdmin(at, 'jane', { phone_number_verified: 'true' }),
    'InvalidParameterException: Phone Number is required to verify/un-verify a phone number',
  )
  await refused(updateByAdmin(at, 'nobody', { name: 'x' }), refusals.noUser)
})

test('protocol/administration 4.4: what an administrator takes away, and may not', async (t) => {
  const at = await start(t)
  await updateByAdmin(at, 'jane', { name: 'x', 'dev:custom:rank': '9' })
  await removeByAdmin(at, 'jane', 'name', 'dev:custom:rank', 'email')
  assert.deepEqual(Object.keys((await userOf(at, 'jane')).attributes).toSorted(), ['given_name', 'sub'])
  await refused(
    removeByAdmin(at, 'jane', 'custom:none'),
    'InvalidParameterException: Invalid user attributes: user.custom:none: Attribute does not exist in the schema.\n',
  )
  const two =
    'user.custom:none: Attribute does not exist in the schema.\nuser.custom:nix: Attribute does not exist in the schema.\n'
  await refused(
    removeByAdmin(at, 'jane', 'custom:none', 'name', 'custom:nix'),
    `InvalidParameterException: Invalid user attributes: ${two}`,
  )
  await refused(
    updateByAdmin(at, 'jane', { 'custom:none': 'x', name: 'y', 'custom:nix': '' }),
    `InvalidParameterException: ${two}`,
  )
  await refused(
    removeByAdmin(at, 'jane', 'given_name'),
    'InvalidParameterException: user.given_name: Required attribute cannot be deleted.',
  )
  await refused(removeByAdmin(at, 'nobody', 'name'), refusals.noUser)
})

test('flags are written with small letters, whatever letters they came in', async (t) => {
  const at = await start(t)
  for (const flag of ['True', 'TRUE', 'true']) {
    await updateByAdmin(at, 'jane', { email: 'jane@example.com', email_verified: flag })
    assert.equal((await userOf(at, 'jane')).attributes['email_verified'], 'true')
  }
  await assert.rejects(updateByAdmin(at, 'jane', { email_verified: 'yes' }), { name: 'InvalidParameterException' })
})

test('req 57: a changed address is unverified and no sign-in alias until verified', async (t) => {
  const at = await start(t, { AliasAttributes: ['email'] })
  assert.equal((await userOf(at, 'jane@example.com')).Username, 'jane')
  assert.deepEqual(await update(at, { email: 'new@example.com' }), {
    CodeDeliveryDetailsList: [{ Destination: 'n***@e***', DeliveryMedium: 'EMAIL', AttributeName: 'email' }],
  })
  assert.equal((await userOf(at, 'jane')).attributes['email_verified'], 'false')
  for (const name of ['jane@example.com', 'new@example.com']) await refused(signIn(at, name), refusals.noUser)
  await at.server.call('VerifyUserAttribute', {
    AccessToken: at.AccessToken,
    AttributeName: 'email',
    Code: await at.server.code('new@example.com'),
  })
  await signIn(at, 'new@example.com')
  await refused(signIn(at, 'jane@example.com'), refusals.noUser)
})

test('req 57: the same address again stays verified', async (t) => {
  const at = await start(t)
  assert.deepEqual(await update(at, { email: 'jane@example.com' }), { CodeDeliveryDetailsList: [] })
  assert.equal((await userOf(at, 'jane')).attributes['email_verified'], 'true')
})

test('req 57: an address that goes takes its flag with it, and does not come back verified', async (t) => {
  const at = await start(t)
  await remove(at, 'email')
  assert.equal((await userOf(at, 'jane')).attributes['email_verified'], undefined)
  await update(at, { email: 'jane@example.com' })
  assert.equal((await userOf(at, 'jane')).attributes['email_verified'], 'false')
})

test('where addresses are sign-in names, a new one must be free, and leads to the user at once', async (t) => {
  const at = await startPool(t, { pool: { UsernameAttributes: ['email'] } })
  await addUser(at, 'jane@example.com')
  await addUser(at, 'john@example.com')
  const jane = await caller(at, 'jane@example.com')
  const taken = 'AliasExistsException: An account with the given email already exists.'
  await refused(update(jane, { email: 'john@example.com' }), taken)
  await refused(updateByAdmin(at, 'jane@example.com', { email: 'john@example.com' }), taken)
  await update(jane, { email: 'janet@example.com' })
  await signIn(at, 'janet@example.com')
  await refused(signIn(at, 'jane@example.com'), refusals.noUser)
  await addUser(at, 'jane@example.com')
})

test('protocol/administration 4.4: an alias that is another’s cannot be vouched for', async (t) => {
  const at = await startPool(t, { pool: { AliasAttributes: ['email', 'phone_number'] } })
  await addVerifiedUser(at, 'jane')
  await addUser(at, 'john', { email: 'jane@example.com' })
  await refused(
    updateByAdmin(at, 'john', { email_verified: 'true' }),
    'AliasExistsException: An account with the given email already exists.',
  )
  assert.equal((await userOf(at, 'jane@example.com')).Username, 'jane')
})

test('a preferred user name that is an alias is nobody’s address, and no longer than a user name', async (t) => {
  const at = await start(t, { AliasAttributes: ['email', 'preferred_username'] })
  await refused(
    update(at, { preferred_username: 'victim@example.com' }),
    'InvalidParameterException: Username cannot be of email format, since user pool is configured for email alias.',
  )
  for (const name of ['two words', 'x'.repeat(129)]) {
    await assert.rejects(update(at, { preferred_username: name }), { name: 'InvalidParameterException' })
    await assert.rejects(updateByAdmin(at, 'jane', { preferred_username: name }), { name: 'InvalidParameterException' })
  }
  await update(at, { preferred_username: 'janie' })
  await signIn(at, 'janie')
})

test('req 55: a client reads what its list names, in GetUser and in the ID token', async (t) => {
  const open = await startPool(t, { pool: schema })
  await addUser(open, 'jane', {
    given_name: 'Jane',
    email: 'jane@example.com',
    email_verified: 'true',
    'custom:role': 'admin',
    'dev:custom:rank': '9',
  })
  const seen = async (at: PoolUnderTest): Promise<{ user: string[]; token: string[] }> => {
    const { AccessToken, IdToken } = await signIn(at, 'jane')
    const { UserAttributes } = await at.server.call('GetUser', { AccessToken })
    const claims = Object.keys(payloadOf(IdToken))
    const names = ['given_name', 'email', 'email_verified', 'custom:role', 'dev:custom:rank']
    return {
      user: Object.keys(recordOf(UserAttributes))
        .filter((name) => name !== 'sub')
        .toSorted(),
      token: claims.filter((name) => names.includes(name)).toSorted(),
    }
  }
  const all = ['custom:role', 'email', 'email_verified', 'given_name']
  assert.deepEqual(await seen(open), { user: all, token: all })
  const narrow = await addClient(open, { ReadAttributes: ['email'] })
  assert.deepEqual(await seen(narrow), { user: ['email'], token: ['email'] })
  const role = await addClient(open, { ReadAttributes: ['custom:role', 'given_name'] })
  const both = ['custom:role', 'given_name']
  assert.deepEqual(await seen(role), { user: both, token: both })
})

test('req 55: a client changes and deletes what its list names', async (t) => {
  const open = await startPool(t, { pool: schema })
  await addUser(open, 'jane', { given_name: 'Jane', 'custom:role': 'guest', name: 'Jane Doe' })
  const at = await caller(await addClient(open, { WriteAttributes: ['name', 'given_name'] }))
  for (const value of ['admin', '']) {
    await refused(update(at, { name: 'x', 'custom:role': value }), refusals.unwritable)
  }
  await refused(remove(at, 'custom:role'), refusals.unwritable)
  await refused(remove(at, 'name', 'custom:role'), refusals.unwritable)
  assert.equal((await userOf(at, 'jane')).attributes['custom:role'], 'guest')
  await update(at, { name: 'x' })
  await remove(at, 'name')
  // What one client may not, another may.
  await update(await caller(open), { 'custom:role': 'admin' })
})

test('req 55: a challenge for a new password shows and takes no more than the client may', async (t) => {
  const open = await startPool(t, { pool: { Schema: [{ Name: 'role', AttributeDataType: 'String', Mutable: true }] } })
  const at = await addClient(open, { ReadAttributes: ['email'], WriteAttributes: ['name'] })
  const { server, UserPoolId, ClientId } = at
  await server.call('AdminCreateUser', {
    UserPoolId,
    Username: 'jane',
    TemporaryPassword: goodPassword,
    MessageAction: 'SUPPRESS',
    UserAttributes: listed({ email: 'jane@example.com', 'custom:role': 'guest' }),
  })
  const { Session, ChallengeParameters } = await server.call('InitiateAuth', {
    ClientId,
    AuthFlow: 'USER_PASSWORD_AUTH',
    AuthParameters: { USERNAME: 'jane', PASSWORD: goodPassword },
  })
  assert.equal(ChallengeParameters?.['userAttributes'], '{"email":"jane@example.com"}')
  const answer = (attributes: Readonly<Record<string, string>>): Promise<unknown> =>
    server.call('RespondToAuthChallenge', {
      ClientId,
      ChallengeName: 'NEW_PASSWORD_REQUIRED',
      Session: Session ?? '',
      ChallengeResponses: { USERNAME: 'jane', NEW_PASSWORD: goodPassword, ...attributes },
    })
  for (const name of ['custom:role', 'email_verified', 'sub', 'phone_number']) {
    await refused(answer({ [`userAttributes.${name}`]: 'true' }), refusals.unwritable)
  }
  await assert.rejects(answer({ 'userAttributes.constructor': 'x' }), {
    name: 'InvalidParameterException',
    message: /constructor: Attribute does not exist in the schema/,
  })
  await answer({ 'userAttributes.name': 'Jane Doe' })
  assert.equal((await userOf(at, 'jane')).attributes['name'], 'Jane Doe')
})

test('req 87: whose attributes they are is said by the token alone', async (t) => {
  const at = await start(t)
  await addUser(at, 'john', { given_name: 'John' })
  const { server, AccessToken } = at
  const forged = { Username: 'john', UserPoolId: at.UserPoolId, sub: 'x', Sub: 'x' }
  await server.call('UpdateUserAttributes', { AccessToken, UserAttributes: listed({ name: 'changed' }), ...forged })
  await server.call('ChangePassword', {
    AccessToken,
    PreviousPassword: goodPassword,
    ProposedPassword: 'Another-password-9',
    ...forged,
  })
  assert.equal((await server.call('GetUser', { AccessToken, ...forged })).Username, 'jane')
  assert.equal((await userOf(at, 'john')).attributes['name'], undefined)
  await signIn(at, 'john')
  await server.call('DeleteUser', { AccessToken, ...forged })
  await userOf(at, 'john')
  await refused(userOf(at, 'jane'), refusals.noUser)
})

test('a token opens nothing in another pool', async (t) => {
  const at = await start(t)
  const other = await addPool(at.server, { pool: schema })
  await addUser(other, 'jane', { given_name: 'Jane' })
  await update(at, { name: 'changed' })
  assert.equal((await userOf(other, 'jane')).attributes['name'], undefined)
})
