// The signing keys of a pool, and the issuer of its tokens (protocol/endpoints 1.1, 1.3; protocol/authentication 6.1).
import type { Context } from '../../context.ts'
import { isPublished, publishedAheadMilliseconds, signingKeyOf } from '../../rules/key-rotation.ts'
import type { Pool, SigningUse, StoredSigningKey, Write } from '../../store/index.ts'
import { sealedPlaces } from '../../store/sealed-places.ts'

/** Makes two key pairs for a pool, one for access tokens and one for ID tokens. @returns the writes that store them */
export const newSigningKeys = async (
  { store, keys, clock }: Pick<Context, 'store' | 'keys' | 'clock'>,
  poolId: string,
): Promise<Write[]> => {
  const uses: readonly SigningUse[] = ['access', 'id']
  const made = await Promise.all(uses.map(async (use) => ({ use, key: await keys.signing.take() })))
  return made.map(({ use, key }) =>
    store.signingKeys.add({
      poolId,
      kid: key.kid,
      use,
      publicJwk: JSON.stringify(key.publicJwk),
      privateSealed: keys.seal.sealRow(key.privateKey, sealedPlaces.signingKey({ poolId, kid: key.kid })),
      createdAt: clock.now(),
      retiredAt: undefined,
    }),
  )
}

/**
 * Gives a pool new signing keys. The old keys sign for one more hour, so that verifiers can fetch the new ones; they
 * are published until their last token has expired.
 *
 * @throws Error when another request rotated them meanwhile
 */
export const rotateKeys = async (context: Pick<Context, 'store' | 'keys' | 'clock'>, poolId: string): Promise<void> => {
  const { store, keys, clock } = context
  const now = clock.now()
  const stored = await store.signingKeys.list(poolId)
  const current = stored.filter(({ retiredAt }) => retiredAt === undefined)
  const dead = stored.filter((key) => !isPublished(key, now))
  await store.commit([
    ...dead.map((key) => store.signingKeys.remove(key)),
    ...current.flatMap((key) => [
      store.signingKeys.retire(key, now + publishedAheadMilliseconds),
      ...store.signingKeys.sealAgain(key, keys.seal.sealAgain(key.privateSealed, sealedPlaces.signingKey(key))),
    ]),
    ...(await newSigningKeys(context, poolId)),
  ])
}

type Sign = (claims: Record<string, unknown>) => Promise<string>

/**
 * Signs the tokens of a pool as compact JWS with RS256.
 *
 * @throws Error when the pool has no key, or an unreadable one
 */
export const tokenSigner = async (context: Context, poolId: string): Promise<Readonly<Record<SigningUse, Sign>>> => {
  const [access, id] = await Promise.all([signerOf(context, poolId, 'access'), signerOf(context, poolId, 'id')])
  return { access, id }
}

const signerOf = async ({ store, keys, clock }: Context, poolId: string, use: SigningUse): Promise<Sign> => {
  const signing = signingKeyOf(await store.signingKeys.list(poolId), use, clock.now())
  if (!signing) throw new Error(`pool ${poolId} has no key that signs ${use} tokens`)
  const { kid, privateSealed } = signing
  const privateKey = keys.signing.importPrivate(kid, () =>
    keys.seal.openRow(privateSealed, sealedPlaces.signingKey(signing)).toString('utf8'),
  )
  return (claims) => keys.signing.sign(privateKey, kid, claims)
}

/** The public keys of a pool, as JWKs (RFC 7517; protocol/endpoints 1.1). */
export const publicKeys = async (context: Context, poolId: string): Promise<Record<string, unknown>[]> =>
  (await publishedKeys(context, poolId)).map(({ publicJwk }) => JSON.parse(publicJwk) as Record<string, unknown>)

/** The keys of a pool whose tokens may not all have expired. */
export const publishedKeys = async ({ store, clock }: Context, poolId: string): Promise<StoredSigningKey[]> =>
  (await store.signingKeys.list(poolId)).filter((key) => isPublished(key, clock.now()))

/** The `iss` claim in the tokens of a pool, without a trailing slash. */
export const issuerOf = ({ settings }: Context, pool: Pool): string => {
  if (settings.issuerMode === 'own') return `${settings.publicUrl}/${pool.id}`
  const updated = pool.settings.issuerConfiguration?.type === 'UPDATED'
  return `https://${updated ? 'issuer-' : ''}cognito-idp.${pool.region}.amazonaws.com/${pool.id}`
}
