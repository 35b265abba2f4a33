// What an update does to a setting of an app client whose member it leaves out; as in user-pools/absent-members.ts.
import type { UpdateUserPoolClientRequest } from '../../wire/model.gen.ts'

/** What both CreateUserPoolClient and UpdateUserPoolClient say. */
export type ClientRequest = Omit<UpdateUserPoolClientRequest, 'UserPoolId' | 'ClientId' | 'ClientName'>

/** UpdateUserPoolClient, member by member. A unit goes with the lifetime that it counts. */
export const absentInUpdateUserPoolClient: Readonly<Record<keyof ClientRequest, 'kept' | 'default'>> = {
  AccessTokenValidity: 'kept',
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
  IdTokenValidity: 'kept',
  LogoutURLs: 'default',
  PreventUserExistenceErrors: 'kept',
  ReadAttributes: 'kept',
  RefreshTokenRotation: 'kept',
  RefreshTokenValidity: 'kept',
  SupportedIdentityProviders: 'default',
  TokenValidityUnits: 'kept',
  WriteAttributes: 'kept',
}
