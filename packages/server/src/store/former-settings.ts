// Settings of pools as earlier versions stored them: two names had their acronym half lowered. Migration 14 renames
// them; a server of an earlier version on the same database may still write them.
import type { PoolSettings } from '../rules/pool-settings.ts'

type Former = PoolSettings & {
  readonly lambdaConfig: { readonly kMSKeyID?: string }
  readonly adminCreateUserConfig: { readonly inviteMessageTemplate?: { readonly sMSMessage?: string } | undefined }
}

/** Stored settings with the names of this version. */
export const withPresentNames = (stored: PoolSettings): PoolSettings => {
  const { lambdaConfig, adminCreateUserConfig } = stored as Former
  const { inviteMessageTemplate } = adminCreateUserConfig
  if (lambdaConfig.kMSKeyID === undefined && inviteMessageTemplate?.sMSMessage === undefined) return stored
  const { kMSKeyID, ...functions } = lambdaConfig
  const { sMSMessage, ...invitation } = inviteMessageTemplate ?? {}
  return {
    ...stored,
    lambdaConfig: { kmsKeyId: kMSKeyID, ...functions },
    adminCreateUserConfig: {
      ...adminCreateUserConfig,
      inviteMessageTemplate: inviteMessageTemplate && { smsMessage: sMSMessage, ...invitation },
    },
  }
}
