import { openAccessToken } from '../../flows/callers/access-token.ts'
import { deleteAttributes } from '../../flows/users/attributes.ts'
import type { Operation } from '../operation.ts'

/** Deletes attributes of the caller that the client may write (protocol/administration 1.5). */
export const deleteUserAttributes: Operation<'DeleteUserAttributes'> = async (context, input) => {
  const { pool, client, user } = await openAccessToken(context, input.AccessToken)
  await deleteAttributes(context, { pool, client, user, names: input.UserAttributeNames })
  return {}
}
