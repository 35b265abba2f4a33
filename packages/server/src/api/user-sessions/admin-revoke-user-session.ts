import { getUser } from '../../flows/users/find-user.ts'
import { endTrackedSession } from '../../flows/tokens/session-tracking.ts'
import type { Operation } from '../operation.ts'

/** Ends one sign-in of a user (protocol/authentication 7.4.4). A session of the API has no associated sessions. */
export const adminRevokeUserSession: Operation<'AdminRevokeUserSession'> = async (context, input) => {
  const pool = await context.store.pools.get(input.UserPoolId)
  const user = await getUser(context, pool, input.Username)
  await endTrackedSession(context, { pool, user, sessionId: input.SessionId, current: undefined })
  return {}
}
