// RespondToAuthChallenge and AdminRespondToAuthChallenge: the answer to a challenge.
import type { RequestContext } from '../../context.ts'
import type { AppClient } from '../../flows/callers/app-client.ts'
import { answerChallenge } from '../../flows/sign-in/index.ts'
import { giveTokens } from '../../flows/tokens/index.ts'
import type { Inputs, RespondToAuthChallengeResponse } from '../../wire/model.gen.ts'
import { requireSecretHash } from '../secret-hash.ts'
import { inWireWords, readAnswer, readCommon, readName, readSession } from './challenge-answers.ts'
import { outcomeShape } from './outcome.ts'

type Wire = Pick<
  Inputs['RespondToAuthChallenge'],
  'ChallengeName' | 'ChallengeResponses' | 'Session' | 'ClientMetadata'
>

/**
 * Handles the answer to a challenge.
 *
 * @param admin - whether the request is the Admin operation
 * @throws ServiceError in the order of protocol/authentication 3.2; a wrong answer leaves the session open
 */
export const respond = async (
  context: RequestContext,
  { pool, client }: AppClient,
  input: Wire,
  admin: boolean,
): Promise<RespondToAuthChallengeResponse> => {
  const challenge = input.ChallengeName
  const parameters = input.ChallengeResponses ?? {}
  const answer = readAnswer(challenge, parameters)
  const name = readName(parameters)
  const { deviceKey, secretHash } = readCommon(parameters)
  requireSecretHash(context, client, { username: name, given: secretHash })
  const session = readSession(challenge, input.Session, parameters)
  const clientMetadata = input.ClientMetadata ?? {}
  const request = { pool, client, admin, deviceKey, clientMetadata, name, session, answer }
  return inWireWords({ challenge, parameters }, async () =>
    outcomeShape(await answerChallenge(context, request, giveTokens)),
  )
}
