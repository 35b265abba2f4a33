// Recovery and second factors: neither stands for the other (protocol/authentication 2.6.3; requirement 62).
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { makeSignInServer, type SignInOptions, type SignInServer } from '../../../testing/sign-in.ts'
import { listed, otherPassword, refused } from '../../../testing/pool.ts'
import type { Inputs } from '../../wire/model.gen.ts'

const start = async (t: TestContext, options: SignInOptions = {}): Promise<SignInServer> => {
  const server = await makeSignInServer(t, options)
  return server
}

const setAddresses = (
  server: SignInServer,
  Username: string,
  attributes: Readonly<Record<string, string>>,
): Promise<unknown> =>
  server.call('AdminUpdateUserAttributes', {
    UserPoolId: server.poolId,
    Username,
    UserAttributes: listed(attributes),
  })

const email = { email: 'jane@example.com', email_verified: 'true' }
const phone = { phone_number: '+15555550100', phone_number_verified: 'true' }

const recover = async (server: SignInServer, Username: string, address: string): Promise<void> => {
  const ClientId = server.clientId
  await server.call('ForgotPassword', { ClientId, Username })
  const ConfirmationCode = await server.code(address)
  await server.call('ConfirmForgotPassword', { ClientId, Username, ConfirmationCode, Password: otherPassword })
}

for (const mfa of ['OPTIONAL', 'ON'] as const) {
  test(`req 62: in a pool with MFA ${mfa} a recovered password still owes the code`, async (t) => {
    const server = await start(t, { mfa: 'OPTIONAL' })
    const app = await server.addUserWithApp('jane')
    await server.setMfa(mfa)
    await setAddresses(server, 'jane', email)
    await recover(server, 'jane', email.email)
    const { ChallengeName, Session = '', AuthenticationResult } = await server.start('jane', otherPassword)
    assert.equal(ChallengeName, 'SOFTWARE_TOKEN_MFA')
    assert.equal(AuthenticationResult, undefined)
    const { PreferredMfaSetting } = await server.call('AdminGetUser', { UserPoolId: server.poolId, Username: 'jane' })
    assert.equal(PreferredMfaSetting, 'SOFTWARE_TOKEN_MFA')
    const SOFTWARE_TOKEN_MFA_CODE = app.code()
    const answer = await server.answer('SOFTWARE_TOKEN_MFA', Session, { USERNAME: 'jane', SOFTWARE_TOKEN_MFA_CODE })
    assert.ok(answer.AuthenticationResult?.AccessToken)
  })
}

test('req 62: a reset by an administrator passes no second factor either', async (t) => {
  const server = await start(t, { mfa: 'OPTIONAL' })
  await server.addUserWithApp('jane')
  await setAddresses(server, 'jane', email)
  await server.call('AdminResetUserPassword', { UserPoolId: server.poolId, Username: 'jane' })
  await server.call('ConfirmForgotPassword', {
    ClientId: server.clientId,
    Username: 'jane',
    ConfirmationCode: await server.code(email.email),
    Password: otherPassword,
  })
  assert.equal((await server.start('jane', otherPassword)).ChallengeName, 'SOFTWARE_TOKEN_MFA')
})

test('req 62: a sign-in that waits for its code is void once the password was recovered', async (t) => {
  const server = await start(t, { mfa: 'OPTIONAL' })
  const app = await server.addUserWithApp('jane')
  await setAddresses(server, 'jane', email)
  const { Session = '' } = await server.start('jane')
  await recover(server, 'jane', email.email)
  await refused(
    server.answer('SOFTWARE_TOKEN_MFA', Session, { USERNAME: 'jane', SOFTWARE_TOKEN_MFA_CODE: app.code() }),
    'NotAuthorizedException: Invalid session for the user.',
  )
})

const smsMfa: Partial<Inputs['SetUserPoolMfaConfig']> = {
  SmsMfaConfiguration: { SmsConfiguration: { SnsCallerArn: 'arn:aws:iam::000000000000:role/sms' } },
}

const withSms = async (t: TestContext, MfaConfiguration: 'ON' | 'OPTIONAL'): Promise<SignInServer> => {
  const server = await start(t)
  await server.call('SetUserPoolMfaConfig', {
    UserPoolId: server.poolId,
    MfaConfiguration,
    ...smsMfa,
    SoftwareTokenMfaConfiguration: { Enabled: true },
  })
  await server.addUser('jane')
  return server
}

const noDestination =
  'InvalidParameterException: Cannot reset password for the user as there is no registered/verified email or phone_number'

const forgot = (
  server: SignInServer,
): Promise<{ CodeDeliveryDetails?: { DeliveryMedium?: string | undefined } | undefined }> =>
  server.call('ForgotPassword', { ClientId: server.clientId, Username: 'jane' })

test('protocol/authentication 2.6.3: where text messages are the second factor they do not recover the password', async (t) => {
  const server = await withSms(t, 'ON')
  await setAddresses(server, 'jane', phone)
  assert.equal((await server.start('jane')).ChallengeName, 'SMS_MFA')
  await refused(forgot(server), noDestination)
  await refused(server.call('AdminResetUserPassword', { UserPoolId: server.poolId, Username: 'jane' }), noDestination)
  await setAddresses(server, 'jane', email)
  assert.equal((await forgot(server)).CodeDeliveryDetails?.DeliveryMedium, 'EMAIL')
})

test('protocol/authentication 2.6.3: where the user has not chosen text messages they may', async (t) => {
  const server = await withSms(t, 'OPTIONAL')
  await setAddresses(server, 'jane', phone)
  assert.equal((await forgot(server)).CodeDeliveryDetails?.DeliveryMedium, 'SMS')
  await server.call('AdminSetUserMFAPreference', {
    UserPoolId: server.poolId,
    Username: 'jane',
    SMSMfaSettings: { Enabled: true },
  })
  await refused(forgot(server), noDestination)
})
