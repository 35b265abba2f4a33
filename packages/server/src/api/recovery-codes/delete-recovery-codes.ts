import { openAccessToken } from '../../flows/callers/access-token.ts'
import { removeRecoveryCodes } from '../../flows/factors/recovery-codes.ts'
import type { Operation } from '../operation.ts'

/** Deletes the caller's recovery codes. */
export const deleteRecoveryCodes: Operation<'DeleteRecoveryCodes'> = async (context, input) => {
  const { pool, user } = await openAccessToken(context, input.AccessToken)
  await removeRecoveryCodes(context, pool, user)
  return {}
}
