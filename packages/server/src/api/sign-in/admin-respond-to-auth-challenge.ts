import { openClientOf } from '../../flows/callers/app-client.ts'
import type { Operation } from '../operation.ts'
import { respond } from './respond.ts'

/** Answers a challenge from a server that holds access keys (protocol/authentication 3.4). */
export const adminRespondToAuthChallenge: Operation<'AdminRespondToAuthChallenge'> = async (context, input) =>
  respond(context, await openClientOf(context, input.UserPoolId, input.ClientId), input, true)
