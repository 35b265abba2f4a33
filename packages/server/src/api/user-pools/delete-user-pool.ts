import { invalidParameter } from '../../errors.ts'
import type { Operation } from '../operation.ts'

/** Deletes a user pool with everything in it (protocol/administration 1.8). */
export const deleteUserPool: Operation<'DeleteUserPool'> = async ({ store, clock }, input) => {
  const pool = await store.pools.get(input.UserPoolId)
  if (pool.settings.deletionProtection === 'ACTIVE') {
    throw invalidParameter(
      'The user pool cannot be deleted because deletion protection is activated. Deletion protection must be inactivated first.',
    )
  }
  await store.commit([store.pools.remove(pool, clock.now())])
  return {}
}
