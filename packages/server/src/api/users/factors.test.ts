// What users and administrators say of second factors, and what is told of them (protocol/authentication 5.3, 7.3).
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { accessTokenOf, asked, beginByPassword, respond } from '../../../testing/sign-in.ts'
import { type FactorChoice, startFactorPool } from '../../../testing/factors.ts'
import { addUser, type PoolUnderTest, refusals, refused, userOf } from '../../../testing/pool.ts'
import { totpCode, totpStep } from '../../rules/totp.ts'
import { decodeBase32 } from '../../rules/base32.ts'
import type { SetUserMFAPreferenceRequest } from '../../wire/model.gen.ts'

const every: FactorChoice = { mfa: 'OPTIONAL', second: ['SMS_MFA', 'EMAIL_OTP', 'SOFTWARE_TOKEN_MFA'] }
const addresses = { email: 'jane@example.com', phone_number: '+15550100' }

type Preference = Omit<SetUserMFAPreferenceRequest, 'AccessToken'>

type Signed = { readonly at: PoolUnderTest; readonly AccessToken: string }

const start = async (
  t: TestContext,
  choice: FactorChoice = every,
  attributes: Record<string, string> = addresses,
): Promise<Signed> => {
  const at = await startFactorPool(t, choice)
  await addUser(at, 'jane', attributes)
  return { at, AccessToken: accessTokenOf(await beginByPassword(at, 'jane')) }
}

const enrol = async ({ at, AccessToken }: Signed): Promise<void> => {
  const { SecretCode = '' } = await at.server.call('AssociateSoftwareToken', { AccessToken })
  const UserCode = totpCode(decodeBase32(SecretCode), totpStep(at.server.context.clock.now()))
  await at.server.call('VerifySoftwareToken', { AccessToken, UserCode })
}

const on = { Enabled: true, PreferredMfa: false }
const off = { Enabled: false, PreferredMfa: false }

const set = ({ at, AccessToken }: Signed, preference: Preference) =>
  at.server.call('SetUserMFAPreference', { AccessToken, ...preference })
const setByAdmin = ({ at }: Signed, preference: Preference) =>
  at.server.call('AdminSetUserMFAPreference', { UserPoolId: at.UserPoolId, Username: 'jane', ...preference })

for (const [who, prefer] of [
  ['the user', set],
  ['an administrator', setByAdmin],
] as const) {
  test(`${who} turns factors on and off, prefers one, and leaves out what stays`, async (t) => {
    const user = await start(t)
    const told = async (): Promise<unknown[]> => {
      const { UserMFASettingList, PreferredMfaSetting, MFAOptions } = await userOf(user.at, 'jane')
      return [UserMFASettingList, PreferredMfaSetting, MFAOptions]
    }
    const legacy = [{ DeliveryMedium: 'SMS', AttributeName: 'phone_number' }]
    await prefer(user, { SMSMfaSettings: on })
    assert.deepEqual(await told(), [['SMS_MFA'], undefined, legacy])
    await prefer(user, { EmailMfaSettings: { Enabled: true, PreferredMfa: true } })
    assert.deepEqual(await told(), [['SMS_MFA', 'EMAIL_OTP'], 'EMAIL_OTP', legacy])
    asked(await beginByPassword(user.at, 'jane'), 'EMAIL_OTP')
    await prefer(user, { SMSMfaSettings: { Enabled: true, PreferredMfa: true } })
    assert.deepEqual(await told(), [['SMS_MFA', 'EMAIL_OTP'], 'SMS_MFA', legacy])
    await prefer(user, { SMSMfaSettings: on })
    asked(await beginByPassword(user.at, 'jane'), 'SELECT_MFA_TYPE')
    // SDKs for Go say false by an empty structure.
    await prefer(user, { SMSMfaSettings: {}, EmailMfaSettings: { PreferredMfa: false } })
    assert.deepEqual(await told(), [['EMAIL_OTP'], undefined, undefined])
    await prefer(user, { SMSMfaSettings: off, EmailMfaSettings: off })
    assert.deepEqual(await told(), [undefined, undefined, undefined])
    accessTokenOf(await beginByPassword(user.at, 'jane'))
  })

  test(`req 26: ${who} turns on no factor that the user lacks, prefers no two and none that is off`, async (t) => {
    const user = await start(t, every, {})
    const lacking = (factor: string) =>
      `InvalidParameterException: User does not have delivery config set to turn on ${factor}`
    await refused(prefer(user, { SoftwareTokenMfaSettings: on }), lacking('SOFTWARE_TOKEN_MFA'))
    await refused(prefer(user, { SMSMfaSettings: on }), lacking('SMS_MFA'))
    await refused(prefer(user, { EmailMfaSettings: on }), lacking('EMAIL_OTP'))
    const rich = await start(t)
    const preferred = { Enabled: true, PreferredMfa: true }
    await refused(
      prefer(rich, { SMSMfaSettings: preferred, EmailMfaSettings: preferred }),
      'InvalidParameterException: Only one MFA factor can be preferred.',
    )
    await refused(
      prefer(rich, { SMSMfaSettings: { Enabled: false, PreferredMfa: true } }),
      'InvalidParameterException: SMS_MFA cannot be preferred while it is not enabled.',
    )
    assert.equal((await userOf(rich.at, 'jane')).UserMFASettingList, undefined)
  })

  test(`where MFA is required ${who} turns no factor off, and may prefer another`, async (t) => {
    const user = await start(t)
    await prefer(user, { SMSMfaSettings: on, EmailMfaSettings: on })
    await user.at.server.call('SetUserPoolMfaConfig', {
      UserPoolId: user.at.UserPoolId,
      MfaConfiguration: 'ON',
      SmsMfaConfiguration: {},
      EmailMfaConfiguration: {},
    })
    await refused(
      prefer(user, { SMSMfaSettings: off }),
      'InvalidParameterException: SMS_MFA cannot be turned off while MFA is required in the user pool.',
    )
    await prefer(user, { EmailMfaSettings: { Enabled: true, PreferredMfa: true }, SoftwareTokenMfaSettings: off })
    assert.equal((await userOf(user.at, 'jane')).PreferredMfaSetting, 'EMAIL_OTP')
  })

  test(`a passkey as two factors: ${who} may say so where the pool does, beside another factor`, async (t) => {
    const user = await start(t)
    const WebAuthnMfaSettings = { Enabled: true }
    await refused(
      prefer(user, { WebAuthnMfaSettings }),
      'InvalidParameterException: Passkeys are no second factor in this user pool.',
    )
    await user.at.server.call('SetUserPoolMfaConfig', {
      UserPoolId: user.at.UserPoolId,
      MfaConfiguration: 'OPTIONAL',
      SmsMfaConfiguration: {},
      WebAuthnConfiguration: { FactorConfiguration: 'MULTI_FACTOR_WITH_USER_VERIFICATION' },
    })
    await refused(
      prefer(user, { WebAuthnMfaSettings }),
      'InvalidParameterException: Passkeys as second factor need another second factor that is turned on.',
    )
    await prefer(user, { WebAuthnMfaSettings, SMSMfaSettings: on })
    const { UserPoolId } = user.at
    const { store } = user.at.server.context
    const webAuthn = async (): Promise<boolean | undefined> =>
      (await store.users.find(UserPoolId, 'jane'))?.mfa.webAuthn
    assert.equal(await webAuthn(), true)
    await prefer(user, { SMSMfaSettings: on })
    assert.equal(await webAuthn(), true)
    await prefer(user, { WebAuthnMfaSettings: { Enabled: false } })
    assert.equal(await webAuthn(), false)
  })
}

test('SetUserSettings and AdminSetUserSettings speak of text messages alone', async (t) => {
  const user = await start(t)
  const { at, AccessToken } = user
  const sms = [{ DeliveryMedium: 'SMS' as const, AttributeName: 'phone_number' }]
  await at.server.call('SetUserSettings', { AccessToken, MFAOptions: sms })
  const { MFAOptions, UserMFASettingList } = await at.server.call('GetUser', { AccessToken })
  assert.deepEqual([MFAOptions, UserMFASettingList], [sms, ['SMS_MFA']])
  asked(await beginByPassword(at, 'jane'), 'SMS_MFA')
  const byAdmin = { UserPoolId: at.UserPoolId, Username: 'jane' }
  await at.server.call('AdminSetUserSettings', { ...byAdmin, MFAOptions: [] })
  assert.equal((await userOf(at, 'jane')).MFAOptions, undefined)
  const other =
    'InvalidParameterException: MFAOptions may hold the DeliveryMedium SMS with the AttributeName phone_number alone.'
  for (const option of [
    { DeliveryMedium: 'EMAIL' as const, AttributeName: 'email' },
    { AttributeName: 'phone_number' },
    {},
  ]) {
    await refused(at.server.call('SetUserSettings', { AccessToken, MFAOptions: [option] }), other)
    await refused(at.server.call('AdminSetUserSettings', { ...byAdmin, MFAOptions: [option] }), other)
  }
  await refused(
    at.server.call('AdminSetUserSettings', { ...byAdmin, Username: 'nobody', MFAOptions: sms }),
    refusals.noUser,
  )
})

test('GetUserAuthFactors and AdminGetUserAuthFactors tell what a user has', async (t) => {
  const user = await start(t, { ...every, first: ['EMAIL_OTP', 'WEB_AUTHN'] })
  const { at, AccessToken } = user
  const byAdmin = () => at.server.call('AdminGetUserAuthFactors', { UserPoolId: at.UserPoolId, Username: 'jane' })
  assert.deepEqual(await at.server.call('GetUserAuthFactors', { AccessToken }), {
    Username: 'jane',
    ConfiguredUserAuthFactors: ['PASSWORD', 'EMAIL_OTP', 'SMS_OTP'],
  })
  await enrol(user)
  await set(user, { SoftwareTokenMfaSettings: { Enabled: true, PreferredMfa: true } })
  const all = {
    Username: 'jane',
    PreferredMfaSetting: 'SOFTWARE_TOKEN_MFA',
    UserMFASettingList: ['SOFTWARE_TOKEN_MFA'],
    ConfiguredUserAuthFactors: ['PASSWORD', 'EMAIL_OTP', 'SMS_OTP', 'SOFTWARE_TOKEN'],
  }
  assert.deepEqual(await at.server.call('GetUserAuthFactors', { AccessToken }), all)
  assert.deepEqual(await byAdmin(), all)
  const plain = await startFactorPool(t)
  await addUser(plain, 'june', addresses)
  const { ConfiguredUserAuthFactors } = await plain.server.call('AdminGetUserAuthFactors', {
    UserPoolId: plain.UserPoolId,
    Username: 'june',
  })
  assert.deepEqual(ConfiguredUserAuthFactors, ['PASSWORD'])
  await refused(
    plain.server.call('AdminGetUserAuthFactors', { UserPoolId: plain.UserPoolId, Username: 'nobody' }),
    refusals.noUser,
  )
  await at.server.call('GlobalSignOut', { AccessToken })
  await refused(
    at.server.call('GetUserAuthFactors', { AccessToken }),
    'NotAuthorizedException: Access Token has been revoked',
  )
})

test('TOTP is chosen among three, and asked', async (t) => {
  const user = await start(t)
  await enrol(user)
  await set(user, { SoftwareTokenMfaSettings: on, SMSMfaSettings: on, EmailMfaSettings: on })
  const answer = await beginByPassword(user.at, 'jane')
  assert.equal(answer.ChallengeParameters?.['MFAS_CAN_CHOOSE'], '["SMS_MFA","SOFTWARE_TOKEN_MFA","EMAIL_OTP"]')
  const given = { USERNAME: 'jane', ANSWER: 'SOFTWARE_TOKEN_MFA' }
  asked(await respond(user.at, 'SELECT_MFA_TYPE', asked(answer, 'SELECT_MFA_TYPE'), given), 'SOFTWARE_TOKEN_MFA')
})
