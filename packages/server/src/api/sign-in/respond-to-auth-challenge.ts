import { openClient } from '../../flows/callers/app-client.ts'
import { answerChallenge } from '../../flows/sign-in/index.ts'
import type { Operation } from '../operation.ts'
import { outcomeShape } from './outcome.ts'

/** Answers a challenge (protocol/authentication 3.4). */
export const respondToAuthChallenge: Operation<'RespondToAuthChallenge'> = async (context, input) => {
  const { client, pool } = await openClient(context, input.ClientId)
  const outcome = await answerChallenge(context, {
    pool,
    client,
    admin: false,
    challenge: input.ChallengeName,
    session: input.Session,
    answers: input.ChallengeResponses ?? {},
    clientMetadata: input.ClientMetadata ?? {},
  })
  return outcomeShape(outcome)
}
