// A user's choice among second factors (spec: authentication 5.3.4 to 5.3.8; requirement 26).
import type { Context } from '../context.ts'
import { invalidParameter } from '../errors.ts'
import type { SecondFactor } from '../rules/next-step.ts'
import type { MfaPreference, Pool, User } from '../store/index.ts'
import { changeUser } from './change-user.ts'

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
  return { enabled: [...enabled], preferred: preferred && enabled.has(preferred) ? preferred : undefined }
}

/**
 * Stores a user's choice.
 *
 * @throws ServiceError InvalidParameterException when two are preferred, a factor is preferred while off, or the user
 * does not have it
 */
export const setMfaPreference = async (
  context: Context,
  pool: Pool,
  user: User,
  settings: FactorSettings,
): Promise<void> => {
  const said = [...settings]
  if (said.filter(([, { preferred }]) => preferred).length > 1) {
    throw invalidParameter('Only one MFA factor can be preferred.')
  }
  for (const [factor, { enabled, preferred }] of said) {
    if (preferred && enabled === false) throw invalidParameter(`${factor} cannot be preferred while it is not enabled.`)
    if (enabled || preferred) await requireFactor(context, user, factor)
  }
  const mfa = preferenceOf(user.mfa, settings)
  await context.store.commit(changeUser(context, pool, user, { mfa }).writes)
}
