import { getUser } from '../../flows/users/find-user.ts'
import { setMfaPreference } from '../../flows/factors/mfa-preference.ts'
import type { Operation } from '../operation.ts'
import { factorSettings, passkeySetting } from './factor-settings.ts'

/** Sets a user's second factors (protocol/authentication 5.3). */
export const adminSetUserMfaPreference: Operation<'AdminSetUserMFAPreference'> = async (context, input) => {
  const pool = await context.store.pools.get(input.UserPoolId)
  const user = await getUser(context, pool, input.Username)
  await setMfaPreference(context, pool, user, factorSettings(input), passkeySetting(input))
  return {}
}
