import { getUser } from '../../flows/users/find-user.ts'
import { countRecoveryCodes } from '../../flows/factors/recovery-codes.ts'
import type { Operation } from '../operation.ts'

/** Counts the unused recovery codes of a user. */
export const adminCountRecoveryCodes: Operation<'AdminCountRecoveryCodes'> = async (context, input) => {
  const pool = await context.store.pools.get(input.UserPoolId)
  const user = await getUser(context, pool, input.Username)
  return { RecoveryCodesLeft: await countRecoveryCodes(context, pool, user) }
}
