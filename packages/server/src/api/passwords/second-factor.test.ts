// Recovery and second factors: neither stands for the other (protocol/authentication 2.6.3; requirement 62).
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import {
  addUser,
  listed,
  otherPassword,
  type PoolChoice,
  type PoolUnderTest,
  refused,
  setMfa,
  startPool,
} from '../../../testing/pool.ts'
import { addUserWithApp, beginByPassword, respond } from '../../../testing/sign-in.ts'
import type { Inputs } from '../../wire/model.gen.ts'

const start = async (t: TestContext, options: PoolChoice = {}): Promise<PoolUnderTest> => {
  const at = await startPool(t, options)
  return at
}

const setAddresses = (
  at: PoolUnderTest,
  Username: string,
  attributes: Readonly<Record<string, string>>,
): Promise<unknown> =>
  at.server.call('AdminUpdateUserAttributes', {
    UserPoolId: at.UserPoolId,
    Username,
    UserAttributes: listed(attributes),
  })

const email = { email: 'jane@example.com', email_verified: 'true' }
const phone = { phone_number: '+15555550100', phone_number_verified: 'true' }

const recover = async (at: PoolUnderTest, Username: string, address: string): Promise<void> => {
  const ClientId = at.ClientId
  await at.server.call('ForgotPassword', { ClientId, Username })
  const ConfirmationCode = await at.server.code(address)
  await at.server.call('ConfirmForgotPassword', { ClientId, Username, ConfirmationCode, Password: otherPassword })
}

for (const mfa of ['OPTIONAL', 'ON'] as const) {
  test(`req 62: in a pool with MFA ${mfa} a recovered password still owes the code`, async (t) => {
    const at = await start(t, { mfa: 'OPTIONAL' })
    const app = await addUserWithApp(at, 'jane')
    await setMfa(at, mfa)
    await setAddresses(at, 'jane', email)
    await recover(at, 'jane', email.email)
    const { ChallengeName, Session = '', AuthenticationResult } = await beginByPassword(at, 'jane', otherPassword)
    assert.equal(ChallengeName, 'SOFTWARE_TOKEN_MFA')
    assert.equal(AuthenticationResult, undefined)
    const { PreferredMfaSetting } = await at.server.call('AdminGetUser', {
      UserPoolId: at.UserPoolId,
      Username: 'jane',
    })
    assert.equal(PreferredMfaSetting, 'SOFTWARE_TOKEN_MFA')
    const SOFTWARE_TOKEN_MFA_CODE = app.code()
    const answer = await respond(at, 'SOFTWARE_TOKEN_MFA', Session, { USERNAME: 'jane', SOFTWARE_TOKEN_MFA_CODE })
    assert.ok(answer.AuthenticationResult?.AccessToken)
  })
}

test('req 62: a reset by an administrator passes no second factor either', async (t) => {
  const at = await start(t, { mfa: 'OPTIONAL' })
  await addUserWithApp(at, 'jane')
  await setAddresses(at, 'jane', email)
  await at.server.call('AdminResetUserPassword', { UserPoolId: at.UserPoolId, Username: 'jane' })
  await at.server.call('ConfirmForgotPassword', {
    ClientId: at.ClientId,
    Username: 'jane',
    ConfirmationCode: await at.server.code(email.email),
    Password: otherPassword,
  })
  assert.equal((await beginByPassword(at, 'jane', otherPassword)).ChallengeName, 'SOFTWARE_TOKEN_MFA')
})

test('req 62: a sign-in that waits for its code is void once the password was recovered', async (t) => {
  const at = await start(t, { mfa: 'OPTIONAL' })
  const app = await addUserWithApp(at, 'jane')
  await setAddresses(at, 'jane', email)
  const { Session = '' } = await beginByPassword(at, 'jane')
  await recover(at, 'jane', email.email)
  await refused(
    respond(at, 'SOFTWARE_TOKEN_MFA', Session, { USERNAME: 'jane', SOFTWARE_TOKEN_MFA_CODE: app.code() }),
    'NotAuthorizedException: Invalid session for the user.',
  )
})

const smsMfa: Partial<Inputs['SetUserPoolMfaConfig']> = {
  SmsMfaConfiguration: { SmsConfiguration: { SnsCallerArn: 'arn:aws:iam::000000000000:role/sms' } },
}

const withSms = async (t: TestContext, MfaConfiguration: 'ON' | 'OPTIONAL'): Promise<PoolUnderTest> => {
  const at = await start(t)
  await at.server.call('SetUserPoolMfaConfig', {
    UserPoolId: at.UserPoolId,
    MfaConfiguration,
    ...smsMfa,
    SoftwareTokenMfaConfiguration: { Enabled: true },
  })
  await addUser(at, 'jane')
  return at
}

const noDestination =
  'InvalidParameterException: Cannot reset password for the user as there is no registered/verified email or phone_number'

const forgot = (
  at: PoolUnderTest,
): Promise<{ CodeDeliveryDetails?: { DeliveryMedium?: string | undefined } | undefined }> =>
  at.server.call('ForgotPassword', { ClientId: at.ClientId, Username: 'jane' })

test('protocol/authentication 2.6.3: where text messages are the second factor they do not recover the password', async (t) => {
  const at = await withSms(t, 'ON')
  await setAddresses(at, 'jane', phone)
  assert.equal((await beginByPassword(at, 'jane')).ChallengeName, 'SMS_MFA')
  await refused(forgot(at), noDestination)
  await refused(
    at.server.call('AdminResetUserPassword', { UserPoolId: at.UserPoolId, Username: 'jane' }),
    noDestination,
  )
  await setAddresses(at, 'jane', email)
  assert.equal((await forgot(at)).CodeDeliveryDetails?.DeliveryMedium, 'EMAIL')
})

test('protocol/authentication 2.6.3: where the user has not chosen text messages they may', async (t) => {
  const at = await withSms(t, 'OPTIONAL')
  await setAddresses(at, 'jane', phone)
  assert.equal((await forgot(at)).CodeDeliveryDetails?.DeliveryMedium, 'SMS')
  await at.server.call('AdminSetUserMFAPreference', {
    UserPoolId: at.UserPoolId,
    Username: 'jane',
    SMSMfaSettings: { Enabled: true },
  })
  await refused(forgot(at), noDestination)
})
