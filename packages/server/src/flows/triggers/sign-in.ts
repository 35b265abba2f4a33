// The room of trigger calls: each file writes the events for functions and reads their answers. This file calls the
// triggers around a sign-in and its tokens: PreAuthentication, PostAuthentication, then PreTokenGeneration, whose
// answer may change claims (protocol/administration 14.3, 14.4, 14.6).
//
//   sign-in.ts           the triggers before and after a sign-in, and before its tokens
//   custom-sign-in.ts    the three triggers of custom challenges, and their names for steps
//   sign-up.ts           PreSignUp may refuse, confirm or verify; PostConfirmation is notified
//   event-attributes.ts  a user's attributes in the form of trigger events
//
// CustomMessage is called in messages/messages.ts, UserMigration in users/user-migration.ts. ../../triggers/ delivers
// the calls.
import type { RequestContext } from '../../context.ts'
import { overrideClaims, type OverrideVersion, type TokenClaims } from '../../rules/claim-overrides.ts'
import type { Claims } from '../../rules/claims.ts'
import type { Client, Pool, User } from '../../store/index.ts'
import { eventAttributes } from './event-attributes.ts'

/** The origin of the tokens: the last part of the trigger source TokenGeneration_…. */
export type TokenSource = 'Authentication' | 'NewPasswordChallenge' | 'AuthenticateDevice' | 'RefreshTokens'

type Call = {
  readonly pool: Pool
  readonly client: Client
  readonly user: User
  readonly source: TokenSource
  readonly clientMetadata: Readonly<Record<string, string>>
}

/**
 * Runs PreAuthentication, before any proof. When the client hides which users exist, the function gets unknown names
 * too, marked as such.
 *
 * @throws ServiceError when the function refuses
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
    /** Whether the pool tracks devices and the sign-in came from an unknown one (protocol/administration 14.4). */
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
 * @throws ServiceError when the function refuses; no tokens are given then
 */
export const beforeTokens = (context: RequestContext, call: Call, claims: TokenClaims): Promise<TokenClaims> => {
  const { pool, user } = call
  const userAttributes = eventAttributes(pool, user)
  return overridden(context, { ...call, username: user.username, userAttributes }, claims)
}

const textsOf = (claim: unknown): unknown => claim ?? []

// The function gets the groups that the tokens would name.
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
 * Runs PreTokenGeneration before the token of an app client. Only version V3_0 is called for these tokens.
 *
 * @returns the claims as its answer leaves them
 * @throws ServiceError when the function refuses; no token is given then
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
