import type { Operation } from '../operation.ts'
import { groupShape } from './group-shape.ts'

/** Describes a group (protocol/administration 3). */
export const getGroup: Operation<'GetGroup'> = async ({ store }, input) => {
  const pool = await store.pools.get(input.UserPoolId)
  return { Group: groupShape(await store.groups.get(pool.id, input.GroupName)) }
}
