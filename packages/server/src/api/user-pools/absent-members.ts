// The effect of an absent member in an update of a pool. AWS documents that the setting returns to its default; measured,
// that is true of some members only. docs/compatibility.md gives the reason for each line.
import type { UpdateUserPoolRequest } from '../../wire/model.gen.ts'

/** The members that CreateUserPool and UpdateUserPool share. */
export type PoolRequest = Omit<UpdateUserPoolRequest, 'UserPoolId' | 'PoolName'>

/** An absent member keeps the setting, or sets the default. */
export type WhenAbsent = 'kept' | 'default'

/** Older members for texts of VerificationMessageTemplate. */
type OlderText = 'EmailVerificationMessage' | 'EmailVerificationSubject' | 'SmsVerificationMessage'

/** UpdateUserPool, member by member. For the halves of Policies and the texts of a template, the rule holds separately. */
export const absentInUpdateUserPool: Readonly<Record<Exclude<keyof PoolRequest, OlderText>, WhenAbsent>> = {
  AccountRecoverySetting: 'kept',
  AcrConfiguration: 'kept',
  AdminCreateUserConfig: 'kept',
  AutoVerifiedAttributes: 'default',
  DcrConfiguration: 'kept',
  DeletionProtection: 'kept',
  DeviceConfiguration: 'default',
  EmailConfiguration: 'default',
  IssuerConfiguration: 'kept',
  KeyConfiguration: 'kept',
  LambdaConfig: 'default',
  MfaConfiguration: 'kept',
  Policies: 'kept',
  SmsAuthenticationMessage: 'default',
  SmsConfiguration: 'kept',
  UserAttributeUpdateSettings: 'kept',
  UserPoolAddOns: 'default',
  UserPoolTags: 'kept',
  UserPoolTier: 'kept',
  VerificationMessageTemplate: 'kept',
}
