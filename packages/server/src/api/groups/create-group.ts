import { ServiceError } from '../../errors.ts'
import type { Operation } from '../operation.ts'
import { checkRole } from '../pass-role.ts'
import { groupShape } from './group-shape.ts'

/** The most groups of a pool (protocol/administration 3.7). */
const groupLimit = 10_000

/** Creates a group (protocol/administration 3). */
export const createGroup: Operation<'CreateGroup'> = async ({ store, clock, settings }, input) => {
  const { id: poolId } = await store.pools.get(input.UserPoolId)
  const { GroupName: name, Description: description, RoleArn: roleArn, Precedence: precedence } = input
  checkRole(settings, roleArn)
  if ((await store.groups.count({ poolId }, groupLimit)) >= groupLimit) {
    throw new ServiceError('LimitExceededException', `A user pool can have at most ${groupLimit} groups.`)
  }
  const now = clock.now()
  const group = { poolId, name, description, roleArn, precedence, createdAt: now, updatedAt: now }
  const taken = (): Error => new ServiceError('GroupExistsException', 'A group with the name already exists.')
  await store.commit([store.groups.insert(group, taken)])
  return { Group: groupShape(group) }
}
