// Gives an app client a token for itself, without a user, an ID token or a refresh token (protocol/endpoints 5.1, 5.2).
import type { RequestContext } from '../../context.ts'
import { invalidParameter, notAuthorized } from '../../errors.ts'
import { requireClientTokens } from '../../rules/client-settings.ts'
import { matchesSecret } from '../../rules/secret-hash.ts'
import type { Client, Pool } from '../../store/index.ts'
import { secretsOf } from '../callers/app-client.ts'
import { customScopes } from '../callers/scopes.ts'
import { giveClientToken, type ClientToken } from './index.ts'

/** A client's request for its token. */
export type ClientTokenRequest = {
  readonly pool: Pool
  readonly client: Client
  readonly secret: string
  /** The requested custom scopes; undefined requests all scopes of the client. */
  readonly scopes: readonly string[] | undefined
  readonly clientMetadata: Readonly<Record<string, string>>
}

/**
 * Gives an app client its token.
 *
 * @throws ServiceError InvalidParameterException when the client may not use this flow, or for a scope that the client
 * does not have; NotAuthorizedException for a wrong secret
 */
export const clientToken = async (context: RequestContext, request: ClientTokenRequest): Promise<ClientToken> => {
  const { pool, client, secret, clientMetadata } = request
  requireClientTokens(client.settings)
  if (!matchesSecret(secretsOf(context, client), secret)) {
    throw notAuthorized(`Unable to verify secret for client ${client.id}`)
  }
  return giveClientToken(context, { pool, client, scopes: await grantedScopes(context, request), clientMetadata })
}

// A scope that its resource server no longer defines is not granted; it is granted again once the server defines it
// (protocol/administration 8).
const grantedScopes = async (context: RequestContext, request: ClientTokenRequest): Promise<string[]> => {
  const known = await customScopes(context, request.pool)
  const allowed = (request.client.settings.allowedOAuthScopes ?? []).filter((scope) => known.has(scope))
  const foreign = request.scopes?.find((scope) => !allowed.includes(scope))
  if (foreign !== undefined) throw invalidParameter(`Invalid scope requested: ${foreign}`)
  const scopes = request.scopes && request.scopes.length > 0 ? [...new Set(request.scopes)] : allowed
  if (scopes.length === 0) throw invalidParameter('The client has no scopes that can be authorized.')
  return scopes
}
