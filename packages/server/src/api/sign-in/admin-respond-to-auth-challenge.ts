import { openClientOf } from '../../flows/callers/app-client.ts'
import { answerChallenge } from '../../flows/sign-in/index.ts'
import type { Operation } from '../operation.ts'
import { outcomeShape } from './outcome.ts'

/** Answers a challenge from a server that holds access keys (protocol/authentication 3.4). */
export const adminRespondToAuthChallenge: Operation<'AdminRespondToAuthChallenge'> = async (context, input) => {
  const { client, pool } = await openClientOf(context, input.UserPoolId, input.ClientId)
  const outcome = await answerChallenge(context, {
    pool,
    client,
    admin: true,
    challenge: input.ChallengeName,
    session: input.Session,
    answers: input.ChallengeResponses ?? {},
    clientMetadata: input.ClientMetadata ?? {},
  })
  return outcomeShape(outcome)
}
