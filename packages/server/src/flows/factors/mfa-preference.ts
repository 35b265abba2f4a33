// Stores a user's choice of second factors (protocol/authentication 5.3.4 to 5.3.8; requirement 26).
import type { Context } from '../../context.ts'
import { invalidParameter } from '../../errors.ts'
import { activeFactors } from '../../rules/next-step.ts'
import type { MfaPreference, Pool, User } from '../../store/index.ts'
import { changeUser } from '../users/change-user.ts'
import { mfaRulesOf, mfaUserOf } from './mfa.ts'
import { tellOfChoice } from '../messages/notices.ts'
import type { SecondFactor } from '../../rules/proofs.ts'

/** The caller's setting of one factor; an absent member leaves the current value. */
export type FactorSetting = {
  readonly factor: SecondFactor
  /** The name of the factor in the caller's protocol, for refusals. */
  readonly name: string
  readonly enabled: boolean | undefined
  readonly preferred: boolean | undefined
}

/**
 * Stores a user's choice.
 *
 * @param webAuthn - whether a passkey counts as two factors; undefined leaves the current value
 * @throws ServiceError InvalidParameterException when two factors are preferred, a preferred factor is off, the user
 * does not have the factor, or the pool does not allow the user to turn it off
 */
export const setMfaPreference = async (
  context: Context,
  pool: Pool,
  user: User,
  settings: readonly FactorSetting[],
  webAuthn?: boolean,
): Promise<void> => {
  if (settings.filter(({ preferred }) => preferred).length > 1) {
    throw invalidParameter('Only one MFA factor can be preferred.')
  }
  for (const setting of settings) {
    const { name, enabled, preferred } = setting
    if (preferred && enabled === false) throw invalidParameter(`${name} cannot be preferred while it is not enabled.`)
    if (enabled || preferred) await requireFactor(context, user, setting)
  }
  const chosen = preferenceOf(user.mfa, settings)
  refuseTurningOff(pool, { settings, before: user.mfa, after: chosen })
  if (webAuthn === true) await checkPasskeyFactor(context, pool, { ...user, mfa: chosen })
  const mfa = { ...chosen, webAuthn: webAuthn ?? chosen.webAuthn }
  const notices = tellOfChoice(context, pool, user, mfa)
  await context.store.commit([...changeUser(context, pool, user, { mfa }).writes, ...notices])
}

const hasFactor = async ({ store }: Context, user: User, factor: SecondFactor): Promise<boolean> => {
  if (factor === 'sms') return user.attributes['phone_number'] !== undefined
  if (factor === 'email') return user.attributes['email'] !== undefined
  return (await store.softwareTokens.find(user.poolId, user.id))?.secret !== undefined
}

const requireFactor = async (context: Context, user: User, { factor, name }: FactorSetting): Promise<void> => {
  if (await hasFactor(context, user, factor)) return
  throw invalidParameter(`User does not have delivery config set to turn on ${name}`)
}

const preferenceOf = (before: MfaPreference, settings: readonly FactorSetting[]): MfaPreference => {
  const enabled = new Set(before.enabled)
  let preferred = before.preferred
  for (const setting of settings) {
    const { factor } = setting
    if (setting.enabled === true || setting.preferred === true) enabled.add(factor)
    else if (setting.enabled === false) enabled.delete(factor)
    if (setting.preferred === true) preferred = factor
    else if (setting.preferred === false && preferred === factor) preferred = undefined
  }
  return { ...before, enabled: [...enabled], preferred: preferred && enabled.has(preferred) ? preferred : undefined }
}

// Where MFA is required, a factor that is on cannot be turned off; the preferred one may change
// (protocol/authentication 5.3.8).
const refuseTurningOff = (
  pool: Pool,
  {
    settings,
    before,
    after,
  }: Readonly<Record<'before' | 'after', MfaPreference>> & { settings: readonly FactorSetting[] },
): void => {
  if (pool.settings.mfaConfiguration !== 'ON') return
  const off = before.enabled.find((factor) => !after.enabled.includes(factor))
  if (off === undefined) return
  const name = settings.find(({ factor }) => factor === off)?.name ?? off
  throw invalidParameter(`${name} cannot be turned off while MFA is required in the user pool.`)
}

// A passkey counts as two factors only when the pool is configured for that and the user has another factor too, so
// that losing the passkey does not lock the user out.
const checkPasskeyFactor = async (context: Context, pool: Pool, user: User): Promise<void> => {
  if (pool.settings.webAuthnConfiguration?.factorConfiguration !== 'MULTI_FACTOR_WITH_USER_VERIFICATION') {
    throw invalidParameter('Passkeys are no second factor in this user pool.')
  }
  const token = await context.store.softwareTokens.find(user.poolId, user.id)
  if (activeFactors(mfaRulesOf(pool), mfaUserOf(pool, user, token)).length > 0) return
  throw invalidParameter('Passkeys as second factor need another second factor that is turned on.')
}
