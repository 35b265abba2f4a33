import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test, type TestContext } from 'node:test'
import { makeTestApp, type TestApp } from '../../../testing/app.ts'
import type {
  CreateUserPoolClientRequest,
  CreateUserPoolRequest,
  UpdateUserPoolClientRequest,
  UserPoolClientType,
} from '../../wire/model.gen.ts'

type Started = { server: TestApp; UserPoolId: string }

const start = async (t: TestContext, pool: Partial<CreateUserPoolRequest> = {}): Promise<Started> => {
  const server = await makeTestApp(t)
  return { server, UserPoolId: await createPool(server, pool) }
}

const createPool = async (server: TestApp, pool: Partial<CreateUserPoolRequest> = {}): Promise<string> =>
  (await server.call('CreateUserPool', { PoolName: 'pool', ...pool })).UserPool?.Id ?? ''

const create = async (
  { server, UserPoolId }: Started,
  input: Partial<CreateUserPoolClientRequest> = {},
): Promise<UserPoolClientType & { ClientId: string }> => {
  const { UserPoolClient } = await server.call('CreateUserPoolClient', { UserPoolId, ClientName: 'app', ...input })
  assert.ok(UserPoolClient?.ClientId)
  return { ...UserPoolClient, ClientId: UserPoolClient.ClientId }
}

const describe = async ({ server, UserPoolId }: Started, ClientId: string): Promise<UserPoolClientType> =>
  (await server.call('DescribeUserPoolClient', { UserPoolId, ClientId })).UserPoolClient ?? {}

const update = async (
  { server, UserPoolId }: Started,
  ClientId: string,
  input: Partial<UpdateUserPoolClientRequest>,
): Promise<UserPoolClientType> =>
  (await server.call('UpdateUserPoolClient', { UserPoolId, ClientId, ...input })).UserPoolClient ?? {}

const defaults = {
  RefreshTokenValidity: 30,
  EnableTokenRevocation: true,
  EnablePropagateAdditionalUserContextData: false,
  AllowedOAuthFlowsUserPoolClient: false,
  AuthSessionValidity: 3,
  TokenValidityUnits: {},
}

const browser = {
  AllowedOAuthFlowsUserPoolClient: true,
  AllowedOAuthFlows: ['code'],
  AllowedOAuthScopes: ['openid'],
  CallbackURLs: ['https://example.com/in'],
} satisfies Partial<CreateUserPoolClientRequest>

test('a client of which only the name is said has exactly the defaults', async (t) => {
  const started = await start(t)
  const { ClientId } = await create(started)
  assert.match(ClientId, /^[0-9a-v]{26}$/)
  const now = started.server.context.clock.now() / 1000
  assert.deepEqual(await describe(started, ClientId), {
    UserPoolId: started.UserPoolId,
    ClientId,
    ClientName: 'app',
    CreationDate: now,
    LastModifiedDate: now,
    ...defaults,
  })
})

test('every setting comes back as it was sent', async (t) => {
  const started = await start(t, { Schema: [{ Name: 'plan', AttributeDataType: 'String' }] })
  const settings = {
    ClientName: 'all of it',
    RefreshTokenValidity: 90,
    AccessTokenValidity: 10,
    IdTokenValidity: 3600,
    TokenValidityUnits: { AccessToken: 'minutes', IdToken: 'seconds', RefreshToken: 'days' },
    ReadAttributes: ['email', 'email_verified', 'sub', 'custom:plan'],
    WriteAttributes: ['email', 'custom:plan'],
    ExplicitAuthFlows: ['ALLOW_USER_SRP_AUTH', 'ALLOW_USER_PASSWORD_AUTH'],
    SupportedIdentityProviders: ['COGNITO'],
    CallbackURLs: [
      'https://example.com/in',
      'http://localhost:3000',
      'http://127.0.0.1',
      'http://[::1]/x',
      'myapp://in',
    ],
    LogoutURLs: ['https://example.com/out'],
    DefaultRedirectURI: 'myapp://in',
    AllowedOAuthFlows: ['code', 'implicit'],
    AllowedOAuthScopes: ['openid', 'email', 'phone', 'profile', 'aws.cognito.signin.user.admin'],
    AllowedOAuthFlowsUserPoolClient: true,
    AnalyticsConfiguration: {
      ApplicationId: 'abc',
      RoleArn: 'arn:aws:iam::000000000000:role/a',
      ExternalId: 'x',
      UserDataShared: true,
    },
    PreventUserExistenceErrors: 'ENABLED',
    EnableTokenRevocation: false,
    EnablePropagateAdditionalUserContextData: true,
    AuthSessionValidity: 15,
    RefreshTokenRotation: { Feature: 'ENABLED', RetryGracePeriodSeconds: 60 },
  } satisfies Partial<CreateUserPoolClientRequest>
  const { ClientId } = await create(started, { ...settings, GenerateSecret: true })
  const {
    ClientSecret,
    UserPoolId: _,
    ClientId: __,
    CreationDate: ___,
    LastModifiedDate: ____,
    ...shown
  } = await describe(started, ClientId)
  assert.deepEqual(shown, settings)
  assert.match(ClientSecret ?? '', /^[0-9a-v]{51}$/)
})

test('units of lifetimes come back filled, and a refresh token of no said lifetime lives thirty days in any of them', async (t) => {
  const started = await start(t)
  const lifetimes = async (input: Partial<CreateUserPoolClientRequest>) => {
    const { RefreshTokenValidity, TokenValidityUnits } = await create(started, input)
    return { RefreshTokenValidity, TokenValidityUnits }
  }
  assert.deepEqual(await lifetimes({ TokenValidityUnits: { AccessToken: 'minutes' }, AccessTokenValidity: 5 }), {
    RefreshTokenValidity: 30,
    TokenValidityUnits: { AccessToken: 'minutes', IdToken: 'hours', RefreshToken: 'days' },
  })
  assert.deepEqual(await lifetimes({ TokenValidityUnits: { RefreshToken: 'hours' }, RefreshTokenValidity: 0 }), {
    RefreshTokenValidity: 720,
    TokenValidityUnits: { AccessToken: 'hours', IdToken: 'hours', RefreshToken: 'hours' },
  })
  assert.deepEqual(await lifetimes({ RefreshTokenValidity: 0 }), {
    RefreshTokenValidity: 30,
    TokenValidityUnits: {},
  })
})

test('req 42: lifetimes out of range are refused, those at its ends are not', async (t) => {
  const started = await start(t)
  const refused = { name: 'InvalidParameterException', message: 'Invalid range for token validity.' }
  const of = (access: number, refresh: number) => ({
    AccessTokenValidity: access,
    RefreshTokenValidity: refresh,
    TokenValidityUnits: {
      AccessToken: 'seconds' as const,
      IdToken: 'minutes' as const,
      RefreshToken: 'hours' as const,
    },
    IdTokenValidity: 5,
  })
  await create(started, of(300, 1))
  await create(started, of(86_400, 24))
  await create(started, { RefreshTokenValidity: 3650 })
  await assert.rejects(create(started, of(299, 1)), refused)
  await assert.rejects(create(started, of(86_399, 23)), refused)
  await assert.rejects(
    create(started, { AccessTokenValidity: 1441, TokenValidityUnits: { AccessToken: 'minutes' } }),
    refused,
  )
  await assert.rejects(create(started, { ...of(300, 1), IdTokenValidity: 4 }), refused)
  await assert.rejects(create(started, { ...of(300, 1), IdTokenValidity: 61 }), refused)
  await assert.rejects(
    create(started, { RefreshTokenValidity: 59, TokenValidityUnits: { RefreshToken: 'minutes' } }),
    refused,
  )
  await assert.rejects(
    create(started, { RefreshTokenValidity: 87_601, TokenValidityUnits: { RefreshToken: 'hours' } }),
    refused,
  )
  const { ClientId } = await create(started)
  await assert.rejects(update(started, ClientId, of(299, 1)), refused)
})

const account = 'arn:aws:mobiletargeting:zz-local-1:000000000000:apps/a'
const refusals: readonly (readonly [string, Partial<CreateUserPoolClientRequest>, string, string?])[] = [
  [
    'legacy and new names of flows',
    { ExplicitAuthFlows: ['ALLOW_USER_SRP_AUTH', 'USER_PASSWORD_AUTH'] },
    "Auth flow name with prefix 'ALLOW' cannot be used with legacy auth flow names.",
  ],
  [
    'reading an unknown attribute',
    { ReadAttributes: ['email', 'custom:none'] },
    'Invalid read attributes specified while creating a client',
  ],
  [
    'writing an unknown attribute',
    { WriteAttributes: ['email', 'custom:none'] },
    'Invalid write attributes specified while creating a client',
  ],
  [
    'writing email_verified',
    { WriteAttributes: ['email', 'email_verified'] },
    'Invalid write attributes specified while creating a client',
  ],
  [
    'writing phone_number_verified',
    { WriteAttributes: ['email', 'phone_number_verified'] },
    'Invalid write attributes specified while creating a client',
  ],
  ['writing sub', { WriteAttributes: ['email', 'sub'] }, 'Invalid write attributes specified while creating a client'],
  [
    'not writing a required attribute',
    { WriteAttributes: ['name'] },
    'Invalid write attributes specified while creating a client',
  ],
  [
    'OAuth without flows',
    { AllowedOAuthFlowsUserPoolClient: true, AllowedOAuthScopes: ['openid'] },
    'AllowedOAuthFlows and AllowedOAuthScopes are required if user pool client is allowed to use OAuth flows.',
    'InvalidOAuthFlowException',
  ],
  [
    'OAuth without scopes',
    { AllowedOAuthFlowsUserPoolClient: true, AllowedOAuthFlows: ['code'], CallbackURLs: ['https://example.com'] },
    'AllowedOAuthFlows and AllowedOAuthScopes are required if user pool client is allowed to use OAuth flows.',
    'InvalidOAuthFlowException',
  ],
  [
    'client_credentials beside code',
    { ...browser, AllowedOAuthFlows: ['code', 'client_credentials'], GenerateSecret: true },
    'client_credentials flow can not be selected along with code flow or implicit flow.',
    'InvalidOAuthFlowException',
  ],
  [
    'client_credentials without a secret',
    { ...browser, AllowedOAuthFlows: ['client_credentials'] },
    'client_credentials flow can not be selected if client does not have a client secret.',
    'InvalidOAuthFlowException',
  ],
  [
    'code without a callback',
    { ...browser, CallbackURLs: [] },
    'CallbackUrls can not be empty when code flow or implicit flow is selected',
  ],
  [
    'a callback over HTTP',
    { CallbackURLs: ['http://example.com/in'] },
    'http://example.com/in cannot use the HTTP protocol.',
  ],
  [
    'a logout URL over HTTP',
    { LogoutURLs: ['http://localhost.example.com'] },
    'http://localhost.example.com cannot use the HTTP protocol.',
  ],
  [
    'a callback with a fragment',
    { CallbackURLs: ['https://example.com/#in'] },
    'https://example.com/#in cannot use fragment',
  ],
  [
    'a default redirect that is not listed',
    { ...browser, DefaultRedirectURI: 'https://example.com/other' },
    'The default redirect URI https://example.com/other is not in the callback URIs list.',
  ],
  [
    'an unknown scope',
    { AllowedOAuthScopes: ['api/read'] },
    'Invalid scope requested: api/read',
    'ScopeDoesNotExistException',
  ],
  [
    'context data without a secret',
    { EnablePropagateAdditionalUserContextData: true },
    'Client Secret is required to set EnablePropagateAdditionalUserContextData as true',
  ],
  [
    'two kinds of analytics',
    { AnalyticsConfiguration: { ApplicationArn: account, ApplicationId: 'abc' } },
    'Invalid analytics configuration given, either <application arn> or <application id, role arn, external id> are valid',
  ],
  [
    'rotation beside ALLOW_REFRESH_TOKEN_AUTH',
    { ExplicitAuthFlows: ['ALLOW_REFRESH_TOKEN_AUTH'], RefreshTokenRotation: { Feature: 'ENABLED' } },
    'Refresh token rotation cannot be enabled while ALLOW_REFRESH_TOKEN_AUTH is.',
  ],
  [
    'ALLOW_CLIENT_TOKEN_AUTH beside another flow',
    { ExplicitAuthFlows: ['ALLOW_CLIENT_TOKEN_AUTH', 'ALLOW_USER_AUTH'], GenerateSecret: true },
    'ALLOW_CLIENT_TOKEN_AUTH cannot be used with other auth flows.',
  ],
  [
    'ALLOW_CLIENT_TOKEN_AUTH without a secret',
    { ExplicitAuthFlows: ['ALLOW_CLIENT_TOKEN_AUTH'] },
    'ALLOW_CLIENT_TOKEN_AUTH needs a client secret.',
  ],
  [
    'a secret both given and generated',
    { GenerateSecret: true, ClientSecret: 'a'.repeat(24) },
    'GenerateSecret and ClientSecret cannot be used together.',
  ],
]

const required = { Schema: [{ Name: 'email', Required: true }] }

for (const [what, input, message, name = 'InvalidParameterException'] of refusals) {
  test(`a client is refused: ${what}`, async (t) => {
    const started = await start(t, required)
    const { server, UserPoolId } = started
    await assert.rejects(create(started, input), { name, message, status: 400 })
    assert.deepEqual(await server.call('ListUserPoolClients', { UserPoolId }), { UserPoolClients: [] })
  })
}

test('an unknown provider is refused', async (t) => {
  const started = await start(t)
  await assert.rejects(create(started, { SupportedIdentityProviders: ['COGNITO', 'Google'] }), {
    name: 'InvalidParameterException',
    message: `The provider Google does not exist for User Pool ${started.UserPoolId}`,
  })
})

test('what is allowed is allowed', async (t) => {
  const started = await start(t, required)
  await create(started, { ExplicitAuthFlows: ['ALLOW_CLIENT_TOKEN_AUTH'], GenerateSecret: true })
  await create(started, { ExplicitAuthFlows: ['USER_PASSWORD_AUTH', 'ADMIN_NO_SRP_AUTH'] })
  await create(started, { ...browser, AllowedOAuthFlows: ['client_credentials'], GenerateSecret: true })
  const { AllowedOAuthFlowsUserPoolClient: _, ...unused } = browser
  const stored = await create(started, unused)
  assert.deepEqual(stored.AllowedOAuthFlows, ['code'])
  await create(started, { WriteAttributes: ['email'] })
  await create(started, { AnalyticsConfiguration: { ApplicationArn: account } })
})

test('model constraints of clients are refused in the words of the model', async (t) => {
  const started = await start(t)
  const refuses = async (input: Partial<CreateUserPoolClientRequest>, message: RegExp): Promise<void> =>
    assert.rejects(create(started, input), { name: 'InvalidParameterException', message })
  await refuses({ AuthSessionValidity: 2 }, /'authSessionValidity' failed .* greater than or equal to 3/)
  await refuses({ AuthSessionValidity: 16 }, /'authSessionValidity' failed .* less than or equal to 15/)
  await refuses(
    { RefreshTokenRotation: { Feature: 'ENABLED', RetryGracePeriodSeconds: 61 } },
    /'refreshTokenRotation\.retryGracePeriodSeconds' failed .* less than or equal to 60/,
  )
  await refuses(
    { ClientName: 'a/b' },
    /'clientName' failed to satisfy constraint: Member must satisfy regular expression/,
  )
  await refuses({ ClientSecret: 'a'.repeat(23) }, /^1 validation error detected: Value at 'clientSecret' failed/)
  await refuses({ ClientSecret: 'a'.repeat(65) }, /^1 validation error detected: Value at 'clientSecret' failed/)
})

test('req 54: unknown, deleted and foreign clients are not found', async (t) => {
  const started = await start(t)
  const { server, UserPoolId } = started
  const { ClientId } = await create(started)
  const foreign = { server, UserPoolId: await createPool(server) }
  const refuses = async (of: Started, id: string): Promise<void> => {
    const request = { UserPoolId: of.UserPoolId, ClientId: id }
    const expected = {
      name: 'ResourceNotFoundException',
      message: `User pool client ${id} does not exist.`,
      status: 400,
    }
    await assert.rejects(describe(of, id), expected)
    await assert.rejects(update(of, id, {}), expected)
    await assert.rejects(server.call('DeleteUserPoolClient', request), expected)
    await assert.rejects(server.call('AddUserPoolClientSecret', request), expected)
    await assert.rejects(server.call('ListUserPoolClientSecrets', request), expected)
    await assert.rejects(server.call('DeleteUserPoolClientSecret', { ...request, ClientSecretId: 'x' }), expected)
  }
  await refuses(started, 'unknown')
  await refuses(foreign, ClientId)
  assert.deepEqual(await server.call('DeleteUserPoolClient', { UserPoolId, ClientId }), {})
  await refuses(started, ClientId)
  await assert.rejects(server.call('SignUp', { ClientId, Username: 'jane', Password: 'Correct-horse-7' }), {
    name: 'ResourceNotFoundException',
    message: `User pool client ${ClientId} does not exist.`,
  })
})

test('req 95: client ids that look like paths find nothing', async (t) => {
  const started = await start(t)
  const { ClientId } = await create(started)
  for (const id of [
    '../x',
    `${ClientId}/..`,
    `./${ClientId}`,
    '%2e%2e',
    `${ClientId}\u0000`,
    '..\\x',
    `${ClientId} `,
  ]) {
    await assert.rejects(describe(started, id), { name: 'InvalidParameterException', message: /^1 validation error/ })
  }
  for (const id of ['__proto__', 'constructor']) {
    await assert.rejects(describe(started, id), { name: 'ResourceNotFoundException' })
  }
})

const password = 'Correct-horse-7'

const signIn = ({ server }: Started, ClientId: string, SECRET_HASH?: string) =>
  server.call('InitiateAuth', {
    ClientId,
    AuthFlow: 'USER_PASSWORD_AUTH',
    AuthParameters: { USERNAME: 'jane', PASSWORD: password, ...(SECRET_HASH === undefined ? {} : { SECRET_HASH }) },
  })

const addJane = async ({ server, UserPoolId }: Started): Promise<void> => {
  await server.call('AdminCreateUser', { UserPoolId, Username: 'jane', MessageAction: 'SUPPRESS' })
  await server.call('AdminSetUserPassword', { UserPoolId, Username: 'jane', Password: password, Permanent: true })
}

const secretHash = (secret: string | undefined, clientId: string): string =>
  createHmac('sha256', secret ?? '')
    .update(`jane${clientId}`)
    .digest('base64')

test('req 52: either of two secrets signs in, until one is deleted', async (t) => {
  const started = await start(t)
  const { server, UserPoolId } = started
  await addJane(started)
  const { ClientId, ClientSecret } = await create(started, {
    ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH'],
    GenerateSecret: true,
  })
  const other = await create(started, { GenerateSecret: true })
  const of = { UserPoolId, ClientId }
  const { ClientSecretDescriptor: added } = await server.call('AddUserPoolClientSecret', of)
  const old = secretHash(ClientSecret, ClientId)
  const young = secretHash(added?.ClientSecretValue, ClientId)
  assert.ok((await signIn(started, ClientId, old)).AuthenticationResult)
  assert.ok((await signIn(started, ClientId, young)).AuthenticationResult)
  const refused = { name: 'NotAuthorizedException' }
  await assert.rejects(signIn(started, ClientId), refused)
  await assert.rejects(signIn(started, ClientId, secretHash(other.ClientSecret, ClientId)), refused)
  await assert.rejects(signIn(started, ClientId, `${old.startsWith('A') ? 'B' : 'A'}${old.slice(1)}`), refused)
  assert.equal((await describe(started, ClientId)).ClientSecret, added?.ClientSecretValue)

  const { ClientSecrets = [] } = await server.call('ListUserPoolClientSecrets', of)
  await server.call('DeleteUserPoolClientSecret', { ...of, ClientSecretId: ClientSecrets[0]?.ClientSecretId ?? '' })
  await assert.rejects(signIn(started, ClientId, old), refused)
  assert.ok((await signIn(started, ClientId, young)).AuthenticationResult)
})

test('req 53: a flow that is not enabled is refused, by the settings of now', async (t) => {
  const started = await start(t)
  await addJane(started)
  const { ClientId } = await create(started)
  const refused = { name: 'InvalidParameterException', message: 'USER_PASSWORD_AUTH flow not enabled for this client' }
  await assert.rejects(signIn(started, ClientId), refused)
  await update(started, ClientId, { ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH'] })
  assert.ok((await signIn(started, ClientId)).AuthenticationResult)
  await update(started, ClientId, { ExplicitAuthFlows: ['ALLOW_USER_SRP_AUTH'] })
  await assert.rejects(signIn(started, ClientId), refused)
})

test('tokens of a deleted client die', async (t) => {
  const started = await start(t)
  const { server, UserPoolId } = started
  await addJane(started)
  const { ClientId } = await create(started, { ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH'] })
  const { AuthenticationResult } = await signIn(started, ClientId)
  const getUser = () => server.call('GetUser', { AccessToken: AuthenticationResult?.AccessToken ?? '' })
  assert.equal((await getUser()).Username, 'jane')
  await server.call('DeleteUserPoolClient', { UserPoolId, ClientId })
  await assert.rejects(getUser(), { name: 'ResourceNotFoundException' })
})

test('secrets are two at most, one at least, and told once', async (t) => {
  const started = await start(t)
  const { server, UserPoolId } = started
  const own = 'own_secret+0123456789_abc'
  const { ClientId, ClientSecret } = await create(started, { ClientSecret: own })
  assert.equal(ClientSecret, own)
  const of = { UserPoolId, ClientId }
  const { ClientSecretDescriptor: added } = await server.call('AddUserPoolClientSecret', of)
  const now = server.context.clock.now()
  assert.deepEqual(added, {
    ClientSecretId: `${ClientId}--${Math.floor(now / 1000) + 1}`,
    ClientSecretValue: added?.ClientSecretValue,
    ClientSecretCreateDate: now / 1000,
  })
  assert.match(added?.ClientSecretValue ?? '', /^[0-9a-v]{51}$/)
  await assert.rejects(server.call('AddUserPoolClientSecret', of), {
    name: 'LimitExceededException',
    message: 'Client secrets cannot exceed limit of 2 secrets.',
  })
  const first = `${ClientId}--${Math.floor(now / 1000)}`
  assert.deepEqual(await server.call('ListUserPoolClientSecrets', of), {
    ClientSecrets: [
      { ClientSecretId: first, ClientSecretCreateDate: now / 1000 },
      { ClientSecretId: added?.ClientSecretId, ClientSecretCreateDate: now / 1000 },
    ],
  })
  const remove = (ClientSecretId: string) => server.call('DeleteUserPoolClientSecret', { ...of, ClientSecretId })
  await assert.rejects(remove('other'), {
    name: 'ResourceNotFoundException',
    message: 'Client secret other does not exist.',
  })
  assert.deepEqual(await remove(first), {})
  await assert.rejects(remove(added?.ClientSecretId ?? ''), {
    name: 'InvalidParameterException',
    message: 'The last secret of a client cannot be deleted.',
  })
  server.advance(5)
  const { ClientSecretDescriptor: given } = await server.call('AddUserPoolClientSecret', { ...of, ClientSecret: own })
  assert.deepEqual(given, {
    ClientSecretId: `${ClientId}--${Math.floor(now / 1000) + 5}`,
    ClientSecretCreateDate: now / 1000 + 5,
  })
})

test('secrets are kept sealed', async (t) => {
  const started = await start(t)
  const { ClientId, ClientSecret = '' } = await create(started, { GenerateSecret: true })
  const client = await started.server.context.store.clients.get(ClientId)
  assert.ok(!JSON.stringify(client).includes(ClientSecret))
  assert.ok(!JSON.stringify(started.server.log).includes(ClientSecret))
})

test('a public client stays public: a secret is added only where there is one', async (t) => {
  const started = await start(t)
  const { server, UserPoolId } = started
  const { ClientId } = await create(started)
  const ids = { UserPoolId, ClientId }
  for (const ClientSecret of [undefined, 'a-secret_of_24_characters'.replaceAll('-', '_')])
    await assert.rejects(
      server.call('AddUserPoolClientSecret', { ...ids, ...(ClientSecret === undefined ? {} : { ClientSecret }) }),
      { name: 'InvalidParameterException', message: 'A secret can be added to a client that has one only.' },
    )
  assert.deepEqual((await server.call('ListUserPoolClientSecrets', ids)).ClientSecrets, [])
  await server.call('SignUp', { ClientId, Username: 'jane', Password: 'Correct-horse-7' })
})

test('of fifty secrets added at once, one becomes the second', async (t) => {
  const started = await start(t)
  const { server, UserPoolId } = started
  const { ClientId } = await create(started, { GenerateSecret: true })
  const add = () => server.call('AddUserPoolClientSecret', { UserPoolId, ClientId })
  const outcomes = await Promise.allSettled(Array.from({ length: 50 }, add))
  assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1)
  const { ClientSecrets } = await server.call('ListUserPoolClientSecrets', { UserPoolId, ClientId })
  assert.equal(ClientSecrets?.length, 2)
})

test('clients are listed in pages, those of their pool alone', async (t) => {
  const started = await start(t)
  const { server, UserPoolId } = started
  const other = { server, UserPoolId: await createPool(server) }
  await create(other)
  const ids: string[] = []
  for (const ClientName of ['a', 'b', 'c']) ids.push((await create(started, { ClientName })).ClientId)
  const list = (input: { MaxResults?: number; NextToken?: string; ClientType?: 'DCR' | 'REGULAR' }) =>
    server.call('ListUserPoolClients', { UserPoolId, ...input })
  const all = await list({})
  assert.deepEqual(
    all.UserPoolClients?.map(({ ClientId }) => ClientId),
    ids.toSorted(),
  )
  for (const item of all.UserPoolClients ?? []) {
    assert.deepEqual(Object.keys(item).toSorted(), ['ClientId', 'ClientName', 'UserPoolId'])
    assert.equal(item.UserPoolId, UserPoolId)
  }
  const first = await list({ MaxResults: 2 })
  const NextToken = first.NextToken ?? ''
  const second = await list({ MaxResults: 2, NextToken })
  assert.deepEqual([...(first.UserPoolClients ?? []), ...(second.UserPoolClients ?? [])], all.UserPoolClients)
  assert.equal(second.NextToken, undefined)
  assert.deepEqual(await list({ ClientType: 'REGULAR' }), all)
  assert.deepEqual(await list({ ClientType: 'DCR' }), { UserPoolClients: [] })
  const refused = { name: 'InvalidParameterException', message: /^Paging marker .* is invalid for request/ }
  await assert.rejects(list({ NextToken, ClientType: 'REGULAR' }), refused)
  await assert.rejects(server.call('ListUserPoolClients', { UserPoolId: other.UserPoolId, NextToken }), refused)
  server.advance(3600)
  await assert.rejects(list({ NextToken }), refused)
})

test('a pool has a thousand clients at most', async (t) => {
  const started = await start(t)
  const { store } = started.server.context
  const client = await store.clients.get((await create(started)).ClientId)
  await store.commit(Array.from({ length: 999 }, (_, index) => store.clients.add({ ...client, id: `client${index}` })))
  await assert.rejects(create(started), { name: 'LimitExceededException' })
  await started.server.call('DeleteUserPoolClient', { UserPoolId: started.UserPoolId, ClientId: client.id })
  await create(started)
})
