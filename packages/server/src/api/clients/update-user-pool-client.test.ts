// What an update of an app client does to the members that it leaves out, one by one, each beside a control which shows
// that the update arrived; and that a lifetime never changes its unit in silence.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test, type TestContext } from 'node:test'
import { createPool, startServer } from '../../../testing/pool-settings.ts'
import type {
  CreateUserPoolClientRequest,
  UpdateUserPoolClientRequest,
  UserPoolClientType,
} from '../../wire/model.gen.ts'
import type { ClientRequest } from './absent-members.ts'

type Clients = {
  readonly create: (input?: Partial<CreateUserPoolClientRequest>) => Promise<UserPoolClientType>
  readonly update: (
    client: UserPoolClientType,
    input: Omit<UpdateUserPoolClientRequest, 'UserPoolId' | 'ClientId'>,
  ) => Promise<UserPoolClientType>
  readonly describe: (client: UserPoolClientType) => Promise<UserPoolClientType>
  readonly advance: (seconds: number) => void
  readonly now: () => number
}

const start = async (t: TestContext): Promise<Clients> => {
  const server = await startServer(t)
  const { Id: UserPoolId } = await createPool(server)
  const shown = ({ UserPoolClient }: { UserPoolClient?: UserPoolClientType | undefined }): UserPoolClientType =>
    UserPoolClient ?? assert.fail()
  return {
    create: async (input) =>
      shown(await server.call('CreateUserPoolClient', { UserPoolId, ClientName: 'before', ...input })),
    update: async ({ ClientId = '' }, input) =>
      shown(await server.call('UpdateUserPoolClient', { UserPoolId, ClientId, ...input })),
    describe: async ({ ClientId = '' }) => shown(await server.call('DescribeUserPoolClient', { UserPoolId, ClientId })),
    advance: server.advance,
    now: () => server.context.clock.now() / 1000,
  }
}

const browser = {
  AllowedOAuthFlowsUserPoolClient: true,
  AllowedOAuthFlows: ['code'],
  AllowedOAuthScopes: ['openid'],
  CallbackURLs: ['https://example.com/in'],
} satisfies Partial<CreateUserPoolClientRequest>

type Member = { readonly absent: 'kept' | 'default'; readonly given: Partial<CreateUserPoolClientRequest> }

const members: Readonly<Record<keyof ClientRequest, Member>> = {
  AccessTokenValidity: { absent: 'kept', given: { AccessTokenValidity: 2 } },
  AllowedOAuthFlows: { absent: 'default', given: { AllowedOAuthFlows: ['code'] } },
  AllowedOAuthFlowsUserPoolClient: { absent: 'default', given: browser },
  AllowedOAuthScopes: { absent: 'default', given: { AllowedOAuthScopes: ['openid'] } },
  AnalyticsConfiguration: {
    absent: 'default',
    given: {
      AnalyticsConfiguration: { ApplicationArn: 'arn:aws:mobiletargeting:zz-local-1:000000000000:apps/a' },
    },
  },
  AuthSessionValidity: { absent: 'kept', given: { AuthSessionValidity: 10 } },
  CallbackURLs: { absent: 'default', given: { CallbackURLs: ['https://example.com/in'] } },
  DefaultRedirectURI: {
    absent: 'default',
    given: { CallbackURLs: ['https://example.com/in'], DefaultRedirectURI: 'https://example.com/in' },
  },
  EnablePropagateAdditionalUserContextData: {
    absent: 'default',
    given: { EnablePropagateAdditionalUserContextData: true, GenerateSecret: true },
  },
  EnableTokenRevocation: { absent: 'kept', given: { EnableTokenRevocation: false } },
  ExplicitAuthFlows: { absent: 'default', given: { ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH'] } },
  IdTokenValidity: { absent: 'kept', given: { IdTokenValidity: 2 } },
  LogoutURLs: { absent: 'default', given: { LogoutURLs: ['https://example.com/out'] } },
  PreventUserExistenceErrors: { absent: 'kept', given: { PreventUserExistenceErrors: 'ENABLED' } },
  ReadAttributes: { absent: 'kept', given: { ReadAttributes: ['email'] } },
  RefreshTokenRotation: {
    absent: 'kept',
    given: {
      RefreshTokenRotation: { Feature: 'ENABLED', RetryGracePeriodSeconds: 5 },
      ExplicitAuthFlows: ['ALLOW_USER_AUTH'],
    },
  },
  RefreshTokenValidity: { absent: 'kept', given: { RefreshTokenValidity: 1 } },
  SupportedIdentityProviders: { absent: 'default', given: { SupportedIdentityProviders: ['COGNITO'] } },
  TokenValidityUnits: { absent: 'kept', given: { TokenValidityUnits: { RefreshToken: 'hours' } } },
  WriteAttributes: { absent: 'kept', given: { WriteAttributes: ['email'] } },
}

for (const [name, { absent, given }] of Object.entries(members)) {
  test(`an update of a client without ${name}: ${absent}`, async (t) => {
    const { create, update, describe } = await start(t)
    const show = (client: UserPoolClientType): unknown => (client as Record<string, unknown>)[name]
    const [before, untouched] = [await create(given), await create()]
    assert.notDeepEqual(show(before), show(untouched))
    const after = await update(before, { ClientName: 'after' })
    assert.equal(after.ClientName, 'after')
    assert.deepEqual(show(after), show(absent === 'kept' ? before : untouched))
    assert.deepEqual(await describe(before), after)
  })
}

test('docs/compatibility.md says of every member of a client what its absence does', () => {
  const page = readFileSync(new URL('../../../../../docs/compatibility.md', import.meta.url), 'utf8')
  for (const [name, { absent }] of Object.entries(members)) {
    assert.match(page, new RegExp(`^\\| ${name} +\\| ${absent} `, 'm'), name)
  }
})

test('name, id, secret and creation date stay; what an update refuses it words as an update', async (t) => {
  const { create, update, advance, now } = await start(t)
  const { LastModifiedDate: _, ...before } = await create({ GenerateSecret: true })
  advance(60)
  assert.deepEqual(await update(before, {}), { ...before, LastModifiedDate: now() })
  await update(before, { EnablePropagateAdditionalUserContextData: true })
  await assert.rejects(update(before, { WriteAttributes: ['sub'] }), {
    message: 'Invalid write attributes specified while updating a client',
  })
  await assert.rejects(update(before, { ReadAttributes: ['x'] }), {
    message: 'Invalid read attributes specified while updating a client',
  })
})

const range = { name: 'InvalidParameterException', message: 'Invalid range for token validity.' }

test('a lifetime is its number and its unit: a request that says either replaces both', async (t) => {
  const { create, update } = await start(t)
  const client = await create({
    AccessTokenValidity: 30,
    IdTokenValidity: 20,
    RefreshTokenValidity: 12,
    TokenValidityUnits: { AccessToken: 'minutes', IdToken: 'minutes', RefreshToken: 'hours' },
  })
  const lifetimes = ({
    AccessTokenValidity,
    IdTokenValidity,
    RefreshTokenValidity,
    TokenValidityUnits,
  }: UserPoolClientType): unknown[] => [AccessTokenValidity, IdTokenValidity, RefreshTokenValidity, TokenValidityUnits]
  const units = { AccessToken: 'minutes', IdToken: 'minutes', RefreshToken: 'hours' }
  assert.deepEqual(lifetimes(await update(client, {})), [30, 20, 12, units])
  // A number without a unit counts in the default unit, as in a request that creates.
  assert.deepEqual(lifetimes(await update(client, { AccessTokenValidity: 3 })), [
    3,
    20,
    12,
    { ...units, AccessToken: 'hours' },
  ])
  // The numbers of the others do not begin to count in hours because a block of units came without theirs.
  const access = { AccessTokenValidity: 10, TokenValidityUnits: { AccessToken: 'minutes' as const } }
  assert.deepEqual(lifetimes(await update(client, access)), [10, 20, 12, units])
  // A unit alone sets the default lifetime.
  assert.deepEqual(lifetimes(await update(client, { TokenValidityUnits: { RefreshToken: 'days' } })), [
    10,
    20,
    30,
    { ...units, RefreshToken: 'days' },
  ])
  await assert.rejects(update(client, { AccessTokenValidity: 30 }), range)
})

test('an update with lifetimes and no unit has no units', async (t) => {
  const { create, update } = await start(t)
  const updated = await update(await create(), { AccessTokenValidity: 3, IdTokenValidity: 3 })
  assert.deepEqual(
    [updated.AccessTokenValidity, updated.IdTokenValidity, updated.RefreshTokenValidity, updated.TokenValidityUnits],
    [3, 3, 30, {}],
  )
})

test('rotation that stays does not meet the refresh flow', async (t) => {
  const { create, update } = await start(t)
  const client = await create({
    ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH'],
    RefreshTokenRotation: { Feature: 'ENABLED' },
  })
  await assert.rejects(update(client, { ExplicitAuthFlows: ['ALLOW_REFRESH_TOKEN_AUTH'] }), {
    name: 'InvalidParameterException',
    message: 'Refresh token rotation cannot be enabled while ALLOW_REFRESH_TOKEN_AUTH is.',
  })
  const off = { RefreshTokenRotation: { Feature: 'DISABLED' as const } }
  await update(client, { ...off, ExplicitAuthFlows: ['ALLOW_REFRESH_TOKEN_AUTH'] })
  await assert.rejects(
    update(client, {
      RefreshTokenRotation: { Feature: 'ENABLED' },
      ExplicitAuthFlows: ['ALLOW_REFRESH_TOKEN_AUTH'],
    }),
    { name: 'InvalidParameterException' },
  )
})
