import { changeUser } from '../../flows/users/change-user.ts'
import { getUser } from '../../flows/users/find-user.ts'
import type { Operation } from '../operation.ts'

/** Enables a disabled user and ends a lock; sign-ins that disabling ended stay ended (requirement 45). */
export const adminEnableUser: Operation<'AdminEnableUser'> = async (context, input) => {
  const pool = await context.store.pools.get(input.UserPoolId)
  const user = await getUser(context, pool, input.Username)
  const { writes } = changeUser(context, pool, user, { enabled: true })
  await context.store.commit([context.store.locks.lift(user), ...writes])
  return {}
}
