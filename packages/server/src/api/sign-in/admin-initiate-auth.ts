import { openClientOf } from '../../flows/callers/app-client.ts'
import { startSignIn } from '../../flows/sign-in/index.ts'
import type { Operation } from '../operation.ts'
import { outcomeShape } from './outcome.ts'

/** Begins a sign-in from a server that holds access keys (protocol/authentication 3.2, 3.3). */
export const adminInitiateAuth: Operation<'AdminInitiateAuth'> = async (context, input) => {
  const { client, pool } = await openClientOf(context, input.UserPoolId, input.ClientId)
  const outcome = await startSignIn(context, {
    pool,
    client,
    admin: true,
    flow: input.AuthFlow,
    parameters: input.AuthParameters ?? {},
    session: input.Session,
    clientMetadata: input.ClientMetadata ?? {},
  })
  return outcomeShape(outcome)
}
