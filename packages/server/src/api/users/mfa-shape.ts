// A user's second factors on the wire.
import type { User } from '../../store/index.ts'
import { secondFactorNames } from '../sign-in/factor-names.ts'

type LegacyOptions = { MFAOptions?: { DeliveryMedium: 'SMS'; AttributeName: string }[] }

/**
 * MFAOptions, which speak of text messages alone; left out where there is nothing to say
 * (protocol/authentication 5.3.7).
 */
export const legacyMfaShape = ({ mfa }: User): LegacyOptions =>
  mfa.enabled.includes('sms') ? { MFAOptions: [{ DeliveryMedium: 'SMS', AttributeName: 'phone_number' }] } : {}

/** The members that speak of second factors; absent ones are left out (protocol/authentication 5.3.6). */
export const mfaShape = ({ mfa }: User): { UserMFASettingList?: string[]; PreferredMfaSetting?: string } => ({
  ...(mfa.enabled.length > 0 ? { UserMFASettingList: mfa.enabled.map((factor) => secondFactorNames[factor]) } : {}),
  ...(mfa.preferred ? { PreferredMfaSetting: secondFactorNames[mfa.preferred] } : {}),
})
