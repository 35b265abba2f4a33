import { openClient } from '../../flows/callers/app-client.ts'
import * as flow from '../../flows/sign-up.ts'
import type { Operation } from '../operation.ts'
import { requireSecretHash } from '../secret-hash.ts'
import { attributeRecord, codeDeliveryDetails } from '../shapes.ts'

/** Creates a user and sends the code that confirms it (protocol/authentication 2.2). */
export const signUp: Operation<'SignUp'> = async (context, input) => {
  const { client, pool } = await openClient(context, input.ClientId)
  requireSecretHash(context, client, { username: input.Username, given: input.SecretHash })
  const { user, delivery, session } = await flow.signUp(context, {
    pool,
    client,
    username: input.Username,
    password: input.Password,
    attributes: attributeRecord(input.UserAttributes),
    validationData: attributeRecord(input.ValidationData),
    clientMetadata: input.ClientMetadata ?? {},
  })
  return {
    UserConfirmed: user.status === 'CONFIRMED',
    UserSub: user.id,
    ...(session === undefined ? {} : { Session: session }),
    ...(delivery ? { CodeDeliveryDetails: codeDeliveryDetails(delivery) } : {}),
  }
}
