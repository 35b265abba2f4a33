import { getUser } from '../../flows/users/find-user.ts'
import { removeRecoveryCodes } from '../../flows/factors/recovery-codes.ts'
import type { Operation } from '../operation.ts'

/** Deletes a user's recovery codes. */
export const adminDeleteRecoveryCodes: Operation<'AdminDeleteRecoveryCodes'> = async (context, input) => {
  const pool = await context.store.pools.get(input.UserPoolId)
  await removeRecoveryCodes(context, pool, await getUser(context, pool, input.Username))
  return {}
}
