import { getUser } from '../../flows/users/find-user.ts'
import { listSessions } from '../../flows/tokens/session-tracking.ts'
import type { Operation } from '../operation.ts'
import { sessionShape } from './session-shape.ts'

/** Lists the active sign-ins of a user (protocol/authentication 7.4.3). */
export const adminListUserSessions: Operation<'AdminListUserSessions'> = async (context, input) => {
  const pool = await context.store.pools.get(input.UserPoolId)
  const user = await getUser(context, pool, input.Username)
  const signIns = await listSessions(context, { pool, user, nextToken: input.NextToken })
  return { Sessions: signIns.map((one) => sessionShape(one, undefined)) }
}
