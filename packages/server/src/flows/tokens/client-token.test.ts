import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { createLocalJWKSet, jwtVerify, type JSONWebKeySet } from 'jose'
import { makeTestApp, testStart, type TestOptions } from '../../../testing/app.ts'
import { hookTriggers } from '../../../testing/functions.ts'
import { addClient, type PoolUnderTest } from '../../../testing/pool.ts'

type Machine = PoolUnderTest & { readonly secret: string }

const makeServer = async (t: TestContext, options: TestOptions = {}): Promise<Machine> => {
  const server = await makeTestApp(t, options)
  const { UserPool } = await server.call('CreateUserPool', { PoolName: 'p' })
  const UserPoolId = UserPool?.Id ?? ''
  await server.call('CreateResourceServer', {
    UserPoolId,
    Identifier: 'https://api/v1',
    Name: 'api',
    Scopes: ['read', 'write'].map((ScopeName) => ({ ScopeName, ScopeDescription: 'x' })),
  })
  const at = await addClient(
    { server, UserPoolId },
    {
      GenerateSecret: true,
      ExplicitAuthFlows: ['ALLOW_CLIENT_TOKEN_AUTH'],
      AllowedOAuthFlows: ['client_credentials'],
      AllowedOAuthFlowsUserPoolClient: true,
      AllowedOAuthScopes: ['https://api/v1/read', 'https://api/v1/write'],
      AccessTokenValidity: 2,
    },
  )
  return { ...at, secret: at.secret ?? '' }
}

const get = (
  { server: { call }, ClientId: clientId, secret }: Machine,
  of: { Secret?: string; Scopes?: string[]; ClientId?: string } = {},
) => call('GetClientToken', { ClientId: clientId, Secret: secret, ...of })

const verified = async ({ server: { app }, UserPoolId: poolId }: Machine, token = '') => {
  const issuer = `http://127.0.0.1:9229/${poolId}`
  const keys = (await (await app.fetch(new Request(`${issuer}/.well-known/jwks.json`))).json()) as JSONWebKeySet
  return (await jwtVerify(token, createLocalJWKSet(keys), { issuer, currentDate: new Date(testStart) })).payload
}

test('a client gets a token of its own with the scopes that it has, or fewer, without a signature', async (t) => {
  const at = await makeServer(t)
  const all = (await get(at)).ClientAuthenticationResult
  assert.deepEqual([all?.ExpiresIn, all?.TokenType], [7200, 'Bearer'])
  const claims = await verified(at, all?.AccessToken)
  const { jti, ...rest } = claims
  assert.match(String(jti), /^[0-9a-f-]{36}$/)
  const now = Math.floor(testStart / 1000)
  assert.deepEqual(rest, {
    sub: at.ClientId,
    iss: `http://127.0.0.1:9229/${at.UserPoolId}`,
    version: 2,
    client_id: at.ClientId,
    token_use: 'access',
    scope: 'https://api/v1/read https://api/v1/write',
    auth_time: now,
    iat: now,
    exp: now + 7200,
  })
  const fewer = (await get(at, { Scopes: ['https://api/v1/read'] })).ClientAuthenticationResult
  assert.equal((await verified(at, fewer?.AccessToken))['scope'], 'https://api/v1/read')
  const response = await at.server.app.fetch(
    new Request('http://127.0.0.1:9229/', {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': 'AWSCognitoIdentityProviderService.GetClientToken',
      },
      body: JSON.stringify({ ClientId: at.ClientId, Secret: at.secret }),
    }),
  )
  assert.equal(response.status, 200)
})

test('each living secret of the client serves, and a removed one no more', async (t) => {
  const at = await makeServer(t)
  const ids = { UserPoolId: at.UserPoolId, ClientId: at.ClientId }
  const { ClientSecretDescriptor: added } = await at.server.call('AddUserPoolClientSecret', ids)
  await get(at, { Secret: added?.ClientSecretValue ?? '' })
  const { ClientSecrets = [] } = await at.server.call('ListUserPoolClientSecrets', ids)
  const first = ClientSecrets.find(({ ClientSecretId }) => ClientSecretId !== added?.ClientSecretId)
  await at.server.call('DeleteUserPoolClientSecret', { ...ids, ClientSecretId: first?.ClientSecretId ?? '' })
  await assert.rejects(get(at), {
    name: 'NotAuthorizedException',
    message: `Unable to verify secret for client ${at.ClientId}`,
  })
  await get(at, { Secret: added?.ClientSecretValue ?? '' })
})

test('a wrong secret, a foreign or lost scope, and a client without the flow are refused', async (t) => {
  const at = await makeServer(t)
  await assert.rejects(get(at, { Secret: 'x'.repeat(40) }), { name: 'NotAuthorizedException' })
  for (const scope of ['https://api/v1/admin', 'openid', 'aws.cognito.signin.user.admin', 'https://api/v1'])
    await assert.rejects(get(at, { Scopes: [scope] }), {
      name: 'InvalidParameterException',
      message: `Invalid scope requested: ${scope}`,
    })
  await assert.rejects(get(at, { ClientId: 'unknown' }), {
    name: 'ResourceNotFoundException',
    message: 'User pool client unknown does not exist.',
  })
  const { UserPoolClient: other } = await at.server.call('CreateUserPoolClient', {
    UserPoolId: at.UserPoolId,
    ClientName: 'people',
    GenerateSecret: true,
  })
  await assert.rejects(get(at, { ClientId: other?.ClientId ?? '', Secret: other?.ClientSecret ?? '' }), {
    name: 'InvalidParameterException',
    message: 'ALLOW_CLIENT_TOKEN_AUTH is not enabled for the client.',
  })
  const change = (...names: string[]) =>
    at.server.call('UpdateResourceServer', {
      UserPoolId: at.UserPoolId,
      Identifier: 'https://api/v1',
      Name: 'api',
      Scopes: names.map((ScopeName) => ({ ScopeName, ScopeDescription: 'x' })),
    })
  await change('read')
  const left = (await get(at)).ClientAuthenticationResult
  assert.equal((await verified(at, left?.AccessToken))['scope'], 'https://api/v1/read')
  await change()
  await assert.rejects(get(at), { name: 'InvalidParameterException' })
  await at.server.call('DeleteUserPoolClient', { UserPoolId: at.UserPoolId, ClientId: at.ClientId })
  await assert.rejects(get(at), { name: 'ResourceNotFoundException' })
})

test('a client that asks for an unknown custom scope is not made; the flow stands alone and needs a secret', async (t) => {
  const at = await makeServer(t)
  const create = (input: { GenerateSecret: boolean; flows: ('ALLOW_CLIENT_TOKEN_AUTH' | 'ALLOW_USER_SRP_AUTH')[] }) =>
    at.server.call('CreateUserPoolClient', {
      UserPoolId: at.UserPoolId,
      ClientName: 'x',
      GenerateSecret: input.GenerateSecret,
      ExplicitAuthFlows: input.flows,
    })
  await assert.rejects(
    at.server.call('CreateUserPoolClient', {
      UserPoolId: at.UserPoolId,
      ClientName: 'x',
      AllowedOAuthScopes: ['https://api/v1/admin'],
    }),
    { name: 'ScopeDoesNotExistException', message: 'Invalid scope requested: https://api/v1/admin' },
  )
  await assert.rejects(create({ GenerateSecret: false, flows: ['ALLOW_CLIENT_TOKEN_AUTH'] }), {
    name: 'InvalidParameterException',
  })
  await assert.rejects(create({ GenerateSecret: true, flows: ['ALLOW_CLIENT_TOKEN_AUTH', 'ALLOW_USER_SRP_AUTH'] }), {
    name: 'InvalidParameterException',
  })
})

test('a client’s token speaks for no user', async (t) => {
  const at = await makeServer(t)
  const AccessToken = (await get(at)).ClientAuthenticationResult?.AccessToken ?? ''
  await assert.rejects(at.server.call('GetUser', { AccessToken }), {
    name: 'NotAuthorizedException',
    message: 'Access Token does not have required scopes',
  })
  await assert.rejects(at.server.call('GlobalSignOut', { AccessToken }), { name: 'NotAuthorizedException' })
})

test('a function of version V3_0 shapes the token of a client, and no earlier version hears of it', async (t) => {
  const hook = await hookTriggers(t, {
    TokenGeneration_ClientCredentials: ({ response }) => {
      response['claimsAndScopeOverrideDetails'] = {
        accessTokenGeneration: {
          claimsToAddOrOverride: { tenant: 't', client_id: 'forged' },
          scopesToAdd: ['more', 'aws.cognito.signin.user.admin'],
          scopesToSuppress: ['https://api/v1/write'],
        },
      }
    },
  })
  const at = await makeServer(t, { triggers: hook.triggers })
  const name = (LambdaVersion: 'V2_0' | 'V3_0', LambdaArn = hook.lambdaConfig['PreTokenGeneration'] ?? '') =>
    at.server.call('UpdateUserPool', {
      UserPoolId: at.UserPoolId,
      LambdaConfig: { PreTokenGenerationConfig: { LambdaVersion, LambdaArn } },
    })
  await name('V2_0')
  await get(at)
  assert.deepEqual(hook.told(), [])
  await name('V3_0')
  const claims = await verified(at, (await get(at)).ClientAuthenticationResult?.AccessToken)
  assert.equal(claims['scope'], 'https://api/v1/read more')
  assert.equal(claims['tenant'], 't')
  assert.equal(claims['client_id'], at.ClientId)
  const [event] = hook.events
  assert.equal(event?.version, '3')
  assert.deepEqual(event.request['userAttributes'], {})
  assert.deepEqual(event.request['scopes'], ['https://api/v1/read', 'https://api/v1/write'])
  await name('V3_0', 'arn:aws:lambda:zz-local-1:000000000000:function:unmapped')
  await assert.rejects(get(at), { name: 'UnexpectedLambdaException' })
})
