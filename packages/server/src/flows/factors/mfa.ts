// The room of factors: all factors except the password. This file translates a pool's settings and a user's record into
// the terms of rules/next-step.ts, the only place that decides the next challenge of a sign-in.
//
//   mfa.ts                second factors: those a pool offers, those a user has, and the next challenge
//   first-factors.ts      first factors: the same for rules/first-factors.ts
//   mfa-preference.ts     stores a user's choice of second factors
//   recovery-codes.ts     codes that each replace a lost second factor once
//   passkeys.ts           registers, lists and removes passkeys of a signed-in user
//   web-authn.ts          reads and verifies the passkey data that browsers send
//   relying-party.ts      the relying party of a pool's passkeys
//   devices.ts            remembered devices: gives keys, confirms, lists and forgets
//   device-of-sign-in.ts  finds the device of a sign-in
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
 * The user's part of the rules for second factors.
 *
 * @param device - the known device of the sign-in, when the pool tracks devices
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

// When only one address can recover the password, that address is not a second factor (protocol/authentication 5.3.9).
const recoveryOnlyOf = ({ settings }: Pool): MfaUser['recoveryOnly'] => {
  const mechanisms = settings.accountRecoverySetting?.recoveryMechanisms ?? []
  if (mechanisms.length !== 1) return []
  if (mechanisms[0]?.name === 'verified_email') return ['email']
  return mechanisms[0]?.name === 'verified_phone_number' ? ['phone_number'] : []
}

/** The user who signs in, and the state of the sign-in. */
type SigningIn = { readonly pool: Pool; readonly user: User; readonly carried: Carried }

/** The next challenge of a sign-in, from a software token and device that were read before. */
export const owedWith = (
  { pool, user, carried }: SigningIn,
  token: SoftwareToken | undefined,
  device: Device | undefined,
): NextStep => nextStep(mfaRulesOf(pool), mfaUserOf(pool, user, token, device), carried.proved, carried.target)

/** The next challenge of a sign-in. */
export const owedBy = async (
  signingIn: SigningIn & { readonly context: Pick<Context, 'store'> },
  device: Device | undefined,
): Promise<NextStep> => {
  const { context, pool, user } = signingIn
  return owedWith(signingIn, await context.store.softwareTokens.find(pool.id, user.id), device)
}
