// Assurance: the four ACR levels of a sign-in, the proofs that reach each, and their names in tokens
// (protocol/authentication 3.3). The proofs are fixed; a pool only chooses the names.
import { isPasskey, isStrong, methodOf, sameAddress, type Proof, type SecondFactor } from './proofs.ts'

/** 1: one factor. 2: two factors. 3: two, the second not by message. 4: two, one of them a passkey. */
export type Level = 1 | 2 | 3 | 4

const levels: readonly Level[] = [1, 2, 3, 4]

/** The names of a pool's levels. */
export type AcrNames = Readonly<Record<string, { readonly acrValue: string }>> | undefined

/** The name of a level in a pool. */
export const acrOf = (names: AcrNames, level: Level): string =>
  names?.[`level${level}`]?.acrValue ?? `urn:cognito:loa:${level}`

/**
 * The levels that a caller names, in the caller's order.
 *
 * @param requested - names separated by spaces; unknown names are ignored
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

/** The level that a sign-in has reached. A device does not prove the user, so it does not count. */
export const levelReached = (proved: readonly Proof[]): Level => {
  if (proved.some(isStrong)) return proved.some(isPasskey) ? 4 : 3
  return proved.some((proof) => isSecond(proof, proved)) ? 2 : 1
}

/**
 * The second factors that lift a sign-in to a level.
 *
 * @param usable - the second factors that the user has
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
