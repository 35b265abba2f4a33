import { groupNotFound } from '../../store/groups.ts'
import type { Operation } from '../operation.ts'

/** Removes a group (protocol/administration 3.5). */
export const deleteGroup: Operation<'DeleteGroup'> = async ({ store }, input) => {
  const { id: poolId } = await store.pools.get(input.UserPoolId)
  await store.commit([store.groups.remove({ poolId, name: input.GroupName }, groupNotFound)])
  return {}
}
