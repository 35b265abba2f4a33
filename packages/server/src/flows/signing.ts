// The signing keys of a pool, and who issues its tokens (spec: endpoints 1.1, 1.3; authentication 6.1).
import type { Context } from '../context.ts'
import type { Pool, SigningUse, StoredSigningKey, Write } from '../store/index.ts'

/** Two fresh key pairs for a pool, one for access and one for ID tokens, as writes. */
export const newSigningKeys = async ({ store, keys, clock }: Context, poolId: string): Promise<Write[]> => {
  const uses: readonly SigningUse[] = ['access', 'id']
  const made = await Promise.all(uses.map(async (use) => ({ use, key: await keys.signing.take() })))
  return made.map(({ use, key }) =>
    store.signingKeys.add({
      poolId,
      kid: key.kid,
      use,
      publicJwk: JSON.stringify(key.publicJwk),
      privateSealed: keys.seal.seal(key.privateKey, 'signing-key'),
      createdAt: clock.now(),
      retiredAt: undefined,
    }),
  )
}

const newest = (stored: readonly StoredSigningKey[], use: SigningUse, poolId: string): StoredSigningKey => {
  const key = stored.find((candidate) => candidate.use === use && candidate.retiredAt === undefined)
  if (!key) throw new Error(`pool ${poolId} has no key that signs ${use} tokens`)
  return key
}

/**
 * Signs one access and one ID token.
 *
 * @returns compact JWS, RS256
 */
export const signTokens = async (
  { store, keys }: Context,
  poolId: string,
  claims: Readonly<Record<SigningUse, Record<string, unknown>>>,
): Promise<Record<SigningUse, string>> => {
  const stored = await store.signingKeys.list(poolId)
  const sign = (use: SigningUse): Promise<string> => {
    const { kid, privateSealed } = newest(stored, use, poolId)
    const privateKey = keys.signing.importPrivate(kid, () =>
      keys.seal.open(privateSealed, 'signing-key').toString('utf8'),
    )
    return keys.signing.sign(privateKey, kid, claims[use])
  }
  const [access, id] = await Promise.all([sign('access'), sign('id')])
  return { access, id }
}

/** The public keys of a pool, as JWKs (RFC 7517; spec: endpoints 1.1). */
export const publicKeys = async ({ store }: Context, poolId: string): Promise<Record<string, unknown>[]> =>
  (await store.signingKeys.list(poolId)).map(({ publicJwk }) => JSON.parse(publicJwk) as Record<string, unknown>)

/** What `iss` says in the tokens of a pool, without a trailing slash. */
export const issuerOf = ({ settings }: Context, pool: Pool): string => {
  if (settings.issuerMode === 'own') return `${settings.publicUrl}/${pool.id}`
  const updated = pool.settings.issuerConfiguration?.type === 'UPDATED'
  return `https://${updated ? 'issuer-' : ''}cognito-idp.${pool.region}.amazonaws.com/${pool.id}`
}
