// Tokens verified as applications do it: by aws-jwt-verify's plain JwtVerifier and by jose, against the key set that
// the server publishes.
import assert from 'node:assert/strict'
import { JwtVerifier } from 'aws-jwt-verify'
import { createRemoteJWKSet, jwtVerify, type JWTPayload } from 'jose'

/** The tokens of an AuthenticationResult. */
export type Tokens = { readonly AccessToken?: string | undefined; readonly IdToken?: string | undefined }

/** Who gave the tokens, and to whom. */
export type Giver = { readonly url: string; readonly poolId: string; readonly clientId: string }

/**
 * Verifies both tokens by both libraries.
 *
 * @returns their claims
 */
export const verifyTokens = async (
  { url, poolId, clientId }: Giver,
  { AccessToken = '', IdToken = '' }: Tokens,
): Promise<{ access: JWTPayload; id: JWTPayload }> => {
  const issuer = `${url}/${poolId}`
  const jwksUri = `${issuer}/.well-known/jwks.json`
  const keys = createRemoteJWKSet(new URL(jwksUri))
  const { payload: access } = await jwtVerify(AccessToken, keys, { issuer, algorithms: ['RS256'] })
  const { payload: id } = await jwtVerify(IdToken, keys, { issuer, audience: clientId, algorithms: ['RS256'] })

  // Its own fetcher takes https alone.
  const published = await (await fetch(jwksUri)).json()
  const verifierFor = (audience: string | null) => {
    const verifier = JwtVerifier.create({ issuer, audience, jwksUri })
    verifier.cacheJwks(published as Parameters<typeof verifier.cacheJwks>[0])
    return verifier
  }
  assert.deepEqual(await verifierFor(null).verify(AccessToken), access)
  assert.deepEqual(await verifierFor(clientId).verify(IdToken), id)

  assert.equal(access['token_use'], 'access')
  assert.equal(access['client_id'], clientId)
  assert.equal(id['token_use'], 'id')
  assert.equal(id.sub, access.sub)
  assert.equal(id['origin_jti'], access['origin_jti'])
  return { access, id }
}
