// Whether the sealing keys of a start are those that the database was sealed under. A server that cannot open what it
// kept would answer every request with a fault.
import { ConfigError } from '../config.ts'
import type { Context } from '../context.ts'
import { sealedPlaces } from '../store/sealed-places.ts'

const otherKey =
  'The database was sealed under another sealing key. Set POOLKEEPER_SEAL_KEYS to that key, or to new,old to go over to a new one.'

/**
 * Opens every living access key and the signing keys of one pool.
 *
 * @param region - where a pool is looked for; none when absent
 * @throws ConfigError when one does not open
 */
export const checkSealKeys = async (
  { store, keys }: Pick<Context, 'store' | 'keys'>,
  region?: string,
): Promise<void> => {
  const accessKeys = (await store.accessKeys.list()).filter(({ disabledAt }) => disabledAt === undefined)
  const [pool] = region === undefined ? [] : await store.pools.list(region, '', 1)
  const signingKeys = pool ? await store.signingKeys.list(pool.id) : []
  try {
    for (const key of accessKeys) keys.seal.openRow(key.secret, sealedPlaces.accessKey(key))
    for (const key of signingKeys) keys.seal.openRow(key.privateSealed, sealedPlaces.signingKey(key))
  } catch {
    throw new ConfigError(otherKey)
  }
}
