import { openClientOf } from '../../flows/callers/app-client.ts'
import { answerChallenge } from '../../flows/sign-in/index.ts'
import type { Operation } from '../operation.ts'
import { outcomeShape } from '../sign-in/outcome.ts'
import { recoveryAnswer } from './recovery-answer.ts'

/** Answers the challenge of a second factor with a recovery code, from a server that holds access keys. */
export const adminRespondWithRecoveryCode: Operation<'AdminRespondWithRecoveryCode'> = async (context, input) => {
  const answer = recoveryAnswer(await openClientOf(context, input.UserPoolId, input.ClientId), input, true)
  return outcomeShape(await answerChallenge(context, answer))
}
