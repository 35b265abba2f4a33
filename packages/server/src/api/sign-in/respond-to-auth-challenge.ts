import { openClient } from '../../flows/callers/app-client.ts'
import type { Operation } from '../operation.ts'
import { respond } from './respond.ts'

/** Answers a challenge (protocol/authentication 3.4). */
export const respondToAuthChallenge: Operation<'RespondToAuthChallenge'> = async (context, input) =>
  respond(context, await openClient(context, input.ClientId), input, false)
