import { getUser } from '../../flows/users/find-user.ts'
import { confirmByAdmin } from '../../flows/sign-up.ts'
import type { Operation } from '../operation.ts'

/** Confirms a sign-up without a code; verifies no address (protocol/authentication 2.3.11). */
export const adminConfirmSignUp: Operation<'AdminConfirmSignUp'> = async (context, input) => {
  const pool = await context.store.pools.get(input.UserPoolId)
  const user = await getUser(context, pool, input.Username)
  await confirmByAdmin(context, { pool, user, clientMetadata: input.ClientMetadata ?? {} })
  return {}
}
