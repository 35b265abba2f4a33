// The documents by which tokens are verified: discovery and the key set of a pool, on any host this server answers
// (spec: endpoints 1.1, 6.2).
import type { Context, RequestContext } from '../context.ts'
import { issuerOf, publicKeys } from '../flows/callers/signing.ts'
import type { Pool } from '../store/index.ts'

/** What a document says: a JSON value, or undefined when the pool does not exist. */
export type Document = (context: RequestContext, poolId: string) => Promise<Record<string, unknown> | undefined>

const discovery = (context: Context, pool: Pool): Record<string, unknown> => {
  const base = `${context.settings.publicUrl}/${pool.id}`
  return {
    authorization_endpoint: `${base}/oauth2/authorize`,
    claims_supported: ['sub', 'iss', 'aud', 'exp', 'iat', 'auth_time', 'cognito:username', 'email', 'phone_number'],
    code_challenge_methods_supported: ['S256'],
    end_session_endpoint: `${base}/logout`,
    grant_types_supported: ['authorization_code', 'refresh_token', 'client_credentials'],
    id_token_signing_alg_values_supported: ['RS256'],
    issuer: issuerOf(context, pool),
    jwks_uri: `${base}/.well-known/jwks.json`,
    response_modes_supported: ['query', 'fragment'],
    response_types_supported: ['code', 'token'],
    revocation_endpoint: `${base}/oauth2/revoke`,
    revocation_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
    scopes_supported: ['openid', 'email', 'phone', 'profile'],
    subject_types_supported: ['public'],
    token_endpoint: `${base}/oauth2/token`,
    token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
    userinfo_endpoint: `${base}/oauth2/userInfo`,
  }
}

/** The public keys of a pool (RFC 7517). */
export const keySet: Document = async (context, poolId) => {
  const pool = await context.store.pools.find(poolId)
  return pool && { keys: await publicKeys(context, pool.id) }
}

/** The discovery document of a pool (OpenID Connect Discovery 1.0, section 3). */
export const openidConfiguration: Document = async (context, poolId) => {
  const pool = await context.store.pools.find(poolId)
  return pool && discovery(context, pool)
}
