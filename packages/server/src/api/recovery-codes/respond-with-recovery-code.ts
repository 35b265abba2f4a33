import { openClient } from '../../flows/callers/app-client.ts'
import { answerChallenge } from '../../flows/sign-in/index.ts'
import type { Operation } from '../operation.ts'
import { outcomeShape } from '../sign-in/outcome.ts'
import { recoveryAnswer } from './recovery-answer.ts'

/** Answers the challenge of a second factor with a recovery code. */
export const respondWithRecoveryCode: Operation<'RespondWithRecoveryCode'> = async (context, input) => {
  const answer = recoveryAnswer(await openClient(context, input.ClientId), input, false)
  return outcomeShape(await answerChallenge(context, answer))
}
