// How sure a sign-in is of its user: the four ACR levels, what reaches each, and how tokens name them
// (protocol/authentication 3.3). What each level takes is fixed; a pool only names them.
import { isPasskey, isStrong, methodOf, sameAddress, type Proof, type SecondFactor } from './proofs.ts'

/** 1: one factor. 2: two. 3: two, and the second is no message. 4: two, and one of them is a passkey. */
export type Level = 1 | 2 | 3 | 4

const levels: readonly Level[] = [1, 2, 3, 4]

/** How a pool names its levels. */
export type AcrNames = Readonly<Record<string, { readonly acrValue: string }>> | undefined

/** The name of a level in a pool. */
export const acrOf = (names: AcrNames, level: Level): string =>
  names?.[`level${level}`]?.acrValue ?? `urn:cognito:loa:${level}`

/**
 * The levels that a caller names, in the caller's order.
 *
 * @param requested - names between spaces; those that no level has are passed over
 */
export const levelsOf = (names: AcrNames, requested: string): Level[] =>
  requested
    .split(/\s+/)
    .flatMap((name) => levels.filter((level) => acrOf(names, level) === name))
    .filter((level, index, all) => all.indexOf(level) === index)

// Two codes to one address are one factor.
const isSecond = (proof: Proof, proved: readonly Proof[]): boolean =>
  isStrong(proof) ||
  proof === 'recovery-code' ||
  sameAddress.some(([first, second]) => proof === second && !proved.includes(first))

/** The level that a sign-in has reached. A device proves itself and no user, and counts for none. */
export const levelReached = (proved: readonly Proof[]): Level => {
  if (proved.some(isStrong)) return proved.some(isPasskey) ? 4 : 3
  return proved.some((proof) => isSecond(proof, proved)) ? 2 : 1
}

/**
 * The second factors that lift a sign-in to a level.
 *
 * @param usable - those that the user has
 */
export const liftingTo = (
  level: Level,
  proved: readonly Proof[],
  usable: readonly SecondFactor[],
): readonly SecondFactor[] => usable.filter((factor) => levelReached([...proved, factor]) >= level)

/** The `amr` claim: the methods of a sign-in (RFC 8176). */
export const methodsOf = (proved: readonly Proof[]): string[] => [
  ...new Set([...proved.map((proof) => methodOf[proof]), ...(levelReached(proved) > 1 ? ['mfa'] : [])]),
]
