// The operations that Amazon Cognito does not have. They have another service name, so that they never mix with its
// protocol (docs/decisions/recovery-codes.md, notices.md).
import type { ExtensionName } from '../wire/model.gen.ts'
import type { Operation } from './operation.ts'
import { adminCountRecoveryCodes } from './recovery-codes/admin-count-recovery-codes.ts'
import { adminDeleteRecoveryCodes } from './recovery-codes/admin-delete-recovery-codes.ts'
import { adminRespondWithRecoveryCode } from './recovery-codes/admin-respond-with-recovery-code.ts'
import { countRecoveryCodes } from './recovery-codes/count-recovery-codes.ts'
import { createRecoveryCodes } from './recovery-codes/create-recovery-codes.ts'
import { deleteRecoveryCodes } from './recovery-codes/delete-recovery-codes.ts'
import { getUserPoolNotificationConfiguration } from './notices/get-user-pool-notification-configuration.ts'
import { setUserPoolNotificationConfiguration } from './notices/set-user-pool-notification-configuration.ts'
import { getUserPoolRecoveryCodeConfiguration } from './recovery-codes/get-user-pool-recovery-code-configuration.ts'
import { respondWithRecoveryCode } from './recovery-codes/respond-with-recovery-code.ts'
import { setUserPoolRecoveryCodeConfiguration } from './recovery-codes/set-user-pool-recovery-code-configuration.ts'

/** Every extension by its name. */
export const extensions: { readonly [Name in ExtensionName]: Operation<Name> } = {
  AdminCountRecoveryCodes: adminCountRecoveryCodes,
  AdminDeleteRecoveryCodes: adminDeleteRecoveryCodes,
  AdminRespondWithRecoveryCode: adminRespondWithRecoveryCode,
  CountRecoveryCodes: countRecoveryCodes,
  CreateRecoveryCodes: createRecoveryCodes,
  DeleteRecoveryCodes: deleteRecoveryCodes,
  GetUserPoolNotificationConfiguration: getUserPoolNotificationConfiguration,
  GetUserPoolRecoveryCodeConfiguration: getUserPoolRecoveryCodeConfiguration,
  RespondWithRecoveryCode: respondWithRecoveryCode,
  SetUserPoolNotificationConfiguration: setUserPoolNotificationConfiguration,
  SetUserPoolRecoveryCodeConfiguration: setUserPoolRecoveryCodeConfiguration,
}
