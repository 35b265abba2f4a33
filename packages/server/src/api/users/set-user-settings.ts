import { openAccessToken } from '../../flows/callers/access-token.ts'
import { setLegacyOptions } from '../../flows/factors/mfa-preference.ts'
import type { Operation } from '../operation.ts'
import { legacyOptions } from './factor-settings.ts'

/** The caller's choice of text messages as second factor, as it was said before there were others. */
export const setUserSettings: Operation<'SetUserSettings'> = async (context, input) => {
  const { pool, user } = await openAccessToken(context, input.AccessToken)
  await setLegacyOptions(context, pool, user, legacyOptions(input))
  return {}
}
