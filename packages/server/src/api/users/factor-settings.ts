// Reads the factors in SetUserMFAPreference, SetUserSettings and their Admin operations, as plain values.
import { invalidParameter } from '../../errors.ts'
import type { FactorSetting } from '../../flows/factors/mfa-preference.ts'
import type { SecondFactor } from '../../rules/proofs.ts'
import type { Inputs } from '../../wire/model.gen.ts'
import { secondFactorNames } from '../sign-in/factor-names.ts'

type Wire = Pick<Inputs['SetUserMFAPreference'], 'SMSMfaSettings' | 'SoftwareTokenMfaSettings' | 'EmailMfaSettings'>

/** The factors that an input names. */
export const factorSettings = (input: Wire): FactorSetting[] => [
  ...setting('sms', input.SMSMfaSettings),
  ...setting('software-token', input.SoftwareTokenMfaSettings),
  ...setting('email', input.EmailMfaSettings),
]

// SDKs that cannot tell false from absent turn a factor off by an empty structure.
const setting = (
  factor: SecondFactor,
  wire: { readonly Enabled?: boolean | undefined; readonly PreferredMfa?: boolean | undefined } | undefined,
): FactorSetting[] => {
  if (!wire) return []
  const enabled = wire.Enabled ?? (wire.PreferredMfa === undefined ? false : undefined)
  return [{ factor, name: secondFactorNames[factor], enabled, preferred: wire.PreferredMfa }]
}

/** Whether a passkey shall count as two factors; undefined if the input does not name passkeys. */
export const passkeySetting = ({
  WebAuthnMfaSettings,
}: Pick<Inputs['SetUserMFAPreference'], 'WebAuthnMfaSettings'>): boolean | undefined =>
  WebAuthnMfaSettings && (WebAuthnMfaSettings.Enabled ?? false)

/**
 * The factors in the older MFAOptions: SMS to the phone number, or none
 * (protocol/authentication 5.3.7).
 *
 * @throws ServiceError InvalidParameterException for anything else
 */
export const legacySettings = ({ MFAOptions }: Pick<Inputs['SetUserSettings'], 'MFAOptions'>): FactorSetting[] => {
  const isOther = MFAOptions.some(
    ({ DeliveryMedium, AttributeName }) => DeliveryMedium !== 'SMS' || AttributeName !== 'phone_number',
  )
  if (isOther) {
    throw invalidParameter('MFAOptions may hold the DeliveryMedium SMS with the AttributeName phone_number alone.')
  }
  return setting('sms', { Enabled: MFAOptions.length > 0 })
}
