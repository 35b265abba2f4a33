import { openClient } from '../../flows/callers/app-client.ts'
import * as flow from '../../flows/sign-up.ts'
import type { Operation } from '../operation.ts'
import { requireSecretHash } from '../secret-hash.ts'

/** Confirms a sign-up with its code (protocol/authentication 2.3). */
export const confirmSignUp: Operation<'ConfirmSignUp'> = async (context, input) => {
  const { client, pool } = await openClient(context, input.ClientId)
  requireSecretHash(context, client, { username: input.Username, given: input.SecretHash })
  const { session } = await flow.confirmSignUp(context, {
    pool,
    client,
    username: input.Username,
    code: input.ConfirmationCode,
    forceAlias: input.ForceAliasCreation === true,
    session: input.Session,
    clientMetadata: input.ClientMetadata ?? {},
  })
  return session === undefined ? {} : { Session: session }
}
