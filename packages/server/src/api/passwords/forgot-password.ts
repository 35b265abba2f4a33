import { openClient } from '../../flows/callers/app-client.ts'
import * as flow from '../../flows/recovery.ts'
import type { Operation } from '../operation.ts'
import { requireSecretHash } from '../secret-hash.ts'
import { codeDeliveryDetails } from '../shapes.ts'

/** Sends a code to a user who forgot the password (protocol/authentication 2.6). */
export const forgotPassword: Operation<'ForgotPassword'> = async (context, input) => {
  const { client, pool } = await openClient(context, input.ClientId)
  requireSecretHash(context, client, { username: input.Username, given: input.SecretHash })
  const clientMetadata = input.ClientMetadata ?? {}
  const delivery = await flow.forgotPassword(context, { pool, client, username: input.Username, clientMetadata })
  return { CodeDeliveryDetails: codeDeliveryDetails(delivery) }
}
