// Whether the sealing keys of a start are those that the database was sealed under. A server that cannot open what it
// kept would answer every request with a fault.
import { ConfigError } from '../config.ts'
import type { Context } from '../context.ts'
import { sealedPlaces } from '../store/sealed-places.ts'

type Parts = Pick<Context, 'store' | 'keys'>

/**
 * Opens the text that the first start sealed, every living access key and the signing keys of one pool. The text is
 * sealed anew when another key has become the active one.
 *
 * @param region - where a pool is looked for; none when absent
 * @throws ConfigError when one does not open
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

/** The mark of a text that is sealed when a database is first used: it tells the keys of one that holds nothing yet. */
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

// Of servers that start together one seals the text, and the others must be able to open it.
const sealFirst = async (context: Parts): Promise<void> => {
  const { store, keys } = context
  try {
    await store.commit([store.marks.add(sealCheck, keys.seal.sealRow('poolkeeper', place), () => tooLate)])
  } catch (error) {
    if (error !== tooLate) throw error
    await checkSealKeys(context)
  }
}
