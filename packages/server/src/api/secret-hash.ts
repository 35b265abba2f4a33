// The secret hash, by which a caller of the API proves the secret of a confidential client (protocol/authentication 2.5).
import type { Context } from '../context.ts'
import { notAuthorized } from '../errors.ts'
import { secretsOf } from '../flows/callers/app-client.ts'
import { faultOfSecretHash } from '../rules/secret-hash.ts'
import type { Client } from '../store/index.ts'

/**
 * Refuses a caller who does not hold the secret of a confidential client.
 *
 * @param username - the name in the same request; on refresh the stored user name
 * @param refresh - whether the request is a refresh, which has other words for a wrong hash
 * @throws ServiceError NotAuthorizedException (protocol/authentication 2.5.5 to 2.5.7)
 */
export const requireSecretHash = (
  context: Context,
  client: Client,
  { username, given, refresh = false }: { username: string; given: string | undefined; refresh?: boolean },
): void => {
  const fault = faultOfSecretHash({ clientId: client.id, secrets: secretsOf(context, client), username, given })
  if (fault === undefined) return
  if (fault === 'missing') {
    throw notAuthorized(`Client ${client.id} is configured with secret but SECRET_HASH was not received`)
  }
  if (refresh) throw notAuthorized(`SecretHash does not match for the client: ${client.id}`)
  throw notAuthorized(`Unable to verify secret hash for client ${client.id}`)
}
