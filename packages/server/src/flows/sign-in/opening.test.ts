// The first request of a sign-in, and the wrong turns that it may take, in the order of protocol/authentication 3.2.
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { secretHash } from '../../rules/secret-hash.ts'
import { openSqlite } from '../../store/database/sqlite.ts'
import { makeTestApp } from '../../../testing/app.ts'
import { everyRow } from '../../../testing/rows.ts'
import {
  addSignInPool,
  everyFlow,
  makeSignInServer,
  password,
  signInServer,
  tokensOf,
  type SignInServer,
} from '../../../testing/sign-in.ts'
import type { Inputs } from '../../wire/model.gen.ts'

type Flow = Inputs['InitiateAuth']['AuthFlow']

const incorrect = { name: 'NotAuthorizedException', message: 'Incorrect username or password.' }

const initiate = (server: SignInServer, AuthFlow: string, AuthParameters: Record<string, string>) =>
  server.call('InitiateAuth', { ClientId: server.clientId, AuthFlow: AuthFlow as Flow, AuthParameters })

const adminInitiate = (server: SignInServer, AuthFlow: string, AuthParameters: Record<string, string>) =>
  server.call('AdminInitiateAuth', {
    UserPoolId: server.poolId,
    ClientId: server.clientId,
    AuthFlow: AuthFlow as Flow,
    AuthParameters,
  })

const right = { USERNAME: 'jane', PASSWORD: password }

const withUser = async (
  t: TestContext,
  client: Partial<Inputs['CreateUserPoolClient']> = {},
): Promise<SignInServer> => {
  const server = await makeSignInServer(t, { client })
  await server.addUser('jane')
  return server
}

test('each password flow signs in, by the names it has', async (t) => {
  const server = await withUser(t)
  tokensOf(await initiate(server, 'USER_PASSWORD_AUTH', right))
  for (const flow of ['ADMIN_USER_PASSWORD_AUTH', 'ADMIN_NO_SRP_AUTH'])
    tokensOf(await adminInitiate(server, flow, right))
})

test('req 53: admin flows never go over InitiateAuth', async (t) => {
  const server = await withUser(t)
  for (const flow of ['ADMIN_USER_PASSWORD_AUTH', 'ADMIN_NO_SRP_AUTH']) {
    await assert.rejects(initiate(server, flow, right), {
      name: 'InvalidParameterException',
      message: 'Initiate Auth method not supported.',
    })
  }
})

const notPermitted: readonly [flow: string, message: string][] = [
  ['USER_PASSWORD_AUTH', 'USER_PASSWORD_AUTH flow not enabled for this client'],
  ['USER_SRP_AUTH', 'USER_SRP_AUTH is not enabled for the client.'],
  ['REFRESH_TOKEN_AUTH', 'REFRESH_TOKEN_AUTH flow not enabled for this client'],
]

test('req 53: a flow that the client is not permitted is refused, before anything is said of users and parameters', async (t) => {
  const server = await withUser(t, { ExplicitAuthFlows: ['ALLOW_CUSTOM_AUTH'] })
  for (const [flow, message] of notPermitted) {
    for (const parameters of [right, { USERNAME: 'nobody', PASSWORD: 'x' }, {}]) {
      const refusal = { name: 'InvalidParameterException', message }
      await assert.rejects(initiate(server, flow, { ...parameters, SRP_A: '2' }), refusal, flow)
    }
  }
  for (const flow of ['ADMIN_USER_PASSWORD_AUTH', 'ADMIN_NO_SRP_AUTH']) {
    await assert.rejects(adminInitiate(server, flow, right), {
      name: 'InvalidParameterException',
      message: 'Auth flow not enabled for this client',
    })
  }
})

test('without ExplicitAuthFlows a client signs in by SRP and refreshes, and by nothing else (protocol/authentication 3.1.2)', async (t) => {
  const app = await makeTestApp(t)
  const full = await addSignInPool(app)
  await full.addUser('jane')
  const { UserPoolClient } = await app.call('CreateUserPoolClient', { UserPoolId: full.poolId, ClientName: 'plain' })
  const server = signInServer(app, full.poolId, UserPoolClient?.ClientId ?? '')
  await assert.rejects(initiate(server, 'USER_PASSWORD_AUTH', right), { name: 'InvalidParameterException' })
  await assert.rejects(adminInitiate(server, 'ADMIN_USER_PASSWORD_AUTH', right), { name: 'InvalidParameterException' })
  const begun = await initiate(server, 'USER_SRP_AUTH', { USERNAME: 'jane', SRP_A: '2' })
  assert.equal(begun.ChallengeName, 'PASSWORD_VERIFIER')
})

test('a flow that is not in the model, or that is only a name of the runtime, is refused', async (t) => {
  const server = await withUser(t)
  for (const flow of ['', 'NONE', 'constructor', '__proto__', 'user_password_auth', 'PASSWORD_VERIFIER']) {
    await assert.rejects(initiate(server, flow, right), { name: 'InvalidParameterException' }, flow)
  }
})

test('req 4: what is missing or empty is named', async (t) => {
  const server = await withUser(t)
  const cases: readonly [Record<string, string>, string][] = [
    [{ PASSWORD: password }, 'USERNAME'],
    [{ USERNAME: '', PASSWORD: password }, 'USERNAME'],
    [{ USERNAME: 'jane' }, 'PASSWORD'],
    [{ USERNAME: 'jane', PASSWORD: '' }, 'PASSWORD'],
    [{}, 'USERNAME'],
  ]
  for (const [parameters, name] of cases) {
    const refusal = { name: 'InvalidParameterException', message: `Missing required parameter ${name}` }
    await assert.rejects(initiate(server, 'USER_PASSWORD_AUTH', parameters), refusal)
    await assert.rejects(adminInitiate(server, 'ADMIN_USER_PASSWORD_AUTH', parameters), refusal)
  }
})

test('req 4, 16: a wrong password and an unknown user, where existence is not hidden', async (t) => {
  const server = await withUser(t)
  for (const start of [server.start, server.adminStart]) {
    await assert.rejects(start('jane', 'Wrong-horse-7'), incorrect)
    await assert.rejects(start('nobody'), { name: 'UserNotFoundException', message: 'User does not exist.' })
  }
})

test('a name is compared as the pool compares names, and a sub is a name', async (t) => {
  const app = await makeTestApp(t)
  const exact = await addSignInPool(app)
  const folded = await addSignInPool(app, { pool: { UsernameConfiguration: { CaseSensitive: false } } })
  const sub = await exact.addUser('Jane')
  await folded.addUser('Jane')
  tokensOf(await exact.start('Jane'))
  tokensOf(await exact.start(sub))
  await assert.rejects(exact.start('jane'), { name: 'UserNotFoundException' })
  for (const name of ['Jane', 'jane', 'JANE']) tokensOf(await folded.start(name))
})

test('req 54: unknown and deleted clients, and clients of another pool', async (t) => {
  const app = await makeTestApp(t)
  const [server, elsewhere] = [await addSignInPool(app), await addSignInPool(app)]
  await server.addUser('jane')
  const notFound = (id: string) => ({
    name: 'ResourceNotFoundException',
    message: `User pool client ${id} does not exist.`,
  })
  const unknown = signInServer(app, server.poolId, '1unknownclient000000000000')
  await assert.rejects(unknown.start('jane'), notFound(unknown.clientId))
  await assert.rejects(unknown.adminStart('jane'), notFound(unknown.clientId))
  const mixed = signInServer(app, server.poolId, elsewhere.clientId)
  await assert.rejects(mixed.adminStart('jane'), notFound(elsewhere.clientId))
  const nowhere = signInServer(app, 'zz-local-1_none00000', server.clientId)
  await assert.rejects(nowhere.adminStart('jane'), { name: 'ResourceNotFoundException' })
  // A user of one pool is nobody in the other.
  await assert.rejects(elsewhere.start('jane'), { name: 'UserNotFoundException' })
  await app.call('DeleteUserPoolClient', { UserPoolId: server.poolId, ClientId: server.clientId })
  await assert.rejects(server.start('jane'), notFound(server.clientId))
})

test('req 52: a client with a secret wants the right hash at every step, of the name in the same request', async (t) => {
  const app = await makeTestApp(t)
  const plain = await addSignInPool(app, { mfa: 'OPTIONAL' })
  const authenticator = await plain.addUserWithApp('jane')
  await plain.addUser('june')
  const { UserPoolClient } = await app.call('CreateUserPoolClient', {
    UserPoolId: plain.poolId,
    ClientName: 'secret',
    GenerateSecret: true,
    ExplicitAuthFlows: everyFlow,
  })
  const { ClientId = '', ClientSecret = '' } = UserPoolClient ?? {}
  const server = signInServer(app, plain.poolId, ClientId)
  const hash = (name: string): string => secretHash(name, ClientId, ClientSecret)
  const foreign = secretHash('jane', plain.clientId, ClientSecret)
  const absent = {
    name: 'NotAuthorizedException',
    message: `Client ${ClientId} is configured with secret but SECRET_HASH was not received`,
  }
  const wrong = { name: 'NotAuthorizedException', message: `Unable to verify secret hash for client ${ClientId}` }
  const begin = (SECRET_HASH?: string) =>
    initiate(server, 'USER_PASSWORD_AUTH', { ...right, ...(SECRET_HASH === undefined ? {} : { SECRET_HASH }) })
  await assert.rejects(begin(), absent)
  for (const given of [hash('june'), foreign, ClientSecret, 'x']) await assert.rejects(begin(given), wrong)
  // Before the user: nobody learns of users without the secret.
  await assert.rejects(initiate(server, 'USER_PASSWORD_AUTH', { USERNAME: 'nobody', PASSWORD: 'x' }), absent)
  await assert.rejects(initiate(server, 'USER_SRP_AUTH', { USERNAME: 'jane', SRP_A: '2' }), absent)
  const { Session = '', ChallengeName } = await begin(hash('jane'))
  assert.equal(ChallengeName, 'SOFTWARE_TOKEN_MFA')
  const answers = { USERNAME: 'jane', SOFTWARE_TOKEN_MFA_CODE: authenticator.code() }
  const answer = (more: Record<string, string>) => server.answer('SOFTWARE_TOKEN_MFA', Session, { ...answers, ...more })
  await assert.rejects(answer({}), absent)
  for (const SECRET_HASH of [hash('june'), foreign, 'x']) await assert.rejects(answer({ SECRET_HASH }), wrong)
  tokensOf(await answer({ SECRET_HASH: hash('jane') }))
  // A hash for a client that has no secret.
  await assert.rejects(initiate(plain, 'USER_PASSWORD_AUTH', { ...right, SECRET_HASH: hash('jane') }), {
    name: 'NotAuthorizedException',
    message: `Unable to verify secret hash for client ${plain.clientId}`,
  })
})

test('req 15: how a user stands is told after the right password alone', async (t) => {
  const server = await makeSignInServer(t)
  const { poolId: UserPoolId, clientId: ClientId } = server
  await server.call('SignUp', { ClientId, Username: 'unconfirmed', Password: password })
  for (const name of ['disabled', 'reset']) await server.addUser(name)
  await server.call('AdminUpdateUserAttributes', {
    UserPoolId,
    Username: 'reset',
    UserAttributes: [
      { Name: 'email', Value: 'reset@example.com' },
      { Name: 'email_verified', Value: 'true' },
    ],
  })
  await server.call('AdminResetUserPassword', { UserPoolId, Username: 'reset' })
  await server.call('AdminDisableUser', { UserPoolId, Username: 'disabled' })
  const told = {
    unconfirmed: { name: 'UserNotConfirmedException', message: 'User is not confirmed.' },
    disabled: { name: 'NotAuthorizedException', message: 'User is disabled.' },
    reset: { name: 'PasswordResetRequiredException', message: 'Password reset required for the user' },
  }
  for (const [name, refusal] of Object.entries(told)) {
    for (const start of [server.start, server.adminStart]) {
      await assert.rejects(start(name, 'Wrong-horse-7'), incorrect, name)
      await assert.rejects(start(name), refusal, name)
    }
  }
})

test('a user who is deleted is nobody, and the name made again is another user with another password', async (t) => {
  const server = await withUser(t)
  const user = { UserPoolId: server.poolId, Username: 'jane' }
  await server.call('AdminDeleteUser', user)
  await assert.rejects(server.start('jane'), { name: 'UserNotFoundException' })
  await server.call('AdminCreateUser', { ...user, TemporaryPassword: 'Temporary-horse-1', MessageAction: 'SUPPRESS' })
  await assert.rejects(server.start('jane'), incorrect)
  assert.equal((await server.start('jane', 'Temporary-horse-1')).ChallengeName, 'NEW_PASSWORD_REQUIRED')
})

test('an answer without a challenge, and to challenges that a client may not send', async (t) => {
  const server = await withUser(t)
  for (const name of ['', 'NONE', 'constructor', '__proto__', 'toString']) {
    const answered = server.answer(name, 'x'.repeat(40), { USERNAME: 'jane' })
    await assert.rejects(answered, { name: 'InvalidParameterException' }, name)
  }
})

test('a name that is longer than any is refused, in characters, and nothing is stored', async (t) => {
  const database = openSqlite(':memory:')
  const ExplicitAuthFlows = [...everyFlow, 'ALLOW_USER_AUTH' as const]
  const client = { ExplicitAuthFlows, PreventUserExistenceErrors: 'ENABLED' as const }
  const server = await makeSignInServer(t, { database, client })
  const before = await everyRow(database)
  const refusal = {
    name: 'InvalidParameterException',
    message:
      "1 validation error detected: Value at 'username' failed to satisfy constraint: Member must have length less than or equal to 128",
  }
  for (const USERNAME of ['😀'.repeat(129), 'a'.repeat(129), '😀'.repeat(131_000)]) {
    for (const flow of ['USER_PASSWORD_AUTH', 'USER_SRP_AUTH', 'USER_AUTH']) {
      await assert.rejects(initiate(server, flow, { USERNAME, PASSWORD: password, SRP_A: '2'.repeat(700) }), refusal)
    }
    for (const flow of ['ADMIN_USER_PASSWORD_AUTH', 'ADMIN_NO_SRP_AUTH'])
      await assert.rejects(adminInitiate(server, flow, { USERNAME, PASSWORD: password }), refusal)
  }
  assert.deepEqual(await everyRow(database), before)
  await assert.rejects(initiate(server, 'USER_PASSWORD_AUTH', { ...right, USERNAME: '😀'.repeat(128) }), incorrect)
})
