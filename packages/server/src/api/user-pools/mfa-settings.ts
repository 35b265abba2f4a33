// The second factors of a pool: which factors it offers, and the effect of MfaConfiguration in CreateUserPool and
// UpdateUserPool. SetUserPoolMfaConfig chooses the factors.
import { invalidParameter } from '../../errors.ts'
import type { PoolSettings } from '../../rules/pool-settings.ts'
import type { PoolRequest } from './absent-members.ts'

/** The settings of a pool for second factors. */
export type MfaSettings = Pick<
  PoolSettings,
  'mfaConfiguration' | 'smsMfaConfiguration' | 'softwareTokenMfaConfiguration' | 'emailMfaConfiguration'
>

/** The refusal of MFA by SMS in a pool that cannot send SMS (protocol/administration 1.3). */
export const smsMissing =
  'SMS configuration and Auto verification for phone_number are required when MFA is required/optional'

/** Whether a pool offers a second factor. */
export const offersFactor = (settings: Omit<MfaSettings, 'mfaConfiguration'>): boolean =>
  settings.smsMfaConfiguration !== undefined ||
  settings.softwareTokenMfaConfiguration?.enabled === true ||
  settings.emailMfaConfiguration !== undefined

/**
 * The second factors after a request. A pool without a factor gets SMS as the factor.
 *
 * @param pool.before - the settings before the request
 * @param pool.absent - the settings that apply if the request does not give `MfaConfiguration`
 * @param pool.smsConfiguration - the SMS configuration after the request
 * @throws ServiceError InvalidParameterException
 */
export const requestedMfa = (
  { MfaConfiguration: mode }: PoolRequest,
  pool: {
    readonly before: PoolSettings
    readonly absent: PoolSettings
    readonly smsConfiguration: PoolSettings['smsConfiguration']
  },
): MfaSettings => {
  if (mode === undefined) return mfaOf(pool.absent)
  if (mode === 'OFF') return withoutMfa
  if (offersFactor(pool.before)) return { ...mfaOf(pool.before), mfaConfiguration: mode }
  if (!pool.smsConfiguration) throw invalidParameter(smsMissing)
  return { ...withoutMfa, mfaConfiguration: mode, smsMfaConfiguration: {} }
}

/**
 * Refuses an update that requires MFA in a pool without a second factor: no factor was chosen.
 *
 * @throws ServiceError InvalidParameterException
 */
export const refuseMfaWithoutFactor = ({ MfaConfiguration }: PoolRequest, before: PoolSettings): void => {
  if (MfaConfiguration !== 'ON' || offersFactor(before)) return
  throw invalidParameter('Cannot turn MFA functionality ON, once the user pool has been created.')
}

const mfaOf = (settings: PoolSettings): MfaSettings => ({
  mfaConfiguration: settings.mfaConfiguration,
  smsMfaConfiguration: settings.smsMfaConfiguration,
  softwareTokenMfaConfiguration: settings.softwareTokenMfaConfiguration,
  emailMfaConfiguration: settings.emailMfaConfiguration,
})

/** No second factor. The undefined values replace earlier ones. */
const withoutMfa: MfaSettings = {
  mfaConfiguration: 'OFF',
  smsMfaConfiguration: undefined,
  softwareTokenMfaConfiguration: undefined,
  emailMfaConfiguration: undefined,
}
