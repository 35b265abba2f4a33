// SignUp: names, attributes, passwords, and what is told of the code (protocol/authentication 2.1, 2.2).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  addClient,
  addUser,
  addVerifiedUser,
  goodPassword,
  listed,
  type PoolUnderTest,
  refusals,
  refused,
  signUpUser,
  startPool,
  userOf,
} from '../../../testing/pool.ts'
import { signIn } from '../../../testing/sign-in.ts'
import type { Inputs, Outputs } from '../../wire/model.gen.ts'

const signUp = (
  { server, ClientId }: PoolUnderTest,
  Username: string,
  attributes: Readonly<Record<string, string>> = {},
  more: Partial<Inputs['SignUp']> = {},
): Promise<Outputs['SignUp']> =>
  server.call('SignUp', { ClientId, Username, Password: goodPassword, UserAttributes: listed(attributes), ...more })

test('protocol/authentication 2.2.1: a sign-up answers the sub, and where the code went', async (t) => {
  const at = await startPool(t)
  const answer = await signUp(at, 'jane', { email: 'jane@example.com', name: 'Jane' })
  assert.match(answer.UserSub, /^[0-9a-f-]{36}$/)
  assert.deepEqual(answer, {
    UserConfirmed: false,
    UserSub: answer.UserSub,
    CodeDeliveryDetails: { Destination: 'j***@e***', DeliveryMedium: 'EMAIL', AttributeName: 'email' },
  })
  const user = await userOf(at, 'jane')
  assert.equal(user.UserStatus, 'UNCONFIRMED')
  assert.equal(user.Enabled, true)
  assert.deepEqual(user.attributes, {
    ...{ sub: answer.UserSub, name: 'Jane' },
    ...{ email: 'jane@example.com', email_verified: 'false' },
  })
  assert.match(await at.server.code('jane@example.com'), /^[0-9]{6}$/)
})

const delivered: readonly [what: string, verified: ('email' | 'phone_number')[], Record<string, string>, string?][] = [
  ['nothing auto-verified', [], { email: 'jane@example.com', phone_number: '+15555550100' }],
  ['auto-verified and not given', ['email'], { phone_number: '+15555550100' }],
  ['another auto-verified', ['phone_number'], { email: 'jane@example.com' }],
  ['no attributes', ['email', 'phone_number'], {}],
  ['an empty address', ['email'], { email: '' }],
  ['the phone', ['phone_number'], { email: 'jane@example.com', phone_number: '+15555550100' }, 'SMS +*******0100'],
  [
    'the phone alone, of two',
    ['email', 'phone_number'],
    { email: 'jane@example.com', phone_number: '+15555550100' },
    'SMS +*******0100',
  ],
  ['the e-mail address', ['email', 'phone_number'], { email: 'jane@example.com' }, 'EMAIL j***@e***'],
]

for (const [what, AutoVerifiedAttributes, attributes, expected] of delivered) {
  test(`protocol/authentication 2.2.2, 2.2.3: where the code goes: ${what}`, async (t) => {
    const at = await startPool(t, { pool: { AutoVerifiedAttributes } })
    const { CodeDeliveryDetails: details } = await signUp(at, 'jane', attributes)
    assert.equal(details && `${details.DeliveryMedium} ${details.Destination}`, expected)
  })
}

test('req 64: where only administrators create users, nobody signs up', async (t) => {
  const at = await startPool(t, { pool: { AdminCreateUserConfig: { AllowAdminCreateUserOnly: true } } })
  const refusal = 'NotAuthorizedException: SignUp is not permitted for this user pool'
  await refused(signUp(at, 'jane'), refusal)
  await refused(signUp(at, 'jane', {}, { Password: 'weak' }), refusal)
  await refused(userOf(at, 'jane'), refusals.noUser)
  await addUser(at, 'jane')
  await refused(signUp(at, 'jane'), refusal)
  await signIn(at, 'jane')
})

test('req 58: a name is taken once, whoever took it and in whatever state the user is', async (t) => {
  const at = await startPool(t)
  const taken = 'UsernameExistsException: User already exists'
  const sub = await signUpUser(at, 'jane')
  await refused(signUp(at, 'jane'), taken)
  await refused(signUp(at, sub), taken)
  await signUpUser(at, 'Jane')
  await addUser(at, 'john')
  await refused(signUp(at, 'john'), taken)
  await at.server.call('AdminDisableUser', { UserPoolId: at.UserPoolId, Username: 'john' })
  await refused(signUp(at, 'john'), taken)
})

test('protocol/authentication 2.4, 2.2.5: that a name is taken is said even where users are hidden', async (t) => {
  const at = await startPool(t, { client: { PreventUserExistenceErrors: 'ENABLED' } })
  await signUpUser(at, 'jane')
  await refused(signUp(at, 'jane'), 'UsernameExistsException: User already exists')
})

test('req 58: where case does not count, a name is one in every spelling', async (t) => {
  const at = await startPool(t, { pool: { UsernameConfiguration: { CaseSensitive: false } } })
  const sub = await signUpUser(at, 'Jane')
  for (const name of ['jane', 'JANE', 'Jane']) {
    await refused(signUp(at, name), 'UsernameExistsException: User already exists')
    assert.equal((await userOf(at, name)).attributes['sub'], sub)
  }
  assert.equal((await userOf(at, 'jane')).Username, 'Jane')
})

test('a name is free again when its user is gone', async (t) => {
  const at = await startPool(t)
  const first = await signUpUser(at, 'jane')
  await at.server.call('AdminDeleteUser', { UserPoolId: at.UserPoolId, Username: 'jane' })
  assert.notEqual(await signUpUser(at, 'jane'), first)
})

for (const Username of ['', 'two words', 'line\nbreak', 'nul\0', 'x'.repeat(129)]) {
  test(`protocol/authentication 2.1.1: no user name: ${JSON.stringify(Username.slice(0, 20))}`, async (t) => {
    const at = await startPool(t)
    await assert.rejects(signUp(at, Username), {
      name: 'InvalidParameterException',
      message: /^[12] validation errors? detected: Value at 'username' failed to satisfy constraint: Member must/,
    })
  })
}

test('protocol/authentication 2.1.1: a user name may be of any letters, as long as 128 of them', async (t) => {
  const at = await startPool(t)
  for (const name of ['Имя', '名前', '😀', "o'hara+1@x", '__proto__', 'constructor', 'x'.repeat(128)]) {
    await signUpUser(at, name)
    assert.equal((await userOf(at, name)).Username, name)
  }
})

test('protocol/authentication 2.1.3: where an address is the user name, it fills the attribute, and the stored name is the sub', async (t) => {
  const at = await startPool(t, { pool: { UsernameAttributes: ['email', 'phone_number'] } })
  const sub = await signUpUser(at, 'jane@example.com')
  const user = await userOf(at, 'jane@example.com')
  assert.equal(user.Username, sub)
  assert.deepEqual(user.attributes, { sub, email: 'jane@example.com', email_verified: 'false' })
  const other = await signUpUser(at, '+15555550100', { email: 'john@example.com' })
  assert.deepEqual((await userOf(at, 'john@example.com')).attributes, {
    sub: other,
    email: 'john@example.com',
    phone_number: '+15555550100',
    email_verified: 'false',
    phone_number_verified: 'false',
  })
  await refused(signUp(at, 'joe'), 'InvalidParameterException: Username should be either an email or a phone number.')
  await assert.rejects(signUp(at, 'joe@example.com', { email: 'other@example.com' }), {
    name: 'InvalidParameterException',
  })
})

test('protocol/authentication 2.1.4, 2.2.6: there an address is unique at once, verified or not', async (t) => {
  const at = await startPool(t, { pool: { UsernameAttributes: ['email', 'phone_number'] } })
  await signUpUser(at, 'jane@example.com', { phone_number: '+15555550100' })
  const email = 'UsernameExistsException: An account with the given email already exists.'
  const phone = 'UsernameExistsException: An account with the given phone_number already exists.'
  await refused(signUp(at, 'jane@example.com'), email)
  await refused(signUp(at, '+15555550101', { email: 'jane@example.com' }), email)
  await refused(signUp(at, '+15555550100'), phone)
  await refused(signUp(at, 'john@example.com', { phone_number: '+15555550100' }), phone)
  await refused(userOf(at, 'john@example.com'), refusals.noUser)
  await signUpUser(at, 'JANE@example.com')
})

test('protocol/authentication 2.1.9: there case does not count where the pool says so', async (t) => {
  const at = await startPool(t, {
    pool: { UsernameAttributes: ['email'], UsernameConfiguration: { CaseSensitive: false } },
  })
  const sub = await signUpUser(at, 'Jane@Example.com')
  await refused(
    signUp(at, 'jane@example.COM'),
    'UsernameExistsException: An account with the given email already exists.',
  )
  const user = await userOf(at, 'JANE@EXAMPLE.COM')
  assert.deepEqual(user.attributes, { sub, email: 'Jane@Example.com', email_verified: 'false' })
})

test('protocol/authentication 2.1.5, 2.1.7: where addresses are aliases, a name is none, and no alias is given at sign-up', async (t) => {
  const at = await startPool(t, { pool: { AliasAttributes: ['email', 'phone_number', 'preferred_username'] } })
  await refused(
    signUp(at, 'jane@example.com'),
    'InvalidParameterException: Username cannot be of email format, since user pool is configured for email alias.',
  )
  await refused(
    signUp(at, '+15555550100'),
    'InvalidParameterException: Username cannot be of phone number format, since user pool is configured for phone number alias.',
  )
  await assert.rejects(signUp(at, 'jane', { preferred_username: 'janie' }), { name: 'InvalidParameterException' })
  await signUpUser(at, 'jane', { email: 'jane@example.com' })
})

test('protocol/authentication 2.1.6: an alias that another has verified does not hinder a sign-up', async (t) => {
  const at = await startPool(t, { pool: { AliasAttributes: ['email'] } })
  await addVerifiedUser(at, 'jane')
  await signUpUser(at, 'john', { email: 'jane@example.com' })
  await signUpUser(at, 'joe', { email: 'jane@example.com' })
  assert.equal((await userOf(at, 'jane@example.com')).Username, 'jane')
})

test('protocol/authentication 2.2.8: a missing required attribute is named', async (t) => {
  const at = await startPool(t, {
    pool: {
      Schema: [
        { Name: 'email', Required: true },
        { Name: 'given_name', Required: true },
      ],
    },
  })
  const required = (lines: string): string =>
    `InvalidParameterException: Attributes did not conform to the schema: ${lines}`
  await refused(signUp(at, 'jane', { given_name: 'Jane' }), required('email: The attribute is required\n'))
  await refused(
    signUp(at, 'jane', { email: '' }),
    required('given_name: The attribute is required\nemail: The attribute is required\n'),
  )
  await signUpUser(at, 'jane', { email: 'jane@example.com', given_name: 'Jane' })
})

const schema = {
  pool: {
    Schema: [
      { Name: 'role', AttributeDataType: 'String' },
      { Name: 'badge', AttributeDataType: 'String', Mutable: false },
      { Name: 'rank', AttributeDataType: 'String', DeveloperOnlyAttribute: true },
    ] as const,
  },
}

test('req 56: six attributes that are not the user’s to write at sign-up', async (t) => {
  const at = await startPool(t, { pool: { Schema: [...schema.pool.Schema] } })
  for (const name of ['sub', 'email_verified', 'phone_number_verified', 'identities', 'dev:custom:rank']) {
    await refused(signUp(at, 'jane', { email: 'jane@example.com', [name]: 'true' }), refusals.unwritable)
  }
  await refused(
    signUp(at, 'jane', { 'custom:none': 'x' }),
    'InvalidParameterException: Attributes did not conform to the schema: custom:none: Attribute does not exist in the schema.\n',
  )
  await signUpUser(at, 'jane', { 'custom:badge': '7', 'custom:role': 'x' })
  assert.equal((await userOf(at, 'jane')).attributes['custom:badge'], '7')
})

test('req 55: at sign-up a client writes what its list names', async (t) => {
  const open = await startPool(t, { pool: { Schema: [...schema.pool.Schema] } })
  const at = await addClient(open, { WriteAttributes: ['email', 'custom:role'] })
  for (const name of ['name', 'custom:badge', 'phone_number']) {
    await refused(signUp(at, 'jane', { [name]: '+1555' }), refusals.unwritable)
  }
  await signUpUser(at, 'jane', { email: 'jane@example.com', 'custom:role': 'admin' })
  const readOnly = await addClient(open, { WriteAttributes: ['email'] })
  await refused(signUp(readOnly, 'john', { 'custom:role': 'admin' }), refusals.unwritable)
})

test('an attribute that is given twice is refused', async (t) => {
  const at = await startPool(t)
  const UserAttributes = [
    { Name: 'email', Value: 'jane@example.com' },
    { Name: 'email', Value: 'john@example.com' },
  ]
  await assert.rejects(signUp(at, 'jane', {}, { UserAttributes }), { name: 'InvalidParameterException' })
})

test('protocol/authentication 2.2.10: a password is needed', async (t) => {
  const at = await startPool(t)
  const { server, ClientId } = at
  await refused(
    server.call('SignUp', { ClientId, Username: 'jane' }),
    'InvalidParameterException: Missing required parameter Password',
  )
  await assert.rejects(server.call('SignUp', { ClientId, Username: 'jane', Password: '' }), {
    name: 'InvalidParameterException',
  })
  await refused(userOf(at, 'jane'), refusals.noUser)
})

test('protocol/authentication 2.2.11: validation data and client metadata are not kept', async (t) => {
  const at = await startPool(t)
  const ValidationData = [{ Name: 'captcha', Value: 'not-to-be-kept' }]
  await signUp(at, 'jane', {}, { ValidationData, ClientMetadata: { note: 'not-to-be-kept' } })
  assert.deepEqual(Object.keys((await userOf(at, 'jane')).attributes), ['sub'])
})
