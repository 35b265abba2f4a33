// A user's second factors on the wire.
import type { User } from '../../store/index.ts'

/** The members that speak of second factors; absent ones are left out (spec: authentication 5.3.6). */
export const mfaShape = ({ mfa }: User): { UserMFASettingList?: string[]; PreferredMfaSetting?: string } => ({
  ...(mfa.enabled.length > 0 ? { UserMFASettingList: [...mfa.enabled] } : {}),
  ...(mfa.preferred ? { PreferredMfaSetting: mfa.preferred } : {}),
})
