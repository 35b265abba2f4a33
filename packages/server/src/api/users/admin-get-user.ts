import { getUser } from '../../flows/users/find-user.ts'
import type { Operation } from '../operation.ts'
import { seconds } from '../operation.ts'
import { attributeList } from '../shapes.ts'
import { legacyMfaShape, mfaShape } from './mfa-shape.ts'

/** Describes a user (protocol/administration 4.3). */
export const adminGetUser: Operation<'AdminGetUser'> = async (context, input) => {
  const pool = await context.store.pools.get(input.UserPoolId)
  const user = await getUser(context, pool, input.Username)
  return {
    Username: user.username,
    UserAttributes: attributeList(user),
    UserCreateDate: seconds(user.createdAt),
    UserLastModifiedDate: seconds(user.updatedAt),
    Enabled: user.enabled,
    UserStatus: user.status,
    ...legacyMfaShape(user),
    ...mfaShape(user),
  }
}
