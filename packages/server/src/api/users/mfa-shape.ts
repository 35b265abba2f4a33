// The wire shape of a user's second factors.
import type { User } from '../../store/index.ts'
import { secondFactorNames } from '../sign-in/factor-names.ts'

type LegacyOptions = { MFAOptions?: { DeliveryMedium: 'SMS'; AttributeName: string }[] }

/**
 * MFAOptions, which can hold SMS only; absent if the user does not use SMS
 * (protocol/authentication 5.3.7).
 */
export const legacyMfaShape = ({ mfa }: User): LegacyOptions =>
  mfa.enabled.includes('sms') ? { MFAOptions: [{ DeliveryMedium: 'SMS', AttributeName: 'phone_number' }] } : {}

/** The members for second factors; empty ones are left out (protocol/authentication 5.3.6). */
export const mfaShape = ({ mfa }: User): { UserMFASettingList?: string[]; PreferredMfaSetting?: string } => ({
  ...(mfa.enabled.length > 0 ? { UserMFASettingList: mfa.enabled.map((factor) => secondFactorNames[factor]) } : {}),
  ...(mfa.preferred ? { PreferredMfaSetting: secondFactorNames[mfa.preferred] } : {}),
})
