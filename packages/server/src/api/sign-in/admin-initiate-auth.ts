import { openClientOf } from '../../flows/callers/app-client.ts'
import type { Operation } from '../operation.ts'
import { initiate } from './initiate.ts'

/** Begins a sign-in from a server that holds access keys (protocol/authentication 3.2, 3.3). */
export const adminInitiateAuth: Operation<'AdminInitiateAuth'> = async (context, input) =>
  initiate(context, await openClientOf(context, input.UserPoolId, input.ClientId), input, true)
