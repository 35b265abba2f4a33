// Applies the answer of PreTokenGeneration to the claims of tokens: it adds, overrides and suppresses claims, except those
// that make a token trustworthy (protocol/administration 14.3, 14.4).
import { ServiceError } from '../errors.ts'
import { idClaim, type Claims } from './claims.ts'

/** The claims of both tokens. */
export type TokenClaims = { readonly access: Claims; readonly id: Claims }

/** The version of the trigger: V1_0 changes the ID token and the groups, later ones the access token too. */
export type OverrideVersion = 'V1_0' | 'V2_0' | 'V3_0'

type Plain = Readonly<Record<string, unknown>>

/**
 * Applies an answer of PreTokenGeneration. Protected claims keep their values. In the ID token a standard claim has its
 * standard type, even if the function gives it as text, as it must in V1.
 *
 * @param response - the `response` member of the function's answer
 * @throws ServiceError InvalidLambdaResponseException for members and values of other types
 */
export const overrideClaims = (claims: TokenClaims, version: OverrideVersion, response: Plain): TokenClaims => {
  const details = objectIn(response, version === 'V1_0' ? 'claimsOverrideDetails' : 'claimsAndScopeOverrideDetails')
  if (version === 'V1_0') return withGroups({ ...claims, id: changed(claims.id, details, isText, idClaim) }, details)
  const accessChange = objectIn(details, 'accessTokenGeneration')
  const access = withScopes(changed(claims.access, accessChange, isClaim, asGiven), accessChange)
  const id = changed(claims.id, objectIn(details, 'idTokenGeneration'), isClaim, idClaim)
  return withGroups({ access, id }, details)
}

const unrecognizable = (reason: string): ServiceError =>
  new ServiceError('InvalidLambdaResponseException', 'Unrecognizable lambda output', reason)

/** The claims that a function cannot change. */
const protectedNames: ReadonlySet<string> = new Set([
  'acr',
  'amr',
  'at_hash',
  'aud',
  'auth_time',
  'azp',
  'client_id',
  'device_key',
  'event_id',
  'exp',
  'iat',
  'identities',
  'iss',
  'jti',
  'nbf',
  'nonce',
  'origin_jti',
  'scope',
  'sub',
  'token_use',
  'username',
  'version',
])

const isProtected = (name: string): boolean => protectedNames.has(name) || /^(cognito|dev):/.test(name)

const isObject = (value: unknown): value is Plain =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const objectIn = (container: Plain, member: string): Plain => {
  const value = container[member] ?? {}
  if (isObject(value)) return value
  throw unrecognizable(`${member} is no object`)
}

const textsIn = (container: Plain, member: string): readonly string[] => {
  const value = container[member] ?? []
  if (Array.isArray(value) && value.every((each): each is string => typeof each === 'string')) return value
  throw unrecognizable(`${member} is no list of texts`)
}

type ValueCheck = (value: unknown) => boolean

const isText: ValueCheck = (value) => typeof value === 'string'
const isClaim: ValueCheck = (value) => value !== null && value !== undefined

type Said = (name: string, value: unknown) => unknown

const asGiven: Said = (_, value) => value

// A claim that is both added and suppressed is suppressed (protocol/administration 14.4).
const changed = (claims: Claims, change: Plain, mayBe: ValueCheck, said: Said): Claims => {
  const added = Object.entries(objectIn(change, 'claimsToAddOrOverride'))
  const other = added.find(([, value]) => !mayBe(value))
  if (other) throw unrecognizable(`the claim ${other[0]} has a value of another type`)
  const suppressed = new Set(textsIn(change, 'claimsToSuppress'))
  const taken = added.filter(([name]) => !isProtected(name)).map(([name, value]) => [name, said(name, value)] as const)
  return Object.fromEntries(
    [...Object.entries(claims), ...taken].filter(([name]) => isProtected(name) || !suppressed.has(name)),
  )
}

// RFC 6749, 3.3.
const isScope = (text: string): boolean => /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(text)

// A function may remove scopes of the service (`aws.cognito.`), but not add them.
const withScopes = (claims: Claims, change: Plain): Claims => {
  const added = textsIn(change, 'scopesToAdd')
  const bad = added.find((scope) => !isScope(scope))
  if (bad !== undefined) throw unrecognizable('scopesToAdd holds what is no scope')
  const suppressed = new Set(textsIn(change, 'scopesToSuppress'))
  const had = typeof claims['scope'] === 'string' ? claims['scope'].split(' ') : []
  const scopes = new Set([...had, ...added.filter((scope) => !scope.startsWith('aws.cognito.'))])
  const kept = [...scopes].filter((scope) => scope !== '' && !suppressed.has(scope))
  return { ...claims, scope: kept.length > 0 ? kept.join(' ') : undefined }
}

const listOrNothing = (list: readonly string[]): readonly string[] | undefined => (list.length > 0 ? list : undefined)

// If groupOverrideDetails is absent, the groups stay; null or an empty object removes them (protocol/administration 14.4).
const withGroups = ({ access, id }: TokenClaims, details: Plain): TokenClaims => {
  if (details['groupOverrideDetails'] === undefined) return { access, id }
  const groups = objectIn(details, 'groupOverrideDetails')
  const preferredRole = groups['preferredRole'] ?? undefined
  if (preferredRole !== undefined && typeof preferredRole !== 'string') {
    throw unrecognizable('preferredRole is no text')
  }
  const names = listOrNothing(textsIn(groups, 'groupsToOverride'))
  const roles = listOrNothing(textsIn(groups, 'iamRolesToOverride'))
  return {
    access: { ...access, 'cognito:groups': names },
    id: { ...id, 'cognito:groups': names, 'cognito:roles': roles, 'cognito:preferred_role': preferredRole },
  }
}
