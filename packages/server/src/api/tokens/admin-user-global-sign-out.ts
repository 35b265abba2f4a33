import { getUser } from '../../flows/users/find-user.ts'
import type { Operation } from '../operation.ts'

/** Ends every sign-in of a user (protocol/authentication 6.4.3; protocol/administration 4.4). */
export const adminUserGlobalSignOut: Operation<'AdminUserGlobalSignOut'> = async (context, input) => {
  const { store, clock } = context
  const pool = await store.pools.get(input.UserPoolId)
  const user = await getUser(context, pool, input.Username)
  await store.commit([store.signIns.revokeAll(user, clock.now())])
  return {}
}
