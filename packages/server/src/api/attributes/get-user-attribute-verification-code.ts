import { openAccessToken } from '../../flows/callers/access-token.ts'
import { takeShare } from '../../flows/callers/take-share.ts'
import { sendAttributeCode } from '../../flows/users/attributes.ts'
import type { Operation } from '../operation.ts'
import { codeDeliveryDetails } from '../shapes.ts'

/** Sends the code that verifies an address of the caller (protocol/administration 4.5). */
export const getUserAttributeVerificationCode: Operation<'GetUserAttributeVerificationCode'> = async (
  context,
  input,
) => {
  const { pool, client, user } = await openAccessToken(context, input.AccessToken)
  await takeShare(context, { kinds: ['message'], clientId: client.id })
  const clientMetadata = input.ClientMetadata ?? {}
  const request = { pool, client, user, attribute: input.AttributeName, clientMetadata }
  return { CodeDeliveryDetails: codeDeliveryDetails(await sendAttributeCode(context, request)) }
}
