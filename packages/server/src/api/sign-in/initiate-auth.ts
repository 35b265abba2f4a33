import { openClient } from '../../flows/callers/app-client.ts'
import { startSignIn } from '../../flows/sign-in/index.ts'
import type { Operation } from '../operation.ts'
import { outcomeShape } from './outcome.ts'

/** Begins a sign-in, or refreshes one (protocol/authentication 3.2, 3.3). */
export const initiateAuth: Operation<'InitiateAuth'> = async (context, input) => {
  const { client, pool } = await openClient(context, input.ClientId)
  const outcome = await startSignIn(context, {
    pool,
    client,
    admin: false,
    flow: input.AuthFlow,
    parameters: input.AuthParameters ?? {},
    session: input.Session,
    clientMetadata: input.ClientMetadata ?? {},
  })
  return outcomeShape(outcome)
}
