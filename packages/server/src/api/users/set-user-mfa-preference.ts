import { openAccessToken } from '../../flows/callers/access-token.ts'
import { setMfaPreference } from '../../flows/factors/mfa-preference.ts'
import type { Operation } from '../operation.ts'
import { factorSettings, passkeySetting } from './factor-settings.ts'

/** Sets the caller's second factors (protocol/authentication 5.3). */
export const setUserMfaPreference: Operation<'SetUserMFAPreference'> = async (context, input) => {
  const { pool, user } = await openAccessToken(context, input.AccessToken)
  await setMfaPreference(context, pool, user, factorSettings(input), passkeySetting(input))
  return {}
}
