import { getUser } from '../../flows/users/find-user.ts'
import type { Operation } from '../operation.ts'

/** Deletes a user in any state; the user name becomes free (protocol/administration 4.4). */
export const adminDeleteUser: Operation<'AdminDeleteUser'> = async (context, input) => {
  const pool = await context.store.pools.get(input.UserPoolId)
  const user = await getUser(context, pool, input.Username)
  await context.store.commit(context.store.removals.user(user, context.clock.now()))
  return {}
}
