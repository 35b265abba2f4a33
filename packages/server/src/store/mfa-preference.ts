// A user's choice of second factors, and the stored document of it. The document uses the names of UserMFASettingList
// (protocol/authentication 5.3.7) in every version of the service: servers of two versions may share a database, and a
// server that did not know a name would require no factor.
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

/** Reads the choice from its document. @throws Error for a factor that this version does not know */
export const heldPreference = ({ enabled, preferred, ...rest }: StoredPreference): MfaPreference => ({
  ...rest,
  enabled: enabled.map(factorNamed),
  ...(preferred === undefined ? {} : { preferred: factorNamed(preferred) }),
})

/** Writes the document of a choice. */
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
