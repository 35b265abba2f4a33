// Makes, lists and disables the access keys of the production server. A secret is shown only when its key is made; the
// policy of a key is set then and never changes (requirements 82, 83, 88).
import { ConfigError } from '../config.ts'
import type { Context } from '../context.ts'
import { forbidden, readOperations, readPools, type KeyPolicy, type ReadList } from '../rules/key-policy.ts'
import type { AccessKey } from '../store/index.ts'
import { sealedPlaces } from '../store/sealed-places.ts'

const upperAndDigits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const secretAlphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/** A new key and its secret, which is shown only now. */
export type NewAccessKey = { readonly accessKeyId: string; readonly secretAccessKey: string }

/**
 * Reads the policy of a key from the options of the command line.
 *
 * @param known - the names of all operations that a policy may list
 * @throws ConfigError that names the malformed item or unknown operation of a list
 */
export const readPolicy = (
  { pools, operations }: { readonly pools?: string | undefined; readonly operations?: string | undefined },
  known: readonly string[],
): KeyPolicy => {
  return {
    pools: pools === undefined ? undefined : itemsOf(readPools(pools), poolsHelp),
    operations: operations === undefined ? undefined : itemsOf(readOperations(operations, known), operationsHelp),
  }
}

const poolsHelp = '--pools is a list of user pool ids with commas between them, such as zz-local-1_Poolkeepr'
const operationsHelp =
  "--operations is a list of operations that take a signature, with commas between them; one may end in *, such as 'Admin*,ListUsers'"

const itemsOf = (list: ReadList, help: string): readonly string[] => {
  if ('items' in list) return list.items
  throw new ConfigError(`${help}. ${list.unknown === '' ? 'An item is empty' : `Not one of them: ${list.unknown}`}.`)
}

/** Makes an access key. */
export const createAccessKey = async (
  { store, random, keys, clock }: Pick<Context, 'store' | 'random' | 'keys' | 'clock'>,
  note: string,
  policy: KeyPolicy,
): Promise<NewAccessKey> => {
  const accessKeyId = `PKIA${random.text(16, upperAndDigits)}`
  const secretAccessKey = random.text(40, secretAlphabet)
  const secret = keys.seal.sealRow(secretAccessKey, sealedPlaces.accessKey({ id: accessKeyId }))
  await store.commit([store.accessKeys.add({ id: accessKeyId, secret, note, policy, createdAt: clock.now() })])
  return { accessKeyId, secretAccessKey }
}

/** All access keys, without secrets. */
export const listAccessKeys = async ({ store }: Pick<Context, 'store'>): Promise<Omit<AccessKey, 'secret'>[]> =>
  (await store.accessKeys.list()).map(({ secret: _, ...key }) => key)

/** Disables an access key permanently. @throws ConfigError when there is no such key */
export const disableAccessKey = async (
  { store, clock }: Pick<Context, 'store' | 'clock'>,
  accessKeyId: string,
): Promise<void> => {
  const refused = (): Error => new ConfigError(`There is no access key ${accessKeyId} that is not disabled.`)
  await store.commit([store.accessKeys.disable(accessKeyId, clock.now(), refused)])
}

/** A key for the wire door: its secret in the clear, and a function that gives the reason to refuse an operation. */
export type FoundAccessKey = {
  readonly secret: string
  readonly enabled: boolean
  forbidden(operation: string, poolId: string | undefined): string | undefined
}

/** Makes the function that finds the key named by a signature. */
export const findAccessKey =
  ({ store, keys }: Pick<Context, 'store' | 'keys'>) =>
  async (accessKeyId: string): Promise<FoundAccessKey | undefined> => {
    const key = await store.accessKeys.find(accessKeyId)
    if (!key) return undefined
    return {
      secret: keys.seal.openRow(key.secret, sealedPlaces.accessKey(key)).toString('utf8'),
      enabled: key.disabledAt === undefined,
      forbidden: (operation, poolId) => forbidden(key.policy, operation, poolId),
    }
  }
