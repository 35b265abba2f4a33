import { openAccessToken } from '../../flows/callers/access-token.ts'
import { setMfaPreference } from '../../flows/factors/mfa-preference.ts'
import type { Operation } from '../operation.ts'
import { legacySettings } from './factor-settings.ts'

/** The caller's choice of text messages as second factor, as it was said before there were others. */
export const setUserSettings: Operation<'SetUserSettings'> = async (context, input) => {
  const { pool, user } = await openAccessToken(context, input.AccessToken)
  await setMfaPreference(context, pool, user, legacySettings(input))
  return {}
}
