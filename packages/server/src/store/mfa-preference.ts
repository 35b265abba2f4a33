// A user's choice of second factors, and the document that keeps it. The document has the names of UserMFASettingList
// (protocol/authentication 5.3.7), as every version of the service wrote it: servers of two versions may share a
// database, and one that did not know a name would ask for no factor.
import type { SecondFactor } from '../rules/proofs.ts'

/** A user's choice of second factors. */
export type MfaPreference = {
  readonly enabled: readonly SecondFactor[]
  readonly preferred?: SecondFactor | undefined
  /** Whether a passkey with user verification counts as two factors. */
  readonly webAuthn?: boolean | undefined
}

/** The document of a user's choice. */
export type StoredPreference = {
  readonly enabled: readonly string[]
  readonly preferred?: string | undefined
  readonly webAuthn?: boolean | undefined
}

/** The choice that a document keeps. @throws Error for a factor that this version does not know */
export const heldPreference = ({ enabled, preferred, ...rest }: StoredPreference): MfaPreference => ({
  ...rest,
  enabled: enabled.map(factorNamed),
  ...(preferred === undefined ? {} : { preferred: factorNamed(preferred) }),
})

/** The document that keeps a choice. */
export const storedPreference = ({ enabled, preferred, ...rest }: MfaPreference): StoredPreference => ({
  ...rest,
  enabled: enabled.map((factor) => storedNames[factor]),
  preferred: preferred && storedNames[preferred],
})

const storedNames: Readonly<Record<SecondFactor, string>> = {
  'software-token': 'SOFTWARE_TOKEN_MFA',
  sms: 'SMS_MFA',
  email: 'EMAIL_OTP',
}

const factors = Object.keys(storedNames) as SecondFactor[]

const factorNamed = (name: string): SecondFactor => {
  const factor = factors.find((candidate) => storedNames[candidate] === name)
  if (factor) return factor
  throw new Error(`the record of a user names the second factor ${name}, which this version does not know`)
}
