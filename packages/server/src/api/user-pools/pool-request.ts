// Turns a request that creates or changes a pool into the pool's settings. A given structure replaces the setting: inside
// it, an absent boolean is false, and an absent number has its default. An absent member keeps the setting or sets the
// default, as absent-members.ts says.
import { invalidParameter, ServiceError } from '../../errors.ts'
import { defaultPasswordPolicy, type PasswordPolicy } from '../../rules/password-policy.ts'
import { defaultPoolSettings, type DcrConfiguration, type PoolSettings } from '../../rules/pool-settings.ts'
import type {
  AdminCreateUserConfigType,
  DcrConfigurationType,
  DeviceConfigurationType,
  LambdaConfigType,
  PasswordPolicyType,
  SignInPolicyType,
} from '../../wire/model.gen.ts'
import { fromWire } from '../settings-case.ts'
import { absentInUpdateUserPool, type PoolRequest } from './absent-members.ts'
import { requestedMfa } from './mfa-settings.ts'

/**
 * The settings that a request asks for.
 *
 * @param before - the present settings; for a new pool, the defaults with the settings that only CreateUserPool can set
 * @throws ServiceError InvalidParameterException or UserPoolTaggingException
 */
export const requestedSettings = (request: PoolRequest, before: PoolSettings): PoolSettings => {
  const defaults = defaultPoolSettings()
  const absent = (member: keyof typeof absentInUpdateUserPool): PoolSettings =>
    absentInUpdateUserPool[member] === 'kept' ? before : defaults
  const smsConfiguration = request.SmsConfiguration
    ? fromWire(request.SmsConfiguration)
    : absent('SmsConfiguration').smsConfiguration
  const days = temporaryDays(request, absent('Policies'))
  return {
    ...before,
    policies: requestedPolicies(request, absent('Policies'), days),
    deletionProtection: request.DeletionProtection ?? absent('DeletionProtection').deletionProtection,
    lambdaConfig: request.LambdaConfig ? lambdaConfig(request.LambdaConfig) : absent('LambdaConfig').lambdaConfig,
    autoVerifiedAttributes: request.AutoVerifiedAttributes ?? absent('AutoVerifiedAttributes').autoVerifiedAttributes,
    verificationMessageTemplate: verificationTemplate(
      request,
      absent('VerificationMessageTemplate').verificationMessageTemplate,
    ),
    smsAuthenticationMessage:
      request.SmsAuthenticationMessage ?? absent('SmsAuthenticationMessage').smsAuthenticationMessage,
    ...requestedMfa(request, { before, absent: absent('MfaConfiguration'), smsConfiguration }),
    userAttributeUpdateSettings: request.UserAttributeUpdateSettings
      ? { attributesRequireVerificationBeforeUpdate: [], ...fromWire(request.UserAttributeUpdateSettings) }
      : absent('UserAttributeUpdateSettings').userAttributeUpdateSettings,
    deviceConfiguration: request.DeviceConfiguration
      ? deviceConfiguration(request.DeviceConfiguration)
      : absent('DeviceConfiguration').deviceConfiguration,
    emailConfiguration: request.EmailConfiguration
      ? { ...defaults.emailConfiguration, ...present(fromWire(request.EmailConfiguration)) }
      : absent('EmailConfiguration').emailConfiguration,
    smsConfiguration,
    userPoolTags: request.UserPoolTags ? poolTags(request.UserPoolTags) : absent('UserPoolTags').userPoolTags,
    adminCreateUserConfig: {
      ...(request.AdminCreateUserConfig
        ? adminCreateUserConfig(request.AdminCreateUserConfig)
        : absent('AdminCreateUserConfig').adminCreateUserConfig),
      unusedAccountValidityDays: days,
    },
    userPoolAddOns: request.UserPoolAddOns ? fromWire(request.UserPoolAddOns) : absent('UserPoolAddOns').userPoolAddOns,
    accountRecoverySetting: request.AccountRecoverySetting
      ? fromWire(request.AccountRecoverySetting)
      : absent('AccountRecoverySetting').accountRecoverySetting,
    userPoolTier: request.UserPoolTier ?? absent('UserPoolTier').userPoolTier,
    dcrConfiguration: request.DcrConfiguration
      ? dcrConfiguration(request.DcrConfiguration)
      : absent('DcrConfiguration').dcrConfiguration,
    keyConfiguration: request.KeyConfiguration
      ? fromWire(request.KeyConfiguration)
      : absent('KeyConfiguration').keyConfiguration,
    issuerConfiguration: request.IssuerConfiguration
      ? fromWire(request.IssuerConfiguration)
      : absent('IssuerConfiguration').issuerConfiguration,
    acrConfiguration: request.AcrConfiguration
      ? acrConfiguration(request.AcrConfiguration)
      : absent('AcrConfiguration').acrConfiguration,
  }
}

const defaultValidityDays = 7

// A request can give the lifetime of temporary passwords in two places, but only in one at a time (protocol/administration
// 1.3); the answer shows it in both. 0 means not given. A given policy without it has the default.
const temporaryDays = ({ Policies, AdminCreateUserConfig }: PoolRequest, absent: PoolSettings): number => {
  const policy = Policies?.PasswordPolicy
  const inPolicy = policy?.TemporaryPasswordValidityDays
  const inConfig = AdminCreateUserConfig?.UnusedAccountValidityDays
  if (inPolicy !== undefined && inConfig !== undefined) {
    throw invalidParameter(
      'Please use TemporaryPasswordValidityDays in PasswordPolicy instead of UnusedAccountValidityDays',
    )
  }
  if (policy || inConfig !== undefined) return (inPolicy ?? inConfig) || defaultValidityDays
  return absent.policies.passwordPolicy.temporaryPasswordValidityDays || defaultValidityDays
}

// The absence of each half is handled separately.
const requestedPolicies = ({ Policies }: PoolRequest, absent: PoolSettings, days: number): PoolSettings['policies'] => {
  const { PasswordPolicy, SignInPolicy } = Policies ?? {}
  return {
    passwordPolicy: {
      ...(PasswordPolicy ? passwordPolicy(PasswordPolicy) : absent.policies.passwordPolicy),
      temporaryPasswordValidityDays: days,
    },
    signInPolicy: SignInPolicy?.AllowedFirstAuthFactors ? signInPolicy(SignInPolicy) : absent.policies.signInPolicy,
  }
}

const passwordPolicy = (given: PasswordPolicyType): PasswordPolicy => ({
  minimumLength: given.MinimumLength ?? defaultPasswordPolicy.minimumLength,
  requireUppercase: given.RequireUppercase ?? false,
  requireLowercase: given.RequireLowercase ?? false,
  requireNumbers: given.RequireNumbers ?? false,
  requireSymbols: given.RequireSymbols ?? false,
  passwordHistorySize: given.PasswordHistorySize,
})

const signInPolicy = ({
  AllowedFirstAuthFactors = [],
}: SignInPolicyType): PoolSettings['policies']['signInPolicy'] => ({
  allowedFirstAuthFactors: AllowedFirstAuthFactors.map((factor) => {
    if (factor === 'SOFTWARE_TOKEN')
      throw invalidParameter('SOFTWARE_TOKEN cannot be one of the allowed first auth factors.')
    return factor
  }),
})

// Setting one form of the pre-token trigger sets the other (protocol/administration 1.3).
const lambdaConfig = (wire: LambdaConfigType): PoolSettings['lambdaConfig'] => {
  const given = fromWire(wire)
  const { preTokenGeneration, preTokenGenerationConfig } = given
  if (preTokenGenerationConfig && !preTokenGeneration) {
    return { ...given, preTokenGeneration: preTokenGenerationConfig.lambdaArn }
  }
  if (!preTokenGeneration || preTokenGenerationConfig) return given
  return { ...given, preTokenGenerationConfig: { lambdaVersion: 'V1_0', lambdaArn: preTokenGeneration } }
}

type Template = PoolSettings['verificationMessageTemplate']

// The three older members are aliases of texts of the template (protocol/administration 1.2); the template has priority.
const verificationTemplate = (request: PoolRequest, absent: Template): Template => {
  const given = request.VerificationMessageTemplate ? fromWire(request.VerificationMessageTemplate) : undefined
  const older = present({
    smsMessage: request.SmsVerificationMessage,
    emailMessage: request.EmailVerificationMessage,
    emailSubject: request.EmailVerificationSubject,
  })
  return given ? { defaultEmailOption: 'CONFIRM_WITH_CODE', ...older, ...present(given) } : { ...absent, ...older }
}

// A structure with any member makes a pool track devices; an empty one does not.
const deviceConfiguration = (given: DeviceConfigurationType): PoolSettings['deviceConfiguration'] =>
  Object.keys(given).length === 0
    ? {}
    : {
        challengeRequiredOnNewDevice: given.ChallengeRequiredOnNewDevice ?? false,
        deviceOnlyRememberedOnUserPrompt: given.DeviceOnlyRememberedOnUserPrompt ?? false,
      }

const adminCreateUserConfig = (given: AdminCreateUserConfigType): PoolSettings['adminCreateUserConfig'] => ({
  allowAdminCreateUserOnly: given.AllowAdminCreateUserOnly ?? false,
  inviteMessageTemplate: given.InviteMessageTemplate && fromWire(given.InviteMessageTemplate),
})

const dcrDefaults: DcrConfiguration = {
  enableStatus: 'Enabled',
  openDcrEnabled: false,
  authenticatedGrantTypes: ['code', 'client_credentials'],
  openDcrGrantTypes: ['code'],
  allowedScopes: ['openid', 'email', 'phone', 'profile'],
}

const registerScope = 'aws.cognito/dcr/register'

const dcrConfiguration = (given: DcrConfigurationType): DcrConfiguration => {
  if (given.AllowedScopes?.includes(registerScope)) {
    throw invalidParameter(`${registerScope} cannot be one of the scopes that clients register with.`)
  }
  return { ...dcrDefaults, ...present(fromWire(given)) }
}

const acrLevels = ['Level1', 'Level2', 'Level3', 'Level4'] as const

const acrConfiguration = (given: NonNullable<PoolRequest['AcrConfiguration']>): PoolSettings['acrConfiguration'] => {
  const names: readonly string[] = acrLevels
  if (!Object.keys(given).every((level) => names.includes(level))) {
    throw invalidParameter(`AcrConfiguration can only have the levels ${acrLevels.join(', ')}.`)
  }
  const values = acrLevels.map((level, index) => given[level]?.AcrValue ?? `urn:cognito:loa:${index + 1}`)
  if (new Set(values).size < values.length) throw invalidParameter('The ACR values of all levels must be different.')
  return fromWire(given)
}

const tagLimit = 50

/** Checks the tags of a pool. @throws ServiceError UserPoolTaggingException (protocol/administration 6) */
const poolTags = (tags: Readonly<Record<string, string>>): Readonly<Record<string, string>> => {
  const refusal = (text: string): ServiceError => new ServiceError('UserPoolTaggingException', text)
  const names = Object.keys(tags)
  if (names.length > tagLimit) throw refusal(`A user pool can have at most ${tagLimit} tags.`)
  if (names.some((name) => name.toLowerCase().startsWith('aws:'))) throw refusal('Tag keys cannot begin with aws:.')
  return tags
}

// The members of an object that are not undefined.
const present = <Value extends object>(value: Value): { [Name in keyof Value]: Exclude<Value[Name], undefined> } =>
  Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as {
    [Name in keyof Value]: Exclude<Value[Name], undefined>
  }
