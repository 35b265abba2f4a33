import { openClientOf } from '../../flows/callers/app-client.ts'
import type { Operation } from '../operation.ts'
import { respond } from './respond.ts'

/** Answers the challenge of a second factor with a recovery code, from a server that holds access keys. */
export const adminRespondWithRecoveryCode: Operation<'AdminRespondWithRecoveryCode'> = async (context, input) =>
  respond(context, await openClientOf(context, input.UserPoolId, input.ClientId), input, true)
