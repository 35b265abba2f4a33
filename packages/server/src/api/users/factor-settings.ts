// What SetUserMFAPreference, SetUserSettings and their Admin operations say of factors, in plain values.
import type { FactorSetting, FactorSettings, LegacyOption } from '../../flows/factors/mfa-preference.ts'
import type { Inputs } from '../../wire/model.gen.ts'
import type { SecondFactor } from '../../rules/proofs.ts'

type Wire = Pick<Inputs['SetUserMFAPreference'], 'SMSMfaSettings' | 'SoftwareTokenMfaSettings' | 'EmailMfaSettings'>

// SDKs that cannot tell false from absent turn a factor off by an empty structure.
const setting = (wire: { Enabled?: boolean | undefined; PreferredMfa?: boolean | undefined }): FactorSetting => ({
  enabled: wire.Enabled ?? (wire.PreferredMfa === undefined ? false : undefined),
  preferred: wire.PreferredMfa,
})

/** The factors that an input speaks of. */
export const factorSettings = (input: Wire): FactorSettings => {
  const settings = new Map<SecondFactor, FactorSetting>()
  if (input.SMSMfaSettings) settings.set('SMS_MFA', setting(input.SMSMfaSettings))
  if (input.SoftwareTokenMfaSettings) settings.set('SOFTWARE_TOKEN_MFA', setting(input.SoftwareTokenMfaSettings))
  if (input.EmailMfaSettings) settings.set('EMAIL_OTP', setting(input.EmailMfaSettings))
  return settings
}

/** Whether a passkey is to count as two factors; undefined where an input does not speak of passkeys. */
export const passkeySetting = ({
  WebAuthnMfaSettings,
}: Pick<Inputs['SetUserMFAPreference'], 'WebAuthnMfaSettings'>): boolean | undefined =>
  WebAuthnMfaSettings && (WebAuthnMfaSettings.Enabled ?? false)

/** What SetUserSettings and AdminSetUserSettings say, in plain values. */
export const legacyOptions = ({ MFAOptions }: Pick<Inputs['SetUserSettings'], 'MFAOptions'>): LegacyOption[] =>
  MFAOptions.map(({ DeliveryMedium, AttributeName }) => ({ medium: DeliveryMedium, attribute: AttributeName }))
