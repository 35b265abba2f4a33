// From a request that makes or changes a pool to the pool's settings. Such a request replaces: what it leaves out goes
// to its default, apart from what is marked here as staying (spec: administration 1.2, 1.3, 1.7).
import type { RequestContext } from '../../context.ts'
import { invalidParameter, ServiceError } from '../../errors.ts'
import { defaultPasswordPolicy, type PasswordPolicy } from '../../rules/password-policy.ts'
import {
  checkPoolSettings,
  defaultPoolSettings,
  type DcrConfiguration,
  type LambdaConfig,
  type PoolSettings,
} from '../../rules/pool-settings.ts'
import { checkTier, usesThreatProtection } from '../../rules/tiers.ts'
import type { UpdateUserPoolRequest } from '../../wire/model.gen.ts'
import { fromWire } from '../settings-case.ts'

/** What both CreateUserPool and UpdateUserPool say. */
export type PoolRequest = Omit<UpdateUserPoolRequest, 'UserPoolId' | 'PoolName'>

const defaultValidityDays = 7

// How long a temporary password lives is told in two places; only one may be used (1.3). Both then say the same.
const temporaryDays = ({ Policies, AdminCreateUserConfig }: PoolRequest): number => {
  const inPolicy = Policies?.PasswordPolicy?.TemporaryPasswordValidityDays
  const inConfig = AdminCreateUserConfig?.UnusedAccountValidityDays
  if (inPolicy !== undefined && inConfig !== undefined) {
    throw invalidParameter(
      'Please use TemporaryPasswordValidityDays in PasswordPolicy instead of UnusedAccountValidityDays',
    )
  }
  return (inPolicy ?? inConfig) || defaultValidityDays
}

// A member that a request leaves out has its default, whatever else of its structure is given.
const orDefault = <Value extends object>(
  defaults: Value,
  given: { readonly [Name in keyof Value]?: Value[Name] | undefined } | undefined,
): Value => ({
  ...defaults,
  ...Object.fromEntries(Object.entries(given ?? {}).filter(([, member]) => member !== undefined)),
})

const passwordPolicy = (request: PoolRequest): PasswordPolicy => ({
  ...orDefault(defaultPasswordPolicy, fromWire(request.Policies?.PasswordPolicy)),
  temporaryPasswordValidityDays: temporaryDays(request),
})

type FirstFactors = PoolSettings['policies']['signInPolicy']['allowedFirstAuthFactors']

const firstFactors = ({ Policies }: PoolRequest): FirstFactors => {
  const wanted = Policies?.SignInPolicy?.AllowedFirstAuthFactors
  if (!wanted) return defaultPoolSettings().policies.signInPolicy.allowedFirstAuthFactors
  return wanted.map((factor) => {
    if (factor === 'SOFTWARE_TOKEN')
      throw invalidParameter('SOFTWARE_TOKEN cannot be one of the allowed first auth factors.')
    return factor
  })
}

// Setting one form of the pre-token trigger sets the other (1.3).
const lambdaConfig = ({ LambdaConfig = {} }: PoolRequest): LambdaConfig => {
  const given = fromWire(LambdaConfig)
  const { preTokenGeneration, preTokenGenerationConfig } = given
  if (preTokenGenerationConfig && !preTokenGeneration) {
    return { ...given, preTokenGeneration: preTokenGenerationConfig.lambdaArn }
  }
  if (!preTokenGeneration || preTokenGenerationConfig) return given
  return { ...given, preTokenGenerationConfig: { lambdaVersion: 'V1_0', lambdaArn: preTokenGeneration } }
}

// The three older members mirror three of the template (1.2); the template goes before them.
const verificationTemplate = (request: PoolRequest): PoolSettings['verificationMessageTemplate'] => {
  const given = fromWire(request.VerificationMessageTemplate ?? {})
  return {
    ...given,
    smsMessage: given.smsMessage ?? request.SmsVerificationMessage,
    emailMessage: given.emailMessage ?? request.EmailVerificationMessage,
    emailSubject: given.emailSubject ?? request.EmailVerificationSubject,
    defaultEmailOption: given.defaultEmailOption ?? 'CONFIRM_WITH_CODE',
  }
}

const dcrDefaults: DcrConfiguration = {
  enableStatus: 'Enabled',
  openDcrEnabled: false,
  authenticatedGrantTypes: ['code', 'client_credentials'],
  openDcrGrantTypes: ['code'],
  allowedScopes: ['openid', 'email', 'phone', 'profile'],
}

const registerScope = 'aws.cognito/dcr/register'

const dcrConfiguration = ({ DcrConfiguration: given }: PoolRequest): DcrConfiguration | undefined => {
  if (given?.AllowedScopes?.includes(registerScope)) {
    throw invalidParameter(`${registerScope} cannot be one of the scopes that clients register with.`)
  }
  return given && orDefault(dcrDefaults, fromWire(given))
}

const acrLevels = ['Level1', 'Level2', 'Level3', 'Level4'] as const

const acrConfiguration = ({ AcrConfiguration: given }: PoolRequest): PoolSettings['acrConfiguration'] => {
  if (!given) return undefined
  const names: readonly string[] = acrLevels
  if (!Object.keys(given).every((level) => names.includes(level))) {
    throw invalidParameter(`AcrConfiguration can only have the levels ${acrLevels.join(', ')}.`)
  }
  const values = acrLevels.map((level, index) => given[level]?.AcrValue ?? `urn:cognito:loa:${index + 1}`)
  if (new Set(values).size < values.length) throw invalidParameter('The ACR values of all levels must be different.')
  return fromWire(given)
}

const tagLimit = 50

/** Tags of a pool. @throws ServiceError UserPoolTaggingException (spec: administration 6) */
const poolTags = (tags: Readonly<Record<string, string>>): Readonly<Record<string, string>> => {
  const refusal = (text: string): ServiceError => new ServiceError('UserPoolTaggingException', text)
  const names = Object.keys(tags)
  if (names.length > tagLimit) throw refusal(`A user pool can have at most ${tagLimit} tags.`)
  if (names.some((name) => name.toLowerCase().startsWith('aws:'))) throw refusal('Tag keys cannot begin with aws:.')
  return tags
}

type MfaSettings = Pick<
  PoolSettings,
  'mfaConfiguration' | 'smsMfaConfiguration' | 'softwareTokenMfaConfiguration' | 'emailMfaConfiguration'
>

/** No second factor. Values are said outright, so that they take away what was there. */
const withoutMfa: MfaSettings = {
  mfaConfiguration: 'OFF',
  smsMfaConfiguration: undefined,
  softwareTokenMfaConfiguration: undefined,
  emailMfaConfiguration: undefined,
}

/** Whether a pool offers a second factor. */
export const offersFactor = (settings: Omit<MfaSettings, 'mfaConfiguration'>): boolean =>
  settings.smsMfaConfiguration !== undefined ||
  settings.softwareTokenMfaConfiguration?.enabled === true ||
  settings.emailMfaConfiguration !== undefined

/** How MFA by text messages is refused while the pool cannot send any (1.3). */
export const smsMissing =
  'SMS configuration and Auto verification for phone_number are required when MFA is required/optional'

// Factors are chosen with SetUserPoolMfaConfig and stay; where there are none, text messages are the factor.
const mfaSettings = (
  { MfaConfiguration: mode = 'OFF' }: PoolRequest,
  before: PoolSettings,
  smsConfiguration: PoolSettings['smsConfiguration'],
): MfaSettings => {
  if (mode === 'OFF') return withoutMfa
  if (offersFactor(before)) return { mfaConfiguration: mode }
  if (!smsConfiguration) throw invalidParameter(smsMissing)
  return { ...withoutMfa, mfaConfiguration: mode, smsMfaConfiguration: {} }
}

/**
 * The settings that a request asks for.
 *
 * @param before - the pool's own, or the defaults with what only CreateUserPool can say
 * @throws ServiceError InvalidParameterException or UserPoolTaggingException
 */
export const requestedSettings = (request: PoolRequest, before: PoolSettings): PoolSettings => {
  const defaults = defaultPoolSettings()
  const smsConfiguration = request.SmsConfiguration ? fromWire(request.SmsConfiguration) : before.smsConfiguration
  return {
    ...before,
    policies: {
      passwordPolicy: passwordPolicy(request),
      signInPolicy: { allowedFirstAuthFactors: firstFactors(request) },
    },
    deletionProtection: request.DeletionProtection ?? defaults.deletionProtection,
    lambdaConfig: lambdaConfig(request),
    autoVerifiedAttributes: request.AutoVerifiedAttributes,
    verificationMessageTemplate: verificationTemplate(request),
    smsAuthenticationMessage: request.SmsAuthenticationMessage,
    ...mfaSettings(request, before, smsConfiguration),
    userAttributeUpdateSettings: request.UserAttributeUpdateSettings
      ? fromWire(request.UserAttributeUpdateSettings)
      : before.userAttributeUpdateSettings,
    deviceConfiguration: request.DeviceConfiguration && fromWire(request.DeviceConfiguration),
    emailConfiguration: orDefault(defaults.emailConfiguration, fromWire(request.EmailConfiguration)),
    smsConfiguration,
    userPoolTags: request.UserPoolTags ? poolTags(request.UserPoolTags) : before.userPoolTags,
    adminCreateUserConfig: {
      ...orDefault(defaults.adminCreateUserConfig, fromWire(request.AdminCreateUserConfig)),
      unusedAccountValidityDays: temporaryDays(request),
    },
    userPoolAddOns: request.UserPoolAddOns && fromWire(request.UserPoolAddOns),
    accountRecoverySetting: request.AccountRecoverySetting
      ? fromWire(request.AccountRecoverySetting)
      : defaults.accountRecoverySetting,
    userPoolTier: request.UserPoolTier ?? before.userPoolTier,
    dcrConfiguration: dcrConfiguration(request),
    keyConfiguration: request.KeyConfiguration && fromWire(request.KeyConfiguration),
    issuerConfiguration: request.IssuerConfiguration && fromWire(request.IssuerConfiguration),
    acrConfiguration: acrConfiguration(request),
  }
}

// An invitation tells the user name and, where no user signs in without one, the temporary password. The model lets
// any text in; the service does not (1.3).
const checkInvitation = ({ policies, adminCreateUserConfig }: PoolSettings): void => {
  const hasPasswordless = policies.signInPolicy.allowedFirstAuthFactors.length > 1
  const marks = hasPasswordless ? ['{username}'] : ['{username}', '{####}']
  const { emailMessage, sMSMessage } = adminCreateUserConfig.inviteMessageTemplate ?? {}
  for (const [member, text] of Object.entries({ emailMessage, sMSMessage })) {
    const missing = marks.find((mark) => text?.includes(mark) === false)
    if (missing === undefined) continue
    const pattern = `.*${missing.replace('{', '\\{').replace('}', '\\}')}.*`
    throw invalidParameter(
      `1 validation error detected: Value '${text}' at 'adminCreateUserConfig.inviteMessageTemplate.${member}' failed to satisfy constraint: Member must satisfy regular expression pattern: ${pattern}`,
    )
  }
}

const regionOf = (arn: string): string => arn.split(':')[3] ?? ''
const accountOf = (arn: string): string => arn.split(':')[4] ?? ''

const checkSms = ({ settings }: RequestContext, region: string, sms: PoolSettings['smsConfiguration']): void => {
  if (sms?.snsCallerArn !== undefined && accountOf(sms.snsCallerArn) !== settings.accountId) {
    throw invalidParameter('Cross-account pass role is not allowed.')
  }
  if (sms?.snsRegion !== undefined && sms.snsRegion !== region) {
    throw invalidParameter(`Invalid snsRegion. Allowed SNS region for ${region} is ${region}`)
  }
}

// A mail server of the operator's own counts as a sending account of the developer's (1.3).
const checkMail = (
  { settings: { smtpUrl } }: RequestContext,
  { emailMfaConfiguration, emailConfiguration }: PoolSettings,
): void => {
  if (!emailMfaConfiguration || smtpUrl !== undefined || emailConfiguration.emailSendingAccount === 'DEVELOPER') return
  throw invalidParameter(
    'Cannot set EmailMfaConfiguration when user pool EmailConfiguration contains an EmailSendingAccount of COGNITO_DEFAULT.',
  )
}

const checkFunctions = (region: string, config: LambdaConfig): void => {
  const functions = Object.values(config)
    .map((named) => (typeof named === 'object' ? named.lambdaArn : named))
    .filter((arn) => arn !== undefined && /^arn:[^:]+:lambda:/.test(arn))
  if (functions.some((arn) => arn !== undefined && regionOf(arn) !== region)) {
    throw invalidParameter('Cross-region lambda functions are not supported')
  }
}

// What would protect nobody, because this version does not do it, is refused rather than kept.
const refuseUnavailable = (settings: PoolSettings): void => {
  const unavailable = (what: string): ServiceError =>
    new ServiceError('UnsupportedOperationException', `${what} is not available in this version of Poolkeeper.`)
  if (usesThreatProtection(settings)) throw unavailable('Threat protection')
  if (settings.keyConfiguration?.keyType === 'CUSTOMER_MANAGED_KEY') throw unavailable('A customer managed key')
}

/** Where and in place of what settings are to be kept. */
export type SettingsCheck = { readonly region: string; readonly tierBefore?: PoolSettings['userPoolTier'] }

/**
 * Refuses settings that contradict one another, the pool's Region, its tier, or what this version can do.
 *
 * @throws ServiceError InvalidParameterException, FeatureUnavailableInTierException, TierChangeNotAllowedException or
 * UnsupportedOperationException (1.3, 1.9)
 */
export const checkSettings = (
  context: RequestContext,
  settings: PoolSettings,
  { region, tierBefore }: SettingsCheck,
): void => {
  checkInvitation(settings)
  checkPoolSettings(settings)
  checkSms(context, region, settings.smsConfiguration)
  checkMail(context, settings)
  checkFunctions(region, settings.lambdaConfig)
  checkTier(settings, tierBefore)
  refuseUnavailable(settings)
}
