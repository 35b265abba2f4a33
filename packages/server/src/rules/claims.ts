// The claims of access and ID tokens (protocol/authentication 6.1, model/vectors/tokens.json).

/** The facts that both tokens of one sign-in state. */
export type ClaimsSource = {
  readonly issuer: string
  readonly clientId: string
  readonly sub: string
  readonly username: string
  readonly eventId: string
  /** Undefined if the client has switched off token revocation (protocol/authentication 6.1.6). */
  readonly originJti: string | undefined
  readonly authAt: number
  readonly issuedAt: number
  readonly deviceKey?: string | undefined
  /** The level that was requested and reached, and its methods; undefined if none was requested. */
  readonly assurance?: { readonly acr: string; readonly amr: readonly string[] } | undefined
}

/** A token's payload. */
export type Claims = Record<string, unknown>

const seconds = (at: number): number => Math.floor(at / 1000)

/**
 * The scope that a sign-in by the API grants, and that every operation by access token requires (protocol/authentication
 * 6.1.1).
 */
export const adminScope = 'aws.cognito.signin.user.admin'

/**
 * The payload of an access token.
 *
 * @param jti - unique to the token; undefined if the client has switched off token revocation
 * @param lifetimeSeconds - from issuedAt
 */
export const accessClaims = (source: ClaimsSource, jti: string | undefined, lifetimeSeconds: number): Claims => ({
  sub: source.sub,
  iss: source.issuer,
  client_id: source.clientId,
  origin_jti: source.originJti,
  event_id: source.eventId,
  token_use: 'access',
  scope: adminScope,
  auth_time: seconds(source.authAt),
  exp: seconds(source.issuedAt) + lifetimeSeconds,
  iat: seconds(source.issuedAt),
  jti,
  username: source.username,
  device_key: source.deviceKey,
  ...source.assurance,
})

/**
 * The payload of the access token of an app client without a user (protocol/endpoints 5.1).
 *
 * @param scopes - custom scopes, each `identifier/scope`
 */
export const clientClaims = ({
  issuer,
  clientId,
  scopes,
  jti,
  issuedAt,
  lifetimeSeconds,
}: {
  readonly issuer: string
  readonly clientId: string
  readonly scopes: readonly string[]
  readonly jti: string
  readonly issuedAt: number
  readonly lifetimeSeconds: number
}): Claims => ({
  sub: clientId,
  iss: issuer,
  version: 2,
  client_id: clientId,
  token_use: 'access',
  scope: scopes.join(' '),
  auth_time: seconds(issuedAt),
  exp: seconds(issuedAt) + lifetimeSeconds,
  iat: seconds(issuedAt),
  jti,
})

const flagOf = (value: unknown): unknown => value === true || (typeof value === 'string' && /^true$/i.test(value))

const numberOf = (value: unknown): unknown =>
  typeof value === 'string' && /^-?[0-9]{1,15}$/.test(value) ? Number(value) : value

const addressOf = (value: unknown): unknown => (typeof value === 'string' ? { formatted: value } : value)

/** The standard claims that are not text (OpenID Connect Core 1.0, 5.1 and 5.1.1). */
const typedClaims: ReadonlyMap<string, (value: unknown) => unknown> = new Map([
  ['email_verified', flagOf],
  ['phone_number_verified', flagOf],
  ['updated_at', numberOf],
  ['address', addressOf],
])

/**
 * The value of a claim in an ID token: flags are booleans, `updated_at` is a number, `address` is an object that holds the
 * whole text, and other values stay as they are; custom attributes stay text, whatever their type
 * (protocol/authentication 6.1.7, 6.1.8). A flag that is neither true nor `"true"` is false.
 */
export const idClaim = (name: string, value: unknown): unknown => typedClaims.get(name)?.(value) ?? value

const attributeClaims = (attributes: Readonly<Record<string, string>>): Claims =>
  Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, idClaim(name, value)]))

/**
 * The payload of an ID token.
 *
 * @param attributes - the attributes that the client may read (protocol/authentication 6.1.10)
 */
export const idClaims = (
  source: ClaimsSource,
  attributes: Readonly<Record<string, string>>,
  jti: string | undefined,
  lifetimeSeconds: number,
): Claims => ({
  ...attributeClaims(attributes),
  sub: source.sub,
  iss: source.issuer,
  'cognito:username': source.username,
  origin_jti: source.originJti,
  aud: source.clientId,
  event_id: source.eventId,
  token_use: 'id',
  auth_time: seconds(source.authAt),
  exp: seconds(source.issuedAt) + lifetimeSeconds,
  iat: seconds(source.issuedAt),
  jti,
  ...source.assurance,
})
