// The effect of an absent member in an update of an app client; like user-pools/absent-members.ts.
import type { UpdateUserPoolClientRequest } from '../../wire/model.gen.ts'
import type { WhenAbsent } from '../user-pools/absent-members.ts'

/** The members that CreateUserPoolClient and UpdateUserPoolClient share. */
export type ClientRequest = Omit<UpdateUserPoolClientRequest, 'UserPoolId' | 'ClientId' | 'ClientName'>

/** The lifetimes of tokens: client-request.ts handles each number together with its unit. */
type LifetimeMember = 'AccessTokenValidity' | 'IdTokenValidity' | 'RefreshTokenValidity' | 'TokenValidityUnits'

/** UpdateUserPoolClient, member by member. */
export const absentInUpdateUserPoolClient: Readonly<Record<Exclude<keyof ClientRequest, LifetimeMember>, WhenAbsent>> =
  {
    AllowedOAuthFlows: 'default',
    AllowedOAuthFlowsUserPoolClient: 'default',
    AllowedOAuthScopes: 'default',
    AnalyticsConfiguration: 'default',
    AuthSessionValidity: 'kept',
    CallbackURLs: 'default',
    DefaultRedirectURI: 'default',
    EnablePropagateAdditionalUserContextData: 'default',
    EnableTokenRevocation: 'kept',
    ExplicitAuthFlows: 'default',
    LogoutURLs: 'default',
    PreventUserExistenceErrors: 'kept',
    ReadAttributes: 'kept',
    RefreshTokenRotation: 'kept',
    SupportedIdentityProviders: 'default',
    WriteAttributes: 'kept',
  }
