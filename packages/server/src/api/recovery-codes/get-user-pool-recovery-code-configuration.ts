import { hasRecoveryCodes } from '../../flows/factors/recovery-codes.ts'
import type { Operation } from '../operation.ts'

/** Tells whether a pool has recovery codes. */
export const getUserPoolRecoveryCodeConfiguration: Operation<'GetUserPoolRecoveryCodeConfiguration'> = async (
  { store },
  { UserPoolId },
) => ({ UserPoolId, Enabled: hasRecoveryCodes(await store.pools.get(UserPoolId)) })
