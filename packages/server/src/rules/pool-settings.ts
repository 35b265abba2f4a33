// The settings of a user pool: their form, defaults and refusals (protocol/administration 1.2, 1.3, 5). Names are those
// of the wire with a small first letter.
import { invalidParameter } from '../errors.ts'
import { standardAttributes, type SchemaAttribute } from './attributes.ts'
import { codeAttributes, type AllowedFirstFactor } from './first-factors.ts'
import { defaultPasswordPolicy, type PasswordPolicy } from './password-policy.ts'
import { readSender } from './mail-sender.ts'
import { isRelyingParty } from './relying-party.ts'
import { isEmail } from './user-names.ts'

/** How verification messages are worded; absent texts are the defaults of `messages`. */
export type VerificationMessageTemplate = {
  readonly smsMessage?: string | undefined
  readonly emailMessage?: string | undefined
  readonly emailSubject?: string | undefined
  readonly emailMessageByLink?: string | undefined
  readonly emailSubjectByLink?: string | undefined
  readonly defaultEmailOption: 'CONFIRM_WITH_CODE' | 'CONFIRM_WITH_LINK'
}

/** How an invitation is worded. */
export type InviteMessageTemplate = {
  readonly smsMessage?: string | undefined
  readonly emailMessage?: string | undefined
  readonly emailSubject?: string | undefined
}

/** One way to recover a password. */
export type RecoveryMechanism = {
  readonly priority: number
  readonly name: 'verified_email' | 'verified_phone_number' | 'admin_only'
}

/** A trigger that is set with a version. */
export type VersionedFunction<Version extends string = 'V1_0'> = {
  readonly lambdaVersion: Version
  readonly lambdaArn: string
}

/** The functions that a pool calls. */
export type LambdaConfig = {
  readonly preSignUp?: string | undefined
  readonly customMessage?: string | undefined
  readonly postConfirmation?: string | undefined
  readonly preAuthentication?: string | undefined
  readonly postAuthentication?: string | undefined
  readonly defineAuthChallenge?: string | undefined
  readonly createAuthChallenge?: string | undefined
  readonly verifyAuthChallengeResponse?: string | undefined
  readonly preTokenGeneration?: string | undefined
  readonly userMigration?: string | undefined
  readonly preTokenGenerationConfig?: VersionedFunction<'V1_0' | 'V2_0' | 'V3_0'> | undefined
  readonly customSMSSender?: VersionedFunction | undefined
  readonly customEmailSender?: VersionedFunction | undefined
  readonly kmsKeyId?: string | undefined
  readonly inboundFederation?: VersionedFunction | undefined
}

/** How text messages are sent. */
export type SmsConfiguration = {
  readonly snsCallerArn?: string | undefined
  readonly externalId?: string | undefined
  readonly snsRegion?: string | undefined
  readonly eumsSms?:
    | {
        readonly callerArn: string
        readonly externalId?: string | undefined
        readonly originationIdentity?: string | undefined
        readonly configurationSetName?: string | undefined
        readonly inEntityId?: string | undefined
        readonly inTemplateId?: string | undefined
        readonly region?: string | undefined
      }
    | undefined
}

/** Under whose key a pool's data lies. */
export type KeyConfiguration = {
  readonly keyType?: 'AWS_OWNED_KEY' | 'CUSTOMER_MANAGED_KEY' | undefined
  readonly kmsKeyArn?: string | undefined
}

/** Threat protection. */
export type UserPoolAddOns = {
  readonly advancedSecurityMode: 'OFF' | 'AUDIT' | 'ENFORCED'
  readonly advancedSecurityAdditionalFlows?: { readonly customAuthMode?: 'AUDIT' | 'ENFORCED' | undefined } | undefined
}

/** How many of a user's sign-ins a pool shows and keeps (protocol/authentication 7.4). */
export type SessionTracking = { readonly enabled: boolean; readonly maxPerUser: number }

/** The default of a pool. */
export const defaultSessionTracking: SessionTracking = { enabled: false, maxPerUser: 20 }

type GrantType = 'code' | 'implicit' | 'client_credentials'

/** How clients may register themselves. */
export type DcrConfiguration = {
  readonly enableStatus?: 'Enabled' | 'Disabled' | undefined
  readonly openDcrEnabled?: boolean | undefined
  readonly authenticatedGrantTypes?: readonly GrantType[] | undefined
  readonly openDcrGrantTypes?: readonly GrantType[] | undefined
  readonly allowedScopes?: readonly string[] | undefined
}

/** Every setting of a pool, besides its name. */
export type PoolSettings = {
  readonly policies: {
    readonly passwordPolicy: PasswordPolicy
    readonly signInPolicy: {
      readonly allowedFirstAuthFactors: readonly (keyof typeof firstFactorOf)[]
    }
  }
  readonly deletionProtection: 'ACTIVE' | 'INACTIVE'
  readonly lambdaConfig: LambdaConfig
  readonly autoVerifiedAttributes?: readonly ('email' | 'phone_number')[] | undefined
  readonly aliasAttributes?: readonly ('email' | 'phone_number' | 'preferred_username')[] | undefined
  readonly usernameAttributes?: readonly ('email' | 'phone_number')[] | undefined
  readonly verificationMessageTemplate: VerificationMessageTemplate
  readonly smsAuthenticationMessage?: string | undefined
  readonly mfaConfiguration: 'OFF' | 'OPTIONAL' | 'ON'
  readonly softwareTokenMfaConfiguration?: { readonly enabled: boolean } | undefined
  /** Present when SMS is offered as a second factor. */
  readonly smsMfaConfiguration?: { readonly smsAuthenticationMessage?: string | undefined } | undefined
  /** Present when e-mail is offered as a second factor. */
  readonly emailMfaConfiguration?:
    | { readonly message?: string | undefined; readonly subject?: string | undefined }
    | undefined
  readonly webAuthnConfiguration?:
    | {
        readonly relyingPartyId?: string | undefined
        readonly userVerification?: 'required' | 'preferred' | undefined
        readonly factorConfiguration?: 'SINGLE_FACTOR' | 'MULTI_FACTOR_WITH_USER_VERIFICATION' | undefined
      }
    | undefined
  readonly userAttributeUpdateSettings?:
    | { readonly attributesRequireVerificationBeforeUpdate?: readonly ('email' | 'phone_number')[] | undefined }
    | undefined
  readonly deviceConfiguration?:
    | {
        readonly challengeRequiredOnNewDevice?: boolean | undefined
        readonly deviceOnlyRememberedOnUserPrompt?: boolean | undefined
      }
    | undefined
  readonly emailConfiguration: {
    readonly sourceArn?: string | undefined
    readonly replyToEmailAddress?: string | undefined
    readonly emailSendingAccount: 'COGNITO_DEFAULT' | 'DEVELOPER'
    readonly from?: string | undefined
    readonly configurationSet?: string | undefined
  }
  readonly smsConfiguration?: SmsConfiguration | undefined
  readonly userPoolTags: Readonly<Record<string, string>>
  readonly adminCreateUserConfig: {
    readonly allowAdminCreateUserOnly: boolean
    readonly unusedAccountValidityDays?: number | undefined
    readonly inviteMessageTemplate?: InviteMessageTemplate | undefined
  }
  readonly schemaAttributes: readonly SchemaAttribute[]
  readonly userPoolAddOns?: UserPoolAddOns | undefined
  readonly usernameConfiguration?: { readonly caseSensitive: boolean } | undefined
  readonly accountRecoverySetting?:
    | { readonly recoveryMechanisms?: readonly RecoveryMechanism[] | undefined }
    | undefined
  readonly userPoolTier: 'LITE' | 'ESSENTIALS' | 'PLUS'
  readonly dcrConfiguration?: DcrConfiguration | undefined
  readonly keyConfiguration?: KeyConfiguration | undefined
  readonly issuerConfiguration?: { readonly type?: 'ORIGINAL' | 'UPDATED' | undefined } | undefined
  /** By level: `level1` to `level4`. */
  readonly acrConfiguration?: Readonly<Record<string, { readonly acrValue: string }>> | undefined
  readonly sessionTracking?: SessionTracking | undefined
  readonly recoveryCodes?: { readonly enabled: boolean } | undefined
  readonly notices?: { readonly enabled: boolean } | undefined
}

/** The first factors that a pool allows. */
export const allowedFirstFactors = ({ policies }: PoolSettings): readonly AllowedFirstFactor[] =>
  policies.signInPolicy.allowedFirstAuthFactors.map((name) => firstFactorOf[name])

const firstFactorOf = {
  PASSWORD: 'password',
  EMAIL_OTP: 'email-otp',
  SMS_OTP: 'sms-otp',
  WEB_AUTHN: 'passkey',
} as const

/** The settings of a pool of which a request says only the name (protocol/administration 1.2). */
export const defaultPoolSettings = (): PoolSettings => ({
  policies: {
    passwordPolicy: defaultPasswordPolicy,
    signInPolicy: { allowedFirstAuthFactors: ['PASSWORD'] },
  },
  deletionProtection: 'INACTIVE',
  lambdaConfig: {},
  verificationMessageTemplate: { defaultEmailOption: 'CONFIRM_WITH_CODE' },
  mfaConfiguration: 'OFF',
  emailConfiguration: { emailSendingAccount: 'COGNITO_DEFAULT' },
  userPoolTags: {},
  adminCreateUserConfig: { allowAdminCreateUserOnly: false, unusedAccountValidityDays: 7 },
  schemaAttributes: standardAttributes,
  accountRecoverySetting: {
    recoveryMechanisms: [
      { priority: 1, name: 'verified_email' },
      { priority: 2, name: 'verified_phone_number' },
    ],
  },
  userPoolTier: 'ESSENTIALS',
})

type SettingsRule = (settings: PoolSettings) => string | undefined

const signInNames: SettingsRule = ({ aliasAttributes = [], usernameAttributes = [] }) =>
  aliasAttributes.length > 0 && usernameAttributes.length > 0
    ? 'Only one of the aliasAttributes or usernameAttributes can be set in a User pool.'
    : undefined

const preferredUsername: SettingsRule = ({ aliasAttributes = [], schemaAttributes }) =>
  aliasAttributes.includes('preferred_username') &&
  schemaAttributes.some(({ name, required }) => name === 'preferred_username' && required)
    ? 'preferred_username cannot be both required and an alias.'
    : undefined

const firstFactors: SettingsRule = (settings) =>
  allowedFirstFactors(settings).includes('password')
    ? undefined
    : 'Password should be configured as one of the allowed first auth factors.'

const updateVerification: SettingsRule = ({ userAttributeUpdateSettings, autoVerifiedAttributes = [] }) =>
  (userAttributeUpdateSettings?.attributesRequireVerificationBeforeUpdate ?? []).every((name) =>
    autoVerifiedAttributes.includes(name),
  )
    ? undefined
    : 'All attributes in AttributesRequireVerificationBeforeUpdate must exist in AutoVerifiedAttributes'

const recovery: SettingsRule = ({ accountRecoverySetting }) => {
  const mechanisms = accountRecoverySetting?.recoveryMechanisms ?? []
  return mechanisms.length > 1 && mechanisms.some(({ name }) => name === 'admin_only')
    ? 'admin_only cannot be set together with another recovery mechanism.'
    : undefined
}

const sender: SettingsRule = ({ emailConfiguration: { from } }) =>
  from === undefined || readSender(from) ? undefined : 'Provided From email address is invalid'

const replyTo: SettingsRule = ({ emailConfiguration: { replyToEmailAddress } }) =>
  replyToEmailAddress === undefined || isEmail(replyToEmailAddress)
    ? undefined
    : 'Provided ReplyTo email address is invalid'

const customSenders: SettingsRule = ({ lambdaConfig }) =>
  (lambdaConfig.customEmailSender || lambdaConfig.customSMSSender) && !lambdaConfig.kmsKeyId
    ? 'KMSKeyId parameter is required when Custom SMS/Email Lambda trigger is used.'
    : undefined

const tokenTrigger: SettingsRule = ({ lambdaConfig: { preTokenGeneration, preTokenGenerationConfig } }) =>
  preTokenGeneration && preTokenGenerationConfig && preTokenGeneration !== preTokenGenerationConfig.lambdaArn
    ? 'PreTokenGeneration and PreTokenGenerationConfig must name the same function.'
    : undefined

// A code that lets a user in by itself and required MFA exclude each other (protocol/authentication 5.3.12).
const passwordless: SettingsRule = (settings) =>
  settings.mfaConfiguration === 'ON' && codeAttributes(allowedFirstFactors(settings)).length > 0
    ? 'Only PASSWORD and WEB_AUTHN (if configured) can be enabled as an auth factor if MFA is enabled'
    : undefined

/**
 * Whether a passkey, which proves one factor in this pool, would let a user in although the pool requires two. Optional
 * MFA and passkeys of one factor go together: users with a second factor are not offered the passkey.
 */
export const passkeyWeakensMfa = (settings: PoolSettings): boolean =>
  settings.mfaConfiguration === 'ON' &&
  allowedFirstFactors(settings).includes('passkey') &&
  settings.webAuthnConfiguration?.factorConfiguration !== 'MULTI_FACTOR_WITH_USER_VERIFICATION'

const passkeyMfa: SettingsRule = (settings) =>
  passkeyWeakensMfa(settings)
    ? 'WEB_AUTHN cannot be used as an auth factor when MFA is enabled if not configured for MFA.'
    : undefined

// E-mail that is the only way to recover a password is no second factor (protocol/authentication 5.3.9).
const emailMfa: SettingsRule = ({ emailMfaConfiguration, accountRecoverySetting }) => {
  const mechanisms = accountRecoverySetting?.recoveryMechanisms ?? []
  return emailMfaConfiguration && mechanisms.length === 1 && mechanisms[0]?.name === 'verified_email'
    ? 'Email MFA cannot be used while email is the only account recovery option.'
    : undefined
}

// The relying party of a pool must be a domain (protocol/authentication 7.2.5).
const relyingParty: SettingsRule = ({ webAuthnConfiguration }) =>
  webAuthnConfiguration?.relyingPartyId === undefined || isRelyingParty(webAuthnConfiguration.relyingPartyId)
    ? undefined
    : 'RelyingPartyId must be a domain name in lower case that is no public suffix and no IP address.'

const checks: readonly SettingsRule[] = [
  signInNames,
  preferredUsername,
  firstFactors,
  updateVerification,
  recovery,
  sender,
  replyTo,
  customSenders,
  tokenTrigger,
  passwordless,
  passkeyMfa,
  emailMfa,
  relyingParty,
]

/**
 * Refuses settings that contradict one another.
 *
 * @throws ServiceError InvalidParameterException (protocol/administration 1.3)
 */
export const checkPoolSettings = (settings: PoolSettings): void => {
  for (const check of checks) {
    const refusal = check(settings)
    if (refusal) throw invalidParameter(refusal)
  }
}

/** The default texts of messages (protocol/administration 5). */
export const messages = {
  verificationSubject: 'Your verification code',
  verificationBody: 'Your verification code is {####}. ',
  recoverySubject: 'Your password reset code',
  invitationSubject: 'Your temporary password',
  invitationBody: 'Your username is {username} and temporary password is {####}. ',
  passwordlessSubject: 'Your user name',
  passwordlessBody: 'Your username is {username}. ',
  authenticationSubject: 'Your authentication code',
  authenticationBody: 'Your authentication code is {####}. ',
} as const

/** Puts the code and the user name into a template. Placeholders inside these values are not replaced. */
export const renderMessage = (
  template: string,
  values: { readonly code: string; readonly username?: string | undefined },
): string =>
  template.replaceAll(/\{####\}|\{username\}/g, (mark) => (mark === '{####}' ? values.code : (values.username ?? mark)))
