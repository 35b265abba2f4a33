// The next step of a sign-in. Only this file decides it: flows ask after every step, and the function that gives tokens
// asks once more (protocol/authentication 5.3, 5.4; requirements 25, 38).
import { levelReached, liftingTo, type Level } from './assurance.ts'
import { choosesPassword, firstFactors, secondFactors, type Proof, type SecondFactor } from './proofs.ts'

/** The parts of a pool that determine the next step. */
export type MfaRules = {
  readonly mfa: 'OFF' | 'OPTIONAL' | 'ON'
  /** The second factors that the pool has switched on. */
  readonly offered: readonly SecondFactor[]
  /** Whether a remembered device takes the place of a second factor (protocol/authentication 7.1.1). */
  readonly devices?: boolean
}

/** The parts of a user that determine the next step. */
export type MfaUser = {
  /** A new password is due: the status is FORCE_CHANGE_PASSWORD. */
  readonly passwordDue: boolean
  readonly softwareTokenVerified: boolean
  readonly hasPhoneNumber: boolean
  readonly hasEmail: boolean
  /** The addresses that only password recovery may use (protocol/authentication 5.3.9, 5.4). */
  readonly recoveryOnly: readonly ('email' | 'phone_number')[]
  readonly enabled: readonly SecondFactor[]
  readonly preferred: SecondFactor | undefined
  /** Whether the device of this sign-in is remembered. */
  readonly deviceRemembered?: boolean
}

/** The next step of a sign-in. */
export type NextStep =
  /** No step is due: the sign-in may end. */
  | { readonly step: 'done' }
  | { readonly step: 'new-password' }
  /** A second factor is proved. */
  | { readonly step: SecondFactor }
  /** A remembered device proves itself, in place of a second factor. */
  | { readonly step: 'device' }
  | { readonly step: 'select-factor'; readonly choices: readonly SecondFactor[] }
  | { readonly step: 'mfa-setup'; readonly choices: readonly SecondFactor[] }
  /** A first factor is missing, or a second factor is due that the user cannot use: the sign-in fails. */
  | { readonly step: 'impossible'; readonly because: string }

/**
 * Decides the next step of a sign-in.
 *
 * @param rules - the rules of the pool
 * @param user - the present state of the user
 * @param proved - the proofs of this sign-in, and of no other
 * @param target - the levels that the caller requests, best first; undefined for none
 */
export const nextStep = (
  rules: MfaRules,
  user: MfaUser,
  proved: readonly Proof[],
  target?: readonly Level[],
): NextStep => {
  const demanded = poolDemands(rules, user, proved)
  if (target === undefined || comesFirst(demanded)) return demanded
  return towards(target, { rules, user, proved, demanded })
}

const reachable = (factor: SecondFactor, user: MfaUser): boolean => {
  if (factor === 'software-token') return user.softwareTokenVerified
  if (factor === 'sms') return user.hasPhoneNumber && !user.recoveryOnly.includes('phone_number')
  return user.hasEmail && !user.recoveryOnly.includes('email')
}

const order: readonly SecondFactor[] = ['sms', 'software-token', 'email']

// A verified software token stays usable after the pool stops offering new ones (protocol/authentication 5.1.9).
const usable = (rules: MfaRules, user: MfaUser): SecondFactor[] =>
  order.filter((factor) => reachable(factor, user) && (factor === 'software-token' || rules.offered.includes(factor)))

/**
 * The second factors of which a sign-in must ask for one: those that the user has switched on, or in a pool with MFA ON
 * all that the user can use.
 */
export const activeFactors = (rules: MfaRules, user: MfaUser): SecondFactor[] => {
  if (rules.mfa === 'OFF') return []
  const factors = usable(rules, user)
  return rules.mfa === 'ON' ? factors : factors.filter((factor) => user.enabled.includes(factor))
}

/** Chooses one of several second factors: the preferred one, the only one, or else the user chooses. */
const oneOf = (factors: readonly SecondFactor[], { preferred }: MfaUser): NextStep | undefined => {
  const [only] = factors
  if (preferred && factors.includes(preferred)) return { step: preferred }
  if (factors.length > 1) return { step: 'select-factor', choices: factors }
  return only && { step: only }
}

const secondStep = (rules: MfaRules, user: MfaUser): NextStep => {
  const asked = oneOf(activeFactors(rules, user), user)
  if (asked) return asked
  if (rules.mfa !== 'ON') return { step: 'done' }
  const choices = order.filter((factor) => rules.offered.includes(factor) && canSetUp(factor, user))
  if (choices.length > 0) return { step: 'mfa-setup', choices }
  return { step: 'impossible', because: 'MFA is required and the user can use no factor' }
}

const canSetUp = (factor: SecondFactor, user: MfaUser): boolean => {
  if (factor === 'software-token') return true
  return !user.recoveryOnly.includes(factor === 'sms' ? 'phone_number' : 'email')
}

// A device can replace a factor that the user has, or end a sign-in without a due factor (protocol/authentication 3.8). It
// cannot replace the setting up of a factor.
const deviceMayStandFor = ({ step }: NextStep): boolean => step !== 'mfa-setup' && step !== 'impossible'

const poolDemands = (rules: MfaRules, user: MfaUser, proved: readonly Proof[]): NextStep => {
  if (!proved.some((proof) => firstFactors.includes(proof))) {
    return { step: 'impossible', because: 'no first factor was proved' }
  }
  if (user.passwordDue) {
    return proved.some((proof) => choosesPassword.includes(proof))
      ? { step: 'new-password' }
      : {
          step: 'impossible',
          because: 'a password that is due is chosen after the temporary password or a custom sign-in',
        }
  }
  if (proved.some((proof) => secondFactors.includes(proof))) return { step: 'done' }
  const second: NextStep = rules.mfa === 'OFF' ? { step: 'done' } : secondStep(rules, user)
  if (!rules.devices || !user.deviceRemembered || !deviceMayStandFor(second)) return second
  return { step: proved.includes('device') ? 'done' : 'device' }
}

// Asks for the first requested level that the user can reach. If the factor that the pool demands lifts the sign-in too
// little, a factor that lifts it enough is asked for instead, and satisfies both.
const towards = (
  target: readonly Level[],
  { rules, user, proved, demanded }: { rules: MfaRules; user: MfaUser; proved: readonly Proof[]; demanded: NextStep },
): NextStep => {
  const reached = levelReached(proved)
  for (const level of target) {
    if (level <= reached) return demanded
    const asked = oneOf(liftingTo(level, proved, usable(rules, user)), user)
    if (asked) return asked
  }
  return { step: 'impossible', because: 'the user can reach none of the requested levels' }
}

const comesFirst = ({ step }: NextStep): boolean =>
  step === 'impossible' || step === 'new-password' || step === 'mfa-setup'
