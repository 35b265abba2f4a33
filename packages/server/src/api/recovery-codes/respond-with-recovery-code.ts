import { openClient } from '../../flows/callers/app-client.ts'
import type { Operation } from '../operation.ts'
import { respond } from './respond.ts'

/** Answers the challenge of a second factor with a recovery code. */
export const respondWithRecoveryCode: Operation<'RespondWithRecoveryCode'> = async (context, input) =>
  respond(context, await openClient(context, input.ClientId), input, false)
