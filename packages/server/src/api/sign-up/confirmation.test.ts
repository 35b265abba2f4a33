// ConfirmSignUp, ResendConfirmationCode and AdminConfirmSignUp (protocol/authentication 2.1.11, 2.3;
// protocol/administration 4.4).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  addClient,
  addUser,
  addVerifiedUser,
  listed,
  otherPassword,
  type PoolUnderTest,
  refusals,
  refused,
  signUpUser,
  startPool,
  userOf,
  wrongCode,
} from '../../../testing/pool.ts'
import { signIn } from '../../../testing/sign-in.ts'
import type { Inputs } from '../../wire/model.gen.ts'

const confirm = (
  { server, ClientId }: PoolUnderTest,
  Username: string,
  ConfirmationCode: string,
  more: Partial<Inputs['ConfirmSignUp']> = {},
): Promise<unknown> => server.call('ConfirmSignUp', { ClientId, Username, ConfirmationCode, ...more })

const resend = ({ server, ClientId }: PoolUnderTest, Username: string): Promise<unknown> =>
  server.call('ResendConfirmationCode', { ClientId, Username })

const alreadyConfirmed = 'NotAuthorizedException: User cannot be confirmed. Current status is CONFIRMED'

test('protocol/authentication 2.3.3: the right code confirms the user and verifies the address it went to', async (t) => {
  const at = await startPool(t)
  const sub = await signUpUser(at, 'jane', { email: 'jane@example.com', phone_number: '+15555550100' })
  await refused(signIn(at, 'jane'), 'UserNotConfirmedException: User is not confirmed.')
  assert.deepEqual(await confirm(at, 'jane', await at.server.code('jane@example.com')), {})
  const user = await userOf(at, 'jane')
  assert.equal(user.UserStatus, 'CONFIRMED')
  assert.deepEqual(user.attributes, {
    sub,
    email: 'jane@example.com',
    phone_number: '+15555550100',
    email_verified: 'true',
    phone_number_verified: 'false',
  })
  await signIn(at, 'jane')
})

test('protocol/authentication 2.2.3: a code that went to the phone verifies the phone', async (t) => {
  const at = await startPool(t, { pool: { AutoVerifiedAttributes: ['email', 'phone_number'] } })
  await signUpUser(at, 'jane', { email: 'jane@example.com', phone_number: '+15555550100' })
  await confirm(at, 'jane', await at.server.code('+15555550100'))
  const { attributes } = await userOf(at, 'jane')
  assert.equal(attributes['phone_number_verified'], 'true')
  assert.equal(attributes['email_verified'], 'false')
})

test('req 59: a wrong code is refused, a right one is good once', async (t) => {
  const at = await startPool(t)
  await signUpUser(at, 'jane', { email: 'jane@example.com' })
  const code = await at.server.code('jane@example.com')
  for (const wrong of [wrongCode(code), `${code}0`, code.slice(1), `0${code}`, 'abcdef']) {
    await refused(confirm(at, 'jane', wrong), refusals.mismatch)
  }
  assert.equal((await userOf(at, 'jane')).UserStatus, 'UNCONFIRMED')
  await confirm(at, 'jane', code)
  await refused(confirm(at, 'jane', code), alreadyConfirmed)
})

test('req 59: a code is for its user, and for no other purpose', async (t) => {
  const at = await startPool(t)
  await signUpUser(at, 'jane', { email: 'jane@example.com' })
  await signUpUser(at, 'john', { email: 'john@example.com' })
  const [jane, john] = [await at.server.code('jane@example.com'), await at.server.code('john@example.com')]
  if (jane !== john) await refused(confirm(at, 'john', jane), refusals.mismatch)
  const { server, ClientId } = at
  const recovery = { ClientId, Username: 'jane', ConfirmationCode: jane, Password: otherPassword }
  await refused(server.call('ConfirmForgotPassword', recovery), refusals.expired)
  await confirm(at, 'jane', jane)
})

test('req 63: a sign-up code lives for 24 hours', async (t) => {
  const at = await startPool(t)
  await signUpUser(at, 'jane', { email: 'jane@example.com' })
  await signUpUser(at, 'john', { email: 'john@example.com' })
  const [jane, john] = [await at.server.code('jane@example.com'), await at.server.code('john@example.com')]
  at.server.advance(24 * 3600 - 1)
  await confirm(at, 'jane', jane)
  at.server.advance(1)
  await refused(confirm(at, 'john', john), refusals.expired)
  await resend(at, 'john')
  await confirm(at, 'john', await at.server.code('john@example.com'))
})

test('req 63: a newer code ends the older', async (t) => {
  const at = await startPool(t)
  await signUpUser(at, 'jane', { email: 'jane@example.com' })
  const first = await at.server.code('jane@example.com')
  assert.deepEqual(await resend(at, 'jane'), {
    CodeDeliveryDetails: { Destination: 'j***@e***', DeliveryMedium: 'EMAIL', AttributeName: 'email' },
  })
  const second = await at.server.code('jane@example.com')
  if (first !== second) await refused(confirm(at, 'jane', first), refusals.mismatch)
  await confirm(at, 'jane', second)
})

test('protocol/authentication 2.3.5: a code that was never sent is said to be expired', async (t) => {
  const at = await startPool(t, { pool: { AutoVerifiedAttributes: [] } })
  await signUpUser(at, 'jane', { email: 'jane@example.com' })
  await refused(confirm(at, 'jane', '000000'), refusals.expired)
})

test('req 57: a code proves only the address that it went to', async (t) => {
  const at = await startPool(t)
  await signUpUser(at, 'jane', { email: 'jane@example.com' })
  const code = await at.server.code('jane@example.com')
  const UserAttributes = listed({ email: 'victim@example.com' })
  await at.server.call('AdminUpdateUserAttributes', { UserPoolId: at.UserPoolId, Username: 'jane', UserAttributes })
  await refused(confirm(at, 'jane', code), refusals.expired)
  assert.notEqual((await userOf(at, 'jane')).attributes['email_verified'], 'true')
  await resend(at, 'jane')
  await confirm(at, 'jane', await at.server.code('victim@example.com'))
})

test('req 60: fifteen confirmations an hour, then none until the hour is over', async (t) => {
  const at = await startPool(t)
  await signUpUser(at, 'jane', { email: 'jane@example.com' })
  const code = await at.server.code('jane@example.com')
  for (let tries = 0; tries < 15; tries += 1) await refused(confirm(at, 'jane', wrongCode(code)), refusals.mismatch)
  await refused(confirm(at, 'jane', code), refusals.limit)
  at.server.advance(3599)
  await refused(confirm(at, 'jane', code), refusals.limit)
  at.server.advance(1)
  // The code bore fifteen wrong answers, which was its share.
  await refused(confirm(at, 'jane', code), refusals.expired)
  await resend(at, 'jane')
  await confirm(at, 'jane', await at.server.code('jane@example.com'))
})

test('req 60: five resends an hour', async (t) => {
  const at = await startPool(t)
  await signUpUser(at, 'jane', { email: 'jane@example.com' })
  await signUpUser(at, 'john', { email: 'john@example.com' })
  for (let tries = 0; tries < 5; tries += 1) await resend(at, 'jane')
  const last = await at.server.code('jane@example.com')
  await refused(resend(at, 'jane'), refusals.limit)
  assert.equal(await at.server.code('jane@example.com'), last)
  await resend(at, 'john')
  at.server.advance(3600)
  await resend(at, 'jane')
})

test('protocol/authentication 2.3.9, 2.3.10: when no code is sent again', async (t) => {
  const at = await startPool(t)
  await addVerifiedUser(at, 'jane')
  await refused(resend(at, 'jane'), 'InvalidParameterException: User is already confirmed.')
  const silent = 'InvalidParameterException: Cannot resend codes. Auto verification not turned on.'
  await signUpUser(at, 'john')
  await refused(resend(at, 'john'), silent)
  const off = await startPool(t, { pool: { AutoVerifiedAttributes: [] } })
  await signUpUser(off, 'jane', { email: 'jane@example.com' })
  await refused(resend(off, 'jane'), silent)
  await refused(resend(off, 'nobody'), silent)
})

test('protocol/authentication 2.4: where users are not hidden, an unknown one is named so', async (t) => {
  const at = await startPool(t)
  await refused(confirm(at, 'nobody', '000000'), refusals.noUser)
  await refused(resend(at, 'nobody'), 'UserNotFoundException: Username/client id combination not found.')
})

test('protocol/authentication 2.1.11: an alias that another has verified is not taken, unless that is asked for', async (t) => {
  const at = await startPool(t, { pool: { AliasAttributes: ['email'] } })
  await addVerifiedUser(at, 'jane')
  const sub = await signUpUser(at, 'john', { email: 'jane@example.com' })
  const code = await at.server.code('jane@example.com')
  const taken = 'AliasExistsException: An account with the email already exists.'
  await refused(confirm(at, 'john', code), taken)
  await refused(confirm(at, 'john', code, { ForceAliasCreation: false }), taken)
  assert.equal((await userOf(at, 'john')).UserStatus, 'UNCONFIRMED')
  await confirm(at, 'john', code, { ForceAliasCreation: true })
  assert.equal((await userOf(at, 'jane@example.com')).attributes['sub'], sub)
  const before = await userOf(at, 'jane')
  assert.equal(before.attributes['email'], 'jane@example.com')
  assert.equal(before.attributes['email_verified'], 'false')
  await signIn(at, 'jane@example.com')
})

test('protocol/authentication 2.1.11: forcing an alias moves nothing where the code is wrong', async (t) => {
  const at = await startPool(t, { pool: { AliasAttributes: ['email'] } })
  await addVerifiedUser(at, 'jane')
  await signUpUser(at, 'john', { email: 'jane@example.com' })
  const wrong = wrongCode(await at.server.code('jane@example.com'))
  await refused(confirm(at, 'john', wrong, { ForceAliasCreation: true }), refusals.mismatch)
  assert.equal((await userOf(at, 'jane@example.com')).Username, 'jane')
})

test('protocol/authentication 2.3.11, req 85: an administrator confirms a user and verifies nothing', async (t) => {
  const at = await startPool(t)
  const { server, UserPoolId } = at
  await signUpUser(at, 'jane', { email: 'jane@example.com' })
  const code = await server.code('jane@example.com')
  const byAdmin = (Username: string): Promise<unknown> => server.call('AdminConfirmSignUp', { UserPoolId, Username })
  assert.deepEqual(await byAdmin('jane'), {})
  const { UserStatus, attributes } = await userOf(at, 'jane')
  assert.equal(UserStatus, 'CONFIRMED')
  assert.equal(attributes['email_verified'], 'false')
  await refused(byAdmin('jane'), alreadyConfirmed)
  await refused(confirm(at, 'jane', code), alreadyConfirmed)
  await refused(byAdmin('nobody'), refusals.noUser)
  await signIn(at, 'jane')
})

for (const [status, permanent] of [
  ['CONFIRMED', true],
  ['FORCE_CHANGE_PASSWORD', false],
] as const) {
  test(`protocol/authentication 2.3.6: a user who is ${status} is not confirmed again`, async (t) => {
    const at = await startPool(t)
    const { server, UserPoolId } = at
    await addUser(at, 'jane')
    await server.call('AdminSetUserPassword', {
      UserPoolId,
      Username: 'jane',
      Password: otherPassword,
      Permanent: permanent,
    })
    const refusal = `NotAuthorizedException: User cannot be confirmed. Current status is ${status}`
    await refused(server.call('AdminConfirmSignUp', { UserPoolId, Username: 'jane' }), refusal)
    await refused(confirm(at, 'jane', '000000'), refusal)
  })
}

test('protocol/authentication 2.1.7: a preferred user name can be given after confirmation, and leads to the user from then on', async (t) => {
  const at = await startPool(t, { pool: { AliasAttributes: ['preferred_username'] } })
  const { server, UserPoolId } = at
  await signUpUser(at, 'jane')
  const set = (Username: string, preferred_username: string): Promise<unknown> =>
    server.call('AdminUpdateUserAttributes', { UserPoolId, Username, UserAttributes: listed({ preferred_username }) })
  await set('jane', 'janie')
  await refused(userOf(at, 'janie'), refusals.noUser)
  await server.call('AdminConfirmSignUp', { UserPoolId, Username: 'jane' })
  assert.equal((await userOf(at, 'janie')).Username, 'jane')
  await signIn(at, 'janie')
  await addUser(at, 'john')
  const taken = 'AliasExistsException: An account with the given preferred_username already exists.'
  await refused(set('john', 'janie'), taken)
  await refused(set('john', 'jane'), taken)
  await set('jane', '')
  await refused(signIn(at, 'janie'), refusals.noUser)
  await set('john', 'janie')
  assert.equal((await userOf(at, 'janie')).Username, 'john')
})

test('another client of the pool may confirm, a client of another pool may not', async (t) => {
  const at = await startPool(t)
  await signUpUser(at, 'jane', { email: 'jane@example.com' })
  const code = await at.server.code('jane@example.com')
  const { server } = at
  const foreign = await server.call('CreateUserPool', { PoolName: 'other', AutoVerifiedAttributes: ['email'] })
  const stranger = await addClient({ server, UserPoolId: foreign.UserPool?.Id ?? '' })
  await refused(confirm(stranger, 'jane', code), refusals.noUser)
  await confirm(await addClient(at), 'jane', code)
})
