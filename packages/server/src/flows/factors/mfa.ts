// The room of factors: what a user can prove, beside the password. This file puts a pool's settings and a user's record
// into the words of rules/next-step.ts, which alone decides what a sign-in owes.
//
//   mfa.ts                second factors: what a pool offers, what a user has, what a sign-in owes
//   first-factors.ts      first factors: the same for rules/first-factors.ts
//   mfa-preference.ts     a user chooses among second factors
//   recovery-codes.ts     codes that each stand once for a lost second factor
//   passkeys.ts           passkeys of a signed-in user: registered, listed, removed
//   web-authn.ts          what browsers send of a passkey, read and verified
//   relying-party.ts      for whom passkeys of a pool are made
//   devices.ts            remembered devices: given a key, confirmed, listed, forgotten
//   device-of-sign-in.ts  the device that a sign-in comes from
import type { Context } from '../../context.ts'
import { nextStep, type MfaRules, type MfaUser, type NextStep } from '../../rules/next-step.ts'
import type { Device, Pool, SoftwareToken, User } from '../../store/index.ts'
import type { SecondFactor } from '../../rules/proofs.ts'
import type { Carried } from '../sessions/progress.ts'

/** The pool's rules for second factors (protocol/authentication 5.3). */
export const mfaRulesOf = ({ settings }: Pool): MfaRules => {
  const offered: SecondFactor[] = []
  if (settings.softwareTokenMfaConfiguration?.enabled) offered.push('software-token')
  if (settings.smsMfaConfiguration) offered.push('sms')
  if (settings.emailMfaConfiguration) offered.push('email')
  return {
    mfa: settings.mfaConfiguration,
    offered,
    devices: settings.deviceConfiguration?.challengeRequiredOnNewDevice === true,
  }
}

/**
 * What of a user bears on second factors.
 *
 * @param device - the device of the sign-in, where the pool tracks devices and the user has it
 */
export const mfaUserOf = (pool: Pool, user: User, token: SoftwareToken | undefined, device?: Device): MfaUser => ({
  passwordDue: user.status === 'FORCE_CHANGE_PASSWORD',
  softwareTokenVerified: token?.secret !== undefined,
  hasPhoneNumber: user.attributes['phone_number'] !== undefined,
  hasEmail: user.attributes['email'] !== undefined,
  recoveryOnly: recoveryOnlyOf(pool),
  enabled: user.mfa.enabled,
  preferred: user.mfa.preferred,
  deviceRemembered: device?.remembered === true,
})

// An address that alone can recover the password is no second factor (protocol/authentication 5.3.9).
const recoveryOnlyOf = ({ settings }: Pool): MfaUser['recoveryOnly'] => {
  const mechanisms = settings.accountRecoverySetting?.recoveryMechanisms ?? []
  if (mechanisms.length !== 1) return []
  if (mechanisms[0]?.name === 'verified_email') return ['email']
  return mechanisms[0]?.name === 'verified_phone_number' ? ['phone_number'] : []
}

/** Who signs in, and what was proved of it. */
type SigningIn = { readonly pool: Pool; readonly user: User; readonly carried: Carried }

/** What a sign-in owes, by the user's software token and device as they stand. */
export const owedWith = (
  { pool, user, carried }: SigningIn,
  token: SoftwareToken | undefined,
  device: Device | undefined,
): NextStep => nextStep(mfaRulesOf(pool), mfaUserOf(pool, user, token, device), carried.proved, carried.target)

/** What a sign-in owes before it may end. */
export const owedBy = async (
  signingIn: SigningIn & { readonly context: Pick<Context, 'store'> },
  device: Device | undefined,
): Promise<NextStep> => {
  const { context, pool, user } = signingIn
  return owedWith(signingIn, await context.store.softwareTokens.find(pool.id, user.id), device)
}
