// Which first factors a sign-in by choice (USER_AUTH) may offer a user (protocol/authentication 3.1.7, 3.5, 5.3.11,
// 5.3.12). The only place that decides it: asked when a choice is offered, when it is made, and when it is proved.

/** A first factor, as AvailableChallenges names it. */
export type FirstFactor = 'PASSWORD' | 'PASSWORD_SRP' | 'EMAIL_OTP' | 'SMS_OTP' | 'WEB_AUTHN'

/** A first factor, as a pool allows it; PASSWORD is both ways of proving one. */
export type AllowedFirstFactor = Exclude<FirstFactor, 'PASSWORD_SRP'>

/** What of a pool bears on first factors. */
export type FirstFactorRules = {
  readonly mfa: 'OFF' | 'OPTIONAL' | 'ON'
  /** SignInPolicy.AllowedFirstAuthFactors. */
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
  /** The user chose that a passkey counts as two factors (WebAuthnMfaSettings). */
  readonly passkeyAsTwoFactors: boolean
}

const passwords: readonly FirstFactor[] = ['PASSWORD_SRP', 'PASSWORD']

const passwordless: readonly FirstFactor[] = ['EMAIL_OTP', 'SMS_OTP', 'WEB_AUTHN']

/** Whether a text names a first factor. */
export const isFirstFactor = (name: string): name is FirstFactor =>
  (passwords as readonly string[]).includes(name) || (passwordless as readonly string[]).includes(name)

/** The first factor by a code to the address in an attribute. */
export const codeFactors = { email: 'EMAIL_OTP', phone_number: 'SMS_OTP' } as const

/** The attributes to whose addresses a pool sends codes that let in by themselves (protocol/authentication 2.2.10). */
export const codeAttributes = (allowed: readonly AllowedFirstFactor[]): ('email' | 'phone_number')[] =>
  (['email', 'phone_number'] as const).filter((attribute) => allowed.includes(codeFactors[attribute]))

const owns = (factor: FirstFactor, user: FirstFactorUser): boolean => {
  if (factor === 'EMAIL_OTP') return user.hasEmail
  if (factor === 'SMS_OTP') return user.hasPhoneNumber
  return factor === 'WEB_AUTHN' ? user.hasPasskey : user.hasPassword
}

// Passwordless factors and MFA exclude each other, but for a passkey that is two factors
// (protocol/authentication 5.3.11).
const permitted = (factor: FirstFactor, rules: FirstFactorRules, user: FirstFactorUser): boolean => {
  if (passwords.includes(factor)) return true
  if (user.passwordDue || !(rules.allowed as readonly FirstFactor[]).includes(factor)) return false
  if (rules.mfa === 'OFF' || (rules.mfa === 'OPTIONAL' && !user.hasSecondFactor)) return true
  return factor === 'WEB_AUTHN' && rules.passkeyIsTwoFactors && user.passkeyAsTwoFactors
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
