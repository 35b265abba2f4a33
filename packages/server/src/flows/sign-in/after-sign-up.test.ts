// Sign-up without a password, and from the code of a sign-up into tokens (protocol/authentication 2.2.10, 2.2.13,
// 2.3.12, 3.5).
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { accessTokenOf, asked, begin, respond } from '../../../testing/sign-in.ts'
import { codeRefusals, type FactorChoice, sentTo, startFactorPool } from '../../../testing/factors.ts'
import {
  addClient,
  addUser,
  goodPassword,
  listed,
  otherPassword,
  type PoolUnderTest,
  refused,
  userOf,
} from '../../../testing/pool.ts'
import type { SignUpResponse } from '../../wire/model.gen.ts'

const passwordless: FactorChoice = { first: ['EMAIL_OTP'] }
const email = 'jane@example.com'

const signUp = (
  at: PoolUnderTest,
  Username = 'jane',
  of: { Password?: string; email?: string } = {},
): Promise<SignUpResponse> =>
  at.server.call('SignUp', {
    ClientId: at.ClientId,
    Username,
    Password: of.Password,
    UserAttributes: listed({ email: of.email ?? `${Username}@example.com` }),
  })

const confirm = async (
  at: PoolUnderTest,
  Session: string | undefined,
  Username = 'jane',
): Promise<string | undefined> => {
  const ConfirmationCode = await at.server.code(`${Username}@example.com`)
  const input = { ClientId: at.ClientId, Username, ConfirmationCode, Session }
  return (await at.server.call('ConfirmSignUp', input)).Session
}

const confirmed = async (t: TestContext): Promise<{ at: PoolUnderTest; session: string }> => {
  const at = await startFactorPool(t, passwordless)
  const session = await confirm(at, (await signUp(at)).Session)
  assert.ok(session)
  return { at, session }
}

const enter = (at: PoolUnderTest, Session: string, USERNAME = 'jane', more: Record<string, string> = {}) =>
  begin(at, { USERNAME, ...more }, { Session })

test('sign-up without a password, confirmation and tokens by one code', async (t) => {
  const { at, session } = await confirmed(t)
  const AccessToken = accessTokenOf(await enter(at, session))
  assert.equal((await at.server.call('GetUser', { AccessToken })).Username, 'jane')
  assert.equal(await sentTo(at, email), 1)
  assert.equal((await userOf(at, 'jane')).UserStatus, 'CONFIRMED')
  await refused(enter(at, session), codeRefusals.used)
})

test('the other parameters do not count beside the Session', async (t) => {
  const { at, session } = await confirmed(t)
  accessTokenOf(await enter(at, session, 'jane', { PREFERRED_CHALLENGE: 'PASSWORD', PASSWORD: 'wrong' }))
})

test('req 34: a Session of a confirmation is one user’s, one client’s, and of its step alone', async (t) => {
  const { at, session } = await confirmed(t)
  await addUser(at, 'june', { email: 'june@example.com' })
  const other = await addClient(at, { ExplicitAuthFlows: ['ALLOW_USER_AUTH'] })
  await refused(enter(at, session, 'june'), codeRefusals.session)
  await refused(enter(at, session, 'nobody'), codeRefusals.session)
  await refused(enter(other, session), codeRefusals.session)
  for (const name of ['EMAIL_OTP', 'SELECT_CHALLENGE', 'PASSWORD', 'MFA_SETUP', 'NEW_PASSWORD_REQUIRED'] as const) {
    const answer = { USERNAME: 'jane', EMAIL_OTP_CODE: '0', ANSWER: 'EMAIL_OTP', NEW_PASSWORD: goodPassword }
    await refused(respond(at, name, session, answer), codeRefusals.session)
  }
  await refused(begin(at, {}, { Session: session }), 'InvalidParameterException: Missing required parameter USERNAME')
  accessTokenOf(await enter(at, session))
})

test('req 36, 37: it ends after its time, with a disabled user, a new password, a deleted user', async (t) => {
  const { at, session } = await confirmed(t)
  const user = { UserPoolId: at.UserPoolId, Username: 'jane' }
  await at.server.call('AdminDisableUser', user)
  await refused(enter(at, session), 'NotAuthorizedException: User is disabled.')
  await at.server.call('AdminEnableUser', user)
  await at.server.call('AdminSetUserPassword', { ...user, Password: goodPassword, Permanent: true })
  await refused(enter(at, session), codeRefusals.session)
  const second = await confirm(at, (await signUp(at, 'june')).Session, 'june')
  at.server.advance(180)
  await refused(enter(at, second ?? '', 'june'), codeRefusals.expired)
  const third = await confirm(at, (await signUp(at, 'joan')).Session, 'joan')
  await at.server.call('AdminDeleteUser', { UserPoolId: at.UserPoolId, Username: 'joan' })
  await refused(enter(at, third ?? '', 'joan'), codeRefusals.session)
})

test('req 25: where a second factor is due meanwhile, the Session gives no tokens but a choice of passwords', async (t) => {
  const at = await startFactorPool(t, { ...passwordless, mfa: 'OPTIONAL', second: ['EMAIL_OTP', 'SMS_MFA'] })
  const session = await confirm(at, (await signUp(at)).Session)
  const EmailMfaSettings = { Enabled: true, PreferredMfa: true }
  await at.server.call('AdminSetUserMFAPreference', { UserPoolId: at.UserPoolId, Username: 'jane', EmailMfaSettings })
  const answer = await enter(at, session ?? '')
  asked(answer, 'SELECT_CHALLENGE')
  assert.deepEqual(answer.AvailableChallenges, ['PASSWORD_SRP', 'PASSWORD'])
})

test('the Session of SignUp is worth nothing without its code, and only for its user and client', async (t) => {
  const at = await startFactorPool(t, passwordless)
  const { Session = '' } = await signUp(at)
  const june = await signUp(at, 'june')
  await refused(enter(at, Session), codeRefusals.session)
  await refused(respond(at, 'EMAIL_OTP', Session, { USERNAME: 'jane', EMAIL_OTP_CODE: '0' }), codeRefusals.session)
  await refused(confirm(at, june.Session), codeRefusals.session)
  await refused(confirm(at, 'x'.repeat(40)), codeRefusals.session)
  const other = await addClient(at, { ExplicitAuthFlows: ['ALLOW_USER_AUTH'] })
  await refused(confirm(other, Session), codeRefusals.session)
  assert.equal((await userOf(at, 'jane')).UserStatus, 'UNCONFIRMED')
  at.server.advance(3600)
  assert.ok(await confirm(at, Session))
  assert.ok(await confirm(at, undefined, 'june'), 'Amplify sends none')
})

test('no Session where the code would not sign in: client, pool, address, decision', async (t) => {
  const at = await startFactorPool(t, passwordless)
  const bare = await addClient(at)
  assert.equal((await signUp(bare, 'joan', { Password: goodPassword })).Session, undefined)
  const passwords = await startFactorPool(t)
  assert.equal((await signUp(passwords, 'jane', { Password: goodPassword })).Session, undefined)
  const bySms = await startFactorPool(t, { first: ['SMS_OTP'] })
  assert.equal((await signUp(bySms, 'jane', { Password: goodPassword })).Session, undefined)
})

test('a password is needed where no code comes that signs in', async (t) => {
  const missing = 'InvalidParameterException: Missing required parameter Password'
  await refused(signUp(await startFactorPool(t)), missing)
  await refused(signUp(await startFactorPool(t, { first: ['SMS_OTP'] })), missing)
  await refused(signUp(await startFactorPool(t, { ...passwordless, pool: { AutoVerifiedAttributes: [] } })), missing)
  const at = await startFactorPool(t, passwordless)
  await refused(signUp(await addClient(at), 'joan'), missing)
})

test('a user without a password: no password opens, one can be set', async (t) => {
  const { at, session } = await confirmed(t)
  const AccessToken = accessTokenOf(await enter(at, session))
  for (const PASSWORD of [goodPassword, ' ', 'undefined']) {
    await refused(
      begin(at, { USERNAME: 'jane', PASSWORD }, { AuthFlow: 'USER_PASSWORD_AUTH' }),
      'NotAuthorizedException: Incorrect username or password.',
    )
  }
  const { AvailableChallenges } = await begin(at, { USERNAME: 'jane' })
  assert.deepEqual(AvailableChallenges, ['EMAIL_OTP'])
  await at.server.call('ChangePassword', { AccessToken, ProposedPassword: otherPassword })
  accessTokenOf(await begin(at, { USERNAME: 'jane', PREFERRED_CHALLENGE: 'PASSWORD', PASSWORD: otherPassword }))
})

test('AdminCreateUser without a temporary password makes a confirmed user where a code lets in', async (t) => {
  const at = await startFactorPool(t, passwordless)
  const create = (Username: string, of: { email?: string; TemporaryPassword?: string } = {}) =>
    at.server.call('AdminCreateUser', {
      UserPoolId: at.UserPoolId,
      Username,
      UserAttributes: listed(of.email ? { email: of.email } : {}),
      TemporaryPassword: of.TemporaryPassword,
      ...(of.email ? { DesiredDeliveryMediums: ['EMAIL' as const] } : {}),
    })
  assert.equal((await create('jane', { email })).User?.UserStatus, 'CONFIRMED')
  assert.deepEqual((await at.server.mail(email)).body, 'Your username is jane. ')
  const session = asked(await begin(at, { USERNAME: 'jane', PREFERRED_CHALLENGE: 'EMAIL_OTP' }), 'EMAIL_OTP')
  const EMAIL_OTP_CODE = await at.server.code(email)
  accessTokenOf(await respond(at, 'EMAIL_OTP', session, { USERNAME: 'jane', EMAIL_OTP_CODE }))
  const temporary = { email: 'june@example.com', TemporaryPassword: goodPassword }
  assert.equal((await create('june', temporary)).User?.UserStatus, 'FORCE_CHANGE_PASSWORD')
  assert.equal((await create('joan')).User?.UserStatus, 'FORCE_CHANGE_PASSWORD')
})
