// How sure a sign-in is of its user: the four ACR levels, what reaches each, and how tokens name them (spec:
// authentication 3.3). What each level takes is fixed; a pool only names them.
import type { Proof, SecondFactor } from './next-step.ts'

/** 1: one factor. 2: two. 3: two, and the second is no message. 4: two, and one of them is a passkey. */
export type Level = 1 | 2 | 3 | 4

const levels: readonly Level[] = [1, 2, 3, 4]

/** How a pool names its levels. */
export type AcrNames = Readonly<Record<string, { readonly acrValue: string }>> | undefined

/** The name of a level in a pool. */
export const acrOf = (names: AcrNames, level: Level): string =>
  names?.[`level${level}`]?.acrValue ?? `urn:cognito:loa:${level}`

/**
 * The levels that TARGET_ACR_VALUES names, in its order.
 *
 * @param requested - names between spaces; those that no level has are passed over
 */
export const levelsOf = (names: AcrNames, requested: string): Level[] =>
  requested
    .split(/\s+/)
    .flatMap((name) => levels.filter((level) => acrOf(names, level) === name))
    .filter((level, index, all) => all.indexOf(level) === index)

const isPasskey = (proof: Proof): boolean => proof === 'passkey' || proof === 'passkey-two-factors'

const isStrong = (proof: Proof): boolean => proof === 'software-token' || proof === 'passkey-two-factors'

/** The proofs by which one and the same address answers as first and as second factor. */
const sameAddress: readonly (readonly [first: Proof, second: Proof])[] = [
  ['email-otp', 'email'],
  ['sms-otp', 'sms'],
]

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

const proofOf: Readonly<Record<SecondFactor, Proof>> = {
  SOFTWARE_TOKEN_MFA: 'software-token',
  SMS_MFA: 'sms',
  EMAIL_OTP: 'email',
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
): readonly SecondFactor[] => usable.filter((factor) => levelReached([...proved, proofOf[factor]]) >= level)

/** How RFC 8176 names each proof; two factors together are `mfa` beside. */
const methodOf: Readonly<Record<Proof, string>> = {
  password: 'pwd',
  'email-otp': 'otp',
  'sms-otp': 'sms',
  passkey: 'pop',
  'passkey-two-factors': 'pop',
  custom: 'custom',
  'software-token': 'otp',
  sms: 'sms',
  email: 'otp',
  device: 'pop',
  'recovery-code': 'otp',
}

/** The `amr` claim: the methods of a sign-in (RFC 8176). */
export const methodsOf = (proved: readonly Proof[]): string[] => [
  ...new Set([...proved.map((proof) => methodOf[proof]), ...(levelReached(proved) > 1 ? ['mfa'] : [])]),
]
