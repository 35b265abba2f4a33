import { openAccessToken } from '../../flows/callers/access-token.ts'
import { newRecoveryCodes } from '../../flows/factors/recovery-codes.ts'
import type { Operation } from '../operation.ts'

/** Makes ten new recovery codes for the caller and shows them, this once. They replace all earlier codes. */
export const createRecoveryCodes: Operation<'CreateRecoveryCodes'> = async (context, input) => {
  const { pool, user } = await openAccessToken(context, input.AccessToken)
  return { RecoveryCodes: await newRecoveryCodes(context, pool, user) }
}
