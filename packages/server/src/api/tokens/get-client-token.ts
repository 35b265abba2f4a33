import { openClient } from '../../flows/callers/app-client.ts'
import { clientToken } from '../../flows/tokens/client-token.ts'
import type { Operation } from '../operation.ts'

/** Issues a token to an app client without a user (protocol/endpoints 5.2). */
export const getClientToken: Operation<'GetClientToken'> = async (context, input) => {
  const { client, pool } = await openClient(context, input.ClientId)
  const { accessToken, expiresInSeconds } = await clientToken(context, {
    pool,
    client,
    secret: input.Secret,
    scopes: input.Scopes,
    clientMetadata: input.ClientMetadata ?? {},
  })
  return {
    ClientAuthenticationResult: { AccessToken: accessToken, ExpiresIn: expiresInSeconds, TokenType: 'Bearer' },
  }
}
