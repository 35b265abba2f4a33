import { openAccessToken } from '../../flows/callers/access-token.ts'
import { endTrackedSession } from '../../flows/tokens/session-tracking.ts'
import type { Operation } from '../operation.ts'

/** Ends another sign-in of the caller (protocol/authentication 7.4.4). A session of the API has no associated sessions. */
export const revokeUserSession: Operation<'RevokeUserSession'> = async (context, input) => {
  const { pool, user, signIn } = await openAccessToken(context, input.AccessToken)
  await endTrackedSession(context, { pool, user, sessionId: input.SessionId, current: signIn })
  return {}
}
