// Turns a request that creates or changes an app client into the client's settings (protocol/administration 2.1, 2.2).
import { invalidParameter, ServiceError } from '../../errors.ts'
import type { RequestContext } from '../../context.ts'
import { customScopes } from '../../flows/callers/scopes.ts'
import { checkClientSettings, type ClientCheck, type ClientSettings } from '../../rules/client-settings.ts'
import { requireChoice } from '../../rules/tiers.ts'
import type { Pool } from '../../store/index.ts'
import { fromWire } from '../settings-case.ts'
import { absentInUpdateUserPoolClient, type ClientRequest } from './absent-members.ts'

/** The settings of a client for which a request gives only the name (protocol/administration 2.1). */
export const defaultClientSettings = (clientName: string): ClientSettings => ({
  clientName,
  refreshTokenValidity: thirtyDays.days,
  allowedOAuthFlowsUserPoolClient: false,
  enableTokenRevocation: true,
  enablePropagateAdditionalUserContextData: false,
  authSessionValidity: 3,
})

/**
 * The settings that a request asks for. An absent member keeps the setting or sets the default, as absent-members.ts says.
 *
 * @param before - the present settings of the client, or the defaults of a new one
 */
export const requestedSettings = (request: ClientRequest, before: ClientSettings): ClientSettings => {
  const defaults = defaultClientSettings(before.clientName)
  const absent = (member: keyof typeof absentInUpdateUserPoolClient): ClientSettings =>
    absentInUpdateUserPoolClient[member] === 'kept' ? before : defaults
  return {
    ...before,
    ...lifetimes(request, before),
    readAttributes: request.ReadAttributes ?? absent('ReadAttributes').readAttributes,
    writeAttributes: request.WriteAttributes ?? absent('WriteAttributes').writeAttributes,
    explicitAuthFlows: request.ExplicitAuthFlows ?? absent('ExplicitAuthFlows').explicitAuthFlows,
    supportedIdentityProviders:
      request.SupportedIdentityProviders ?? absent('SupportedIdentityProviders').supportedIdentityProviders,
    callbackURLs: request.CallbackURLs ?? absent('CallbackURLs').callbackURLs,
    logoutURLs: request.LogoutURLs ?? absent('LogoutURLs').logoutURLs,
    defaultRedirectURI: request.DefaultRedirectURI ?? absent('DefaultRedirectURI').defaultRedirectURI,
    allowedOAuthFlows: request.AllowedOAuthFlows ?? absent('AllowedOAuthFlows').allowedOAuthFlows,
    allowedOAuthScopes: request.AllowedOAuthScopes ?? absent('AllowedOAuthScopes').allowedOAuthScopes,
    allowedOAuthFlowsUserPoolClient:
      request.AllowedOAuthFlowsUserPoolClient ??
      absent('AllowedOAuthFlowsUserPoolClient').allowedOAuthFlowsUserPoolClient,
    analyticsConfiguration: request.AnalyticsConfiguration
      ? { userDataShared: false, ...fromWire(request.AnalyticsConfiguration) }
      : absent('AnalyticsConfiguration').analyticsConfiguration,
    preventUserExistenceErrors:
      request.PreventUserExistenceErrors ?? absent('PreventUserExistenceErrors').preventUserExistenceErrors,
    enableTokenRevocation: request.EnableTokenRevocation ?? absent('EnableTokenRevocation').enableTokenRevocation,
    enablePropagateAdditionalUserContextData:
      request.EnablePropagateAdditionalUserContextData ??
      absent('EnablePropagateAdditionalUserContextData').enablePropagateAdditionalUserContextData,
    authSessionValidity: request.AuthSessionValidity ?? absent('AuthSessionValidity').authSessionValidity,
    refreshTokenRotation: request.RefreshTokenRotation
      ? fromWire(request.RefreshTokenRotation)
      : absent('RefreshTokenRotation').refreshTokenRotation,
  }
}

type Units = NonNullable<ClientSettings['tokenValidityUnits']>
type Unit = NonNullable<Units[keyof Units]>

const defaultUnits = { accessToken: 'hours', idToken: 'hours', refreshToken: 'days' } as const

/** Thirty days in each unit. */
const thirtyDays = { seconds: 2_592_000, minutes: 43_200, hours: 720, days: 30 } as const

type Lifetime = { readonly validity: number | undefined; readonly unit: Unit | undefined }

// A number and its unit form one lifetime: a request that gives either replaces both, so that a stored number never gets
// another unit.
const lifetime = (given: Lifetime, before: Lifetime): Lifetime =>
  given.validity === undefined && given.unit === undefined ? before : given

type Lifetimes = Pick<
  ClientSettings,
  'accessTokenValidity' | 'idTokenValidity' | 'refreshTokenValidity' | 'tokenValidityUnits'
>

const lifetimes = (request: ClientRequest, before: ClientSettings): Lifetimes => {
  const { TokenValidityUnits: units, AccessTokenValidity, IdTokenValidity, RefreshTokenValidity } = request
  const unitsBefore = before.tokenValidityUnits
  const access = lifetime(
    { validity: AccessTokenValidity, unit: units?.AccessToken },
    { validity: before.accessTokenValidity, unit: unitsBefore?.accessToken },
  )
  const id = lifetime(
    { validity: IdTokenValidity, unit: units?.IdToken },
    { validity: before.idTokenValidity, unit: unitsBefore?.idToken },
  )
  const refresh = lifetime(
    { validity: RefreshTokenValidity, unit: units?.RefreshToken },
    { validity: before.refreshTokenValidity, unit: unitsBefore?.refreshToken },
  )
  return {
    accessTokenValidity: access.validity,
    idTokenValidity: id.validity,
    refreshTokenValidity: refresh.validity || thirtyDays[refresh.unit ?? defaultUnits.refreshToken],
    tokenValidityUnits: filledUnits({ accessToken: access.unit, idToken: id.unit, refreshToken: refresh.unit }),
  }
}

// A partial block is completed with defaults; if no unit was ever given, there is no block.
const filledUnits = (units: Units): Units | undefined => {
  const { accessToken, idToken, refreshToken } = units
  if (accessToken === undefined && idToken === undefined && refreshToken === undefined) return undefined
  return {
    accessToken: accessToken ?? defaultUnits.accessToken,
    idToken: idToken ?? defaultUnits.idToken,
    refreshToken: refreshToken ?? defaultUnits.refreshToken,
  }
}

/** The name of the pool itself as a provider, which every pool has. */
const ownProvider = 'COGNITO'

const standardScopes: readonly string[] = ['phone', 'email', 'openid', 'profile', 'aws.cognito.signin.user.admin']

/**
 * Refuses settings that contradict one another, or name providers or scopes that the pool does not have.
 *
 * @throws ServiceError InvalidParameterException, InvalidOAuthFlowException, ScopeDoesNotExistException
 * (protocol/administration 2.2), or FeatureUnavailableInTierException (protocol/authentication 3.1.6)
 */
export const checkSettings = async (
  context: RequestContext,
  pool: Pool,
  { settings, hasSecret, occasion }: Pick<ClientCheck, 'settings' | 'hasSecret' | 'occasion'>,
): Promise<void> => {
  checkClientSettings({ settings, schema: pool.settings.schemaAttributes, hasSecret, occasion })
  if (settings.explicitAuthFlows?.includes('ALLOW_USER_AUTH')) requireChoice(pool.settings)
  const provider = settings.supportedIdentityProviders?.find((name) => name !== ownProvider)
  if (provider !== undefined) throw invalidParameter(`The provider ${provider} does not exist for User Pool ${pool.id}`)
  const custom = (settings.allowedOAuthScopes ?? []).filter((name) => !standardScopes.includes(name))
  if (custom.length === 0) return
  const known = await customScopes(context, pool)
  const scope = custom.find((name) => !known.has(name))
  if (scope !== undefined) throw new ServiceError('ScopeDoesNotExistException', `Invalid scope requested: ${scope}`)
}
