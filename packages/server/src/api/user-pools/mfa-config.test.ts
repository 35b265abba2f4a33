// SetUserPoolMfaConfig: what it sets and tells, what it does to the members that it leaves out, and its refusals.
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { TestApp } from '../../../testing/app.ts'
import { createPool, describePool, sms, startServer } from '../../../testing/pool-settings.ts'
import type {
  CreateUserPoolRequest,
  GetUserPoolMfaConfigResponse,
  SetUserPoolMfaConfigRequest,
  SetUserPoolMfaConfigResponse,
} from '../../wire/model.gen.ts'

type Settings = Omit<SetUserPoolMfaConfigRequest, 'UserPoolId'>

type Configured = {
  readonly server: TestApp
  readonly UserPoolId: string
  readonly set: (input: Settings) => Promise<SetUserPoolMfaConfigResponse>
  readonly told: () => Promise<GetUserPoolMfaConfigResponse>
}

const start = async (
  t: TestContext,
  pool: Partial<CreateUserPoolRequest> = {},
  options?: Parameters<typeof startServer>[1],
): Promise<Configured> => {
  const server = await startServer(t, options)
  const { Id: UserPoolId } = await createPool(server, pool)
  return {
    server,
    UserPoolId,
    set: (input) => server.call('SetUserPoolMfaConfig', { UserPoolId, ...input }),
    told: () => server.call('GetUserPoolMfaConfig', { UserPoolId }),
  }
}

const totp = { MfaConfiguration: 'ON', SoftwareTokenMfaConfiguration: { Enabled: true } } as const
const oneFactor = { WebAuthnConfiguration: { FactorConfiguration: 'SINGLE_FACTOR' } } as const
const passkeys = {
  Policies: { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD', 'WEB_AUTHN'] } },
} satisfies Partial<CreateUserPoolRequest>

test('second factors are set, told and replaced', async (t) => {
  const { server, UserPoolId, set, told } = await start(t)
  assert.deepEqual(await told(), { MfaConfiguration: 'OFF' })
  // That passkeys are one factor is told although nobody said so, once there is MFA.
  assert.deepEqual(await set(totp), { ...totp, ...oneFactor })
  assert.deepEqual(await told(), { ...totp, ...oneFactor })
  assert.equal((await describePool(server, UserPoolId)).MfaConfiguration, 'ON')

  await server.call('UpdateUserPool', { UserPoolId, MfaConfiguration: 'OPTIONAL' })
  assert.deepEqual(await told(), { ...totp, ...oneFactor, MfaConfiguration: 'OPTIONAL' })

  const text = {
    MfaConfiguration: 'OPTIONAL',
    SmsMfaConfiguration: { SmsAuthenticationMessage: 'Code {####}', SmsConfiguration: sms },
    WebAuthnConfiguration: { RelyingPartyId: 'example.com', UserVerification: 'required' },
  } as const
  const WebAuthnConfiguration = { ...text.WebAuthnConfiguration, FactorConfiguration: 'SINGLE_FACTOR' }
  assert.deepEqual(await set(text), { ...text, WebAuthnConfiguration })
  assert.deepEqual(await told(), { ...text, WebAuthnConfiguration })
  assert.equal((await describePool(server, UserPoolId)).SmsAuthenticationMessage, 'Code {####}')
})

test('what a request leaves out: MFA and factors go, how text messages are sent and passkeys stay', async (t) => {
  const { server, UserPoolId, set, told } = await start(t)
  const passkey = { RelyingPartyId: 'example.com', FactorConfiguration: 'MULTI_FACTOR_WITH_USER_VERIFICATION' } as const
  await set({
    ...totp,
    SmsMfaConfiguration: { SmsAuthenticationMessage: 'Code {####}', SmsConfiguration: sms },
    WebAuthnConfiguration: passkey,
  })
  // Without MfaConfiguration MFA is turned off, and no factor may be named.
  const { MfaConfiguration: _, ...factor } = totp
  await assert.rejects(set(factor), {
    name: 'InvalidParameterException',
    message: "Invalid MFA configuration given, can't turn off MFA and configure an MFA together.",
  })
  assert.equal((await told()).MfaConfiguration, 'ON')
  assert.deepEqual(await set({}), { MfaConfiguration: 'OFF', WebAuthnConfiguration: passkey })
  assert.deepEqual(await told(), { MfaConfiguration: 'OFF', WebAuthnConfiguration: passkey })
  assert.deepEqual((await describePool(server, UserPoolId)).SmsConfiguration, sms)

  // A factor that is not named is not offered any more.
  await set(totp)
  assert.equal((await told()).SmsMfaConfiguration, undefined)
  await set({ MfaConfiguration: 'ON', SmsMfaConfiguration: {} })
  assert.deepEqual(await told(), {
    MfaConfiguration: 'ON',
    SmsMfaConfiguration: { SmsAuthenticationMessage: 'Code {####}', SmsConfiguration: sms },
    WebAuthnConfiguration: passkey,
  })
})

const together = "Invalid MFA configuration given, can't turn off MFA and configure an MFA together."
const noFactor = "Invalid MFA configuration given, can't disable all MFAs with a required or optional configuration."
const onlyPasskeys = 'Invalid MFA Configuration given. SMS MFA, Email MFA, or Software Token MFA must be enabled.'
const oneFactorPasskey =
  'Cannot set WebAuthn factor configuration to SINGLE_FACTOR if MFA is required and WebAuthn is an allowed first auth factor'
const relyingParty = { RelyingPartyId: 'auth.example.com', UserVerification: 'required' } as const

const refusals: readonly (readonly [
  what: string,
  input: Settings,
  message: string,
  pool?: Partial<CreateUserPoolRequest>,
])[] = [
  ['OFF beside an app', { MfaConfiguration: 'OFF', SoftwareTokenMfaConfiguration: { Enabled: true } }, together],
  ['OFF beside no app', { MfaConfiguration: 'OFF', SoftwareTokenMfaConfiguration: { Enabled: false } }, together],
  ['OFF beside text messages', { MfaConfiguration: 'OFF', SmsMfaConfiguration: { SmsConfiguration: sms } }, together],
  ['OFF beside e-mail', { MfaConfiguration: 'OFF', EmailMfaConfiguration: {} }, together],
  ['a factor and no MfaConfiguration', { SoftwareTokenMfaConfiguration: { Enabled: true } }, together],
  ['ON and no factor', { MfaConfiguration: 'ON' }, noFactor],
  ['OPTIONAL and no factor', { MfaConfiguration: 'OPTIONAL' }, noFactor],
  ['an app that is off', { MfaConfiguration: 'OPTIONAL', SoftwareTokenMfaConfiguration: { Enabled: false } }, noFactor],
  ['an app that is not on', { MfaConfiguration: 'ON', SoftwareTokenMfaConfiguration: {} }, noFactor],
  ['ON with passkeys alone', { MfaConfiguration: 'ON', WebAuthnConfiguration: relyingParty }, onlyPasskeys],
  ['OPTIONAL with passkeys alone', { MfaConfiguration: 'OPTIONAL', WebAuthnConfiguration: relyingParty }, onlyPasskeys],
  [
    'text messages that cannot be sent',
    { MfaConfiguration: 'ON', SmsMfaConfiguration: {} },
    'SMS configuration and Auto verification for phone_number are required when MFA is required/optional',
  ],
  [
    'e-mail from a shared sender',
    { MfaConfiguration: 'ON', EmailMfaConfiguration: { Subject: 'Code' } },
    'Cannot set EmailMfaConfiguration when user pool EmailConfiguration contains an EmailSendingAccount of COGNITO_DEFAULT.',
  ],
  [
    'a role of another account',
    {
      MfaConfiguration: 'ON',
      SmsMfaConfiguration: { SmsConfiguration: { SnsCallerArn: 'arn:aws:iam::123456789012:role/a' } },
    },
    'Cross-account pass role is not allowed.',
  ],
  ['passkeys of which nothing is said', totp, oneFactorPasskey, passkeys],
  ['passkeys of a relying party', { ...totp, WebAuthnConfiguration: relyingParty }, oneFactorPasskey, passkeys],
  ['passkeys of one factor', { ...totp, ...oneFactor }, oneFactorPasskey, passkeys],
]

for (const [what, input, message, pool] of refusals) {
  test(`second factors are refused: ${what}`, async (t) => {
    const { set, told } = await start(t, pool)
    await assert.rejects(set(input), { name: 'InvalidParameterException', message })
    assert.deepEqual(await told(), { MfaConfiguration: 'OFF' })
  })
}

test('a mail server of its own lets a pool send codes by e-mail, unless e-mail alone recovers', async (t) => {
  const email = { MfaConfiguration: 'ON', EmailMfaConfiguration: { Message: 'Code {####}', Subject: 'Code' } } as const
  const { server, set } = await start(t, {}, { settings: { smtpUrl: 'smtp://127.0.0.1:2525' } })
  assert.deepEqual(await set(email), { ...email, ...oneFactor })
  const lite = await createPool(server, { UserPoolTier: 'LITE' })
  await assert.rejects(server.call('SetUserPoolMfaConfig', { UserPoolId: lite.Id, ...email }), {
    name: 'FeatureUnavailableInTierException',
  })
})

test('a pool that sends codes by e-mail keeps sending its own mail', async (t) => {
  const EmailConfiguration = { EmailSendingAccount: 'DEVELOPER' as const }
  const { server, UserPoolId, set, told } = await start(t, { EmailConfiguration })
  await set({ MfaConfiguration: 'ON', EmailMfaConfiguration: {} })
  await assert.rejects(server.call('UpdateUserPool', { UserPoolId }), {
    message:
      'Cannot set EmailMfaConfiguration when user pool EmailConfiguration contains an EmailSendingAccount of COGNITO_DEFAULT.',
  })
  await server.call('UpdateUserPool', { UserPoolId, EmailConfiguration })
  assert.deepEqual(await told(), { MfaConfiguration: 'ON', EmailMfaConfiguration: {}, ...oneFactor })
})
