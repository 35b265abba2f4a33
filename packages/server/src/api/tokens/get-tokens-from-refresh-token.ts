import { notAuthorized } from '../../errors.ts'
import { openClient, secretsOf } from '../../flows/callers/app-client.ts'
import { refresh } from '../../flows/tokens/refresh.ts'
import { matchesSecret } from '../../rules/secret-hash.ts'
import type { Operation } from '../operation.ts'
import { authenticationResult } from '../sign-in/outcome.ts'

/** Issues new tokens for a refresh token, and a new refresh token if they rotate (protocol/authentication 6.3). */
export const getTokensFromRefreshToken: Operation<'GetTokensFromRefreshToken'> = async (context, input) => {
  const { client, pool } = await openClient(context, input.ClientId)
  const requireSecret = (): void => {
    const secrets = secretsOf(context, client)
    if (secrets.length === 0 && input.ClientSecret === undefined) return
    if (matchesSecret(secrets, input.ClientSecret)) return
    throw notAuthorized(`Unable to verify secret for client ${client.id}`)
  }
  const tokens = await refresh(context, {
    pool,
    client,
    refreshToken: input.RefreshToken,
    requireSecret,
    deviceKey: input.DeviceKey,
    rotate: true,
    unknown: 'Invalid Refresh Token.',
    clientMetadata: input.ClientMetadata ?? {},
  })
  return { AuthenticationResult: authenticationResult(tokens) }
}
