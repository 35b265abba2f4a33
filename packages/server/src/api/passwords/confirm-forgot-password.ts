import { openClient } from '../../flows/callers/app-client.ts'
import * as flow from '../../flows/recovery.ts'
import type { Operation } from '../operation.ts'
import { requireSecretHash } from '../secret-hash.ts'

/** Sets a new password with a recovery code (protocol/authentication 2.6). */
export const confirmForgotPassword: Operation<'ConfirmForgotPassword'> = async (context, input) => {
  const { client, pool } = await openClient(context, input.ClientId)
  requireSecretHash(context, client, { username: input.Username, given: input.SecretHash })
  await flow.confirmForgotPassword(context, {
    pool,
    client,
    username: input.Username,
    code: input.ConfirmationCode,
    password: input.Password,
    clientMetadata: input.ClientMetadata ?? {},
  })
  return {}
}
