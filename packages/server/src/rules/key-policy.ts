// What an access key may do (requirement 83). A key is limited to pools, to operations, to both or to neither; what its
// limits do not name is refused.

/** The limits of an access key; an undefined one is none. */
export type KeyPolicy = {
  /** Ids of user pools. */
  readonly pools: readonly string[] | undefined
  /** Names of operations; a trailing `*` stands for any rest. */
  readonly operations: readonly string[] | undefined
}

/** The policy of a key without limits. */
export const unlimited: KeyPolicy = { pools: undefined, operations: undefined }

/** Whether a name pattern names an operation. */
export const fits = (pattern: string, operation: string): boolean =>
  pattern.endsWith('*') ? operation.startsWith(pattern.slice(0, -1)) : operation === pattern

/**
 * Why a policy forbids an operation.
 *
 * @param poolId - the pool that the request names; a key that is limited to pools may do nothing that names none
 * @returns the reason, for the log; undefined when it is allowed
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

/** A list that was read: its items, or the first that does not belong there. */
export type ReadList = { readonly items: readonly string[] } | { readonly unknown: string }

const readList = (text: string, sound: (item: string) => boolean): ReadList => {
  const items = text.split(',').map((item) => item.trim())
  const unknown = items.find((item) => !sound(item))
  return unknown === undefined ? { items } : { unknown }
}

/** Reads a list of pool ids with commas between them. */
export const readPools = (text: string): ReadList =>
  readList(text, (id) => id.length <= 55 && /^[\w-]+_[0-9a-zA-Z]+$/.test(id))

/**
 * Reads a list of name patterns with commas between them.
 *
 * @param known - the operations that a pattern may name
 */
export const readOperations = (text: string, known: readonly string[]): ReadList =>
  readList(
    text,
    (pattern) => /^(?:[A-Za-z]+\*?|\*)$/.test(pattern) && known.some((operation) => fits(pattern, operation)),
  )

const unreadable = (): Error => new Error('the policy of an access key cannot be read')

const isList = (value: unknown): value is string[] | undefined =>
  value === undefined || (Array.isArray(value) && value.every((item) => typeof item === 'string'))

/** A policy as it is kept. @throws Error for text that is none: a limit that cannot be read allows nothing */
export const policyFrom = (text: string): KeyPolicy => {
  const policy: unknown = JSON.parse(text)
  if (typeof policy !== 'object' || policy === null || Array.isArray(policy)) throw unreadable()
  const { pools, operations, ...more } = policy as Record<string, unknown>
  if (!isList(pools) || !isList(operations) || Object.keys(more).length > 0) throw unreadable()
  return { pools, operations }
}
