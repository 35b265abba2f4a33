import { openAccessToken } from '../../flows/callers/access-token.ts'
import { setMfaPreference } from '../../flows/factors/mfa-preference.ts'
import type { Operation } from '../operation.ts'
import { legacySettings } from './factor-settings.ts'

/** Sets SMS as the caller's second factor, in the older form from before other factors existed. */
export const setUserSettings: Operation<'SetUserSettings'> = async (context, input) => {
  const { pool, user } = await openAccessToken(context, input.AccessToken)
  await setMfaPreference(context, pool, user, legacySettings(input))
  return {}
}
