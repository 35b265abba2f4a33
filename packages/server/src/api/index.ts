// The table of operations. Its type requires a line for each operation. An operation that is not built yet is `later`; a
// test allows their number only to fall.
import { adminConfirmSignUp } from './sign-up/admin-confirm-sign-up.ts'
import { adminCreateUser } from './users/admin-create-user.ts'
import { adminDeleteSoftwareToken } from './software-tokens/admin-delete-software-token.ts'
import { adminDeleteUser } from './users/admin-delete-user.ts'
import { adminDisableUser } from './users/admin-disable-user.ts'
import { adminEnableUser } from './users/admin-enable-user.ts'
import { adminGetUser } from './users/admin-get-user.ts'
import { adminInitiateAuth } from './sign-in/admin-initiate-auth.ts'
import { adminRespondToAuthChallenge } from './sign-in/admin-respond-to-auth-challenge.ts'
import { adminSetUserMfaPreference } from './users/admin-set-user-mfa-preference.ts'
import { adminSetUserPassword } from './users/admin-set-user-password.ts'
import { adminUpdateUserAttributes } from './users/admin-update-user-attributes.ts'
import { adminUserGlobalSignOut } from './tokens/admin-user-global-sign-out.ts'
import { associateSoftwareToken } from './software-tokens/associate-software-token.ts'
import { confirmSignUp } from './sign-up/confirm-sign-up.ts'
import { adminForgetDevice } from './devices/admin-forget-device.ts'
import { adminGetDevice } from './devices/admin-get-device.ts'
import { adminListDevices } from './devices/admin-list-devices.ts'
import { adminUpdateDeviceStatus } from './devices/admin-update-device-status.ts'
import { confirmDevice } from './devices/confirm-device.ts'
import { forgetDevice } from './devices/forget-device.ts'
import { getDevice } from './devices/get-device.ts'
import { listDevices } from './devices/list-devices.ts'
import { updateDeviceStatus } from './devices/update-device-status.ts'
import { deleteUser } from './users/delete-user.ts'
import { getUser } from './users/get-user.ts'
import { globalSignOut } from './tokens/global-sign-out.ts'
import { completeWebAuthnRegistration } from './passkeys/complete-web-authn-registration.ts'
import { deleteWebAuthnCredential } from './passkeys/delete-web-authn-credential.ts'
import { listWebAuthnCredentials } from './passkeys/list-web-authn-credentials.ts'
import { startWebAuthnRegistration } from './passkeys/start-web-authn-registration.ts'
import { initiateAuth } from './sign-in/initiate-auth.ts'
import { resendConfirmationCode } from './sign-up/resend-confirmation-code.ts'
import { respondToAuthChallenge } from './sign-in/respond-to-auth-challenge.ts'
import { revokeToken } from './tokens/revoke-token.ts'
import { setUserMfaPreference } from './users/set-user-mfa-preference.ts'
import { signUp } from './sign-up/sign-up.ts'
import { verifySoftwareToken } from './software-tokens/verify-software-token.ts'
import { adminDeleteUserAttributes } from './attributes/admin-delete-user-attributes.ts'
import { adminResetUserPassword } from './passwords/admin-reset-user-password.ts'
import { changePassword } from './passwords/change-password.ts'
import { confirmForgotPassword } from './passwords/confirm-forgot-password.ts'
import { deleteUserAttributes } from './attributes/delete-user-attributes.ts'
import { forgotPassword } from './passwords/forgot-password.ts'
import { getTokensFromRefreshToken } from './tokens/get-tokens-from-refresh-token.ts'
import { getUserAttributeVerificationCode } from './attributes/get-user-attribute-verification-code.ts'
import { updateUserAttributes } from './attributes/update-user-attributes.ts'
import { verifyUserAttribute } from './attributes/verify-user-attribute.ts'
import { listUsers } from './users/list-users.ts'
import { addCustomAttributes } from './user-pools/add-custom-attributes.ts'
import { createUserPool } from './user-pools/create-user-pool.ts'
import { deleteUserPool } from './user-pools/delete-user-pool.ts'
import { describeUserPool } from './user-pools/describe-user-pool.ts'
import { getUserPoolMfaConfig } from './user-pools/get-user-pool-mfa-config.ts'
import { listUserPools } from './user-pools/list-user-pools.ts'
import { setUserPoolMfaConfig } from './user-pools/set-user-pool-mfa-config.ts'
import { updateUserPool } from './user-pools/update-user-pool.ts'
import { createUserPoolClient } from './clients/create-user-pool-client.ts'
import { describeUserPoolClient } from './clients/describe-user-pool-client.ts'
import { updateUserPoolClient } from './clients/update-user-pool-client.ts'
import { deleteUserPoolClient } from './clients/delete-user-pool-client.ts'
import { listUserPoolClients } from './clients/list-user-pool-clients.ts'
import { addUserPoolClientSecret } from './clients/add-user-pool-client-secret.ts'
import { listUserPoolClientSecrets } from './clients/list-user-pool-client-secrets.ts'
import { deleteUserPoolClientSecret } from './clients/delete-user-pool-client-secret.ts'
import { adminListUserSessions } from './user-sessions/admin-list-user-sessions.ts'
import { adminRevokeUserSession } from './user-sessions/admin-revoke-user-session.ts'
import { listUserSessions } from './user-sessions/list-user-sessions.ts'
import { revokeUserSession } from './user-sessions/revoke-user-session.ts'
import { getUserPoolSessionConfiguration } from './user-pools/get-user-pool-session-configuration.ts'
import { setUserPoolSessionConfiguration } from './user-pools/set-user-pool-session-configuration.ts'
import { getUserPoolClientSessionConfiguration } from './clients/get-user-pool-client-session-configuration.ts'
import { setUserPoolClientSessionConfiguration } from './clients/set-user-pool-client-session-configuration.ts'
import { createGroup } from './groups/create-group.ts'
import { deleteGroup } from './groups/delete-group.ts'
import { getGroup } from './groups/get-group.ts'
import { listGroups } from './groups/list-groups.ts'
import { createResourceServer } from './resource-servers/create-resource-server.ts'
import { deleteResourceServer } from './resource-servers/delete-resource-server.ts'
import { describeResourceServer } from './resource-servers/describe-resource-server.ts'
import { listResourceServers } from './resource-servers/list-resource-servers.ts'
import { updateResourceServer } from './resource-servers/update-resource-server.ts'
import { getClientToken } from './tokens/get-client-token.ts'
import { adminGetUserAuthFactors } from './users/admin-get-user-auth-factors.ts'
import { adminSetUserSettings } from './users/admin-set-user-settings.ts'
import { getUserAuthFactors } from './users/get-user-auth-factors.ts'
import { setUserSettings } from './users/set-user-settings.ts'
import type { ExtensionName, OperationName } from '../wire/model.gen.ts'
import type { Operation } from './operation.ts'

/** Every operation of Amazon Cognito by its name. `later` is answered with UnsupportedOperationException. */
export const operations: { readonly [Name in Exclude<OperationName, ExtensionName>]: Operation<Name> | 'later' } = {
  AddCustomAttributes: addCustomAttributes,
  AddUserPoolClientSecret: addUserPoolClientSecret,
  AdminAddUserToGroup: 'later',
  AdminConfirmSignUp: adminConfirmSignUp,
  AdminCreateUser: adminCreateUser,
  AdminDeleteSoftwareToken: adminDeleteSoftwareToken,
  AdminDeleteUser: adminDeleteUser,
  AdminDeleteUserAttributes: adminDeleteUserAttributes,
  AdminDisableProviderForUser: 'later',
  AdminDisableUser: adminDisableUser,
  AdminEnableUser: adminEnableUser,
  AdminForgetDevice: adminForgetDevice,
  AdminGetDevice: adminGetDevice,
  AdminGetUser: adminGetUser,
  AdminGetUserAuthFactors: adminGetUserAuthFactors,
  AdminInitiateAuth: adminInitiateAuth,
  AdminLinkProviderForUser: 'later',
  AdminListDevices: adminListDevices,
  AdminListGroupsForUser: 'later',
  AdminListUserAuthEvents: 'later',
  AdminListUserSessions: adminListUserSessions,
  AdminRemoveUserFromGroup: 'later',
  AdminResetUserPassword: adminResetUserPassword,
  AdminRespondToAuthChallenge: adminRespondToAuthChallenge,
  AdminRevokeUserSession: adminRevokeUserSession,
  AdminSetUserMFAPreference: adminSetUserMfaPreference,
  AdminSetUserPassword: adminSetUserPassword,
  AdminSetUserSettings: adminSetUserSettings,
  AdminUpdateAuthEventFeedback: 'later',
  AdminUpdateDeviceStatus: adminUpdateDeviceStatus,
  AdminUpdateUserAttributes: adminUpdateUserAttributes,
  AdminUserGlobalSignOut: adminUserGlobalSignOut,
  AssociateSoftwareToken: associateSoftwareToken,
  ChangePassword: changePassword,
  CompleteWebAuthnRegistration: completeWebAuthnRegistration,
  ConfirmDevice: confirmDevice,
  ConfirmForgotPassword: confirmForgotPassword,
  ConfirmSignUp: confirmSignUp,
  CreateGroup: createGroup,
  CreateIdentityProvider: 'later',
  CreateManagedLoginBranding: 'later',
  CreateResourceServer: createResourceServer,
  CreateTerms: 'later',
  CreateUserImportJob: 'later',
  CreateUserPool: createUserPool,
  CreateUserPoolClient: createUserPoolClient,
  CreateUserPoolDomain: 'later',
  CreateUserPoolReplica: 'later',
  DeleteGroup: deleteGroup,
  DeleteIdentityProvider: 'later',
  DeleteManagedLoginBranding: 'later',
  DeleteResourceServer: deleteResourceServer,
  DeleteTerms: 'later',
  DeleteUser: deleteUser,
  DeleteUserAttributes: deleteUserAttributes,
  DeleteUserPool: deleteUserPool,
  DeleteUserPoolClient: deleteUserPoolClient,
  DeleteUserPoolClientSecret: deleteUserPoolClientSecret,
  DeleteUserPoolDomain: 'later',
  DeleteUserPoolReplica: 'later',
  DeleteWebAuthnCredential: deleteWebAuthnCredential,
  DescribeIdentityProvider: 'later',
  DescribeManagedLoginBranding: 'later',
  DescribeManagedLoginBrandingByClient: 'later',
  DescribeResourceServer: describeResourceServer,
  DescribeRiskConfiguration: 'later',
  DescribeTerms: 'later',
  DescribeTermsByClient: 'later',
  DescribeUserImportJob: 'later',
  DescribeUserPool: describeUserPool,
  DescribeUserPoolClient: describeUserPoolClient,
  DescribeUserPoolDomain: 'later',
  ForgetDevice: forgetDevice,
  ForgotPassword: forgotPassword,
  GetCSVHeader: 'later',
  GetClientToken: getClientToken,
  GetDevice: getDevice,
  GetGroup: getGroup,
  GetIdentityProviderByIdentifier: 'later',
  GetLogDeliveryConfiguration: 'later',
  GetProvisionedLimit: 'later',
  GetSigningCertificate: 'later',
  GetTokensFromRefreshToken: getTokensFromRefreshToken,
  GetUICustomization: 'later',
  GetUser: getUser,
  GetUserAttributeVerificationCode: getUserAttributeVerificationCode,
  GetUserAuthFactors: getUserAuthFactors,
  GetUserPoolClientSessionConfiguration: getUserPoolClientSessionConfiguration,
  GetUserPoolMfaConfig: getUserPoolMfaConfig,
  GetUserPoolSessionConfiguration: getUserPoolSessionConfiguration,
  GlobalSignOut: globalSignOut,
  InitiateAuth: initiateAuth,
  ListDevices: listDevices,
  ListGroups: listGroups,
  ListIdentityProviders: 'later',
  ListResourceServers: listResourceServers,
  ListTagsForResource: 'later',
  ListTerms: 'later',
  ListUserImportJobs: 'later',
  ListUserPoolClientSecrets: listUserPoolClientSecrets,
  ListUserPoolClients: listUserPoolClients,
  ListUserPoolReplicas: 'later',
  ListUserPools: listUserPools,
  ListUserSessions: listUserSessions,
  ListUsers: listUsers,
  ListUsersInGroup: 'later',
  ListWebAuthnCredentials: listWebAuthnCredentials,
  ResendConfirmationCode: resendConfirmationCode,
  RespondToAuthChallenge: respondToAuthChallenge,
  RevokeToken: revokeToken,
  RevokeUserSession: revokeUserSession,
  SetLogDeliveryConfiguration: 'later',
  SetRiskConfiguration: 'later',
  SetUICustomization: 'later',
  SetUserMFAPreference: setUserMfaPreference,
  SetUserPoolClientSessionConfiguration: setUserPoolClientSessionConfiguration,
  SetUserPoolMfaConfig: setUserPoolMfaConfig,
  SetUserPoolSessionConfiguration: setUserPoolSessionConfiguration,
  SetUserSettings: setUserSettings,
  SignUp: signUp,
  StartUserImportJob: 'later',
  StartWebAuthnRegistration: startWebAuthnRegistration,
  StopUserImportJob: 'later',
  TagResource: 'later',
  UntagResource: 'later',
  UpdateAuthEventFeedback: 'later',
  UpdateDeviceStatus: updateDeviceStatus,
  UpdateGroup: 'later',
  UpdateIdentityProvider: 'later',
  UpdateManagedLoginBranding: 'later',
  UpdateProvisionedLimit: 'later',
  UpdateResourceServer: updateResourceServer,
  UpdateTerms: 'later',
  UpdateUserAttributes: updateUserAttributes,
  UpdateUserPool: updateUserPool,
  UpdateUserPoolClient: updateUserPoolClient,
  UpdateUserPoolDomain: 'later',
  UpdateUserPoolReplica: 'later',
  VerifySoftwareToken: verifySoftwareToken,
  VerifyUserAttribute: verifyUserAttribute,
}
