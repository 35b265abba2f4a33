// The triggers around the giving of tokens: PostAuthentication, then PreTokenGeneration, whose answer may change
// claims (spec: administration 14.3, 14.4, 14.6).
import type { RequestContext } from '../context.ts'
import type { Claims } from '../rules/claims.ts'
import type { Client, Pool, User } from '../store/index.ts'

/** The part of TokenGeneration_… that says how the tokens come about. */
export type TokenSource = 'Authentication' | 'NewPasswordChallenge' | 'AuthenticateDevice' | 'RefreshTokens'

type Call = {
  readonly pool: Pool
  readonly client: Client
  readonly user: User
  readonly source: TokenSource
  readonly clientMetadata: Readonly<Record<string, string>>
}

/** The attributes of an existing user as events carry them (spec: administration 14.2). */
export const eventAttributes = (user: User): Record<string, string> => ({
  sub: user.id,
  'cognito:user_status': user.status,
  ...user.attributes,
})

/** Runs PostAuthentication; a function that throws ends the sign-in. */
export const afterAuthentication = async (
  { triggers }: RequestContext,
  call: Omit<Call, 'source'> & {
    /** Whether the pool tracks devices and the sign-in came from none that is known (spec: administration 14.4). */
    readonly newDeviceUsed: boolean
  },
): Promise<void> => {
  const { pool, client, user, newDeviceUsed, clientMetadata } = call
  await triggers.call('PostAuthentication', {
    pool,
    clientId: client.id,
    username: user.username,
    source: 'Authentication',
    request: { userAttributes: eventAttributes(user), newDeviceUsed, clientMetadata },
    response: {},
  })
}

/** Runs PreTokenGeneration and returns the claims as its answer leaves them. */
export const beforeTokens = async (
  { triggers }: RequestContext,
  { pool, client, user, source, clientMetadata }: Call,
  claims: { readonly access: Claims; readonly id: Claims },
): Promise<{ access: Claims; id: Claims }> => {
  const groupConfiguration = { groupsToOverride: [], iamRolesToOverride: [], preferredRole: null }
  const answer = await triggers.call('PreTokenGeneration', {
    pool,
    clientId: client.id,
    username: user.username,
    source,
    request: { userAttributes: eventAttributes(user), groupConfiguration, clientMetadata },
    response: { claimsOverrideDetails: null },
  })
  if (answer) throw new Error('claims overrides are applied by rules/claim-overrides.ts')
  return claims
}
