// Access keys of the production server: made, listed, disabled. A secret is told once, when it is made
// (requirements 82, 88).
import { ConfigError } from '../config.ts'
import type { Context } from '../context.ts'
import type { AccessKey } from '../store/index.ts'

const upperAndDigits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const secretAlphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/** A key with the secret that is told this once. */
export type NewAccessKey = { readonly accessKeyId: string; readonly secretAccessKey: string }

/** Makes an access key. */
export const createAccessKey = async (
  { store, random, keys, clock }: Pick<Context, 'store' | 'random' | 'keys' | 'clock'>,
  note: string,
): Promise<NewAccessKey> => {
  const accessKeyId = `PKIA${random.text(16, upperAndDigits)}`
  const secretAccessKey = random.text(40, secretAlphabet)
  const secret = keys.seal.seal(secretAccessKey, 'access-key')
  await store.commit([store.accessKeys.add({ id: accessKeyId, secret, note, createdAt: clock.now() })])
  return { accessKeyId, secretAccessKey }
}

/** Every access key, without secrets. */
export const listAccessKeys = async ({ store }: Pick<Context, 'store'>): Promise<Omit<AccessKey, 'secret'>[]> =>
  (await store.accessKeys.list()).map(({ secret: _, ...key }) => key)

/** Disables an access key for good. @throws ConfigError when there is none */
export const disableAccessKey = async (
  { store, clock }: Pick<Context, 'store' | 'clock'>,
  accessKeyId: string,
): Promise<void> => {
  const refused = (): Error => new ConfigError(`There is no access key ${accessKeyId} that is not disabled.`)
  await store.commit([store.accessKeys.disable(accessKeyId, clock.now(), refused)])
}

/** The key that a signature names, with its secret in the clear; for the wire door. */
export const findAccessKey =
  ({ store, keys }: Pick<Context, 'store' | 'keys'>) =>
  async (accessKeyId: string): Promise<{ secret: string; enabled: boolean } | undefined> => {
    const key = await store.accessKeys.find(accessKeyId)
    if (!key) return undefined
    return { secret: keys.seal.open(key.secret, 'access-key').toString('utf8'), enabled: key.disabledAt === undefined }
  }
