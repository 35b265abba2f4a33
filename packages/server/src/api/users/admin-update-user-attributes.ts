import { updateAttributes } from '../../flows/users/attributes.ts'
import { getUser } from '../../flows/users/find-user.ts'
import type { Operation } from '../operation.ts'
import { attributeRecord } from '../shapes.ts'

/** Changes any attributes of a user (protocol/administration 4.4). */
export const adminUpdateUserAttributes: Operation<'AdminUpdateUserAttributes'> = async (context, input) => {
  const pool = await context.store.pools.get(input.UserPoolId)
  const user = await getUser(context, pool, input.Username)
  const changes = attributeRecord(input.UserAttributes)
  await updateAttributes(context, {
    pool,
    client: undefined,
    user,
    changes,
    clientMetadata: input.ClientMetadata ?? {},
  })
  return {}
}
