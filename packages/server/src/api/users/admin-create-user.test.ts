// AdminCreateUser: what is made, what is sent, what may be sent again (protocol/administration 4.2).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
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
import { challengeOf } from '../../../testing/sign-in.ts'
import { testStart } from '../../../testing/app.ts'
import type { Inputs, Outputs } from '../../wire/model.gen.ts'

const create = (
  { server, UserPoolId }: PoolUnderTest,
  Username: string,
  attributes: Readonly<Record<string, string>> = {},
  more: Partial<Inputs['AdminCreateUser']> = {},
): Promise<Outputs['AdminCreateUser']> =>
  server.call('AdminCreateUser', { UserPoolId, Username, UserAttributes: listed(attributes), ...more })

const address = { email: 'jane@example.com', phone_number: '+15555550100' }

test('protocol/administration 4.2: the answer is the user: sub first, then the attributes as given, nothing verified', async (t) => {
  const at = await startPool(t)
  const { User } = await create(at, 'jane', { name: 'Jane', ...address }, { MessageAction: 'SUPPRESS' })
  const sub = User?.Attributes?.[0]?.Value ?? ''
  assert.deepEqual(User, {
    Username: 'jane',
    Attributes: listed({ sub, name: 'Jane', ...address }),
    UserCreateDate: testStart / 1000,
    UserLastModifiedDate: testStart / 1000,
    Enabled: true,
    UserStatus: 'FORCE_CHANGE_PASSWORD',
  })
})

test('protocol/administration 4.2: a user needs no more than a name, and then nothing is sent', async (t) => {
  const at = await startPool(t)
  const { User } = await create(at, 'jane')
  assert.equal(User?.UserStatus, 'FORCE_CHANGE_PASSWORD')
  await create(at, 'john', { email: 'john@example.com' })
  await assert.rejects(at.server.mail('john@example.com'), /nothing was sent/)
})

test('protocol/administration 4.2: the invitation goes by the media that were asked for, by text message unless said', async (t) => {
  const text = '{username}|{####}'
  const InviteMessageTemplate = { EmailMessage: text, SMSMessage: text }
  const at = await startPool(t, { pool: { AdminCreateUserConfig: { InviteMessageTemplate } } })
  const signsIn = async (name: string, to: string): Promise<void> => {
    const [username, password = ''] = (await at.server.mail(to)).body.split('|')
    assert.equal(username, name)
    assert.equal((await challengeOf(at, name, password)).name, 'NEW_PASSWORD_REQUIRED')
  }
  await create(at, 'jane', address)
  await assert.rejects(at.server.mail(address.email), /nothing was sent/)
  await signsIn('jane', address.phone_number)
  const john = { email: 'john@example.com', phone_number: '+15555550101' }
  await create(at, 'john', john, { DesiredDeliveryMediums: ['EMAIL'] })
  await assert.rejects(at.server.mail(john.phone_number), /nothing was sent/)
  await signsIn('john', john.email)
  const joan = { email: 'joan@example.com', phone_number: '+15555550102' }
  await create(at, 'joan', joan, { DesiredDeliveryMediums: ['EMAIL', 'SMS'] })
  await signsIn('joan', joan.email)
  await signsIn('joan', joan.phone_number)
})

test('protocol/administration 4.2: a medium that was asked for needs its address; without it no user is made', async (t) => {
  const at = await startPool(t)
  for (const [medium, attributes] of [
    ['EMAIL', { phone_number: '+15555550100' }],
    ['SMS', { email: 'jane@example.com' }],
  ] as const) {
    await assert.rejects(create(at, 'jane', attributes, { DesiredDeliveryMediums: [medium] }), {
      name: 'InvalidParameterException',
    })
    await refused(userOf(at, 'jane'), refusals.noUser)
  }
})

test('protocol/administration 4.2: SUPPRESS sends nothing', async (t) => {
  const at = await startPool(t)
  const more = { MessageAction: 'SUPPRESS', DesiredDeliveryMediums: ['EMAIL', 'SMS'] } as const
  await create(at, 'jane', address, { ...more, DesiredDeliveryMediums: [...more.DesiredDeliveryMediums] })
  await assert.rejects(at.server.mail(address.email), /nothing was sent/)
  await assert.rejects(at.server.mail(address.phone_number), /nothing was sent/)
})

test('protocol/administration 4.2: a name is taken once, whoever took it', async (t) => {
  const at = await startPool(t)
  const taken = 'UsernameExistsException: User account already exists'
  const sub = await signUpUser(at, 'jane')
  await refused(create(at, 'jane'), taken)
  await refused(create(at, sub), taken)
  await create(at, 'john')
  await refused(create(at, 'john'), taken)
})

test('protocol/administration 4.2: where addresses are sign-in names, a taken one is said to be an account', async (t) => {
  const at = await startPool(t, { pool: { UsernameAttributes: ['email', 'phone_number'] } })
  await create(at, 'jane@example.com')
  await create(at, '+15555550100', {}, { MessageAction: 'SUPPRESS' })
  const email = 'UsernameExistsException: An account with the given email already exists.'
  await refused(create(at, 'jane@example.com'), email)
  await refused(create(at, '+15555550101', { email: 'jane@example.com' }), email)
  await refused(
    create(at, '+15555550100'),
    'UsernameExistsException: An account with the given phone_number already exists.',
  )
  await refused(create(at, 'jane'), 'InvalidParameterException: Username should be either an email or a phone number.')
  const { User } = await create(at, 'john@example.com')
  assert.equal(User?.Username, recordOf(User?.Attributes)['sub'])
  assert.equal(recordOf(User?.Attributes)['email'], 'john@example.com')
})

test('protocol/administration 4.2: required attributes may come later, but what is given must fit', async (t) => {
  const at = await startPool(t, { pool: { Schema: [{ Name: 'email', Required: true }] } })
  await create(at, 'jane', {}, { TemporaryPassword: goodPassword })
  await refused(create(at, 'john', { email: 'nonsense' }), 'InvalidParameterException: Invalid email address format.')
  await refused(
    create(at, 'john', { 'custom:none': 'x' }),
    'InvalidParameterException: Attributes did not conform to the schema: custom:none: Attribute does not exist in the schema.\n',
  )
  await refused(
    create(at, 'john', { email_verified: 'true' }),
    'InvalidParameterException: Email is required to verify/un-verify an email',
  )
  const { session } = await challengeOf(at, 'jane', goodPassword)
  const answer = (attributes: Readonly<Record<string, string>>): Promise<unknown> =>
    at.server.call('RespondToAuthChallenge', {
      ClientId: at.ClientId,
      ChallengeName: 'NEW_PASSWORD_REQUIRED',
      Session: session,
      ChallengeResponses: { USERNAME: 'jane', NEW_PASSWORD: otherPassword, ...attributes },
    })
  const missing = 'InvalidParameterException: Invalid attributes given, email is missing'
  await refused(answer({}), missing)
  await refused(answer({ 'userAttributes.email': '' }), missing)
  await answer({ 'userAttributes.email': 'jane@example.com' })
  assert.equal((await userOf(at, 'jane')).attributes['email'], 'jane@example.com')
})

test('protocol/authentication 3.4: an attribute that has a value is not changed in the challenge', async (t) => {
  const at = await startPool(t)
  await create(
    at,
    'jane',
    { email: 'jane@example.com' },
    { TemporaryPassword: goodPassword, MessageAction: 'SUPPRESS' },
  )
  const { session } = await challengeOf(at, 'jane', goodPassword)
  await refused(
    at.server.call('RespondToAuthChallenge', {
      ClientId: at.ClientId,
      ChallengeName: 'NEW_PASSWORD_REQUIRED',
      Session: session,
      ChallengeResponses: {
        USERNAME: 'jane',
        NEW_PASSWORD: otherPassword,
        'userAttributes.email': 'other@example.com',
      },
    }),
    'NotAuthorizedException: Cannot modify an already provided email',
  )
})

test('protocol/administration 4.2: a verified alias that is taken is refused, unless it is to move', async (t) => {
  const at = await startPool(t, { pool: { AliasAttributes: ['email', 'phone_number'] } })
  await addVerifiedUser(at, 'jane')
  const verified = { email: 'jane@example.com', email_verified: 'true' }
  const suppress = { MessageAction: 'SUPPRESS' } as const
  const taken = 'AliasExistsException: An account with the email already exists.'
  await refused(create(at, 'john', verified, suppress), taken)
  await refused(create(at, 'john', verified, { ...suppress, ForceAliasCreation: false }), taken)
  await refused(userOf(at, 'john'), refusals.noUser)
  // Unverified, it is no alias, and nothing moves even when forced.
  await create(at, 'joe', { email: 'jane@example.com' }, { ...suppress, ForceAliasCreation: true })
  assert.equal((await userOf(at, 'jane@example.com')).Username, 'jane')
  await create(at, 'john', verified, { ...suppress, ForceAliasCreation: true })
  assert.equal((await userOf(at, 'jane@example.com')).Username, 'john')
  assert.equal((await userOf(at, 'jane')).attributes['email_verified'], 'false')
})

test('protocol/administration 4.2: RESEND makes a new temporary password, and its days begin anew', async (t) => {
  const at = await startPool(t)
  await create(at, 'jane', address, { TemporaryPassword: 'First-temporary-1' })
  at.server.advance(8 * 86_400)
  await refused(
    challengeOf(at, 'jane', 'First-temporary-1'),
    'NotAuthorizedException: Temporary password has expired and must be reset by an administrator.',
  )
  const before = (await at.server.mail(address.email).catch(() => undefined))?.body
  assert.equal(before, undefined)
  const { User } = await create(at, 'jane', {}, { MessageAction: 'RESEND', DesiredDeliveryMediums: ['EMAIL'] })
  assert.equal(User?.UserStatus, 'FORCE_CHANGE_PASSWORD')
  assert.equal(recordOf(User?.Attributes)['email'], address.email)
  await refused(challengeOf(at, 'jane', 'First-temporary-1'), refusals.incorrect)
  assert.ok((await at.server.mail(address.email)).body.includes('jane'))
  await create(at, 'jane', {}, { MessageAction: 'RESEND', TemporaryPassword: 'Second-temporary-2' })
  at.server.advance(7 * 86_400 - 1)
  assert.equal((await challengeOf(at, 'jane', 'Second-temporary-2')).name, 'NEW_PASSWORD_REQUIRED')
})

test('RESEND without a medium goes where the user can be reached: by text message, else by e-mail', async (t) => {
  const at = await startPool(t)
  const { phone_number, email } = address
  const sent = async (name: string, attributes: Record<string, string>): Promise<string[]> => {
    const from = at.server.context.clock.now()
    await create(at, name, attributes, { MessageAction: 'SUPPRESS' })
    at.server.advance(1)
    await create(at, name, {}, { MessageAction: 'RESEND' })
    const messages = await Promise.all([email, phone_number].map((to) => at.server.context.store.outbox.newest(to, 1)))
    return messages.flat().flatMap(({ channel, createdAt }) => (createdAt > from ? [channel] : []))
  }
  assert.deepEqual(await sent('jane', { email }), ['email'])
  assert.ok((await at.server.mail(email)).body.includes('jane'))
  at.server.advance(1)
  assert.deepEqual(await sent('john', { phone_number }), ['sms'])
  at.server.advance(1)
  assert.deepEqual(await sent('joe', { email, phone_number }), ['sms'])
  await create(at, 'june', {}, { MessageAction: 'SUPPRESS' })
  await refused(
    create(at, 'june', {}, { MessageAction: 'RESEND' }),
    'InvalidParameterException: User does not have phone_number set to send the invitation to.',
  )
})

test('protocol/administration 4.2: RESEND is for users who are invited and exist', async (t) => {
  const at = await startPool(t)
  const resend = (Username: string): Promise<unknown> =>
    create(at, Username, {}, { MessageAction: 'RESEND', DesiredDeliveryMediums: ['EMAIL'] })
  await refused(resend('nobody'), refusals.noUser)
  await addUser(at, 'jane', { email: 'jane@example.com' })
  const state = (name: string): string =>
    `UnsupportedUserStateException: Resend not possible. ${name} status is not FORCE_CHANGE_PASSWORD`
  await refused(resend('jane'), state('jane'))
  await signUpUser(at, 'john', { email: 'john@example.com' })
  await refused(resend('john'), state('john'))
  await create(at, 'joe')
  await assert.rejects(resend('joe'), { name: 'InvalidParameterException' })
})

test('protocol/administration 4.2: a password that is made takes the pool’s policy', async (t) => {
  const PasswordPolicy = { MinimumLength: 40 }
  const at = await startPool(t, { pool: { Policies: { PasswordPolicy } } })
  await create(at, 'jane', address)
  const { body } = await at.server.mail(address.phone_number)
  assert.ok(body.split(/\s+/).some((word) => word.length >= 40))
})
