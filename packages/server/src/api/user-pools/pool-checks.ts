// The checks of a pool's settings after any change: no setting may contradict another one, the pool's Region, its tier, or
// the abilities of this version (protocol/administration 1.3, 1.9).
import type { RequestContext } from '../../context.ts'
import { invalidParameter, ServiceError } from '../../errors.ts'
import { foreignSender } from '../../flows/messages/mail-head.ts'
import { checkPoolSettings, type LambdaConfig, type PoolSettings } from '../../rules/pool-settings.ts'
import { checkTier, usesThreatProtection } from '../../rules/tiers.ts'
import { checkRole } from '../pass-role.ts'

// An invitation must contain the user name and, unless users can sign in without a password, the temporary password. The
// model allows any text; the service does not (protocol/administration 1.3).
const checkInvitation = ({ policies, adminCreateUserConfig }: PoolSettings): void => {
  const hasPasswordless = policies.signInPolicy.allowedFirstAuthFactors.length > 1
  const marks = hasPasswordless ? ['{username}'] : ['{username}', '{####}']
  const { emailMessage, smsMessage } = adminCreateUserConfig.inviteMessageTemplate ?? {}
  // The paths of validation messages lower only the first letter.
  for (const [member, text] of Object.entries({ emailMessage, sMSMessage: smsMessage })) {
    const missing = marks.find((mark) => text?.includes(mark) === false)
    if (missing === undefined) continue
    const pattern = `.*${missing.replace('{', '\\{').replace('}', '\\}')}.*`
    throw invalidParameter(
      `1 validation error detected: Value '${text}' at 'adminCreateUserConfig.inviteMessageTemplate.${member}' failed to satisfy constraint: Member must satisfy regular expression pattern: ${pattern}`,
    )
  }
}

const regionOf = (arn: string): string => arn.split(':')[3] ?? ''

const checkSms = ({ settings }: RequestContext, region: string, sms: PoolSettings['smsConfiguration']): void => {
  checkRole(settings, sms?.snsCallerArn)
  if (sms?.snsRegion !== undefined && sms.snsRegion !== region) {
    throw invalidParameter(`Invalid snsRegion. Allowed SNS region for ${region} is ${region}`)
  }
}

// The operator's mail server counts as the developer's sending account (protocol/administration 1.3).
const checkMail = (
  { settings: { smtpUrl } }: RequestContext,
  { emailMfaConfiguration, emailConfiguration }: PoolSettings,
): void => {
  if (!emailMfaConfiguration || smtpUrl !== undefined || emailConfiguration.emailSendingAccount === 'DEVELOPER') return
  throw invalidParameter(
    'Cannot set EmailMfaConfiguration when user pool EmailConfiguration contains an EmailSendingAccount of COGNITO_DEFAULT.',
  )
}

// The administrator of one pool must not send mail in the name of others (protocol/administration 5.4).
const checkSender = ({ settings }: RequestContext, { emailConfiguration }: PoolSettings): void => {
  const domain = foreignSender(settings, emailConfiguration)
  if (domain !== undefined)
    throw invalidParameter(
      `This server sends mail from addresses at ${domain} only; the EmailConfiguration names another.`,
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

// Settings that this version does not support are refused, not stored: they would not protect, or send something else.
const refuseUnavailable = (settings: PoolSettings): void => {
  const unavailable = (what: string): ServiceError =>
    new ServiceError('UnsupportedOperationException', `${what} is not available in this version of Poolkeeper.`)
  if (usesThreatProtection(settings)) throw unavailable('Threat protection')
  if (settings.verificationMessageTemplate.defaultEmailOption === 'CONFIRM_WITH_LINK')
    throw unavailable('Verification by a link (CONFIRM_WITH_LINK)')
  if (settings.keyConfiguration?.keyType === 'CUSTOMER_MANAGED_KEY') throw unavailable('A customer managed key')
}

/** The Region of the pool, and its tier before the change. */
export type SettingsCheck = { readonly region: string; readonly tierBefore?: PoolSettings['userPoolTier'] }

/**
 * Refuses settings that contradict one another, the pool's Region, its tier, or the abilities of this version.
 *
 * @throws ServiceError InvalidParameterException, FeatureUnavailableInTierException, TierChangeNotAllowedException or
 * UnsupportedOperationException (protocol/administration 1.3, 1.9)
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
  checkSender(context, settings)
  checkFunctions(region, settings.lambdaConfig)
  checkTier(settings, tierBefore)
  refuseUnavailable(settings)
}
