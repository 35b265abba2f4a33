// A user's choice among second factors (protocol/authentication 5.3.4 to 5.3.8; requirement 26).
import type { Context } from '../../context.ts'
import { invalidParameter } from '../../errors.ts'
import { activeFactors } from '../../rules/next-step.ts'
import type { MfaPreference, Pool, User } from '../../store/index.ts'
import { changeUser } from '../users/change-user.ts'
import { mfaRulesOf, mfaUserOf } from './mfa.ts'
import { tellOfChoice } from '../messages/notices.ts'
import type { SecondFactor } from '../../rules/proofs.ts'

/** What a caller says of one factor; what is not said stays as it is. */
export type FactorSetting = { readonly enabled: boolean | undefined; readonly preferred: boolean | undefined }

/** What a caller says of each factor. */
export type FactorSettings = ReadonlyMap<SecondFactor, FactorSetting>

const hasFactor = async ({ store }: Context, user: User, factor: SecondFactor): Promise<boolean> => {
  if (factor === 'SMS_MFA') return user.attributes['phone_number'] !== undefined
  if (factor === 'EMAIL_OTP') return user.attributes['email'] !== undefined
  return (await store.softwareTokens.find(user.poolId, user.id))?.secret !== undefined
}

const requireFactor = async (context: Context, user: User, factor: SecondFactor): Promise<void> => {
  if (await hasFactor(context, user, factor)) return
  throw invalidParameter(`User does not have delivery config set to turn on ${factor}`)
}

const preferenceOf = (before: MfaPreference, settings: FactorSettings): MfaPreference => {
  const enabled = new Set(before.enabled)
  let preferred = before.preferred
  for (const [factor, setting] of settings) {
    if (setting.enabled === true || setting.preferred === true) enabled.add(factor)
    else if (setting.enabled === false) enabled.delete(factor)
    if (setting.preferred === true) preferred = factor
    else if (setting.preferred === false && preferred === factor) preferred = undefined
  }
  return { ...before, enabled: [...enabled], preferred: preferred && enabled.has(preferred) ? preferred : undefined }
}

// Where MFA is required a factor stays on once it is; which one is preferred may change
// (protocol/authentication 5.3.8).
const refuseTurningOff = (pool: Pool, before: MfaPreference, after: MfaPreference): void => {
  if (pool.settings.mfaConfiguration !== 'ON') return
  const off = before.enabled.find((factor) => !after.enabled.includes(factor))
  if (off) throw invalidParameter(`${off} cannot be turned off while MFA is required in the user pool.`)
}

// A passkey is two factors only where the pool says so, and beside another factor, so that its loss locks nobody out.
const checkPasskeyFactor = async (context: Context, pool: Pool, user: User): Promise<void> => {
  if (pool.settings.webAuthnConfiguration?.factorConfiguration !== 'MULTI_FACTOR_WITH_USER_VERIFICATION') {
    throw invalidParameter('Passkeys are no second factor in this user pool.')
  }
  const token = await context.store.softwareTokens.find(user.poolId, user.id)
  if (activeFactors(mfaRulesOf(pool), mfaUserOf(pool, user, token)).length > 0) return
  throw invalidParameter('Passkeys as second factor need another second factor that is turned on.')
}

/**
 * Stores a user's choice.
 *
 * @param webAuthn - whether a passkey counts as two factors; undefined leaves it
 * @throws ServiceError InvalidParameterException when two are preferred, a factor is preferred while off, the user
 * does not have it, or the pool does not let go of it
 */
export const setMfaPreference = async (
  context: Context,
  pool: Pool,
  user: User,
  settings: FactorSettings,
  webAuthn?: boolean,
): Promise<void> => {
  const said = [...settings]
  if (said.filter(([, { preferred }]) => preferred).length > 1) {
    throw invalidParameter('Only one MFA factor can be preferred.')
  }
  for (const [factor, { enabled, preferred }] of said) {
    if (preferred && enabled === false) throw invalidParameter(`${factor} cannot be preferred while it is not enabled.`)
    if (enabled || preferred) await requireFactor(context, user, factor)
  }
  const chosen = preferenceOf(user.mfa, settings)
  refuseTurningOff(pool, user.mfa, chosen)
  if (webAuthn === true) await checkPasskeyFactor(context, pool, { ...user, mfa: chosen })
  const mfa = { ...chosen, webAuthn: webAuthn ?? chosen.webAuthn }
  const notices = tellOfChoice(context, pool, user, mfa)
  await context.store.commit([...changeUser(context, pool, user, { mfa }).writes, ...notices])
}

/** One entry of the legacy MFAOptions, in plain values. */
export type LegacyOption = { readonly medium: string | undefined; readonly attribute: string | undefined }

/**
 * Stores a user's choice as SetUserSettings says it: text messages to the phone, or none
 * (protocol/authentication 5.3.7).
 *
 * @throws ServiceError InvalidParameterException for anything else, and what `setMfaPreference` throws
 */
export const setLegacyOptions = async (
  context: Context,
  pool: Pool,
  user: User,
  options: readonly LegacyOption[],
): Promise<void> => {
  if (options.some(({ medium, attribute }) => medium !== 'SMS' || attribute !== 'phone_number')) {
    throw invalidParameter('MFAOptions may hold the DeliveryMedium SMS with the AttributeName phone_number alone.')
  }
  const enabled = options.length > 0
  await setMfaPreference(context, pool, user, new Map([['SMS_MFA', { enabled, preferred: undefined }]]))
}
