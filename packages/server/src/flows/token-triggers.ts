// The triggers around the giving of tokens: PostAuthentication, then PreTokenGeneration, whose answer may change
// claims (spec: administration 14.3, 14.4, 14.6).
import type { RequestContext } from '../context.ts'
import { overrideClaims, type TokenClaims } from '../rules/claim-overrides.ts'
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
export const eventAttributes = ({ settings }: Pool, user: User): Record<string, string> => {
  const aliases = (settings.aliasAttributes ?? []).flatMap((name): [string, string][] => {
    const value = user.attributes[name]
    if (name === 'preferred_username' || value === undefined || user.attributes[`${name}_verified`] !== 'true')
      return []
    return [[name === 'email' ? 'cognito:email_alias' : 'cognito:phone_number_alias', value]]
  })
  return { sub: user.id, 'cognito:user_status': user.status, ...Object.fromEntries(aliases), ...user.attributes }
}

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
    request: { userAttributes: eventAttributes(pool, user), newDeviceUsed, clientMetadata },
    response: {},
  })
}

const textsOf = (claim: unknown): unknown => claim ?? []

// What the function hears of groups is what the tokens would say of them.
const groupsIn = ({ id }: TokenClaims): Record<string, unknown> => ({
  groupsToOverride: textsOf(id['cognito:groups']),
  iamRolesToOverride: textsOf(id['cognito:roles']),
  preferredRole: id['cognito:preferred_role'] ?? null,
})

const scopesIn = ({ access }: TokenClaims): string[] =>
  typeof access['scope'] === 'string' ? access['scope'].split(' ') : []

const eventVersions = { V1_0: '1', V2_0: '2', V3_0: '3' } as const

/**
 * Runs PreTokenGeneration, in the version that the pool names.
 *
 * @returns the claims as its answer leaves them
 * @throws ServiceError what the function refuses; there are no tokens then
 */
export const beforeTokens = async (
  { triggers }: RequestContext,
  { pool, client, user, source, clientMetadata }: Call,
  claims: TokenClaims,
): Promise<TokenClaims> => {
  const version = pool.settings.lambdaConfig.preTokenGenerationConfig?.lambdaVersion ?? 'V1_0'
  const first = version === 'V1_0'
  const answer = await triggers.call('PreTokenGeneration', {
    pool,
    clientId: client.id,
    username: user.username,
    source,
    version: eventVersions[version],
    request: {
      userAttributes: eventAttributes(pool, user),
      ...(first ? {} : { scopes: scopesIn(claims) }),
      groupConfiguration: groupsIn(claims),
      clientMetadata,
    },
    response: first ? { claimsOverrideDetails: null } : { claimsAndScopeOverrideDetails: null },
  })
  return answer ? overrideClaims(claims, version, answer) : claims
}
