// What an update does to a setting of an app client whose member it leaves out; as in user-pools/absent-members.ts.
import type { UpdateUserPoolClientRequest } from '../../wire/model.gen.ts'
import type { WhenAbsent } from '../user-pools/absent-members.ts'

/** What both CreateUserPoolClient and UpdateUserPoolClient say. */
export type ClientRequest = Omit<UpdateUserPoolClientRequest, 'UserPoolId' | 'ClientId' | 'ClientName'>

/** How long tokens live: each number is kept with its unit, by client-request.ts. */
type Lifetime = 'AccessTokenValidity' | 'IdTokenValidity' | 'RefreshTokenValidity' | 'TokenValidityUnits'

/** UpdateUserPoolClient, member by member. */
export const absentInUpdateUserPoolClient: Readonly<Record<Exclude<keyof ClientRequest, Lifetime>, WhenAbsent>> = {
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
