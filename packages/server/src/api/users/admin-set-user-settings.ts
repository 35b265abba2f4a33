import { getUser } from '../../flows/users/find-user.ts'
import { setMfaPreference } from '../../flows/factors/mfa-preference.ts'
import type { Operation } from '../operation.ts'
import { legacySettings } from './factor-settings.ts'

/** Sets SMS as a user's second factor, in the older form from before other factors existed. */
export const adminSetUserSettings: Operation<'AdminSetUserSettings'> = async (context, input) => {
  const pool = await context.store.pools.get(input.UserPoolId)
  const user = await getUser(context, pool, input.Username)
  await setMfaPreference(context, pool, user, legacySettings(input))
  return {}
}
