import type { Operation } from '../operation.ts'
import { mfaConfigShape } from './mfa-shape.ts'

/** Tells how a pool's second factors and passkeys stand (protocol/authentication 5.3.2). */
export const getUserPoolMfaConfig: Operation<'GetUserPoolMfaConfig'> = async ({ store }, input) =>
  mfaConfigShape((await store.pools.get(input.UserPoolId)).settings)
