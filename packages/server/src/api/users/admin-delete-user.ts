import { getUser } from '../../flows/users/find-user.ts'
import type { Operation } from '../operation.ts'

/** Removes a user in any state; the name is free again (protocol/administration 4.4). */
export const adminDeleteUser: Operation<'AdminDeleteUser'> = async (context, input) => {
  const pool = await context.store.pools.get(input.UserPoolId)
  const user = await getUser(context, pool, input.Username)
  await context.store.commit(context.store.removals.user(user, context.clock.now()))
  return {}
}
