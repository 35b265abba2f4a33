// The second factors of a pool: which it offers, and how CreateUserPool and UpdateUserPool change whether they are asked
// for. The factors themselves are chosen with SetUserPoolMfaConfig.
import { invalidParameter } from '../../errors.ts'
import type { PoolSettings } from '../../rules/pool-settings.ts'
import type { PoolRequest } from './absent-members.ts'

/** What of a pool's settings bears on second factors. */
export type MfaSettings = Pick<
  PoolSettings,
  'mfaConfiguration' | 'smsMfaConfiguration' | 'softwareTokenMfaConfiguration' | 'emailMfaConfiguration'
>

/** How MFA by text messages is refused while the pool cannot send any (protocol/administration 1.3). */
export const smsMissing =
  'SMS configuration and Auto verification for phone_number are required when MFA is required/optional'

/** Whether a pool offers a second factor. */
export const offersFactor = (settings: Omit<MfaSettings, 'mfaConfiguration'>): boolean =>
  settings.smsMfaConfiguration !== undefined ||
  settings.softwareTokenMfaConfiguration?.enabled === true ||
  settings.emailMfaConfiguration !== undefined

/**
 * The second factors after a request. A pool that has none gets text messages as the factor.
 *
 * @param pool.before - its settings so far
 * @param pool.absent - the settings that hold where the request does not say `MfaConfiguration`
 * @param pool.smsConfiguration - how it sends text messages after the request
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
 * Refuses an update that requires MFA of a pool without a second factor: users would be owed one that nobody chose.
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

/** No second factor. Values are said outright, so that they take away what was there. */
const withoutMfa: MfaSettings = {
  mfaConfiguration: 'OFF',
  smsMfaConfiguration: undefined,
  softwareTokenMfaConfiguration: undefined,
  emailMfaConfiguration: undefined,
}
