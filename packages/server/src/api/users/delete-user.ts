import { openAccessToken } from '../../flows/callers/access-token.ts'
import type { Operation } from '../operation.ts'

/** Deletes the caller; all tokens of the user become invalid. */
export const deleteUser: Operation<'DeleteUser'> = async (context, input) => {
  const { user } = await openAccessToken(context, input.AccessToken)
  await context.store.commit(context.store.removals.user(user, context.clock.now()))
  return {}
}
