// Verifies a token against the key set of its issuer, as a resource server would (RFC 7515, 7519).
import { createPublicKey, verify } from 'node:crypto'

type Jwk = Readonly<Record<string, unknown>>

const partOf = (token: string, index: number): Record<string, unknown> =>
  JSON.parse(Buffer.from(token.split('.')[index] ?? '', 'base64url').toString('utf8')) as Record<string, unknown>

/**
 * Verifies signature, expiry and use of a token.
 *
 * @param keys - the keys of /.well-known/jwks.json
 * @returns the claims
 * @throws Error that names the failed check
 */
export const verifiedClaims = (
  token: string,
  keys: readonly Jwk[],
  expected: { readonly use: 'access' | 'id'; readonly clientId: string },
): Record<string, unknown> => {
  const { kid, alg } = partOf(token, 0)
  const jwk = keys.find((key) => key['kid'] === kid)
  if (!jwk || alg !== 'RS256') throw new Error(`The ${expected.use} token is signed by no key of the pool.`)
  const [header = '', payload = '', signature = ''] = token.split('.')
  const signed = Buffer.from(`${header}.${payload}`)
  const key = createPublicKey({ key: { ...jwk }, format: 'jwk' })
  if (!verify('sha256', signed, key, Buffer.from(signature, 'base64url'))) {
    throw new Error(`The signature of the ${expected.use} token does not hold.`)
  }
  const claims = partOf(token, 1)
  const audience = expected.use === 'access' ? claims['client_id'] : claims['aud']
  if (claims['token_use'] !== expected.use || audience !== expected.clientId) {
    throw new Error(`The ${expected.use} token is of another kind, or for another client.`)
  }
  return claims
}
