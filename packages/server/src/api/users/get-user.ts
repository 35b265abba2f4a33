import { openAccessToken } from '../../flows/callers/access-token.ts'
import { readableAttributes } from '../../rules/attributes.ts'
import type { Operation } from '../operation.ts'
import { attributeList } from '../shapes.ts'
import { legacyMfaShape, mfaShape } from './mfa-shape.ts'

/** Describes the caller, with the attributes that the client may read (protocol/authentication 6.4.6). */
export const getUser: Operation<'GetUser'> = async (context, input) => {
  const { pool, client, user } = await openAccessToken(context, input.AccessToken)
  const readable = readableAttributes(pool.settings.schemaAttributes, client.settings.readAttributes)
  return {
    Username: user.username,
    UserAttributes: attributeList(user, (name) => name === 'sub' || readable.has(name)),
    ...legacyMfaShape(user),
    ...mfaShape(user),
  }
}
