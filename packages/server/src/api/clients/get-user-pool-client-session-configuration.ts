import { openClientOf } from '../../flows/callers/app-client.ts'
import type { Operation } from '../operation.ts'
import { clientSessionConfiguration } from './client-session-configuration.ts'

/** Describes how long a client reuses a session of the managed login (protocol/authentication 7.4.2). */
export const getUserPoolClientSessionConfiguration: Operation<'GetUserPoolClientSessionConfiguration'> = async (
  context,
  input,
) => clientSessionConfiguration((await openClientOf(context, input.UserPoolId, input.ClientId)).client)
