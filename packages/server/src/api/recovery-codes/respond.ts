// Answers the challenge of a second factor with a recovery code.
import type { RequestContext } from '../../context.ts'
import type { AppClient } from '../../flows/callers/app-client.ts'
import { answerChallenge } from '../../flows/sign-in/index.ts'
import { giveTokens } from '../../flows/tokens/index.ts'
import type { InitiateAuthResponse, Inputs } from '../../wire/model.gen.ts'
import { requireSecretHash } from '../secret-hash.ts'
import { inWireWords } from '../sign-in/challenge-answers.ts'
import { outcomeShape } from '../sign-in/outcome.ts'

/** Answers with the code. @param admin - whether the request is the Admin operation */
export const respond = async (
  context: RequestContext,
  { pool, client }: AppClient,
  input: Inputs['RespondWithRecoveryCode'],
  admin: boolean,
): Promise<InitiateAuthResponse> => {
  const { Username: name, SecretHash, RecoveryCode, Session: session, ClientMetadata: clientMetadata = {} } = input
  requireSecretHash(context, client, { username: name, given: SecretHash })
  const answer = { challenge: 'recovery-code', code: RecoveryCode } as const
  const request = { pool, client, admin, deviceKey: undefined, clientMetadata, name, session, answer }
  return inWireWords({ challenge: 'RECOVERY', parameters: {} }, async () =>
    outcomeShape(await answerChallenge(context, request, giveTokens)),
  )
}
