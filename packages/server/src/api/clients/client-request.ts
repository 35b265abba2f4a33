// From a request that makes or changes an app client to the client's settings. Such a request replaces: what it leaves
// out goes to its default (spec: administration 2.1, 2.2).
import { invalidParameter, ServiceError } from '../../errors.ts'
import type { RequestContext } from '../../context.ts'
import { customScopes } from '../../flows/callers/scopes.ts'
import { requireChoice } from '../../flows/factors/first-factors.ts'
import { checkClientSettings, type ClientCheck, type ClientSettings } from '../../rules/client-settings.ts'
import type { Pool } from '../../store/index.ts'
import type { UpdateUserPoolClientRequest } from '../../wire/model.gen.ts'
import { fromWire } from '../settings-case.ts'

/** What both CreateUserPoolClient and UpdateUserPoolClient say. */
export type ClientRequest = Omit<UpdateUserPoolClientRequest, 'UserPoolId' | 'ClientId' | 'ClientName'>

type Units = NonNullable<ClientSettings['tokenValidityUnits']>

const defaultUnits = { accessToken: 'hours', idToken: 'hours', refreshToken: 'days' } as const

// A partial block comes back filled.
const tokenValidityUnits = ({ TokenValidityUnits: given }: ClientRequest): Units | undefined =>
  given && {
    accessToken: given.AccessToken ?? defaultUnits.accessToken,
    idToken: given.IdToken ?? defaultUnits.idToken,
    refreshToken: given.RefreshToken ?? defaultUnits.refreshToken,
  }

/** Thirty days in each unit. */
const thirtyDays = { seconds: 2_592_000, minutes: 43_200, hours: 720, days: 30 } as const

/** The settings that a request asks for. */
export const requestedSettings = (request: ClientRequest, clientName: string): ClientSettings => {
  const units = tokenValidityUnits(request)
  return {
    clientName,
    refreshTokenValidity: request.RefreshTokenValidity || thirtyDays[units?.refreshToken ?? defaultUnits.refreshToken],
    accessTokenValidity: request.AccessTokenValidity,
    idTokenValidity: request.IdTokenValidity,
    tokenValidityUnits: units,
    readAttributes: request.ReadAttributes,
    writeAttributes: request.WriteAttributes,
    explicitAuthFlows: request.ExplicitAuthFlows,
    supportedIdentityProviders: request.SupportedIdentityProviders,
    callbackURLs: request.CallbackURLs,
    logoutURLs: request.LogoutURLs,
    defaultRedirectURI: request.DefaultRedirectURI,
    allowedOAuthFlows: request.AllowedOAuthFlows,
    allowedOAuthScopes: request.AllowedOAuthScopes,
    allowedOAuthFlowsUserPoolClient: request.AllowedOAuthFlowsUserPoolClient ?? false,
    analyticsConfiguration: request.AnalyticsConfiguration && fromWire(request.AnalyticsConfiguration),
    preventUserExistenceErrors: request.PreventUserExistenceErrors,
    enableTokenRevocation: request.EnableTokenRevocation ?? true,
    enablePropagateAdditionalUserContextData: request.EnablePropagateAdditionalUserContextData ?? false,
    authSessionValidity: request.AuthSessionValidity ?? 3,
    refreshTokenRotation: request.RefreshTokenRotation && fromWire(request.RefreshTokenRotation),
  }
}

/** The pool itself, as the one provider that every pool has. */
const ownProvider = 'COGNITO'

const standardScopes: readonly string[] = ['phone', 'email', 'openid', 'profile', 'aws.cognito.signin.user.admin']

/**
 * Refuses settings that contradict one another, or name what the pool does not have.
 *
 * @throws ServiceError InvalidParameterException, InvalidOAuthFlowException, ScopeDoesNotExistException (2.2), or
 * FeatureUnavailableInTierException (authentication 3.1.6)
 */
export const checkSettings = async (
  context: RequestContext,
  pool: Pool,
  { settings, hasSecret, occasion }: Pick<ClientCheck, 'settings' | 'hasSecret' | 'occasion'>,
): Promise<void> => {
  checkClientSettings({ settings, schema: pool.settings.schemaAttributes, hasSecret, occasion })
  if (settings.explicitAuthFlows?.includes('ALLOW_USER_AUTH')) requireChoice(pool)
  const provider = settings.supportedIdentityProviders?.find((name) => name !== ownProvider)
  if (provider !== undefined) throw invalidParameter(`The provider ${provider} does not exist for User Pool ${pool.id}`)
  const custom = (settings.allowedOAuthScopes ?? []).filter((name) => !standardScopes.includes(name))
  if (custom.length === 0) return
  const known = await customScopes(context, pool)
  const scope = custom.find((name) => !known.has(name))
  if (scope !== undefined) throw new ServiceError('ScopeDoesNotExistException', `Invalid scope requested: ${scope}`)
}
