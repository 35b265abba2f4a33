// Which first factors a sign-in by choice may offer a user (protocol/authentication 3.1.7, 3.5, 5.3.11,
// 5.3.12). The only place that decides it: asked when a choice is offered, when it is made, and when it is proved.

/** A first factor that a user may choose. A password is proved by sending it, or by SRP without sending it. */
export type FirstFactor = 'password' | 'password-srp' | 'email-otp' | 'sms-otp' | 'passkey'

/** A first factor that a pool may allow; `password` is both ways of proving one. */
export type AllowedFirstFactor = Exclude<FirstFactor, 'password-srp'>

/** What of a pool bears on first factors. */
export type FirstFactorRules = {
  readonly mfa: 'OFF' | 'OPTIONAL' | 'ON'
  /** Those that the pool allows. */
  readonly allowed: readonly AllowedFirstFactor[]
  /** Whether a passkey with user verification counts as two factors. */
  readonly passkeyIsTwoFactors: boolean
}

/** What of a user bears on first factors. */
export type FirstFactorUser = {
  readonly hasPassword: boolean
  readonly hasEmail: boolean
  readonly hasPhoneNumber: boolean
  readonly hasPasskey: boolean
  /** A new password is due: the status is FORCE_CHANGE_PASSWORD. */
  readonly passwordDue: boolean
  /** A second factor would be asked for. */
  readonly hasSecondFactor: boolean
  /** The user chose that a passkey counts as two factors. */
  readonly passkeyAsTwoFactors: boolean
}

const passwords: readonly FirstFactor[] = ['password-srp', 'password']

const passwordless: readonly FirstFactor[] = ['email-otp', 'sms-otp', 'passkey']

/** The first factor by a code to the address in an attribute. */
export const codeFactors = { email: 'email-otp', phone_number: 'sms-otp' } as const

/** The attributes to whose addresses a pool sends codes that let in by themselves (protocol/authentication 2.2.10). */
export const codeAttributes = (allowed: readonly AllowedFirstFactor[]): ('email' | 'phone_number')[] =>
  (['email', 'phone_number'] as const).filter((attribute) => allowed.includes(codeFactors[attribute]))

const owns = (factor: FirstFactor, user: FirstFactorUser): boolean => {
  if (factor === 'email-otp') return user.hasEmail
  if (factor === 'sms-otp') return user.hasPhoneNumber
  return factor === 'passkey' ? user.hasPasskey : user.hasPassword
}

// Passwordless factors and MFA exclude each other, but for a passkey that is two factors
// (protocol/authentication 5.3.11).
const permitted = (factor: FirstFactor, rules: FirstFactorRules, user: FirstFactorUser): boolean => {
  if (passwords.includes(factor)) return true
  if (user.passwordDue || !(rules.allowed as readonly FirstFactor[]).includes(factor)) return false
  if (rules.mfa === 'OFF' || (rules.mfa === 'OPTIONAL' && !user.hasSecondFactor)) return true
  return factor === 'passkey' && rules.passkeyIsTwoFactors && user.passkeyAsTwoFactors
}

/**
 * The first factors that a user may choose, in the order in which they are told. A user who could choose none is asked
 * for a password like everybody, and proves none.
 */
export const availableFirstFactors = (rules: FirstFactorRules, user: FirstFactorUser): readonly FirstFactor[] => {
  const available = [...passwords, ...passwordless].filter(
    (factor) => owns(factor, user) && permitted(factor, rules, user),
  )
  return available.length > 0 ? available : passwords
}
