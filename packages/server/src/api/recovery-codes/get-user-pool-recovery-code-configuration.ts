import { hasRecoveryCodes } from '../../flows/factors/recovery-codes.ts'
import type { Operation } from '../operation.ts'

/** Says whether recovery codes are switched on in a pool. */
export const getUserPoolRecoveryCodeConfiguration: Operation<'GetUserPoolRecoveryCodeConfiguration'> = async (
  { store },
  { UserPoolId },
) => ({ UserPoolId, Enabled: hasRecoveryCodes(await store.pools.get(UserPoolId)) })
