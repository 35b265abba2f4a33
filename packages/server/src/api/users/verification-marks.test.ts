// Beside an address always stands whether it is verified: "false" until someone proves it, in every answer, token and
// event, whoever made the user and however the address came or changed.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hookTriggers } from '../../../testing/functions.ts'
import { onBothDatabases } from '../../../testing/databases.ts'
import {
  addPool,
  addUser,
  goodPassword,
  listed,
  otherPassword,
  type PoolUnderTest,
  recordOf,
  signUpUser,
  startPool,
  userOf,
} from '../../../testing/pool.ts'
import { payloadOf, signIn } from '../../../testing/sign-in.ts'

const email = 'jane@example.com'
const phone_number = '+15555550100'

type Marks = readonly [email: unknown, phone: unknown]

const marksIn = (record: Readonly<Record<string, unknown>>): Marks => [
  record['email_verified'],
  record['phone_number_verified'],
]

const listedUser = async ({ server, UserPoolId }: PoolUnderTest, name: string): Promise<Record<string, string>> => {
  const { Users = [] } = await server.call('ListUsers', { UserPoolId, Filter: `username = "${name}"` })
  return recordOf(Users[0]?.Attributes)
}

// What a user is said to be by every operation that reads users, and by the ID token.
const everywhere = async (at: PoolUnderTest, name: string, password: string = goodPassword): Promise<Marks[]> => {
  const { AccessToken, IdToken } = await signIn(at, name, password)
  const { UserAttributes } = await at.server.call('GetUser', { AccessToken })
  const [emailClaim, phoneClaim] = marksIn(payloadOf(IdToken))
  for (const claim of [emailClaim, phoneClaim]) assert.ok(claim === undefined || typeof claim === 'boolean')
  return [
    marksIn((await userOf(at, name)).attributes),
    marksIn(await listedUser(at, name)),
    marksIn(recordOf(UserAttributes)),
    [emailClaim?.toString(), phoneClaim?.toString()],
  ]
}

const all = (marks: Marks): Marks[] => [marks, marks, marks, marks]

const change = (at: PoolUnderTest, Username: string, attributes: Record<string, string>): Promise<unknown> =>
  at.server.call('AdminUpdateUserAttributes', {
    ...{ UserPoolId: at.UserPoolId, Username },
    UserAttributes: listed(attributes),
  })

test('after SignUp an address is unverified, and says so; without an address nothing is said', async (t) => {
  const at = await startPool(t)
  await signUpUser(at, 'jane', { email, phone_number })
  await signUpUser(at, 'june', { email: 'june@example.com' })
  await signUpUser(at, 'john')
  assert.deepEqual(marksIn((await userOf(at, 'jane')).attributes), ['false', 'false'])
  for (const Username of ['jane', 'june', 'john'])
    await at.server.call('AdminConfirmSignUp', { UserPoolId: at.UserPoolId, Username })
  assert.deepEqual(await everywhere(at, 'jane'), all(['false', 'false']))
  assert.deepEqual(await everywhere(at, 'june'), all(['false', undefined]))
  assert.deepEqual(await everywhere(at, 'john'), all([undefined, undefined]))
})

test('the code that confirms a sign-up verifies its address and no other', async (t) => {
  const at = await startPool(t)
  await signUpUser(at, 'jane', { email, phone_number })
  await at.server.call('ConfirmSignUp', {
    ...{ ClientId: at.ClientId, Username: 'jane' },
    ConfirmationCode: await at.server.code(email),
  })
  assert.deepEqual(await everywhere(at, 'jane'), all(['true', 'false']))
})

test('a user whom an administrator makes is answered as given, and read with marks', async (t) => {
  const at = await startPool(t)
  const { User } = await at.server.call('AdminCreateUser', {
    ...{ UserPoolId: at.UserPoolId, Username: 'jane', MessageAction: 'SUPPRESS' },
    UserAttributes: listed({ email, phone_number, phone_number_verified: 'true' }),
  })
  assert.deepEqual(Object.keys(recordOf(User?.Attributes)), ['sub', 'email', 'phone_number', 'phone_number_verified'])
  assert.deepEqual(marksIn((await userOf(at, 'jane')).attributes), ['false', 'true'])
  await addUser(at, 'john', { email, phone_number, phone_number_verified: 'true' })
  assert.deepEqual(await everywhere(at, 'john'), all(['false', 'true']))
})

test('a mark goes with its address: changed, verified, taken back, deleted', async (t) => {
  const at = await startPool(t)
  await addUser(at, 'jane', { email, email_verified: 'true' })
  assert.deepEqual(await everywhere(at, 'jane'), all(['true', undefined]))
  await change(at, 'jane', { email: 'other@example.com', phone_number })
  assert.deepEqual(await everywhere(at, 'jane'), all(['false', 'false']))
  const { AccessToken } = await signIn(at, 'jane')
  const Code = await at.server.code('other@example.com')
  await at.server.call('VerifyUserAttribute', { AccessToken, AttributeName: 'email', Code })
  assert.deepEqual(await everywhere(at, 'jane'), all(['true', 'false']))
  await at.server.call('UpdateUserAttributes', { AccessToken, UserAttributes: listed({ email: 'third@example.com' }) })
  assert.deepEqual(await everywhere(at, 'jane'), all(['false', 'false']))
  await change(at, 'jane', { email_verified: 'true', phone_number_verified: 'true' })
  assert.deepEqual(await everywhere(at, 'jane'), all(['true', 'true']))
  const who = { UserPoolId: at.UserPoolId, Username: 'jane' }
  await at.server.call('AdminDeleteUserAttributes', { ...who, UserAttributeNames: ['email_verified'] })
  await change(at, 'jane', { phone_number_verified: '' })
  assert.deepEqual(await everywhere(at, 'jane'), all(['false', 'false']))
  await at.server.call('AdminDeleteUserAttributes', { ...who, UserAttributeNames: ['phone_number'] })
  await change(at, 'jane', { email: '' })
  assert.deepEqual(await everywhere(at, 'jane'), all([undefined, undefined]))
})

test('an address that is given with the first password of one’s own is unverified in the tokens of that answer', async (t) => {
  const at = await startPool(t, { pool: { Schema: [{ Name: 'email', Required: true }] } })
  const who = { UserPoolId: at.UserPoolId, Username: 'jane' }
  await at.server.call('AdminCreateUser', { ...who, MessageAction: 'SUPPRESS', TemporaryPassword: goodPassword })
  const { Session } = await at.server.call('InitiateAuth', {
    ...{ ClientId: at.ClientId, AuthFlow: 'USER_PASSWORD_AUTH' },
    AuthParameters: { USERNAME: 'jane', PASSWORD: goodPassword },
  })
  const { AuthenticationResult: result } = await at.server.call('RespondToAuthChallenge', {
    ...{ ClientId: at.ClientId, ChallengeName: 'NEW_PASSWORD_REQUIRED', Session },
    ChallengeResponses: { USERNAME: 'jane', NEW_PASSWORD: otherPassword, 'userAttributes.email': email },
  })
  assert.deepEqual(marksIn(payloadOf(result?.IdToken ?? '')), [false, undefined])
  assert.deepEqual(await everywhere(at, 'jane', otherPassword), all(['false', undefined]))
})

test('NEW_PASSWORD_REQUIRED tells the marks among the attributes', async (t) => {
  const at = await startPool(t)
  await at.server.call('AdminCreateUser', {
    ...{ UserPoolId: at.UserPoolId, Username: 'jane', MessageAction: 'SUPPRESS', TemporaryPassword: goodPassword },
    UserAttributes: listed({ email }),
  })
  const { ChallengeParameters } = await at.server.call('InitiateAuth', {
    ...{ ClientId: at.ClientId, AuthFlow: 'USER_PASSWORD_AUTH' },
    AuthParameters: { USERNAME: 'jane', PASSWORD: goodPassword },
  })
  assert.deepEqual(JSON.parse(ChallengeParameters?.['userAttributes'] ?? ''), { email, email_verified: 'false' })
})

test('every event about a user who exists carries the marks; PreSignUp, before there is one, what was given', async (t) => {
  const hook = await hookTriggers(t)
  const at = await startPool(
    t,
    { pool: { LambdaConfig: hook.lambdaConfig, AutoVerifiedAttributes: ['email', 'phone_number'] } },
    { triggers: hook.triggers },
  )
  const { server, ClientId, UserPoolId } = at
  await signUpUser(at, 'jane', { email, phone_number })
  await server.call('ResendConfirmationCode', { ClientId, Username: 'jane' })
  await server.call('AdminConfirmSignUp', { UserPoolId, Username: 'jane' })
  const { AccessToken, RefreshToken } = await signIn(at, 'jane')
  await server.call('GetTokensFromRefreshToken', { ClientId, RefreshToken })
  await server.call('GetUserAttributeVerificationCode', { AccessToken, AttributeName: 'email' })
  await server.call('UpdateUserAttributes', { AccessToken, UserAttributes: listed({ email: 'new@example.com' }) })
  await server.call('AdminCreateUser', {
    ...{ UserPoolId, Username: 'john', DesiredDeliveryMediums: ['EMAIL'] },
    UserAttributes: listed({ email: 'john@example.com', phone_number: '+15555550101' }),
  })
  const seen = hook.events.map(({ triggerSource, request }) => {
    const attributes = request['userAttributes'] as Record<string, unknown>
    return [triggerSource, ...marksIn(attributes)]
  })
  const unmarked = seen.filter(([source]) => String(source).startsWith('PreSignUp'))
  assert.deepEqual(unmarked, [
    ['PreSignUp_SignUp', undefined, undefined],
    ['PreSignUp_AdminCreateUser', undefined, undefined],
  ])
  const marked = seen.filter(([source]) => !String(source).startsWith('PreSignUp'))
  for (const [source, ...marks] of marked) assert.deepEqual(marks, ['false', 'false'], String(source))
  const sources = new Set(marked.map(([source]) => source))
  for (const source of [
    ...['SignUp', 'ResendCode', 'VerifyUserAttribute', 'UpdateUserAttribute', 'AdminCreateUser'].map(
      (occasion) => `CustomMessage_${occasion}`,
    ),
    ...['PostConfirmation_ConfirmSignUp', 'PreAuthentication_Authentication', 'PostAuthentication_Authentication'],
    ...['TokenGeneration_Authentication', 'TokenGeneration_RefreshTokens'],
  ]) {
    assert.ok(sources.has(source), source)
  }
})

test('a user whom PreSignUp confirms is told of with marks', async (t) => {
  const hook = await hookTriggers(t, {
    PreSignUp_SignUp: ({ response }) => Object.assign(response, { autoConfirmUser: true, autoVerifyPhone: true }),
  })
  const at = await startPool(t, { pool: { LambdaConfig: hook.lambdaConfig } }, { triggers: hook.triggers })
  await signUpUser(at, 'jane', { email, phone_number })
  const told = hook.events.find(({ triggerSource }) => triggerSource === 'PostConfirmation_ConfirmSignUp')
  assert.deepEqual(marksIn(told?.request['userAttributes'] as Record<string, unknown>), ['false', 'true'])
  assert.deepEqual(await everywhere(at, 'jane'), all(['false', 'true']))
})

test('a user who comes over by a trigger without marks is unverified', async (t) => {
  const hook = await hookTriggers(t, {
    UserMigration_Authentication: ({ response }) =>
      Object.assign(response, { finalUserStatus: 'CONFIRMED', userAttributes: { email, phone_number } }),
  })
  const at = await startPool(t, { pool: { LambdaConfig: hook.lambdaConfig } }, { triggers: hook.triggers })
  assert.deepEqual(await everywhere(at, 'jane'), all(['false', 'false']))
})

onBothDatabases('a user who was stored without marks is read with them', async (start) => {
  const [server] = await start(1)
  const at = await addPool(server)
  await addUser(at, 'jane')
  const { store, clock } = server.context
  const stored = await store.users.find(at.UserPoolId, 'jane')
  assert.ok(stored)
  await store.commit(store.users.change(stored, { attributes: { email } }, clock.now()))
  assert.deepEqual(await everywhere(at, 'jane'), all(['false', undefined]))
})
