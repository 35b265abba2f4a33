// What an update does to a setting whose member it leaves out. AWS says in general that such a setting goes to its
// default; measured member by member that holds for some alone. docs/compatibility.md gives the reason of each line.
import type { UpdateUserPoolRequest } from '../../wire/model.gen.ts'

/** What both CreateUserPool and UpdateUserPool say. */
export type PoolRequest = Omit<UpdateUserPoolRequest, 'UserPoolId' | 'PoolName'>

/** An absent member leaves the setting as it was, or sets it to the default. */
export type WhenAbsent = 'kept' | 'default'

/** UpdateUserPool, member by member; the halves of Policies are kept each for itself. */
export const absentInUpdateUserPool: Readonly<Record<keyof UpdateUserPoolRequest & keyof PoolRequest, WhenAbsent>> = {
  AccountRecoverySetting: 'kept',
  AcrConfiguration: 'kept',
  AdminCreateUserConfig: 'kept',
  AutoVerifiedAttributes: 'default',
  DcrConfiguration: 'kept',
  DeletionProtection: 'kept',
  DeviceConfiguration: 'default',
  EmailConfiguration: 'default',
  EmailVerificationMessage: 'kept',
  EmailVerificationSubject: 'kept',
  IssuerConfiguration: 'kept',
  KeyConfiguration: 'kept',
  LambdaConfig: 'default',
  MfaConfiguration: 'kept',
  Policies: 'kept',
  SmsAuthenticationMessage: 'default',
  SmsConfiguration: 'kept',
  SmsVerificationMessage: 'kept',
  UserAttributeUpdateSettings: 'kept',
  UserPoolAddOns: 'default',
  UserPoolTags: 'kept',
  UserPoolTier: 'kept',
  VerificationMessageTemplate: 'kept',
}
