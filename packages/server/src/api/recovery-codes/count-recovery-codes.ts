import { openAccessToken } from '../../flows/callers/access-token.ts'
import * as flow from '../../flows/factors/recovery-codes.ts'
import type { Operation } from '../operation.ts'

/** Counts the unused recovery codes of the caller. */
export const countRecoveryCodes: Operation<'CountRecoveryCodes'> = async (context, input) => {
  const { pool, user } = await openAccessToken(context, input.AccessToken)
  return { RecoveryCodesLeft: await flow.countRecoveryCodes(context, pool, user) }
}
