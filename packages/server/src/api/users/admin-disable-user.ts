import { changeUser } from '../../flows/users/change-user.ts'
import { getUser } from '../../flows/users/find-user.ts'
import type { Operation } from '../operation.ts'

/**
 * Disables a user and ends all sign-ins and a lock (protocol/administration 4.4; requirement 45).
 */
export const adminDisableUser: Operation<'AdminDisableUser'> = async (context, input) => {
  const { store, clock } = context
  const pool = await store.pools.get(input.UserPoolId)
  const user = await getUser(context, pool, input.Username)
  const { writes } = changeUser(context, pool, user, { enabled: false })
  await store.commit([store.locks.lift(user), ...writes, store.signIns.revokeAll(user, clock.now())])
  return {}
}
