// What a sign-in still owes before it may end. The only place that decides it: flows ask it after every step, and the
// function that gives tokens asks it once more (protocol/authentication 5.3, 5.4; requirements 25, 38).
import { levelReached, liftingTo, type Level } from './assurance.ts'
import { choosesPassword, firstFactors, secondFactors, type Proof, type SecondFactor } from './proofs.ts'

/** What of a pool bears on the next step. */
export type MfaRules = {
  readonly mfa: 'OFF' | 'OPTIONAL' | 'ON'
  /** The second factors that the pool has switched on. */
  readonly offered: readonly SecondFactor[]
  /** Whether a remembered device takes the place of a second factor (protocol/authentication 7.1.1). */
  readonly devices?: boolean
}

/** What of a user bears on the next step. */
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
  /** Nothing is owed: the sign-in may end. */
  | { readonly step: 'done' }
  | { readonly step: 'new-password' }
  /** A second factor is proved. */
  | { readonly step: SecondFactor }
  /** A remembered device proves itself, in place of a second factor. */
  | { readonly step: 'device' }
  | { readonly step: 'select-factor'; readonly choices: readonly SecondFactor[] }
  | { readonly step: 'mfa-setup'; readonly choices: readonly SecondFactor[] }
  /** A first factor is missing, or a second is due and cannot be had: the sign-in ends in nothing. */
  | { readonly step: 'impossible'; readonly because: string }

const reachable = (factor: SecondFactor, user: MfaUser): boolean => {
  if (factor === 'software-token') return user.softwareTokenVerified
  if (factor === 'sms') return user.hasPhoneNumber && !user.recoveryOnly.includes('phone_number')
  return user.hasEmail && !user.recoveryOnly.includes('email')
}

const order: readonly SecondFactor[] = ['sms', 'software-token', 'email']

// A token that was verified stays good when the pool stops offering new ones (protocol/authentication 5.1.9).
const usable = (rules: MfaRules, user: MfaUser): SecondFactor[] =>
  order.filter((factor) => reachable(factor, user) && (factor === 'software-token' || rules.offered.includes(factor)))

/**
 * The second factors of a user that a sign-in must ask one of: those chosen by the user, and in a pool with MFA ON
 * every one that can be used.
 */
export const activeFactors = (rules: MfaRules, user: MfaUser): SecondFactor[] => {
  if (rules.mfa === 'OFF') return []
  const factors = usable(rules, user)
  return rules.mfa === 'ON' ? factors : factors.filter((factor) => user.enabled.includes(factor))
}

/** Asks one of some second factors: the preferred, the only one, or the user which. */
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

// A device stands for a factor that the user has, or ends a sign-in that owes none (protocol/authentication 3.8); it
// sets nothing up.
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

// The first of the wanted levels that can be reached. What the pool demands anyway may be a factor that lifts less
// than is wanted; then the one that lifts enough is asked, and serves for both.
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

/**
 * What is due next, given all that was proved in this sign-in.
 *
 * @param rules - the pool's
 * @param user - as the user stands now
 * @param proved - in this sign-in, and not in another
 * @param target - the levels that the caller wants reached, best first, where it wants any
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
