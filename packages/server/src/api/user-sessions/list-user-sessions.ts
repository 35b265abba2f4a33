import { openAccessToken } from '../../flows/callers/access-token.ts'
import { listSessions } from '../../flows/tokens/session-tracking.ts'
import type { Operation } from '../operation.ts'
import { sessionShape } from './session-shape.ts'

/** Lists the active sign-ins of the caller (protocol/authentication 7.4.3). */
export const listUserSessions: Operation<'ListUserSessions'> = async (context, input) => {
  const { pool, user, signIn } = await openAccessToken(context, input.AccessToken)
  const signIns = await listSessions(context, { pool, user, nextToken: input.NextToken })
  return { Sessions: signIns.map((one) => sessionShape(one, signIn.tracked?.sessionId)) }
}
