import { getUser } from '../../flows/users/find-user.ts'
import { setLegacyOptions } from '../../flows/factors/mfa-preference.ts'
import type { Operation } from '../operation.ts'
import { legacyOptions } from './factor-settings.ts'

/** An administrator's choice of text messages as a user's second factor, as it was said before there were others. */
export const adminSetUserSettings: Operation<'AdminSetUserSettings'> = async (context, input) => {
  const pool = await context.store.pools.get(input.UserPoolId)
  const user = await getUser(context, pool, input.Username)
  await setLegacyOptions(context, pool, user, legacyOptions(input))
  return {}
}
