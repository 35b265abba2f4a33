import { openAccessToken } from '../../flows/callers/access-token.ts'
import * as flow from '../../flows/recovery.ts'
import type { Operation } from '../operation.ts'

/** Changes the caller's password (protocol/authentication 2.6.9). */
export const changePassword: Operation<'ChangePassword'> = async (context, input) => {
  const { pool, user } = await openAccessToken(context, input.AccessToken)
  await flow.changePassword(context, { pool, user, previous: input.PreviousPassword, proposed: input.ProposedPassword })
  return {}
}
