import { openAccessToken } from '../../flows/callers/access-token.ts'
import { newRecoveryCodes } from '../../flows/factors/recovery-codes.ts'
import type { Operation } from '../operation.ts'

/** Gives the caller ten new recovery codes, this once; they end those of before. */
export const createRecoveryCodes: Operation<'CreateRecoveryCodes'> = async (context, input) => {
  const { pool, user } = await openAccessToken(context, input.AccessToken)
  return { RecoveryCodes: await newRecoveryCodes(context, pool, user) }
}
