import type { Operation } from '../operation.ts'
import { sessionConfiguration } from './session-configuration.ts'

/** Tells whether a pool tracks sessions (protocol/authentication 7.4.1). */
export const getUserPoolSessionConfiguration: Operation<'GetUserPoolSessionConfiguration'> = async ({ store }, input) =>
  sessionConfiguration(await store.pools.get(input.UserPoolId))
