import { openAccessToken } from '../../flows/callers/access-token.ts'
import type { Operation } from '../operation.ts'

/** Ends every sign-in of the caller (protocol/authentication 6.4.3). */
export const globalSignOut: Operation<'GlobalSignOut'> = async (context, input) => {
  const { store, clock } = context
  const { user } = await openAccessToken(context, input.AccessToken)
  await store.commit([store.signIns.revokeAll(user, clock.now())])
  return {}
}
