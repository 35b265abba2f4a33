// The documents that clients verify tokens with: discovery and the key set of a pool, on any host name of this server
// (protocol/endpoints 1.1, 6.2).
import type { Context, RequestContext } from '../context.ts'
import { issuerOf, publicKeys } from '../flows/callers/signing.ts'
import type { Pool } from '../store/index.ts'

/** Makes a document: a JSON object, or undefined when the pool does not exist. */
export type Document = (context: RequestContext, poolId: string) => Promise<Record<string, unknown> | undefined>

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

// Only endpoints that exist are listed: a client calls the endpoints that it finds here.
const discovery = (context: Context, pool: Pool): Record<string, unknown> => ({
  claims_supported: ['sub', 'iss', 'aud', 'exp', 'iat', 'auth_time', 'cognito:username', 'email', 'phone_number'],
  id_token_signing_alg_values_supported: ['RS256'],
  issuer: issuerOf(context, pool),
  jwks_uri: `${context.settings.publicUrl}/${pool.id}/.well-known/jwks.json`,
  subject_types_supported: ['public'],
})
