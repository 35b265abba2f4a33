// Notices of what changed about the ways into an account: to whom they go, of what they tell, and when there are none.
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { onBothDatabases, raceOfFifty } from '../../../testing/databases.ts'
import { decodeBase32 } from '../../rules/base32.ts'
import { totpCode, totpStep } from '../../rules/totp.ts'
import { asked, challengeOf, respond, signIn } from '../../../testing/sign-in.ts'
import { type FactorChoice, startFactorPool } from '../../../testing/factors.ts'
import {
  addPool,
  addUser,
  addVerifiedUser,
  goodPassword,
  listed,
  otherPassword,
  type PoolUnderTest,
  refusals,
  refused,
  signUpUser,
} from '../../../testing/pool.ts'
import { softPasskey } from '../../../testing/passkey.ts'
import type { Inputs } from '../../wire/model.gen.ts'
import { sealedPlaces } from '../../store/sealed-places.ts'

const jane = 'jane@example.com'

type Message = { readonly subject: string; readonly body: string; readonly html: boolean }

/** Every message to an address that holds no code, oldest first. */
const noticesTo = async ({ server: { context } }: PoolUnderTest, address: string): Promise<Message[]> => {
  const sent = (await context.store.outbox.newest(address, 50)).map(
    (message) =>
      JSON.parse(context.keys.seal.openRow(message.content, sealedPlaces.message(message)).toString('utf8')) as Message,
  )
  return sent.filter(({ body }) => !/code is \d|password is /.test(body)).toReversed()
}

const subjectsTo = async (at: PoolUnderTest, address: string): Promise<string[]> =>
  (await noticesTo(at, address)).map(({ subject }) => subject)

/** What is told to an address while something is done. */
const toldBy = async (at: PoolUnderTest, work: () => Promise<unknown>, address = jane): Promise<string[]> => {
  at.server.advance(1)
  const before = (await subjectsTo(at, address)).length
  await work()
  return (await subjectsTo(at, address)).slice(before)
}

const switchTo = ({ server, UserPoolId }: PoolUnderTest, Enabled: boolean): Promise<unknown> =>
  server.call('SetUserPoolNotificationConfiguration', { UserPoolId, Enabled })

/** A pool that tells its users, with jane, whose address is verified. */
const start = async (t: TestContext, choice: FactorChoice = {}): Promise<PoolUnderTest> => {
  const at = await startFactorPool(t, choice)
  await addVerifiedUser(at, 'jane')
  await switchTo(at, true)
  return at
}

const changePassword = async (at: PoolUnderTest, from = goodPassword, to = otherPassword): Promise<unknown> => {
  const { AccessToken } = await signIn(at, 'jane', from)
  return at.server.call('ChangePassword', { AccessToken, PreviousPassword: from, ProposedPassword: to })
}

test('req 66: notices are off until a pool switches them on, which nothing of the protocol shows', async (t) => {
  const at = await startFactorPool(t)
  const { server, UserPoolId } = at
  await addVerifiedUser(at, 'jane')
  const configuration = () => server.call('GetUserPoolNotificationConfiguration', { UserPoolId })
  const describe = async () => {
    const { LastModifiedDate: _, ...pool } = (await server.call('DescribeUserPool', { UserPoolId })).UserPool ?? {}
    return pool
  }
  const described = await describe()
  assert.deepEqual(await configuration(), { UserPoolId, Enabled: false })
  assert.deepEqual(await toldBy(at, () => changePassword(at)), [])
  assert.deepEqual(await switchTo(at, true), { UserPoolId, Enabled: true })
  assert.deepEqual(await describe(), described)
  await server.call('UpdateUserPool', { UserPoolId, AutoVerifiedAttributes: ['email'] })
  assert.deepEqual(await configuration(), { UserPoolId, Enabled: true })
  assert.deepEqual(await toldBy(at, () => changePassword(at, otherPassword, goodPassword)), [
    'Your password was changed',
  ])
  await switchTo(at, false)
  assert.deepEqual(await toldBy(at, () => changePassword(at)), [])
  await refused(
    server.call('SetUserPoolNotificationConfiguration', { UserPoolId: 'zz-local-1_none', Enabled: true }),
    'ResourceNotFoundException: User pool zz-local-1_none does not exist.',
  )
})

test('req 66: a new password is told, whoever sets it; a temporary one in place of another is not', async (t) => {
  const at = await start(t)
  const { server, UserPoolId, ClientId } = at
  const told = ['Your password was changed']
  assert.deepEqual(await toldBy(at, () => changePassword(at)), told)
  const set = (Permanent: boolean) => () =>
    server.call('AdminSetUserPassword', { UserPoolId, Username: 'jane', Password: goodPassword, Permanent })
  assert.deepEqual(await toldBy(at, set(true)), told)
  assert.deepEqual(await toldBy(at, set(false)), told)
  assert.deepEqual(await toldBy(at, set(false)), [])
  const { session } = await challengeOf(at, 'jane', goodPassword)
  const answer = () => respond(at, 'NEW_PASSWORD_REQUIRED', session, { USERNAME: 'jane', NEW_PASSWORD: otherPassword })
  assert.deepEqual(await toldBy(at, answer), told)
  await server.call('ForgotPassword', { ClientId, Username: 'jane' })
  const ConfirmationCode = await server.code(jane)
  const confirm = () =>
    server.call('ConfirmForgotPassword', { ClientId, Username: 'jane', ConfirmationCode, Password: goodPassword })
  assert.deepEqual(await toldBy(at, confirm), told)
})

test('req 66: a notice is plain text that names the account and the time, and holds no secret', async (t) => {
  const at = await start(t)
  const { server, UserPoolId } = at
  await addVerifiedUser(at, '<b>{####}</b>', 'bold@example.com')
  await server.call('AdminSetUserPassword', {
    UserPoolId,
    Username: '<b>{####}</b>',
    Password: otherPassword,
    Permanent: true,
  })
  const [message] = await noticesTo(at, 'bold@example.com')
  assert.deepEqual(message, {
    subject: 'Your password was changed',
    body: 'This is about your account <b>{####}</b>: the password was changed on 2026-01-02 03:04 (UTC). If this is news to you, ask those who run the service for help at once.',
    html: false,
  })
})

test('req 66: sign-up, confirmation and an invitation that is sent again tell of no change', async (t) => {
  const at = await start(t)
  const { server, UserPoolId, ClientId } = at
  await signUpUser(at, 'joe', { email: 'joe@example.com' })
  const ConfirmationCode = await server.code('joe@example.com')
  await server.call('ConfirmSignUp', { ClientId, Username: 'joe', ConfirmationCode })
  assert.deepEqual(await subjectsTo(at, 'joe@example.com'), [])
  const UserAttributes = listed({ email: 'ann@example.com', email_verified: 'true' })
  const invite = (of: Partial<Inputs['AdminCreateUser']>) =>
    server.call('AdminCreateUser', { UserPoolId, Username: 'ann', DesiredDeliveryMediums: ['EMAIL'], ...of })
  await invite({ UserAttributes })
  await invite({ MessageAction: 'RESEND' })
  assert.deepEqual(await subjectsTo(at, 'ann@example.com'), [])
})

test('req 66: another e-mail address is told to the verified one of before, and to the new one once it is verified', async (t) => {
  const at = await start(t)
  const { server, UserPoolId } = at
  const told = ['Your e-mail address was changed']
  const { AccessToken } = await signIn(at, 'jane')
  const update = (email: string) => () =>
    server.call('UpdateUserAttributes', { AccessToken, UserAttributes: listed({ email }) })
  assert.deepEqual(await toldBy(at, update('new@example.com')), told)
  assert.deepEqual(await subjectsTo(at, 'new@example.com'), [])
  // The address is unverified now: there is nobody to tell.
  assert.deepEqual(await toldBy(at, update('newer@example.com')), [])
  assert.deepEqual(await subjectsTo(at, 'new@example.com'), [])
  const admin = (attributes: Record<string, string>) => () =>
    server.call('AdminUpdateUserAttributes', { UserPoolId, Username: 'jane', UserAttributes: listed(attributes) })
  assert.deepEqual(await toldBy(at, admin({ email: jane, email_verified: 'true' })), told)
  assert.deepEqual(await subjectsTo(at, 'newer@example.com'), [])
  assert.deepEqual(await toldBy(at, admin({ email: 'bad@example.com' })), told)
  assert.deepEqual(await subjectsTo(at, 'bad@example.com'), [])
})

test('req 66: an address that waited for its code is told to the old and to the new one when it comes', async (t) => {
  const settings = { AttributesRequireVerificationBeforeUpdate: ['email' as const] }
  const at = await start(t, { pool: { UserAttributeUpdateSettings: settings } })
  const { server } = at
  const { AccessToken } = await signIn(at, 'jane')
  const UserAttributes = listed({ email: 'new@example.com' })
  assert.deepEqual(await toldBy(at, () => server.call('UpdateUserAttributes', { AccessToken, UserAttributes })), [])
  const Code = await server.code('new@example.com')
  const verify = () => server.call('VerifyUserAttribute', { AccessToken, AttributeName: 'email', Code })
  assert.deepEqual(await toldBy(at, verify), ['Your e-mail address was changed'])
  assert.deepEqual(await subjectsTo(at, 'new@example.com'), ['Your e-mail address was changed'])
})

test('req 66: a phone number that comes, changes or goes is told; other attributes are not', async (t) => {
  const at = await start(t)
  const { server } = at
  const { AccessToken } = await signIn(at, 'jane')
  const told = ['Your phone number was changed']
  const update = (attributes: Record<string, string>) => () =>
    server.call('UpdateUserAttributes', { AccessToken, UserAttributes: listed(attributes) })
  assert.deepEqual(await toldBy(at, update({ phone_number: '+33600000001' })), told)
  assert.deepEqual(await toldBy(at, update({ phone_number: '+33600000002' })), told)
  assert.deepEqual(await toldBy(at, update({ phone_number: '+33600000002', name: 'Jane' })), [])
  const remove = () => server.call('DeleteUserAttributes', { AccessToken, UserAttributeNames: ['phone_number'] })
  assert.deepEqual(await toldBy(at, remove), told)
})

const enrol = async ({ server }: PoolUnderTest, AccessToken: string): Promise<void> => {
  const { SecretCode = '' } = await server.call('AssociateSoftwareToken', { AccessToken })
  const UserCode = totpCode(decodeBase32(SecretCode), totpStep(server.context.clock.now()))
  await server.call('VerifySoftwareToken', { AccessToken, UserCode })
}

test('req 66: authenticator apps and the choice of factors are told', async (t) => {
  const at = await start(t, { mfa: 'OPTIONAL', second: ['SOFTWARE_TOKEN_MFA'] })
  const { server, UserPoolId } = at
  const { AccessToken } = await signIn(at, 'jane')
  assert.deepEqual(await toldBy(at, () => enrol(at, AccessToken)), ['An authenticator app was set up'])
  const prefer = (Enabled: boolean) => () =>
    server.call('SetUserMFAPreference', { AccessToken, SoftwareTokenMfaSettings: { Enabled, PreferredMfa: Enabled } })
  const told = ['Your second factor was changed']
  assert.deepEqual(await toldBy(at, prefer(true)), told)
  assert.deepEqual(await toldBy(at, prefer(true)), [])
  assert.deepEqual(await toldBy(at, prefer(false)), told)
  const byAdmin = () =>
    server.call('AdminSetUserMFAPreference', {
      UserPoolId,
      Username: 'jane',
      SoftwareTokenMfaSettings: { Enabled: true },
    })
  assert.deepEqual(await toldBy(at, byAdmin), told)
  const remove = () => server.call('AdminDeleteSoftwareToken', { UserPoolId, Username: 'jane' })
  assert.deepEqual(await toldBy(at, remove), ['Your authenticator app was removed'])
  assert.deepEqual(await toldBy(at, remove), [])
})

test('req 66: a factor that is set up while signing in is told', async (t) => {
  const at = await start(t, { mfa: 'ON', second: ['SMS_MFA'] })
  const setUp = async () => {
    const { session } = await challengeOf(at, 'jane', goodPassword)
    const number = { USERNAME: 'jane', PHONE_NUMBER: '+33600000001' }
    const sent = asked(await respond(at, 'MFA_SETUP', session, number), 'SMS_MFA')
    const code = await at.server.code('+33600000001')
    await respond(at, 'SMS_MFA', sent, { USERNAME: 'jane', SMS_MFA_CODE: code })
  }
  assert.deepEqual((await toldBy(at, setUp)).toSorted(), [
    'Your phone number was changed',
    'Your second factor was changed',
  ])
})

test('req 66: passkeys that come and go are told', async (t) => {
  const at = await start(t, { first: ['WEB_AUTHN'] })
  const { server } = at
  const { AccessToken } = await signIn(at, 'jane')
  const add = async () => {
    const { CredentialCreationOptions } = await server.call('StartWebAuthnRegistration', { AccessToken })
    const made = softPasskey().create(CredentialCreationOptions)
    const Credential = made as unknown as Inputs['CompleteWebAuthnRegistration']['Credential']
    await server.call('CompleteWebAuthnRegistration', { AccessToken, Credential })
  }
  assert.deepEqual(await toldBy(at, add), ['A passkey was added'])
  const [passkey] = (await server.call('ListWebAuthnCredentials', { AccessToken })).Credentials
  const CredentialId = passkey?.CredentialId ?? ''
  const remove = () => server.call('DeleteWebAuthnCredential', { AccessToken, CredentialId })
  assert.deepEqual(await toldBy(at, remove), ['A passkey was removed'])
  assert.deepEqual(await toldBy(at, () => remove().catch(() => {})), [])
})

test('req 66: recovery codes that are made, used and removed are told', async (t) => {
  const at = await start(t, { mfa: 'OPTIONAL', second: ['SOFTWARE_TOKEN_MFA'] })
  const { server, UserPoolId, ClientId } = at
  await server.call('SetUserPoolRecoveryCodeConfiguration', { UserPoolId, Enabled: true })
  const { AccessToken } = await signIn(at, 'jane')
  await enrol(at, AccessToken)
  await server.call('SetUserMFAPreference', { AccessToken, SoftwareTokenMfaSettings: { Enabled: true } })
  let codes: readonly string[] = []
  const make = async () => {
    codes = (await server.call('CreateRecoveryCodes', { AccessToken })).RecoveryCodes
  }
  assert.deepEqual(await toldBy(at, make), ['New recovery codes were made'])
  const answer = async (RecoveryCode: string) => {
    const { session: Session } = await challengeOf(at, 'jane', goodPassword)
    return server.call('RespondWithRecoveryCode', { ClientId, Username: 'jane', Session, RecoveryCode })
  }
  assert.deepEqual(await toldBy(at, () => answer(codes[0] ?? '')), ['A recovery code was used'])
  assert.deepEqual(await toldBy(at, () => answer(codes[0] ?? '').catch(() => {})), [])
  const remove = () => server.call('AdminDeleteRecoveryCodes', { UserPoolId, Username: 'jane' })
  assert.deepEqual(await toldBy(at, remove), ['Your recovery codes were removed'])
  assert.deepEqual(await toldBy(at, remove), [])
  const text = (await noticesTo(at, jane)).map(({ body }) => body).join('\n')
  for (const code of codes) assert.ok(!text.includes(code))
})

test('req 66: who has no verified address is told nothing, and a refused change is not told', async (t) => {
  const at = await start(t)
  const { server, UserPoolId } = at
  await addUser(at, 'joe', { email: 'joe@example.com', phone_number: '+33600000001', phone_number_verified: 'true' })
  const set = (Username: string, Password: string) =>
    server.call('AdminSetUserPassword', { UserPoolId, Username, Password, Permanent: true })
  await set('joe', otherPassword)
  for (const address of ['joe@example.com', '+33600000001']) assert.deepEqual(await subjectsTo(at, address), [])
  assert.deepEqual(await toldBy(at, () => set('jane', 'weak').catch(() => {})), [])
  const { AccessToken } = await signIn(at, 'jane')
  const wrong = { AccessToken, PreviousPassword: otherPassword, ProposedPassword: otherPassword }
  const change = () => refused(server.call('ChangePassword', wrong), refusals.incorrect)
  assert.deepEqual(await toldBy(at, change), [])
})

test('req 66: a pool with a sender of its own is told that it is not called', async (t) => {
  const at = await start(t)
  const { server, UserPoolId } = at
  const LambdaArn = 'arn:aws:lambda:zz-local-1:000000000000:function:send'
  await server.call('UpdateUserPool', {
    UserPoolId,
    LambdaConfig: {
      CustomEmailSender: { LambdaArn, LambdaVersion: 'V1_0' },
      KMSKeyID: 'arn:aws:kms:zz-local-1:000000000000:key/a',
    },
  })
  await refused(
    changePassword(at),
    'UnexpectedLambdaException: CustomEmailSender invocation failed due to error custom senders are not called by this version of Poolkeeper.',
  )
  await signIn(at, 'jane')
})

onBothDatabases(
  'req 66: of fifty requests with one recovery code one changes the password and is told',
  async (open) => {
    const servers = await open(2)
    const [server] = servers
    assert.ok(server)
    const at = await addPool(server)
    const { ClientId } = at
    await addVerifiedUser(at, 'jane')
    await switchTo(at, true)
    await server.call('ForgotPassword', { ClientId, Username: 'jane' })
    const ConfirmationCode = await server.code(jane)
    const { won } = await raceOfFifty(servers, ({ call }, index) =>
      call('ConfirmForgotPassword', {
        ClientId,
        Username: 'jane',
        ConfirmationCode,
        Password: `${otherPassword}${index}`,
      }),
    )
    assert.equal(won.length, 1)
    assert.deepEqual(await subjectsTo(at, jane), ['Your password was changed'])
  },
)
