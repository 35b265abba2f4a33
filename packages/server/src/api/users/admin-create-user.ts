import { invite } from '../../flows/invitation.ts'
import type { Operation } from '../operation.ts'
import { attributeRecord, userShape } from '../shapes.ts'

/** Creates a user with a temporary password and sends the invitation (protocol/administration 4.2). */
export const adminCreateUser: Operation<'AdminCreateUser'> = async (context, input) => {
  const pool = await context.store.pools.get(input.UserPoolId)
  const user = await invite(context, {
    pool,
    username: input.Username,
    attributes: attributeRecord(input.UserAttributes),
    temporaryPassword: input.TemporaryPassword || undefined,
    messageAction: input.MessageAction,
    addresses: input.DesiredDeliveryMediums?.map((medium) => (medium === 'EMAIL' ? 'email' : 'phone_number')),
    forceAlias: input.ForceAliasCreation === true,
    validationData: attributeRecord(input.ValidationData),
    clientMetadata: input.ClientMetadata ?? {},
  })
  context.subject.user = user.id
  return { User: userShape(user) }
}
