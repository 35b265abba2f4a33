import { openAccessToken } from '../../flows/callers/access-token.ts'
import { takeShare } from '../../flows/callers/take-share.ts'
import { updateAttributes } from '../../flows/users/attributes.ts'
import type { Operation } from '../operation.ts'
import { attributeRecord, codeDeliveryDetails } from '../shapes.ts'

/** Changes attributes of the caller that the client may write (protocol/administration 1.5, 1.10). */
export const updateUserAttributes: Operation<'UpdateUserAttributes'> = async (context, input) => {
  const { pool, client, user } = await openAccessToken(context, input.AccessToken)
  const changes = attributeRecord(input.UserAttributes)
  if ('email' in changes || 'phone_number' in changes)
    await takeShare(context, { kinds: ['message'], clientId: client.id })
  const clientMetadata = input.ClientMetadata ?? {}
  const deliveries = await updateAttributes(context, { pool, client, user, changes, clientMetadata })
  return { CodeDeliveryDetailsList: deliveries.map(codeDeliveryDetails) }
}
