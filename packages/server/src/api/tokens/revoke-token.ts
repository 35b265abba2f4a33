import { ServiceError } from '../../errors.ts'
import { revoke } from '../../flows/tokens/refresh.ts'
import type { Operation } from '../operation.ts'

/** Revokes a refresh token and all tokens issued for it (protocol/authentication 6.4.1, 6.4.2). */
export const revokeToken: Operation<'RevokeToken'> = async (context, input) => {
  const client = await context.store.clients.find(input.ClientId)
  if (!client) throw new ServiceError('UnauthorizedException', 'Unauthorized request', 'no such client')
  await revoke(context, { client, token: input.Token, clientSecret: input.ClientSecret })
  return {}
}
