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

/** How MFA by text messages is refused while the pool cannot send any (1.3). */
export const smsMissing =
  'SMS configuration and Auto verification for phone_number are required when MFA is required/optional'

/** Whether a pool offers a second factor. */
export const offersFactor = (settings: Omit<MfaSettings, 'mfaConfiguration'>): boolean =>
  settings.smsMfaConfiguration !== undefined ||
  settings.softwareTokenMfaConfiguration?.enabled === true ||
  settings.emailMfaConfiguration !== undefined

/**
 * The second factors after a request. They stay as they are where it does not say `MfaConfiguration`; where a pool has
 * none, text messages are the factor.
 *
 * @param before - the pool's settings so far
 * @param smsConfiguration - how the pool sends text messages after the request
 * @throws ServiceError InvalidParameterException
 */
export const requestedMfa = (
  { MfaConfiguration: mode }: PoolRequest,
  before: PoolSettings,
  smsConfiguration: PoolSettings['smsConfiguration'],
): Partial<MfaSettings> => {
  if (mode === undefined) return {}
  if (mode === 'OFF') return withoutMfa
  if (offersFactor(before)) return { mfaConfiguration: mode }
  if (!smsConfiguration) throw invalidParameter(smsMissing)
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

/** No second factor. Values are said outright, so that they take away what was there. */
const withoutMfa: MfaSettings = {
  mfaConfiguration: 'OFF',
  smsMfaConfiguration: undefined,
  softwareTokenMfaConfiguration: undefined,
  emailMfaConfiguration: undefined,
}
