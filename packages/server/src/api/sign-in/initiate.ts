// InitiateAuth and AdminInitiateAuth: begins a sign-in, or refreshes tokens.
import type { RequestContext } from '../../context.ts'
import { ServiceError } from '../../errors.ts'
import type { AppClient } from '../../flows/callers/app-client.ts'
import { startSignIn } from '../../flows/sign-in/index.ts'
import { checkStart } from '../../flows/sign-in/opening.ts'
import { giveTokens, rotates, type Tokens } from '../../flows/tokens/index.ts'
import { refresh } from '../../flows/tokens/refresh.ts'
import { requireFlow } from '../../rules/client-settings.ts'
import type { InitiateAuthResponse, Inputs } from '../../wire/model.gen.ts'
import { requireSecretHash } from '../secret-hash.ts'
import { flowNamed, inWireWords, notAvailable, readCommon, readRefreshToken, readStart } from './challenge-answers.ts'
import type { SentParameters } from './challenge-answers.ts'
import { outcomeShape, tokensShape } from './outcome.ts'

type Wire = Pick<Inputs['InitiateAuth'], 'AuthFlow' | 'AuthParameters' | 'Session' | 'ClientMetadata'>

/**
 * Answers the first request of a sign-in, or a refresh.
 *
 * @param admin - whether the request is the Admin operation
 * @throws ServiceError in the order of protocol/authentication 3.2
 */
export const initiate = async (
  context: RequestContext,
  { pool, client }: AppClient,
  input: Wire,
  admin: boolean,
): Promise<InitiateAuthResponse> => {
  const parameters = input.AuthParameters ?? {}
  const flow = flowNamed(input.AuthFlow)
  if (flow === undefined) throw notAvailable(input.AuthFlow)
  if (flow === 'refresh') return tokensShape(await refreshTokens(context, { pool, client }, parameters))
  const { deviceKey, secretHash } = readCommon(parameters)
  const clientMetadata = input.ClientMetadata ?? {}
  const start = { pool, client, admin, deviceKey, clientMetadata, ...readStart(flow, parameters, input.Session) }
  return inWireWords({ parameters }, async () => {
    checkStart(context, start)
    requireSecretHash(context, client, { username: start.name, given: secretHash })
    return outcomeShape(await startSignIn(context, start, giveTokens))
  })
}

const refreshTokens = async (
  context: RequestContext,
  { pool, client }: AppClient,
  parameters: SentParameters,
): Promise<Tokens> => {
  if (rotates(client)) {
    throw new ServiceError(
      'UnsupportedOperationException',
      'Refresh tokens of this client rotate: use GetTokensFromRefreshToken.',
    )
  }
  requireFlow(client.settings, 'refresh')
  const { deviceKey, secretHash } = readCommon(parameters)
  return refresh(context, {
    pool,
    client,
    refreshToken: readRefreshToken(parameters),
    // Over the stored user name (protocol/authentication 2.5.4).
    requireSecret: ({ username }) => requireSecretHash(context, client, { username, given: secretHash, refresh: true }),
    deviceKey,
    rotate: false,
    unknown: 'Invalid Refresh Token',
    // Token triggers are not given the ClientMetadata of this operation (protocol/administration 14.5).
    clientMetadata: {},
  })
}
