import { getUser } from '../../flows/users/find-user.ts'
import { resetByAdmin } from '../../flows/recovery.ts'
import type { Operation } from '../operation.ts'

/** Makes a user choose a new password (protocol/administration 4.4). */
export const adminResetUserPassword: Operation<'AdminResetUserPassword'> = async (context, input) => {
  const pool = await context.store.pools.get(input.UserPoolId)
  const user = await getUser(context, pool, input.Username)
  await resetByAdmin(context, { pool, user, clientMetadata: input.ClientMetadata ?? {} })
  return {}
}
