// The settings of an app client: their form, what they permit and what is refused (protocol/authentication 3.1, 6.2;
// protocol/administration 2.1, 2.2).
import { invalidParameter, ServiceError } from '../errors.ts'
import { isWritable, type SchemaAttribute } from './attributes.ts'

type TimeUnit = 'seconds' | 'minutes' | 'hours' | 'days'

/** Every setting of an app client, named as on the wire with a small first letter; absent ones act by default. */
export type ClientSettings = {
  readonly clientName: string
  readonly refreshTokenValidity?: number | undefined
  readonly accessTokenValidity?: number | undefined
  readonly idTokenValidity?: number | undefined
  readonly tokenValidityUnits?:
    | {
        readonly accessToken?: TimeUnit | undefined
        readonly idToken?: TimeUnit | undefined
        readonly refreshToken?: TimeUnit | undefined
      }
    | undefined
  readonly readAttributes?: readonly string[] | undefined
  readonly writeAttributes?: readonly string[] | undefined
  readonly explicitAuthFlows?: readonly string[] | undefined
  readonly supportedIdentityProviders?: readonly string[] | undefined
  readonly callbackURLs?: readonly string[] | undefined
  readonly logoutURLs?: readonly string[] | undefined
  readonly defaultRedirectURI?: string | undefined
  readonly allowedOAuthFlows?: readonly ('code' | 'implicit' | 'client_credentials')[] | undefined
  readonly allowedOAuthScopes?: readonly string[] | undefined
  readonly allowedOAuthFlowsUserPoolClient?: boolean | undefined
  readonly analyticsConfiguration?:
    | {
        readonly applicationId?: string | undefined
        readonly applicationArn?: string | undefined
        readonly roleArn?: string | undefined
        readonly externalId?: string | undefined
        readonly userDataShared?: boolean | undefined
      }
    | undefined
  readonly preventUserExistenceErrors?: 'LEGACY' | 'ENABLED' | undefined
  readonly enableTokenRevocation?: boolean | undefined
  readonly enablePropagateAdditionalUserContextData?: boolean | undefined
  /** Minutes. */
  readonly authSessionValidity?: number | undefined
  readonly ssoSession?: { readonly maxValidityMinutes: number } | undefined
  readonly refreshTokenRotation?:
    | { readonly feature: 'ENABLED' | 'DISABLED'; readonly retryGracePeriodSeconds?: number | undefined }
    | undefined
}

/** How long the tokens of a client live. */
export type TokenLifetimes = {
  readonly accessTokenSeconds: number
  readonly idTokenSeconds: number
  readonly refreshTokenSeconds: number
}

const unitSeconds: Readonly<Record<TimeUnit, number>> = { seconds: 1, minutes: 60, hours: 3600, days: 86_400 }

type Lifetimed = Pick<
  ClientSettings,
  'accessTokenValidity' | 'idTokenValidity' | 'refreshTokenValidity' | 'tokenValidityUnits'
>

/** The lifetimes of a client's tokens, defaults applied: 1 hour, 1 hour, 30 days. */
export const tokenLifetimes = (settings: Lifetimed): TokenLifetimes => {
  const units = settings.tokenValidityUnits ?? {}
  const inSeconds = (value: number | undefined, unit: TimeUnit, otherwise: number): number =>
    value ? value * unitSeconds[unit] : otherwise
  return {
    accessTokenSeconds: inSeconds(settings.accessTokenValidity, units.accessToken ?? 'hours', 3600),
    idTokenSeconds: inSeconds(settings.idTokenValidity, units.idToken ?? 'hours', 3600),
    refreshTokenSeconds: inSeconds(settings.refreshTokenValidity, units.refreshToken ?? 'days', 30 * 86_400),
  }
}

/**
 * Refuses lifetimes out of range: access and ID tokens 5 minutes to a day, refresh tokens an hour to 3,650 days, and
 * no token longer than the refresh token.
 *
 * @throws ServiceError InvalidParameterException (protocol/administration 2.2)
 */
export const checkTokenLifetimes = (settings: Lifetimed): void => {
  const { accessTokenSeconds, idTokenSeconds, refreshTokenSeconds } = tokenLifetimes(settings)
  const within = (value: number, least: number, most: number): boolean => value >= least && value <= most
  const inRange =
    within(accessTokenSeconds, 300, 86_400) &&
    within(idTokenSeconds, 300, 86_400) &&
    within(refreshTokenSeconds, 3600, 3650 * 86_400) &&
    Math.max(accessTokenSeconds, idTokenSeconds) <= refreshTokenSeconds
  if (!inRange) throw invalidParameter('Invalid range for token validity.')
}

/** A way to sign in that a client may be permitted. */
export type PermittedFlow = 'password' | 'admin-password' | 'srp' | 'custom' | 'choice' | 'refresh'

/**
 * Refuses a way to sign in that a client is not permitted.
 *
 * @throws ServiceError InvalidParameterException (protocol/authentication 3.1.4)
 */
export const requireFlow = ({ explicitAuthFlows }: ClientSettings, flow: PermittedFlow): void => {
  if (allowsFlow(explicitAuthFlows, flow)) return
  const name = flowNames[flow]
  const reason = `the client's ExplicitAuthFlows lack ALLOW_${name}`
  if (flow === 'srp') throw invalidParameter(`${name} is not enabled for the client.`, reason)
  if (flow === 'admin-password') throw invalidParameter('Auth flow not enabled for this client', reason)
  throw invalidParameter(`${name} flow not enabled for this client`, reason)
}

/** Refuses client tokens to a client that may not have them. @throws ServiceError InvalidParameterException */
export const requireClientTokens = ({ explicitAuthFlows }: ClientSettings): void => {
  if (explicitAuthFlows?.includes('ALLOW_CLIENT_TOKEN_AUTH')) return
  throw invalidParameter('ALLOW_CLIENT_TOKEN_AUTH is not enabled for the client.')
}

/** Whether a client permits a flow. An empty list counts as absent (protocol/authentication 3.1.2). */
export const allowsFlow = (explicitAuthFlows: readonly string[] | undefined, flow: PermittedFlow): boolean => {
  const allowed = explicitAuthFlows && explicitAuthFlows.length > 0 ? explicitAuthFlows : defaultFlows
  return [`ALLOW_${flowNames[flow]}`, ...legacy[flow]].some((value) => allowed.includes(value))
}

/** The name of each flow in the settings, after `ALLOW_`. */
const flowNames: Readonly<Record<PermittedFlow, string>> = {
  password: 'USER_PASSWORD_AUTH',
  'admin-password': 'ADMIN_USER_PASSWORD_AUTH',
  srp: 'USER_SRP_AUTH',
  custom: 'CUSTOM_AUTH',
  choice: 'USER_AUTH',
  refresh: 'REFRESH_TOKEN_AUTH',
}

// The legacy values that permit each flow. With a legacy value, SRP and refresh stay permitted (protocol/authentication
// 3.1.3).
const legacy: Readonly<Record<PermittedFlow, readonly string[]>> = {
  password: ['USER_PASSWORD_AUTH'],
  'admin-password': ['ADMIN_NO_SRP_AUTH'],
  srp: ['ADMIN_NO_SRP_AUTH', 'USER_PASSWORD_AUTH'],
  custom: ['CUSTOM_AUTH_FLOW_ONLY'],
  choice: [],
  refresh: ['ADMIN_NO_SRP_AUTH', 'USER_PASSWORD_AUTH', 'CUSTOM_AUTH_FLOW_ONLY'],
}

const defaultFlows: readonly string[] = ['ALLOW_REFRESH_TOKEN_AUTH', 'ALLOW_USER_SRP_AUTH', 'ALLOW_CUSTOM_AUTH']

/** The facts about a client that the check of its settings needs. */
export type ClientCheck = {
  readonly settings: ClientSettings
  readonly schema: readonly SchemaAttribute[]
  readonly hasSecret: boolean
  readonly occasion: 'creating' | 'updating'
}

type SettingsRule = (check: ClientCheck) => Error | string | undefined

const authFlows: SettingsRule = ({ settings: { explicitAuthFlows = [] }, hasSecret }) => {
  const allow = explicitAuthFlows.filter((flow) => flow.startsWith('ALLOW_'))
  if (allow.length > 0 && allow.length < explicitAuthFlows.length) {
    return "Auth flow name with prefix 'ALLOW' cannot be used with legacy auth flow names."
  }
  if (!allow.includes('ALLOW_CLIENT_TOKEN_AUTH')) return undefined
  if (allow.length > 1) return 'ALLOW_CLIENT_TOKEN_AUTH cannot be used with other auth flows.'
  return hasSecret ? undefined : 'ALLOW_CLIENT_TOKEN_AUTH needs a client secret.'
}

const readList: SettingsRule = ({ settings: { readAttributes }, schema, occasion }) =>
  readAttributes?.every((name) => schema.some((attribute) => attribute.name === name && !attribute.developerOnly)) ===
  false
    ? `Invalid read attributes specified while ${occasion} a client`
    : undefined

const writeList: SettingsRule = ({ settings: { writeAttributes }, schema, occasion }) => {
  if (!writeAttributes) return undefined
  const required = schema.filter((attribute) => attribute.required && attribute.name !== 'sub')
  const complete = required.every(({ name }) => writeAttributes.includes(name))
  if (complete && writeAttributes.every((name) => isWritable(schema, name))) return undefined
  return `Invalid write attributes specified while ${occasion} a client`
}

const oauthFlows: SettingsRule = ({ settings, hasSecret }) => {
  const { allowedOAuthFlows = [], allowedOAuthScopes = [], callbackURLs = [] } = settings
  const refusal = (text: string): Error => new ServiceError('InvalidOAuthFlowException', text)
  const machine = allowedOAuthFlows.includes('client_credentials')
  const browser = allowedOAuthFlows.includes('code') || allowedOAuthFlows.includes('implicit')
  if (machine && browser) {
    return refusal('client_credentials flow can not be selected along with code flow or implicit flow.')
  }
  if (machine && !hasSecret) {
    return refusal('client_credentials flow can not be selected if client does not have a client secret.')
  }
  if (!settings.allowedOAuthFlowsUserPoolClient) return undefined
  if (allowedOAuthFlows.length === 0 || allowedOAuthScopes.length === 0) {
    return refusal(
      'AllowedOAuthFlows and AllowedOAuthScopes are required if user pool client is allowed to use OAuth flows.',
    )
  }
  if (browser && callbackURLs.length === 0) {
    return 'CallbackUrls can not be empty when code flow or implicit flow is selected'
  }
  return undefined
}

const localHosts: readonly string[] = ['localhost', '127.0.0.1', '[::1]']

const urlFault = (url: string): string | undefined => {
  if (url.includes('#')) return `${url} cannot use fragment`
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  if (!parsed) return `${url} is not a valid URL.`
  const insecure = parsed.protocol === 'http:' && !localHosts.includes(parsed.hostname)
  return insecure ? `${url} cannot use the HTTP protocol.` : undefined
}

const urls: SettingsRule = ({ settings: { callbackURLs = [], logoutURLs = [], defaultRedirectURI } }) => {
  const fault = [...callbackURLs, ...logoutURLs].map(urlFault).find((found) => found !== undefined)
  if (fault) return fault
  if (defaultRedirectURI === undefined || callbackURLs.includes(defaultRedirectURI)) return undefined
  return `The default redirect URI ${defaultRedirectURI} is not in the callback URIs list.`
}

const contextData: SettingsRule = ({ settings, hasSecret }) =>
  settings.enablePropagateAdditionalUserContextData && !hasSecret
    ? 'Client Secret is required to set EnablePropagateAdditionalUserContextData as true'
    : undefined

const analytics: SettingsRule = ({ settings: { analyticsConfiguration: given } }) =>
  given?.applicationArn && (given.applicationId ?? given.roleArn ?? given.externalId)
    ? 'Invalid analytics configuration given, either <application arn> or <application id, role arn, external id> are valid'
    : undefined

const rotation: SettingsRule = ({ settings: { refreshTokenRotation, explicitAuthFlows } }) =>
  refreshTokenRotation?.feature === 'ENABLED' && explicitAuthFlows?.includes('ALLOW_REFRESH_TOKEN_AUTH')
    ? 'Refresh token rotation cannot be enabled while ALLOW_REFRESH_TOKEN_AUTH is.'
    : undefined

const checks: readonly SettingsRule[] = [
  authFlows,
  readList,
  writeList,
  oauthFlows,
  urls,
  contextData,
  analytics,
  rotation,
]

/**
 * Refuses settings that contradict one another, the pool's schema, or whether the client has a secret.
 *
 * @throws ServiceError InvalidParameterException or InvalidOAuthFlowException (protocol/administration 2.2)
 */
export const checkClientSettings = (check: ClientCheck): void => {
  checkTokenLifetimes(check.settings)
  for (const one of checks) {
    const refusal = one(check)
    if (refusal) throw typeof refusal === 'string' ? invalidParameter(refusal) : refusal
  }
}
