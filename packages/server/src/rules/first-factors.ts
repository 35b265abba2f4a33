// The first factors that a sign-in by choice may offer a user (protocol/authentication 3.1.7, 3.5, 5.3.11, 5.3.12). Only
// this file decides it; flows ask when they offer the choice, when the user chooses, and when the factor is proved.

/** A first factor that a user may choose. A password is proved by sending it, or by SRP without sending it. */
export type FirstFactor = 'password' | 'password-srp' | 'email-otp' | 'sms-otp' | 'passkey'

/** A first factor that a pool may allow; `password` stands for both ways of proving it. */
export type AllowedFirstFactor = Exclude<FirstFactor, 'password-srp'>

/** The parts of a pool that determine first factors. */
export type FirstFactorRules = {
  readonly mfa: 'OFF' | 'OPTIONAL' | 'ON'
  /** The first factors that the pool allows. */
  readonly allowed: readonly AllowedFirstFactor[]
  /** Whether a passkey with user verification counts as two factors. */
  readonly passkeyIsTwoFactors: boolean
}

/** The parts of a user that determine first factors. */
export type FirstFactorUser = {
  readonly hasPassword: boolean
  readonly hasEmail: boolean
  readonly hasPhoneNumber: boolean
  readonly hasPasskey: boolean
  /** A new password is due: the status is FORCE_CHANGE_PASSWORD. */
  readonly passwordDue: boolean
  /** Whether a sign-in would require a second factor. */
  readonly hasSecondFactor: boolean
  /** Whether the user chose that a passkey counts as two factors. */
  readonly passkeyAsTwoFactors: boolean
}

const passwords: readonly FirstFactor[] = ['password-srp', 'password']

const passwordless: readonly FirstFactor[] = ['email-otp', 'sms-otp', 'passkey']

/** The first factor that sends a code to the address in an attribute. */
export const codeFactors = { email: 'email-otp', phone_number: 'sms-otp' } as const

/** The attributes whose addresses a pool may send first-factor codes to (protocol/authentication 2.2.10). */
export const codeAttributes = (allowed: readonly AllowedFirstFactor[]): ('email' | 'phone_number')[] =>
  (['email', 'phone_number'] as const).filter((attribute) => allowed.includes(codeFactors[attribute]))

const owns = (factor: FirstFactor, user: FirstFactorUser): boolean => {
  if (factor === 'email-otp') return user.hasEmail
  if (factor === 'sms-otp') return user.hasPhoneNumber
  return factor === 'passkey' ? user.hasPasskey : user.hasPassword
}

// Passwordless factors and MFA exclude each other, except for a passkey that counts as two factors
// (protocol/authentication 5.3.11).
const permitted = (factor: FirstFactor, rules: FirstFactorRules, user: FirstFactorUser): boolean => {
  if (passwords.includes(factor)) return true
  if (user.passwordDue || !(rules.allowed as readonly FirstFactor[]).includes(factor)) return false
  if (rules.mfa === 'OFF' || (rules.mfa === 'OPTIONAL' && !user.hasSecondFactor)) return true
  return factor === 'passkey' && rules.passkeyIsTwoFactors && user.passkeyAsTwoFactors
}

/**
 * The first factors that a user may choose, in the order of the answer. A user without any is offered a password like
 * other users, and cannot prove it.
 */
export const availableFirstFactors = (rules: FirstFactorRules, user: FirstFactorUser): readonly FirstFactor[] => {
  const available = [...passwords, ...passwordless].filter(
    (factor) => owns(factor, user) && permitted(factor, rules, user),
  )
  return available.length > 0 ? available : passwords
}
