import type { Operation } from '../operation.ts'
import { mfaConfigShape } from './mfa-shape.ts'

/** Describes the settings of a pool for second factors and passkeys (protocol/authentication 5.3.2). */
export const getUserPoolMfaConfig: Operation<'GetUserPoolMfaConfig'> = async ({ store }, input) =>
  mfaConfigShape((await store.pools.get(input.UserPoolId)).settings)
