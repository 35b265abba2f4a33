import { openAccessToken } from '../../flows/callers/access-token.ts'
import type { Operation } from '../operation.ts'

/** Removes the caller, and with the user every token. */
export const deleteUser: Operation<'DeleteUser'> = async (context, input) => {
  const { user } = await openAccessToken(context, input.AccessToken)
  await context.store.commit(context.store.removals.user(user, context.clock.now()))
  return {}
}
