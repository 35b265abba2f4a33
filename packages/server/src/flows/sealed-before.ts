// Checks at the start whether the sealing keys open the values in the database. A server with other keys would answer
// every request with an internal error.
import { ConfigError } from '../config.ts'
import type { Context } from '../context.ts'
import { sealedPlaces } from '../store/sealed-places.ts'

type Parts = Pick<Context, 'store' | 'keys'>

/**
 * Opens the check text that the first start sealed, every enabled access key and the signing keys of one pool. The
 * check text is sealed again when another key has become the active one.
 *
 * @param region - the Region of the pool; absent, no pool is checked
 * @throws ConfigError when a value does not open
 */
export const checkSealKeys = async (context: Parts, region?: string): Promise<void> => {
  const { store, keys } = context
  const checked = await store.marks.find(sealCheck)
  const accessKeys = (await store.accessKeys.list()).filter(({ disabledAt }) => disabledAt === undefined)
  const [pool] = region === undefined ? [] : await store.pools.list(region, '', 1)
  const signingKeys = pool ? await store.signingKeys.list(pool.id) : []
  const again = opened(() => {
    for (const key of accessKeys) keys.seal.openRow(key.secret, sealedPlaces.accessKey(key))
    for (const key of signingKeys) keys.seal.openRow(key.privateSealed, sealedPlaces.signingKey(key))
    return checked === undefined ? undefined : keys.seal.sealAgain(checked, place)
  })
  if (checked === undefined) await sealFirst(context)
  else if (again !== undefined) await store.commit([store.marks.put(sealCheck, again)])
}

/**
 * The mark of the check text, which is sealed when a database is first used: it checks the keys even when the database
 * holds no other sealed value.
 */
const sealCheck = 'seal-check'

const place = { purpose: sealCheck, row: [sealCheck] }

const otherKey =
  'The database was sealed under another sealing key. Set POOLKEEPER_SEAL_KEYS to that key, or to new,old to go over to a new one.'

const opened = <Result>(open: () => Result): Result => {
  try {
    return open()
  } catch {
    throw new ConfigError(otherKey)
  }
}

const tooLate = new Error('another server sealed the text first')

// When several servers start together, one seals the check text and the others must be able to open it.
const sealFirst = async (context: Parts): Promise<void> => {
  const { store, keys } = context
  try {
    await store.commit([store.marks.add(sealCheck, keys.seal.sealRow('poolkeeper', place), () => tooLate)])
  } catch (error) {
    if (error !== tooLate) throw error
    await checkSealKeys(context)
  }
}
