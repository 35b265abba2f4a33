// ForgotPassword, ConfirmForgotPassword and AdminResetUserPassword (protocol/authentication 2.6;
// protocol/administration 4.4).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  addUser,
  addVerifiedUser,
  goodPassword,
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
import type { CreateUserPoolRequest, Outputs } from '../../wire/model.gen.ts'

const forgot = ({ server, ClientId }: PoolUnderTest, Username: string): Promise<Outputs['ForgotPassword']> =>
  server.call('ForgotPassword', { ClientId, Username })

const recover = (
  { server, ClientId }: PoolUnderTest,
  Username: string,
  ConfirmationCode: string,
  Password: string = otherPassword,
): Promise<unknown> => server.call('ConfirmForgotPassword', { ClientId, Username, ConfirmationCode, Password })

const reset = ({ server, UserPoolId }: PoolUnderTest, Username: string): Promise<unknown> =>
  server.call('AdminResetUserPassword', { UserPoolId, Username })

const noDestination =
  'InvalidParameterException: Cannot reset password for the user as there is no registered/verified email or phone_number'
const wrongState = 'NotAuthorizedException: User password cannot be reset in the current state.'
const resetDue = 'PasswordResetRequiredException: Password reset required for the user'

test('protocol/authentication 2.6.4: a code to the verified address buys a new password, and the old one ends', async (t) => {
  const at = await startPool(t)
  await addVerifiedUser(at, 'test', 'test@test.com')
  assert.deepEqual(await forgot(at, 'test'), {
    CodeDeliveryDetails: { Destination: 't***@t***', DeliveryMedium: 'EMAIL', AttributeName: 'email' },
  })
  // Asking changes nothing yet.
  await signIn(at, 'test')
  const code = await at.server.code('test@test.com')
  assert.match(code, /^[0-9]{6}$/)
  assert.deepEqual(await recover(at, 'test', code), {})
  await refused(signIn(at, 'test'), refusals.incorrect)
  await signIn(at, 'test', otherPassword)
  assert.equal((await userOf(at, 'test')).UserStatus, 'CONFIRMED')
})

test('req 61: wrong and used codes, and codes that nobody asked for, buy nothing', async (t) => {
  const at = await startPool(t)
  await addVerifiedUser(at, 'jane')
  await addVerifiedUser(at, 'john')
  await refused(recover(at, 'jane', '000000'), refusals.expired)
  await forgot(at, 'jane')
  await forgot(at, 'john')
  const [jane, john] = [await at.server.code('jane@example.com'), await at.server.code('john@example.com')]
  await refused(recover(at, 'jane', wrongCode(jane)), refusals.mismatch)
  if (jane !== john) await refused(recover(at, 'jane', john), refusals.mismatch)
  await signIn(at, 'jane')
  await recover(at, 'jane', jane)
  await refused(recover(at, 'jane', jane, 'Third-password-3'), refusals.expired)
  await signIn(at, 'jane', otherPassword)
})

test('req 61: a code of another purpose buys no password', async (t) => {
  const at = await startPool(t)
  await signUpUser(at, 'jane', { email: 'jane@example.com' })
  const signUpCode = await at.server.code('jane@example.com')
  await refused(recover(at, 'jane', signUpCode), refusals.expired)
  const { server, ClientId } = at
  await server.call('ConfirmSignUp', { ClientId, Username: 'jane', ConfirmationCode: signUpCode })
  const { AccessToken } = await signIn(at, 'jane')
  await server.call('GetUserAttributeVerificationCode', { AccessToken, AttributeName: 'email' })
  const attributeCode = await server.code('jane@example.com')
  await refused(recover(at, 'jane', attributeCode), refusals.expired)
  await forgot(at, 'jane')
  const recoveryCode = await server.code('jane@example.com')
  const verify = (Code: string): Promise<unknown> =>
    server.call('VerifyUserAttribute', { AccessToken, AttributeName: 'email', Code })
  if (recoveryCode !== attributeCode) {
    await refused(recover(at, 'jane', attributeCode), refusals.mismatch)
    await refused(verify(recoveryCode), refusals.mismatch)
  }
  await verify(attributeCode)
  await recover(at, 'jane', recoveryCode)
})

test('req 63: a recovery code lives for an hour, and a newer one ends it', async (t) => {
  const at = await startPool(t)
  await addVerifiedUser(at, 'jane')
  await forgot(at, 'jane')
  const first = await at.server.code('jane@example.com')
  await forgot(at, 'jane')
  const second = await at.server.code('jane@example.com')
  if (first !== second) await refused(recover(at, 'jane', first), refusals.mismatch)
  at.server.advance(3599)
  await recover(at, 'jane', second)
  await forgot(at, 'jane')
  const third = await at.server.code('jane@example.com')
  at.server.advance(3600)
  await refused(recover(at, 'jane', third), refusals.expired)
})

test('a weak password does not use up the code', async (t) => {
  const at = await startPool(t)
  await addVerifiedUser(at, 'jane')
  await forgot(at, 'jane')
  const code = await at.server.code('jane@example.com')
  await assert.rejects(recover(at, 'jane', code, 'weak'), { name: 'InvalidPasswordException' })
  // Who has no right code is told nothing of the policy.
  await refused(recover(at, 'jane', wrongCode(code), 'weak'), refusals.mismatch)
  await recover(at, 'jane', code)
})

test('req 60: twenty recoveries an hour, asked for and tried together', async (t) => {
  const at = await startPool(t)
  await addVerifiedUser(at, 'jane')
  for (let asked = 0; asked < 6; asked += 1) await forgot(at, 'jane')
  const code = await at.server.code('jane@example.com')
  for (let tries = 0; tries < 14; tries += 1) {
    await refused(recover(at, 'jane', wrongCode(code)), refusals.mismatch)
  }
  await refused(recover(at, 'jane', code), refusals.limit)
  await refused(forgot(at, 'jane'), refusals.limit)
  at.server.advance(3599)
  await refused(forgot(at, 'jane'), refusals.limit)
  at.server.advance(1)
  await forgot(at, 'jane')
  await recover(at, 'jane', await at.server.code('jane@example.com'))
})

test('req 60: one code bears fifteen wrong answers, and then not even the right one', async (t) => {
  const at = await startPool(t)
  await addVerifiedUser(at, 'jane')
  await forgot(at, 'jane')
  const code = await at.server.code('jane@example.com')
  for (let tries = 0; tries < 15; tries += 1) {
    await refused(recover(at, 'jane', wrongCode(code)), refusals.mismatch)
  }
  await refused(recover(at, 'jane', code), refusals.expired)
})

const recovery = (
  ...names: ('verified_email' | 'verified_phone_number' | 'admin_only')[]
): Partial<CreateUserPoolRequest> => ({
  AccountRecoverySetting: { RecoveryMechanisms: names.map((Name, index) => ({ Name, Priority: index + 1 })) },
})

const both = {
  email: 'jane@example.com',
  email_verified: 'true',
  phone_number: '+15555550100',
  phone_number_verified: 'true',
}

const destinations: readonly [what: string, Partial<CreateUserPoolRequest>, Record<string, string>, string][] = [
  ['e-mail first where the pool says nothing', {}, both, 'EMAIL'],
  ['phone where the e-mail address is not verified', {}, { ...both, email_verified: 'false' }, 'SMS'],
  ['e-mail where that comes first', recovery('verified_email', 'verified_phone_number'), both, 'EMAIL'],
  ['phone where that comes first', recovery('verified_phone_number', 'verified_email'), both, 'SMS'],
  [
    'the second where the first is not verified',
    recovery('verified_email', 'verified_phone_number'),
    { ...both, email_verified: 'false' },
    'SMS',
  ],
  ['none where the only way is not verified', recovery('verified_email'), { ...both, email_verified: 'false' }, ''],
  [
    'none where only the other is verified',
    recovery('verified_phone_number'),
    { email: both.email, email_verified: 'true' },
    '',
  ],
  ['none where only administrators recover', recovery('admin_only'), both, ''],
  ['none without an address', {}, {}, ''],
]

for (const [what, pool, attributes, medium] of destinations) {
  test(`protocol/authentication 2.6.2, 2.6.5: the code goes to the ${what}`, async (t) => {
    const at = await startPool(t, { pool })
    await addUser(at, 'jane', attributes)
    if (medium === '') {
      await refused(forgot(at, 'jane'), noDestination)
      await refused(reset(at, 'jane'), noDestination)
      await signIn(at, 'jane')
      return
    }
    const { CodeDeliveryDetails: details } = await forgot(at, 'jane')
    assert.equal(details?.DeliveryMedium, medium)
    const address = medium === 'SMS' ? both.phone_number : both.email
    await recover(at, 'jane', await at.server.code(address))
    await signIn(at, 'jane', otherPassword)
  })
}

test('the priority of a way is a number, not its place in the list', async (t) => {
  const RecoveryMechanisms = [
    { Name: 'verified_phone_number' as const, Priority: 2 },
    { Name: 'verified_email' as const, Priority: 1 },
  ]
  const at = await startPool(t, { pool: { AccountRecoverySetting: { RecoveryMechanisms } } })
  await addUser(at, 'jane', both)
  assert.equal((await forgot(at, 'jane')).CodeDeliveryDetails?.DeliveryMedium, 'EMAIL')
})

test('req 57: a changed address is no recovery target, and an old code does not verify it', async (t) => {
  const at = await startPool(t, { pool: { AutoVerifiedAttributes: [] } })
  await addVerifiedUser(at, 'jane')
  const { AccessToken } = await signIn(at, 'jane')
  await forgot(at, 'jane')
  const code = await at.server.code('jane@example.com')
  const UserAttributes = listed({ email: 'victim@example.com' })
  await at.server.call('UpdateUserAttributes', { AccessToken, UserAttributes })
  await refused(recover(at, 'jane', code), refusals.expired)
  await refused(forgot(at, 'jane'), noDestination)
  assert.equal((await userOf(at, 'jane')).attributes['email_verified'], 'false')
})

test('protocol/authentication 2.6.6: whose password is temporary cannot recover it', async (t) => {
  const at = await startPool(t)
  const { server, UserPoolId } = at
  await addVerifiedUser(at, 'jane')
  await forgot(at, 'jane')
  const code = await server.code('jane@example.com')
  await server.call('AdminSetUserPassword', { UserPoolId, Username: 'jane', Password: goodPassword })
  await refused(forgot(at, 'jane'), wrongState)
  await refused(reset(at, 'jane'), wrongState)
  await refused(recover(at, 'jane', code), refusals.expired)
  assert.equal((await userOf(at, 'jane')).UserStatus, 'FORCE_CHANGE_PASSWORD')
})

test('a password that is set in another way ends the codes that were sent before', async (t) => {
  const at = await startPool(t)
  await addVerifiedUser(at, 'jane')
  const { AccessToken } = await signIn(at, 'jane')
  await forgot(at, 'jane')
  const code = await at.server.code('jane@example.com')
  await at.server.call('ChangePassword', {
    AccessToken,
    PreviousPassword: goodPassword,
    ProposedPassword: otherPassword,
  })
  await refused(recover(at, 'jane', code, 'Third-password-3'), refusals.expired)
  await signIn(at, 'jane', otherPassword)
})

test('protocol/administration 4.1, protocol/authentication 2.6.5: a user who is not confirmed recovers by a verified address only, and is confirmed by that', async (t) => {
  const at = await startPool(t)
  await signUpUser(at, 'jane', { email: 'jane@example.com' })
  await refused(forgot(at, 'jane'), noDestination)
  await refused(reset(at, 'jane'), wrongState)
  const UserAttributes = listed({ email_verified: 'true' })
  await at.server.call('AdminUpdateUserAttributes', { UserPoolId: at.UserPoolId, Username: 'jane', UserAttributes })
  await forgot(at, 'jane')
  await recover(at, 'jane', await at.server.code('jane@example.com'))
  assert.equal((await userOf(at, 'jane')).UserStatus, 'CONFIRMED')
  await signIn(at, 'jane', otherPassword)
})

test('protocol/authentication 2.6.10: a disabled user recovers nothing', async (t) => {
  const at = await startPool(t)
  const { server, UserPoolId } = at
  await addVerifiedUser(at, 'jane')
  await forgot(at, 'jane')
  const code = await server.code('jane@example.com')
  await server.call('AdminDisableUser', { UserPoolId, Username: 'jane' })
  await refused(forgot(at, 'jane'), 'NotAuthorizedException: User is disabled.')
  await refused(recover(at, 'jane', code), 'NotAuthorizedException: User is disabled.')
  await refused(reset(at, 'jane'), 'NotAuthorizedException: User is disabled')
  await server.call('AdminEnableUser', { UserPoolId, Username: 'jane' })
  await recover(at, 'jane', code)
})

test('protocol/authentication 2.4: where users are not hidden, an unknown one is named so', async (t) => {
  const at = await startPool(t)
  await refused(forgot(at, 'nobody'), 'UserNotFoundException: Username/client id combination not found.')
  await refused(recover(at, 'nobody', '000000'), refusals.noUser)
  await refused(reset(at, 'nobody'), refusals.noUser)
})

test('protocol/administration 4.4: an administrator makes a user choose a new password: the old one ends, a code is sent', async (t) => {
  const at = await startPool(t)
  await addVerifiedUser(at, 'jane')
  const before = await signIn(at, 'jane')
  assert.deepEqual(await reset(at, 'jane'), {})
  assert.equal((await userOf(at, 'jane')).UserStatus, 'RESET_REQUIRED')
  await refused(signIn(at, 'jane'), resetDue)
  // Who does not know the old password is not told.
  await refused(signIn(at, 'jane', otherPassword), refusals.incorrect)
  await refused(
    at.server.call('InitiateAuth', {
      ClientId: at.ClientId,
      AuthFlow: 'REFRESH_TOKEN_AUTH',
      AuthParameters: { REFRESH_TOKEN: before.RefreshToken },
    }),
    resetDue,
  )
  const first = await at.server.code('jane@example.com')
  // A user who is told to reset once more is sent another code.
  await reset(at, 'jane')
  const second = await at.server.code('jane@example.com')
  if (first !== second) await refused(recover(at, 'jane', first), refusals.mismatch)
  await recover(at, 'jane', second)
  assert.equal((await userOf(at, 'jane')).UserStatus, 'CONFIRMED')
  await signIn(at, 'jane', otherPassword)
})

test('protocol/administration 4.4: the code of a reset lives for an hour, and the user can ask for another', async (t) => {
  const at = await startPool(t)
  await addVerifiedUser(at, 'jane')
  await reset(at, 'jane')
  const code = await at.server.code('jane@example.com')
  at.server.advance(3600)
  await refused(recover(at, 'jane', code), refusals.expired)
  await forgot(at, 'jane')
  await recover(at, 'jane', await at.server.code('jane@example.com'))
  await signIn(at, 'jane', otherPassword)
})

test('req 7: recovery does not open a lock', async (t) => {
  const at = await startPool(t)
  await addVerifiedUser(at, 'jane')
  for (let tries = 0; tries < 5; tries += 1) await refused(signIn(at, 'jane', 'wrong'), refusals.incorrect)
  await refused(signIn(at, 'jane'), 'NotAuthorizedException: Password attempts exceeded')
  await forgot(at, 'jane')
  await recover(at, 'jane', await at.server.code('jane@example.com'))
  await refused(signIn(at, 'jane', otherPassword), 'NotAuthorizedException: Password attempts exceeded')
  at.server.advance(1)
  await signIn(at, 'jane', otherPassword)
})

test('an alias and the sub lead to recovery as the user name does', async (t) => {
  const at = await startPool(t, { pool: { AliasAttributes: ['email'] } })
  const sub = await addVerifiedUser(at, 'jane')
  await forgot(at, 'jane@example.com')
  await recover(at, sub, await at.server.code('jane@example.com'))
  await signIn(at, 'jane', otherPassword)
})
