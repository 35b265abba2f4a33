// Every boolean and number that an operation takes, and what its absence means while the structure around it is there:
// the zero of its type, a default, or a refusal. SDKs that cannot tell false from absent leave false out.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tokenLifetimes } from '../rules/client-settings.ts'
import type { TestApp } from '../../testing/app.ts'
import { addClient, addUser, addVerifiedUser } from '../../testing/pool.ts'
import { signIn } from '../../testing/sign-in.ts'
import { createPool, startServer } from '../../testing/pool-settings.ts'
import {
  operationShapes,
  shapes,
  type CreateUserPoolClientRequest,
  type CreateUserPoolRequest,
  type SchemaAttributeType,
  type UserPoolClientType,
} from '../wire/model.gen.ts'
import { operations } from './index.ts'
import { factorSettings, passkeySetting } from './users/factor-settings.ts'

/** What absence means, as one call shows it. */
type Absence = { readonly means: unknown; readonly shown: (server: TestApp) => Promise<unknown> }

const refused = 'refused'
const untilRefused = async (call: Promise<unknown>): Promise<unknown> => {
  const error: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  return error instanceof Error && error.name.startsWith('InvalidParameter') ? refused : error
}

const attribute = (member: keyof SchemaAttributeType, means: unknown): Absence => ({
  means,
  shown: async (server) => {
    const { SchemaAttributes } = await createPool(server, {
      Schema: [{ Name: 'plan', AttributeDataType: 'String' }, { Name: 'email' }],
    })
    const declared = ['custom:plan', 'email'].map((name) => SchemaAttributes?.find(({ Name }) => Name === name))
    const [plan, email] = declared.map((one) => one?.[member])
    return plan === email ? plan : [plan, email]
  },
})

const ofPool = (
  input: Partial<CreateUserPoolRequest>,
  pick: (pool: Awaited<ReturnType<typeof createPool>>) => unknown,
  means: unknown,
): Absence => ({ means, shown: async (server) => pick(await createPool(server, input)) })

const policy = (member: 'MinimumLength' | 'PasswordHistorySize' | 'TemporaryPasswordValidityDays', means: unknown) =>
  ofPool(
    { Policies: { PasswordPolicy: { RequireNumbers: true } } },
    ({ Policies }) => Policies?.PasswordPolicy?.[member],
    means,
  )

const rule = (member: 'RequireUppercase' | 'RequireLowercase' | 'RequireNumbers' | 'RequireSymbols'): Absence =>
  ofPool(
    { Policies: { PasswordPolicy: { MinimumLength: 12 } } },
    ({ Policies }) => Policies?.PasswordPolicy?.[member],
    false,
  )

const createClient = async (
  server: TestApp,
  input: Partial<CreateUserPoolClientRequest> = {},
): Promise<UserPoolClientType> => {
  const { Id: UserPoolId } = await createPool(server)
  const { UserPoolClient } = await server.call('CreateUserPoolClient', { UserPoolId, ClientName: 'app', ...input })
  return UserPoolClient ?? {}
}

const ofClient = (pick: (client: UserPoolClientType) => unknown, means: unknown, input = {}): Absence => ({
  means,
  shown: async (server) => pick(await createClient(server, input)),
})

// Where an update leaves a setting out, update-user-pool-client.test.ts says member by member what becomes of it; of a
// client that never had another value it stays the default.
const ofUpdate = (pick: (client: UserPoolClientType) => unknown, means: unknown): Absence => ({
  means,
  shown: async (server) => {
    const { UserPoolId = '', ClientId = '' } = await createClient(server)
    return pick((await server.call('UpdateUserPoolClient', { UserPoolId, ClientId })).UserPoolClient ?? {})
  },
})

// How long a token lives, in seconds.
const lifeOf = (pick: (seconds: ReturnType<typeof tokenLifetimes>) => number) => (client: UserPoolClientType) =>
  pick(
    tokenLifetimes({
      accessTokenValidity: client.AccessTokenValidity,
      idTokenValidity: client.IdTokenValidity,
      refreshTokenValidity: client.RefreshTokenValidity,
    }),
  )

const accessLife = lifeOf(({ accessTokenSeconds }) => accessTokenSeconds)
const idLife = lifeOf(({ idTokenSeconds }) => idTokenSeconds)

/** A page of the largest size. */
const largest = (most: number, list: (server: TestApp, limit?: number) => Promise<unknown>): Absence => ({
  means: 'the largest page',
  shown: async (server) => {
    const [absent, said] = [await list(server), await list(server, most)]
    assert.deepEqual(absent, said)
    return 'the largest page'
  },
})

const addedUser = async (
  server: TestApp,
): Promise<{ at: Awaited<ReturnType<typeof addClient>>; AccessToken: string }> => {
  const { Id: UserPoolId } = await createPool(server, { DeviceConfiguration: { ChallengeRequiredOnNewDevice: false } })
  const at = await addClient({ server, UserPoolId })
  await addUser(at, 'jane')
  return { at, AccessToken: (await signIn(at, 'jane')).AccessToken }
}

const factor = (
  member: 'SMSMfaSettings' | 'SoftwareTokenMfaSettings' | 'EmailMfaSettings',
  pick: 'enabled' | 'preferred',
  means: unknown,
): Absence => ({
  means,
  shown: async () => [...factorSettings({ [member]: {} }).values()].map((setting) => setting[pick])[0] ?? 'stays',
})

const aliased = async (server: TestApp): Promise<Awaited<ReturnType<typeof addClient>>> => {
  const { Id: UserPoolId } = await createPool(server, { AliasAttributes: ['email'], AutoVerifiedAttributes: ['email'] })
  const at = await addClient({ server, UserPoolId })
  await addVerifiedUser(at, 'jane', 'jane@example.com')
  return at
}

const nameOf = async (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => 'done',
    (error: unknown) => error instanceof Error && error.name,
  )

const absences: Readonly<Record<string, Absence>> = {
  'AdminCreateUserConfigType.AllowAdminCreateUserOnly': ofPool(
    { AdminCreateUserConfig: { UnusedAccountValidityDays: 3 } },
    ({ AdminCreateUserConfig }) => AdminCreateUserConfig?.AllowAdminCreateUserOnly,
    false,
  ),
  'AdminCreateUserConfigType.UnusedAccountValidityDays': ofPool(
    { AdminCreateUserConfig: { AllowAdminCreateUserOnly: true } },
    ({ AdminCreateUserConfig }) => AdminCreateUserConfig?.UnusedAccountValidityDays,
    7,
  ),
  'AdminCreateUserRequest.ForceAliasCreation': {
    means: 'AliasExistsException',
    shown: async (server) => {
      const { UserPoolId } = await aliased(server)
      const UserAttributes = [
        { Name: 'email', Value: 'jane@example.com' },
        { Name: 'email_verified', Value: 'true' },
      ]
      return nameOf(server.call('AdminCreateUser', { UserPoolId, Username: 'john', UserAttributes }))
    },
  },
  'AdminListDevicesRequest.Limit': largest(60, async (server, Limit) => {
    const { at } = await addedUser(server)
    const { Devices } = await server.call('AdminListDevices', { UserPoolId: at.UserPoolId, Username: 'jane', Limit })
    return Devices?.length
  }),
  'AdminSetUserPasswordRequest.Permanent': {
    means: 'FORCE_CHANGE_PASSWORD',
    shown: async (server) => {
      const { at } = await addedUser(server)
      const { UserPoolId } = at
      await server.call('AdminSetUserPassword', { UserPoolId, Username: 'jane', Password: 'Another-horse-7' })
      return (await server.call('AdminGetUser', { UserPoolId, Username: 'jane' })).UserStatus
    },
  },
  'AnalyticsConfigurationType.UserDataShared': ofClient(
    ({ AnalyticsConfiguration }) => AnalyticsConfiguration?.UserDataShared,
    false,
    { AnalyticsConfiguration: { ApplicationArn: 'arn:aws:mobiletargeting:zz-local-1:000000000000:apps/a' } },
  ),
  'ClientSSOSessionConfigType.MaxValidityMinutes': {
    means: refused,
    shown: async (server) => {
      const { UserPoolId = '', ClientId = '' } = await createClient(server)
      const SSOSession = {} as { MaxValidityMinutes: number }
      return untilRefused(server.call('SetUserPoolClientSessionConfiguration', { UserPoolId, ClientId, SSOSession }))
    },
  },
  'ConfirmSignUpRequest.ForceAliasCreation': {
    means: 'AliasExistsException',
    shown: async (server) => {
      const { ClientId } = await aliased(server)
      await server.call('SignUp', {
        ClientId,
        Username: 'john',
        Password: 'Correct-horse-7',
        UserAttributes: [{ Name: 'email', Value: 'jane@example.com' }],
      })
      const ConfirmationCode = await server.code('jane@example.com')
      return nameOf(server.call('ConfirmSignUp', { ClientId, Username: 'john', ConfirmationCode }))
    },
  },
  'CreateUserPoolClientRequest.AccessTokenValidity': ofClient(accessLife, 3600),
  'CreateUserPoolClientRequest.AllowedOAuthFlowsUserPoolClient': ofClient(
    (client) => client.AllowedOAuthFlowsUserPoolClient,
    false,
  ),
  'CreateUserPoolClientRequest.AuthSessionValidity': ofClient((client) => client.AuthSessionValidity, 3),
  'CreateUserPoolClientRequest.EnablePropagateAdditionalUserContextData': ofClient(
    (client) => client.EnablePropagateAdditionalUserContextData,
    false,
  ),
  'CreateUserPoolClientRequest.EnableTokenRevocation': ofClient((client) => client.EnableTokenRevocation, true),
  'CreateUserPoolClientRequest.GenerateSecret': ofClient((client) => client.ClientSecret, undefined),
  'CreateUserPoolClientRequest.IdTokenValidity': ofClient(idLife, 3600),
  'CreateUserPoolClientRequest.RefreshTokenValidity': ofClient((client) => client.RefreshTokenValidity, 30),
  'DcrConfigurationType.OpenDcrEnabled': ofPool(
    { DcrConfiguration: { EnableStatus: 'Enabled' } },
    ({ DcrConfiguration }) => DcrConfiguration?.OpenDcrEnabled,
    false,
  ),
  'DeviceConfigurationType.ChallengeRequiredOnNewDevice': ofPool(
    { DeviceConfiguration: { DeviceOnlyRememberedOnUserPrompt: true } },
    ({ DeviceConfiguration }) => DeviceConfiguration?.ChallengeRequiredOnNewDevice,
    false,
  ),
  'DeviceConfigurationType.DeviceOnlyRememberedOnUserPrompt': ofPool(
    { DeviceConfiguration: { ChallengeRequiredOnNewDevice: true } },
    ({ DeviceConfiguration }) => DeviceConfiguration?.DeviceOnlyRememberedOnUserPrompt,
    false,
  ),
  'EmailMfaSettingsType.Enabled': factor('EmailMfaSettings', 'enabled', false),
  'EmailMfaSettingsType.PreferredMfa': factor('EmailMfaSettings', 'preferred', 'stays'),
  'ListDevicesRequest.Limit': largest(60, async (server, Limit) => {
    const { AccessToken } = await addedUser(server)
    return (await server.call('ListDevices', { AccessToken, Limit })).Devices?.length
  }),
  'CreateGroupRequest.Precedence': {
    means: undefined,
    shown: async (server) => {
      const { Id: UserPoolId } = await createPool(server)
      return (await server.call('CreateGroup', { UserPoolId, GroupName: 'staff' })).Group?.Precedence
    },
  },
  'ListGroupsRequest.Limit': largest(60, async (server, Limit) => {
    const { Id: UserPoolId } = await createPool(server)
    for (let index = 0; index < 61; index += 1) {
      await server.call('CreateGroup', { UserPoolId, GroupName: `group-${index}` })
    }
    return (await server.call('ListGroups', { UserPoolId, Limit })).Groups?.length
  }),
  'ListResourceServersRequest.MaxResults': largest(50, async (server, MaxResults) => {
    const { Id: UserPoolId } = await createPool(server)
    for (let index = 0; index < 20; index += 1) {
      await server.call('CreateResourceServer', { UserPoolId, Identifier: `api-${index}`, Name: 'api' })
    }
    return (await server.call('ListResourceServers', { UserPoolId, MaxResults })).ResourceServers.length
  }),
  'ListUserPoolClientsRequest.MaxResults': largest(60, async (server, MaxResults) => {
    const { Id: UserPoolId } = await createPool(server)
    for (let index = 0; index < 61; index += 1) {
      await server.call('CreateUserPoolClient', { UserPoolId, ClientName: 'app' })
    }
    return (await server.call('ListUserPoolClients', { UserPoolId, MaxResults })).UserPoolClients?.length
  }),
  'ListUserPoolsRequest.MaxResults': {
    means: refused,
    shown: (server) => untilRefused(server.call('ListUserPools', {} as { MaxResults: number })),
  },
  'ListUsersRequest.Limit': largest(60, async (server, Limit) => {
    const { Id: UserPoolId } = await createPool(server)
    for (let index = 0; index < 61; index += 1) {
      await server.call('AdminCreateUser', { UserPoolId, Username: `user-${index}`, MessageAction: 'SUPPRESS' })
    }
    return (await server.call('ListUsers', { UserPoolId, Limit })).Users?.length
  }),
  'ListWebAuthnCredentialsRequest.MaxResults': largest(20, async (server, MaxResults) => {
    const { AccessToken } = await addedUser(server)
    return (await server.call('ListWebAuthnCredentials', { AccessToken, MaxResults })).Credentials.length
  }),
  'PasswordPolicyType.MinimumLength': policy('MinimumLength', 8),
  'PasswordPolicyType.PasswordHistorySize': policy('PasswordHistorySize', undefined),
  'PasswordPolicyType.RequireLowercase': rule('RequireLowercase'),
  'PasswordPolicyType.RequireNumbers': rule('RequireNumbers'),
  'PasswordPolicyType.RequireSymbols': rule('RequireSymbols'),
  'PasswordPolicyType.RequireUppercase': rule('RequireUppercase'),
  'PasswordPolicyType.TemporaryPasswordValidityDays': policy('TemporaryPasswordValidityDays', 7),
  'RecoveryOptionType.Priority': {
    means: refused,
    shown: (server) => {
      const mechanism = { Name: 'admin_only' } as { Name: 'admin_only'; Priority: number }
      return untilRefused(createPool(server, { AccountRecoverySetting: { RecoveryMechanisms: [mechanism] } }))
    },
  },
  'RefreshTokenRotationType.RetryGracePeriodSeconds': ofClient(
    ({ RefreshTokenRotation }) => RefreshTokenRotation?.RetryGracePeriodSeconds ?? 0,
    0,
    { RefreshTokenRotation: { Feature: 'ENABLED' }, ExplicitAuthFlows: ['ALLOW_USER_AUTH'] },
  ),
  'SMSMfaSettingsType.Enabled': factor('SMSMfaSettings', 'enabled', false),
  'SMSMfaSettingsType.PreferredMfa': factor('SMSMfaSettings', 'preferred', 'stays'),
  'SchemaAttributeType.DeveloperOnlyAttribute': attribute('DeveloperOnlyAttribute', false),
  'SchemaAttributeType.Mutable': attribute('Mutable', false),
  'SchemaAttributeType.Required': attribute('Required', false),
  'SetUserPoolNotificationConfigurationRequest.Enabled': {
    means: refused,
    shown: async (server) => {
      const settings = { UserPoolId: (await createPool(server)).Id } as { UserPoolId: string; Enabled: boolean }
      return untilRefused(server.call('SetUserPoolNotificationConfiguration', settings))
    },
  },
  'SetUserPoolRecoveryCodeConfigurationRequest.Enabled': {
    means: refused,
    shown: async (server) => {
      const settings = { UserPoolId: (await createPool(server)).Id } as { UserPoolId: string; Enabled: boolean }
      return untilRefused(server.call('SetUserPoolRecoveryCodeConfiguration', settings))
    },
  },
  'SoftwareTokenMfaConfigType.Enabled': {
    means: refused,
    shown: async (server) => {
      const { Id: UserPoolId } = await createPool(server)
      const off = { MfaConfiguration: 'OPTIONAL' as const, SoftwareTokenMfaConfiguration: {} }
      return untilRefused(server.call('SetUserPoolMfaConfig', { UserPoolId, ...off }))
    },
  },
  'SoftwareTokenMfaSettingsType.Enabled': factor('SoftwareTokenMfaSettings', 'enabled', false),
  'SoftwareTokenMfaSettingsType.PreferredMfa': factor('SoftwareTokenMfaSettings', 'preferred', 'stays'),
  'UpdateUserPoolClientRequest.AccessTokenValidity': ofUpdate(accessLife, 3600),
  'UpdateUserPoolClientRequest.AllowedOAuthFlowsUserPoolClient': ofUpdate(
    (client) => client.AllowedOAuthFlowsUserPoolClient,
    false,
  ),
  'UpdateUserPoolClientRequest.AuthSessionValidity': ofUpdate((client) => client.AuthSessionValidity, 3),
  'UpdateUserPoolClientRequest.EnablePropagateAdditionalUserContextData': ofUpdate(
    (client) => client.EnablePropagateAdditionalUserContextData,
    false,
  ),
  'UpdateUserPoolClientRequest.EnableTokenRevocation': ofUpdate((client) => client.EnableTokenRevocation, true),
  'UpdateUserPoolClientRequest.IdTokenValidity': ofUpdate(idLife, 3600),
  'UpdateUserPoolClientRequest.RefreshTokenValidity': ofUpdate((client) => client.RefreshTokenValidity, 30),
  'UserPoolTokenSessionConfigType.MaxPerUser': {
    means: refused,
    shown: async (server) => {
      const { Id: UserPoolId } = await createPool(server)
      const TokenSession = {} as { MaxPerUser: number }
      const settings = { UserPoolId, UserSessionTracking: 'ENABLED' as const, TokenSession }
      return untilRefused(server.call('SetUserPoolSessionConfiguration', settings))
    },
  },
  'UsernameConfigurationType.CaseSensitive': {
    means: refused,
    shown: (server) => untilRefused(createPool(server, { UsernameConfiguration: {} as { CaseSensitive: boolean } })),
  },
  'WebAuthnMfaSettingsType.Enabled': {
    means: false,
    shown: async () => passkeySetting({ WebAuthnMfaSettings: {} }),
  },
}

const plainKinds: readonly string[] = ['boolean', 'integer', 'long', 'number']

// Booleans and numbers in a shape and below it, as `Structure.Member`.
const valuesIn = (name: string, path: readonly string[] = []): string[] => {
  const shape = shapes[name]
  if (!shape || path.includes(name)) return []
  const below = [...path, name]
  if (shape.t === 'list') return valuesIn(shape.of, below)
  if (shape.t === 'map') return valuesIn(shape.value, below)
  if (shape.t !== 'structure') return []
  return Object.entries(shape.m).flatMap(([member, kind]) =>
    plainKinds.includes(shapes[kind]?.t ?? '') ? [`${name}.${member}`] : valuesIn(kind, below),
  )
}

test('the absence of every boolean and number that an operation takes is decided', () => {
  const taken = Object.entries(operationShapes)
    .filter(([name]) => (operations as Readonly<Record<string, unknown>>)[name] !== 'later')
    .flatMap(([, shape]) => valuesIn(shape.in))
  const undecided = [...new Set(taken)].filter((name) => absences[name] === undefined)
  assert.deepEqual(undecided, [])
})

for (const [name, { means, shown }] of Object.entries(absences)) {
  test(`${name}, absent: ${String(means)}`, async (t) => {
    assert.deepEqual(await shown(await startServer(t)), means)
  })
}
