// Pairs of settings of which one weakens what the other requires. Each is asked for in both orders, by every operation
// that can say it: whichever comes last is refused, and the pool keeps what it had.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestApp } from '../../../testing/app.ts'
import { createPool, describePool, startServer } from '../../../testing/pool-settings.ts'
import type { CreateUserPoolRequest, SetUserPoolMfaConfigRequest, UpdateUserPoolRequest } from '../../wire/model.gen.ts'

/** One change of a pool, as a request makes it. */
type Step =
  | { readonly update: Omit<UpdateUserPoolRequest, 'UserPoolId'> }
  | { readonly mfa: Omit<SetUserPoolMfaConfigRequest, 'UserPoolId'> }

type Pair = {
  readonly what: string
  readonly pool?: Partial<CreateUserPoolRequest>
  /** What the pool needs before either. */
  readonly before?: readonly Step[]
  readonly steps: readonly [one: Step, other: Step]
  /** How the steps are refused when they come second. */
  readonly refused: readonly [one: string, other: string]
}

const factors = (...AllowedFirstAuthFactors: ('PASSWORD' | 'EMAIL_OTP' | 'SMS_OTP' | 'WEB_AUTHN')[]): Step => ({
  update: { Policies: { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD', ...AllowedFirstAuthFactors] } } },
})

const SoftwareTokenMfaConfiguration = { Enabled: true }
const requireMfa: Step = { mfa: { MfaConfiguration: 'ON', SoftwareTokenMfaConfiguration } }
const offerMfa: Step = { mfa: { MfaConfiguration: 'OPTIONAL', SoftwareTokenMfaConfiguration } }
const requireByUpdate: Step = { update: { MfaConfiguration: 'ON' } }
const twoFactors = 'MULTI_FACTOR_WITH_USER_VERIFICATION' as const

const onlyThese = 'Only PASSWORD and WEB_AUTHN (if configured) can be enabled as an auth factor if MFA is enabled'
const passkeyByUpdate = 'WEB_AUTHN cannot be used as an auth factor when MFA is enabled if not configured for MFA.'
const passkeyByMfa =
  'Cannot set WebAuthn factor configuration to SINGLE_FACTOR if MFA is required and WebAuthn is an allowed first auth factor'
const sender =
  'Cannot set EmailMfaConfiguration when user pool EmailConfiguration contains an EmailSendingAccount of COGNITO_DEFAULT.'
const onlyRecovery = 'Email MFA cannot be used while email is the only account recovery option.'
const unverified = 'All attributes in AttributesRequireVerificationBeforeUpdate must exist in AutoVerifiedAttributes'

const own = { EmailConfiguration: { EmailSendingAccount: 'DEVELOPER' as const } }
const offerEmail: Step = { mfa: { MfaConfiguration: 'OPTIONAL', EmailMfaConfiguration: {} } }
const mechanism = (
  Name: 'verified_email' | 'admin_only',
  Priority: number,
): { Name: typeof Name; Priority: number } => ({
  Name,
  Priority,
})
const template = { EmailMessage: 'Welcome, {username}.', EmailSubject: 'Welcome' }
const lacking = (features: string): string =>
  `The following features need to be disabled for the LITE pricing tier configured: ${features}`
const lite: Step = { update: { UserPoolTier: 'LITE' } }

const pairs: readonly Pair[] = [
  {
    what: 'required MFA and codes by e-mail as first factor',
    steps: [requireMfa, factors('EMAIL_OTP')],
    refused: [onlyThese, onlyThese],
  },
  {
    what: 'required MFA and codes by text message as first factor',
    steps: [requireMfa, factors('SMS_OTP')],
    refused: [onlyThese, onlyThese],
  },
  {
    what: 'MFA required by an update and codes as first factor',
    before: [offerMfa],
    steps: [requireByUpdate, factors('EMAIL_OTP', 'SMS_OTP')],
    refused: [onlyThese, onlyThese],
  },
  {
    what: 'required MFA and passkeys of which nothing is said',
    steps: [requireMfa, factors('WEB_AUTHN')],
    refused: [passkeyByMfa, passkeyByUpdate],
  },
  {
    what: 'MFA required by an update and passkeys of which nothing is said',
    before: [offerMfa],
    steps: [requireByUpdate, factors('WEB_AUTHN')],
    refused: [passkeyByUpdate, passkeyByUpdate],
  },
  {
    what: 'passkeys of one factor, in a pool that requires two of passkeys',
    before: [
      {
        mfa: {
          MfaConfiguration: 'ON',
          SoftwareTokenMfaConfiguration,
          WebAuthnConfiguration: { FactorConfiguration: twoFactors },
        },
      },
    ],
    steps: [
      {
        mfa: {
          MfaConfiguration: 'ON',
          SoftwareTokenMfaConfiguration,
          WebAuthnConfiguration: { FactorConfiguration: 'SINGLE_FACTOR' },
        },
      },
      factors('WEB_AUTHN'),
    ],
    refused: [passkeyByMfa, passkeyByUpdate],
  },
  {
    what: 'passkeys of a relying party of which the factors are not said',
    before: [
      {
        mfa: {
          MfaConfiguration: 'ON',
          SoftwareTokenMfaConfiguration,
          WebAuthnConfiguration: { FactorConfiguration: twoFactors },
        },
      },
    ],
    steps: [
      {
        mfa: {
          MfaConfiguration: 'ON',
          SoftwareTokenMfaConfiguration,
          WebAuthnConfiguration: { RelyingPartyId: 'example.com', UserVerification: 'required' },
        },
      },
      factors('WEB_AUTHN'),
    ],
    refused: [passkeyByMfa, passkeyByUpdate],
  },
  {
    what: 'codes by e-mail as second factor and a shared sender',
    pool: own,
    steps: [offerEmail, { update: {} }],
    refused: [sender, sender],
  },
  {
    what: 'codes by e-mail as second factor and a shared sender that is named',
    pool: own,
    steps: [offerEmail, { update: { EmailConfiguration: { EmailSendingAccount: 'COGNITO_DEFAULT' } } }],
    refused: [sender, sender],
  },
  {
    what: 'codes by e-mail as second factor and as the only way to recover',
    pool: own,
    steps: [
      offerEmail,
      { update: { ...own, AccountRecoverySetting: { RecoveryMechanisms: [mechanism('verified_email', 1)] } } },
    ],
    refused: [onlyRecovery, onlyRecovery],
  },
  {
    what: 'verification before an update and no verification',
    pool: { AutoVerifiedAttributes: ['email', 'phone_number'] },
    steps: [
      {
        update: {
          AutoVerifiedAttributes: ['email', 'phone_number'],
          UserAttributeUpdateSettings: { AttributesRequireVerificationBeforeUpdate: ['phone_number'] },
        },
      },
      { update: { AutoVerifiedAttributes: ['email'] } },
    ],
    // Said in one request with what it needs, the first of them is whole.
    refused: ['', unverified],
  },
  {
    what: 'an invitation without a password and passwords as only first factor',
    pool: { Policies: { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD', 'EMAIL_OTP'] } } },
    steps: [{ update: { AdminCreateUserConfig: { InviteMessageTemplate: template } } }, factors()],
    refused: Array.from(
      { length: 2 },
      () =>
        `1 validation error detected: Value '${template.EmailMessage}' at 'adminCreateUserConfig.inviteMessageTemplate.emailMessage' failed to satisfy constraint: Member must satisfy regular expression pattern: .*\\{####\\}.*`,
    ) as [string, string],
  },
  {
    what: 'a lower tier and passkeys that are two factors',
    steps: [lite, { mfa: { MfaConfiguration: 'OFF', WebAuthnConfiguration: { FactorConfiguration: twoFactors } } }],
    refused: [lacking('Passkey MFA'), lacking('Passkey MFA')],
  },
  {
    what: 'a lower tier and a history of passwords',
    steps: [lite, { update: { Policies: { PasswordPolicy: { PasswordHistorySize: 2 } } } }],
    refused: [lacking('Password History'), lacking('Password History')],
  },
  {
    what: 'a lower tier and codes as first factor',
    steps: [lite, factors('EMAIL_OTP')],
    refused: [lacking('Passwordless Sign-In'), lacking('Passwordless Sign-In')],
  },
]

const take = async (server: TestApp, UserPoolId: string, step: Step): Promise<void> => {
  if ('update' in step) await server.call('UpdateUserPool', { UserPoolId, ...step.update })
  else await server.call('SetUserPoolMfaConfig', { UserPoolId, ...step.mfa })
}

const settingsOf = async (server: TestApp, UserPoolId: string): Promise<unknown> => [
  await describePool(server, UserPoolId),
  await server.call('GetUserPoolMfaConfig', { UserPoolId }),
]

for (const { what, pool, before = [], steps, refused } of pairs) {
  for (const [first, last] of [
    [0, 1],
    [1, 0],
  ] as const) {
    if (refused[last] === '') continue
    test(`${what}: refused when the ${last === 0 ? 'first' : 'second'} of them comes last`, async (t) => {
      const server = await startServer(t)
      const { Id } = await createPool(server, pool)
      for (const step of [...before, steps[first]]) await take(server, Id, step)
      const kept = await settingsOf(server, Id)
      await assert.rejects(take(server, Id, steps[last]), { message: refused[last] })
      assert.deepEqual(await settingsOf(server, Id), kept)
    })
  }
}

test('what goes together: optional MFA with any first factor, required MFA with passkeys that are two factors', async (t) => {
  const server = await startServer(t)
  const { Id } = await createPool(server)
  await take(server, Id, offerMfa)
  await take(server, Id, factors('EMAIL_OTP', 'SMS_OTP', 'WEB_AUTHN'))
  await take(server, Id, {
    mfa: {
      MfaConfiguration: 'OPTIONAL',
      SoftwareTokenMfaConfiguration,
      WebAuthnConfiguration: { RelyingPartyId: 'example.com', FactorConfiguration: 'SINGLE_FACTOR' },
    },
  })
  await take(server, Id, factors('WEB_AUTHN'))
  const WebAuthnConfiguration = {
    RelyingPartyId: 'example.com',
    UserVerification: 'required' as const,
    FactorConfiguration: twoFactors,
  }
  await take(server, Id, { mfa: { MfaConfiguration: 'ON', SoftwareTokenMfaConfiguration, WebAuthnConfiguration } })
  // Passkeys that a later request does not speak of stay two factors.
  await take(server, Id, requireMfa)
  assert.deepEqual(
    (await server.call('GetUserPoolMfaConfig', { UserPoolId: Id })).WebAuthnConfiguration,
    WebAuthnConfiguration,
  )
})
