import { openClient } from '../../flows/callers/app-client.ts'
import { resendSignUpCode } from '../../flows/sign-up.ts'
import type { Operation } from '../operation.ts'
import { requireSecretHash } from '../secret-hash.ts'
import { codeDeliveryDetails } from '../shapes.ts'

/** Sends another sign-up code (protocol/authentication 2.3.7 to 2.3.10). */
export const resendConfirmationCode: Operation<'ResendConfirmationCode'> = async (context, input) => {
  const { client, pool } = await openClient(context, input.ClientId)
  requireSecretHash(context, client, { username: input.Username, given: input.SecretHash })
  const clientMetadata = input.ClientMetadata ?? {}
  const delivery = await resendSignUpCode(context, { pool, client, username: input.Username, clientMetadata })
  return { CodeDeliveryDetails: codeDeliveryDetails(delivery) }
}
