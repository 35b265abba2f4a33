// The policy of an access key (requirement 83). A key may be limited to pools, to operations, to both or to neither;
// everything outside its limits is refused.

/** The limits of an access key; undefined means no limit. */
export type KeyPolicy = {
  /** Ids of user pools. */
  readonly pools: readonly string[] | undefined
  /** Names of operations; a final `*` stands for any rest. */
  readonly operations: readonly string[] | undefined
}

/** The policy of a key without limits. */
export const unlimited: KeyPolicy = { pools: undefined, operations: undefined }

/** Whether a name pattern matches an operation. */
export const fits = (pattern: string, operation: string): boolean =>
  pattern.endsWith('*') ? operation.startsWith(pattern.slice(0, -1)) : operation === pattern

/**
 * The reason why a policy forbids an operation.
 *
 * @param poolId - the pool that the request names; a key that is limited to pools needs one
 * @returns the reason, for the log; undefined if the operation is allowed
 */
export const forbidden = (
  { pools, operations }: KeyPolicy,
  operation: string,
  poolId: string | undefined,
): string | undefined => {
  if (operations && !operations.some((pattern) => fits(pattern, operation)))
    return `the access key is limited to the operations ${operations.join(', ')}`
  if (pools && (poolId === undefined || !pools.includes(poolId)))
    return `the access key is limited to the pools ${pools.join(', ')}`
  return undefined
}

/** A list that was read: its items, or its first wrong item. */
export type ReadList = { readonly items: readonly string[] } | { readonly unknown: string }

const readList = (text: string, sound: (item: string) => boolean): ReadList => {
  const items = text.split(',').map((item) => item.trim())
  const unknown = items.find((item) => !sound(item))
  return unknown === undefined ? { items } : { unknown }
}

/** Reads a list of pool ids, separated by commas. */
export const readPools = (text: string): ReadList =>
  readList(text, (id) => id.length <= 55 && /^[\w-]+_[0-9a-zA-Z]+$/.test(id))

/**
 * Reads a list of name patterns, separated by commas.
 *
 * @param known - all operations; each pattern must match one
 */
export const readOperations = (text: string, known: readonly string[]): ReadList =>
  readList(
    text,
    (pattern) => /^(?:[A-Za-z]+\*?|\*)$/.test(pattern) && known.some((operation) => fits(pattern, operation)),
  )

const unreadable = (): Error => new Error('the policy of an access key cannot be read')

const isList = (value: unknown): value is string[] | undefined =>
  value === undefined || (Array.isArray(value) && value.every((item) => typeof item === 'string'))

/** Reads a stored policy. @throws Error for any other text, so that an unreadable limit allows nothing */
export const policyFrom = (text: string): KeyPolicy => {
  const policy: unknown = JSON.parse(text)
  if (typeof policy !== 'object' || policy === null || Array.isArray(policy)) throw unreadable()
  const { pools, operations, ...more } = policy as Record<string, unknown>
  if (!isList(pools) || !isList(operations) || Object.keys(more).length > 0) throw unreadable()
  return { pools, operations }
}
