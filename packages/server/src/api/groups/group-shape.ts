import type { Group } from '../../store/index.ts'
import type { GroupType } from '../../wire/model.gen.ts'
import { seconds } from '../operation.ts'

/** The wire shape of a group. */
export const groupShape = ({ poolId, name, description, roleArn, precedence, ...group }: Group): GroupType => ({
  GroupName: name,
  UserPoolId: poolId,
  ...(description === undefined ? {} : { Description: description }),
  ...(roleArn === undefined ? {} : { RoleArn: roleArn }),
  ...(precedence === undefined ? {} : { Precedence: precedence }),
  LastModifiedDate: seconds(group.updatedAt),
  CreationDate: seconds(group.createdAt),
})
