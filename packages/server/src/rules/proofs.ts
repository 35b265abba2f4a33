// The proofs of a sign-in, and their properties, by which rules/next-step.ts and rules/assurance.ts decide.

/** A proof that a caller gave in a sign-in. */
export type Proof =
  | 'password'
  | 'email-otp'
  | 'sms-otp'
  | 'passkey'
  /** A passkey with user verification, in a pool that counts it as two factors. */
  | 'passkey-two-factors'
  | 'custom'
  | 'software-token'
  | 'sms'
  | 'email'
  | 'device'
  | 'recovery-code'

/** A second factor that a user can have: an authenticator app, codes by text message, codes by e-mail. */
export type SecondFactor = Extract<Proof, 'software-token' | 'sms' | 'email'>

/** The proofs that a sign-in may begin with. */
export const firstFactors: readonly Proof[] = [
  'password',
  'email-otp',
  'sms-otp',
  'passkey',
  'passkey-two-factors',
  'custom',
]
/** The proofs that count as a second factor. A device is not among them: it replaces one only while it is remembered. */
export const secondFactors: readonly Proof[] = [
  'software-token',
  'sms',
  'email',
  'passkey-two-factors',
  'recovery-code',
]

/**
 * The proofs after which a user may set the due password: the temporary password, and custom challenges, which were seen to
 * lead there. Codes and passkeys are not offered to users with a due password.
 */
export const choosesPassword: readonly Proof[] = ['password', 'custom']

/** Whether a sign-in may begin with a proof. */
export const provesFirstFactor = (proof: Proof): boolean => firstFactors.includes(proof)

/** Whether a proof is a passkey's. */
export const isPasskey = (proof: Proof): boolean => proof === 'passkey' || proof === 'passkey-two-factors'

/** Whether a proof lifts a sign-in to level 3 by itself. */
export const isStrong = (proof: Proof): boolean => proof === 'software-token' || proof === 'passkey-two-factors'

/** The pairs of proofs that use the same address, as first and as second factor. */
export const sameAddress: readonly (readonly [first: Proof, second: Proof])[] = [
  ['email-otp', 'email'],
  ['sms-otp', 'sms'],
]

/** The name of each proof in RFC 8176; `mfa` is added for two factors. */
export const methodOf: Readonly<Record<Proof, string>> = {
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
