import { changeUser } from '../../flows/users/change-user.ts'
import { getUser } from '../../flows/users/find-user.ts'
import { newCredentials, temporaryUntil } from '../../flows/users/passwords.ts'
import type { Operation } from '../operation.ts'

/**
 * Sets a password: a permanent one, which also ends a lock, or one that must be changed at the next sign-in
 * (protocol/administration 4.1, 4.4).
 */
export const adminSetUserPassword: Operation<'AdminSetUserPassword'> = async (context, input) => {
  const pool = await context.store.pools.get(input.UserPoolId)
  const user = await getUser(context, pool, input.Username)
  const credentials = await newCredentials(context, pool, user, input.Password)
  const standing =
    input.Permanent === true
      ? ({ status: 'CONFIRMED', temporaryUntil: undefined } as const)
      : ({ status: 'FORCE_CHANGE_PASSWORD', temporaryUntil: temporaryUntil(context, pool) } as const)
  const lifted = input.Permanent === true ? [context.store.locks.lift(user)] : []
  const { writes } = changeUser(context, pool, user, { ...credentials, ...standing })
  await context.store.commit([...lifted, ...writes])
  return {}
}
