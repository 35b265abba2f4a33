// The room of trigger calls: each file puts what happens into the words of the events that functions are sent, and reads
// their answers. This one has those around a sign-in and its tokens: PreAuthentication, PostAuthentication, then
// PreTokenGeneration, whose answer may change claims (protocol/administration 14.3, 14.4, 14.6).
//
//   sign-in.ts           before and after a sign-in, and before its tokens
//   custom-sign-in.ts    the three triggers of custom challenges, and the words that they have for steps
//   sign-up.ts           PreSignUp may refuse, confirm or verify; PostConfirmation is told
//   event-attributes.ts  a user's attributes as every event carries them
//
// CustomMessage is called in messages/messages.ts, UserMigration in users/user-migration.ts. ../../triggers/ delivers
// the calls.
import type { RequestContext } from '../../context.ts'
import { overrideClaims, type OverrideVersion, type TokenClaims } from '../../rules/claim-overrides.ts'
import type { Claims } from '../../rules/claims.ts'
import type { Client, Pool, User } from '../../store/index.ts'
import { eventAttributes } from './event-attributes.ts'

/** The part of TokenGeneration_… that says how the tokens come about. */
export type TokenSource = 'Authentication' | 'NewPasswordChallenge' | 'AuthenticateDevice' | 'RefreshTokens'

type Call = {
  readonly pool: Pool
  readonly client: Client
  readonly user: User
  readonly source: TokenSource
  readonly clientMetadata: Readonly<Record<string, string>>
}

/**
 * Runs PreAuthentication, before anything is proved. It hears of nobody where the client hides who exists.
 *
 * @throws ServiceError what the function refuses
 */
export const beforeAuthentication = async (
  { triggers }: RequestContext,
  call: {
    readonly pool: Pool
    readonly client: Client
    readonly name: string
    readonly user: User | undefined
    readonly clientMetadata: Readonly<Record<string, string>>
  },
): Promise<void> => {
  const { pool, client, name, user, clientMetadata } = call
  await triggers.call('PreAuthentication', {
    pool,
    clientId: client.id,
    username: user?.username ?? name,
    source: 'Authentication',
    request: {
      userAttributes: user ? eventAttributes(pool, user) : {},
      validationData: clientMetadata,
      userNotFound: user === undefined,
    },
    response: {},
  })
}

/** Runs PostAuthentication; a function that throws ends the sign-in. */
export const afterAuthentication = async (
  { triggers }: RequestContext,
  call: Omit<Call, 'source'> & {
    /** Whether the pool tracks devices and the sign-in came from none that is known (protocol/administration 14.4). */
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

type TokenCall = {
  readonly pool: Pool
  readonly client: Client
  readonly username: string
  readonly source: TokenSource | 'ClientCredentials'
  readonly userAttributes: Readonly<Record<string, string>>
  readonly clientMetadata: Readonly<Record<string, string>>
}

/**
 * Runs PreTokenGeneration, in the version that the pool names.
 *
 * @returns the claims as its answer leaves them
 * @throws ServiceError what the function refuses; there are no tokens then
 */
export const beforeTokens = (context: RequestContext, call: Call, claims: TokenClaims): Promise<TokenClaims> => {
  const { pool, user } = call
  const userAttributes = eventAttributes(pool, user)
  return overridden(context, { ...call, username: user.username, userAttributes }, claims)
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

const versionOf = ({ settings }: Pool): OverrideVersion =>
  settings.lambdaConfig.preTokenGenerationConfig?.lambdaVersion ?? 'V1_0'

const overridden = async (
  { triggers }: RequestContext,
  { pool, client, username, source, userAttributes, clientMetadata }: TokenCall,
  claims: TokenClaims,
): Promise<TokenClaims> => {
  const version = versionOf(pool)
  const first = version === 'V1_0'
  const scopes = first ? {} : { scopes: scopesIn(claims) }
  const answer = await triggers.call('PreTokenGeneration', {
    pool,
    clientId: client.id,
    username,
    source,
    version: eventVersions[version],
    request: { userAttributes, ...scopes, groupConfiguration: groupsIn(claims), clientMetadata },
    response: first ? { claimsOverrideDetails: null } : { claimsAndScopeOverrideDetails: null },
  })
  return answer ? overrideClaims(claims, version, answer) : claims
}

/**
 * Runs PreTokenGeneration before the token of a client by itself, of which version V3_0 alone hears.
 *
 * @returns the claims as its answer leaves them
 * @throws ServiceError what the function refuses; there is no token then
 */
export const beforeClientToken = async (
  context: RequestContext,
  call: Pick<TokenCall, 'pool' | 'client' | 'clientMetadata'>,
  access: Claims,
): Promise<Claims> => {
  if (versionOf(call.pool) !== 'V3_0') return access
  const { client } = call
  const tokenCall = { ...call, username: client.id, source: 'ClientCredentials', userAttributes: {} } as const
  return (await overridden(context, tokenCall, { access, id: {} })).access
}
