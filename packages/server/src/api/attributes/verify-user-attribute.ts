import { openAccessToken } from '../../flows/callers/access-token.ts'
import { verifyAttribute } from '../../flows/users/attributes.ts'
import type { Operation } from '../operation.ts'

/** Verifies an address of the caller by its code (protocol/administration 4.5). */
export const verifyUserAttribute: Operation<'VerifyUserAttribute'> = async (context, input) => {
  const { pool, user } = await openAccessToken(context, input.AccessToken)
  await verifyAttribute(context, { pool, user, attribute: input.AttributeName, code: input.Code })
  return {}
}
