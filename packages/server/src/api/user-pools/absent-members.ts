// What an update does to a setting whose member it leaves out. AWS says in general that such a setting goes to its
// default; measured member by member that holds for some alone. docs/compatibility.md gives the reason of each line.
import type { UpdateUserPoolRequest } from '../../wire/model.gen.ts'

/** What both CreateUserPool and UpdateUserPool say. */
export type PoolRequest = Omit<UpdateUserPoolRequest, 'UserPoolId' | 'PoolName'>

/** An absent member leaves the setting as it was, or sets it to the default. */
export type WhenAbsent = 'kept' | 'default'

/** Members of before VerificationMessageTemplate: texts of it. */
type OlderText = 'EmailVerificationMessage' | 'EmailVerificationSubject' | 'SmsVerificationMessage'

/** UpdateUserPool, member by member; the halves of Policies and the texts of a template each for itself. */
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
