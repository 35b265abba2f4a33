import { deleteAttributes } from '../../flows/users/attributes.ts'
import { getUser } from '../../flows/users/find-user.ts'
import type { Operation } from '../operation.ts'

/** Deletes attributes of a user (protocol/administration 1.5, 4.4). */
export const adminDeleteUserAttributes: Operation<'AdminDeleteUserAttributes'> = async (context, input) => {
  const pool = await context.store.pools.get(input.UserPoolId)
  const user = await getUser(context, pool, input.Username)
  await deleteAttributes(context, { pool, client: undefined, user, names: input.UserAttributeNames })
  return {}
}
