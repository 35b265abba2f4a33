// The first request of a sign-in, and the wrong turns that it may take, in the order of protocol/authentication 3.2.
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { addUserWithApp, beginByAdmin, beginByPassword, respond, tokensOf } from '../../../testing/sign-in.ts'
import {
  addPool,
  addUser,
  everyFlow,
  goodPassword,
  poolOn,
  type PoolUnderTest,
  startPool,
} from '../../../testing/pool.ts'
import { secretHash } from '../../rules/secret-hash.ts'
import { openSqlite } from '../../store/database/sqlite.ts'
import { makeTestApp } from '../../../testing/app.ts'
import { everyRow } from '../../../testing/rows.ts'
import type { Inputs } from '../../wire/model.gen.ts'

type Flow = Inputs['InitiateAuth']['AuthFlow']

const incorrect = { name: 'NotAuthorizedException', message: 'Incorrect username or password.' }

const initiate = (at: PoolUnderTest, AuthFlow: string, AuthParameters: Record<string, string>) =>
  at.server.call('InitiateAuth', { ClientId: at.ClientId, AuthFlow: AuthFlow as Flow, AuthParameters })

const adminInitiate = (at: PoolUnderTest, AuthFlow: string, AuthParameters: Record<string, string>) =>
  at.server.call('AdminInitiateAuth', {
    UserPoolId: at.UserPoolId,
    ClientId: at.ClientId,
    AuthFlow: AuthFlow as Flow,
    AuthParameters,
  })

const right = { USERNAME: 'jane', PASSWORD: goodPassword }

const withUser = async (
  t: TestContext,
  client: Partial<Inputs['CreateUserPoolClient']> = {},
): Promise<PoolUnderTest> => {
  const at = await startPool(t, { client })
  await addUser(at, 'jane')
  return at
}

test('each password flow signs in, by the names it has', async (t) => {
  const at = await withUser(t)
  tokensOf(await initiate(at, 'USER_PASSWORD_AUTH', right))
  for (const flow of ['ADMIN_USER_PASSWORD_AUTH', 'ADMIN_NO_SRP_AUTH']) tokensOf(await adminInitiate(at, flow, right))
})

test('req 53: admin flows never go over InitiateAuth', async (t) => {
  const at = await withUser(t)
  for (const flow of ['ADMIN_USER_PASSWORD_AUTH', 'ADMIN_NO_SRP_AUTH']) {
    await assert.rejects(initiate(at, flow, right), {
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
  const at = await withUser(t, { ExplicitAuthFlows: ['ALLOW_CUSTOM_AUTH'] })
  for (const [flow, message] of notPermitted) {
    for (const parameters of [right, { USERNAME: 'nobody', PASSWORD: 'x' }, {}]) {
      const refusal = { name: 'InvalidParameterException', message }
      await assert.rejects(initiate(at, flow, { ...parameters, SRP_A: '2' }), refusal, flow)
    }
  }
  for (const flow of ['ADMIN_USER_PASSWORD_AUTH', 'ADMIN_NO_SRP_AUTH']) {
    await assert.rejects(adminInitiate(at, flow, right), {
      name: 'InvalidParameterException',
      message: 'Auth flow not enabled for this client',
    })
  }
})

test('without ExplicitAuthFlows a client signs in by SRP and refreshes, and by nothing else (protocol/authentication 3.1.2)', async (t) => {
  const app = await makeTestApp(t)
  const full = await addPool(app)
  await addUser(full, 'jane')
  const { UserPoolClient } = await app.call('CreateUserPoolClient', {
    UserPoolId: full.UserPoolId,
    ClientName: 'plain',
  })
  const at = poolOn(app, full.UserPoolId, UserPoolClient?.ClientId ?? '')
  await assert.rejects(initiate(at, 'USER_PASSWORD_AUTH', right), { name: 'InvalidParameterException' })
  await assert.rejects(adminInitiate(at, 'ADMIN_USER_PASSWORD_AUTH', right), { name: 'InvalidParameterException' })
  const begun = await initiate(at, 'USER_SRP_AUTH', { USERNAME: 'jane', SRP_A: '2' })
  assert.equal(begun.ChallengeName, 'PASSWORD_VERIFIER')
})

test('a flow that is not in the model, or that is only a name of the runtime, is refused', async (t) => {
  const at = await withUser(t)
  for (const flow of ['', 'NONE', 'constructor', '__proto__', 'user_password_auth', 'PASSWORD_VERIFIER']) {
    await assert.rejects(initiate(at, flow, right), { name: 'InvalidParameterException' }, flow)
  }
})

test('req 4: what is missing or empty is named', async (t) => {
  const at = await withUser(t)
  const cases: readonly [Record<string, string>, string][] = [
    [{ PASSWORD: goodPassword }, 'USERNAME'],
    [{ USERNAME: '', PASSWORD: goodPassword }, 'USERNAME'],
    [{ USERNAME: 'jane' }, 'PASSWORD'],
    [{ USERNAME: 'jane', PASSWORD: '' }, 'PASSWORD'],
    [{}, 'USERNAME'],
  ]
  for (const [parameters, name] of cases) {
    const refusal = { name: 'InvalidParameterException', message: `Missing required parameter ${name}` }
    await assert.rejects(initiate(at, 'USER_PASSWORD_AUTH', parameters), refusal)
    await assert.rejects(adminInitiate(at, 'ADMIN_USER_PASSWORD_AUTH', parameters), refusal)
  }
})

test('req 4, 16: a wrong password and an unknown user, where existence is not hidden', async (t) => {
  const at = await withUser(t)
  for (const begin of [beginByPassword, beginByAdmin]) {
    await assert.rejects(begin(at, 'jane', 'Wrong-horse-7'), incorrect)
    await assert.rejects(begin(at, 'nobody'), { name: 'UserNotFoundException', message: 'User does not exist.' })
  }
})

test('a name is compared as the pool compares names, and a sub is a name', async (t) => {
  const app = await makeTestApp(t)
  const exact = await addPool(app)
  const folded = await addPool(app, { pool: { UsernameConfiguration: { CaseSensitive: false } } })
  const sub = await addUser(exact, 'Jane')
  await addUser(folded, 'Jane')
  tokensOf(await beginByPassword(exact, 'Jane'))
  tokensOf(await beginByPassword(exact, sub))
  await assert.rejects(beginByPassword(exact, 'jane'), { name: 'UserNotFoundException' })
  for (const name of ['Jane', 'jane', 'JANE']) tokensOf(await beginByPassword(folded, name))
})

test('req 54: unknown and deleted clients, and clients of another pool', async (t) => {
  const app = await makeTestApp(t)
  const [at, elsewhere] = [await addPool(app), await addPool(app)]
  await addUser(at, 'jane')
  const notFound = (id: string) => ({
    name: 'ResourceNotFoundException',
    message: `User pool client ${id} does not exist.`,
  })
  const unknown = poolOn(app, at.UserPoolId, '1unknownclient000000000000')
  await assert.rejects(beginByPassword(unknown, 'jane'), notFound(unknown.ClientId))
  await assert.rejects(beginByAdmin(unknown, 'jane'), notFound(unknown.ClientId))
  const mixed = poolOn(app, at.UserPoolId, elsewhere.ClientId)
  await assert.rejects(beginByAdmin(mixed, 'jane'), notFound(elsewhere.ClientId))
  const nowhere = poolOn(app, 'zz-local-1_none00000', at.ClientId)
  await assert.rejects(beginByAdmin(nowhere, 'jane'), { name: 'ResourceNotFoundException' })
  // A user of one pool is nobody in the other.
  await assert.rejects(beginByPassword(elsewhere, 'jane'), { name: 'UserNotFoundException' })
  await app.call('DeleteUserPoolClient', { UserPoolId: at.UserPoolId, ClientId: at.ClientId })
  await assert.rejects(beginByPassword(at, 'jane'), notFound(at.ClientId))
})

test('req 52: a client with a secret wants the right hash at every step, of the name in the same request', async (t) => {
  const app = await makeTestApp(t)
  const plain = await addPool(app, { mfa: 'OPTIONAL' })
  const authenticator = await addUserWithApp(plain, 'jane')
  await addUser(plain, 'june')
  const { UserPoolClient } = await app.call('CreateUserPoolClient', {
    UserPoolId: plain.UserPoolId,
    ClientName: 'secret',
    GenerateSecret: true,
    ExplicitAuthFlows: everyFlow,
  })
  const { ClientId = '', ClientSecret = '' } = UserPoolClient ?? {}
  const at = poolOn(app, plain.UserPoolId, ClientId)
  const hash = (name: string): string => secretHash(name, ClientId, ClientSecret)
  const foreign = secretHash('jane', plain.ClientId, ClientSecret)
  const absent = {
    name: 'NotAuthorizedException',
    message: `Client ${ClientId} is configured with secret but SECRET_HASH was not received`,
  }
  const wrong = { name: 'NotAuthorizedException', message: `Unable to verify secret hash for client ${ClientId}` }
  const begin = (SECRET_HASH?: string) =>
    initiate(at, 'USER_PASSWORD_AUTH', { ...right, ...(SECRET_HASH === undefined ? {} : { SECRET_HASH }) })
  await assert.rejects(begin(), absent)
  for (const given of [hash('june'), foreign, ClientSecret, 'x']) await assert.rejects(begin(given), wrong)
  // Before the user: nobody learns of users without the secret.
  await assert.rejects(initiate(at, 'USER_PASSWORD_AUTH', { USERNAME: 'nobody', PASSWORD: 'x' }), absent)
  await assert.rejects(initiate(at, 'USER_SRP_AUTH', { USERNAME: 'jane', SRP_A: '2' }), absent)
  const { Session = '', ChallengeName } = await begin(hash('jane'))
  assert.equal(ChallengeName, 'SOFTWARE_TOKEN_MFA')
  const answers = { USERNAME: 'jane', SOFTWARE_TOKEN_MFA_CODE: authenticator.code() }
  const answer = (more: Record<string, string>) => respond(at, 'SOFTWARE_TOKEN_MFA', Session, { ...answers, ...more })
  await assert.rejects(answer({}), absent)
  for (const SECRET_HASH of [hash('june'), foreign, 'x']) await assert.rejects(answer({ SECRET_HASH }), wrong)
  tokensOf(await answer({ SECRET_HASH: hash('jane') }))
  // A hash for a client that has no secret.
  await assert.rejects(initiate(plain, 'USER_PASSWORD_AUTH', { ...right, SECRET_HASH: hash('jane') }), {
    name: 'NotAuthorizedException',
    message: `Unable to verify secret hash for client ${plain.ClientId}`,
  })
})

test('req 15: how a user stands is told after the right password alone', async (t) => {
  const at = await startPool(t)
  const { UserPoolId, ClientId } = at
  await at.server.call('SignUp', { ClientId, Username: 'unconfirmed', Password: goodPassword })
  for (const name of ['disabled', 'reset']) await addUser(at, name)
  await at.server.call('AdminUpdateUserAttributes', {
    UserPoolId,
    Username: 'reset',
    UserAttributes: [
      { Name: 'email', Value: 'reset@example.com' },
      { Name: 'email_verified', Value: 'true' },
    ],
  })
  await at.server.call('AdminResetUserPassword', { UserPoolId, Username: 'reset' })
  await at.server.call('AdminDisableUser', { UserPoolId, Username: 'disabled' })
  const told = {
    unconfirmed: { name: 'UserNotConfirmedException', message: 'User is not confirmed.' },
    disabled: { name: 'NotAuthorizedException', message: 'User is disabled.' },
    reset: { name: 'PasswordResetRequiredException', message: 'Password reset required for the user' },
  }
  for (const [name, refusal] of Object.entries(told)) {
    for (const begin of [beginByPassword, beginByAdmin]) {
      await assert.rejects(begin(at, name, 'Wrong-horse-7'), incorrect, name)
      await assert.rejects(begin(at, name), refusal, name)
    }
  }
})

test('a user who is deleted is nobody, and the name made again is another user with another password', async (t) => {
  const at = await withUser(t)
  const user = { UserPoolId: at.UserPoolId, Username: 'jane' }
  await at.server.call('AdminDeleteUser', user)
  await assert.rejects(beginByPassword(at, 'jane'), { name: 'UserNotFoundException' })
  await at.server.call('AdminCreateUser', {
    ...user,
    TemporaryPassword: 'Temporary-horse-1',
    MessageAction: 'SUPPRESS',
  })
  await assert.rejects(beginByPassword(at, 'jane'), incorrect)
  assert.equal((await beginByPassword(at, 'jane', 'Temporary-horse-1')).ChallengeName, 'NEW_PASSWORD_REQUIRED')
})

test('an answer without a challenge, and to challenges that a client may not send', async (t) => {
  const at = await withUser(t)
  for (const name of ['', 'NONE', 'constructor', '__proto__', 'toString']) {
    const answered = respond(at, name, 'x'.repeat(40), { USERNAME: 'jane' })
    await assert.rejects(answered, { name: 'InvalidParameterException' }, name)
  }
})

test('a name that is longer than any is refused, in characters, and nothing is stored', async (t) => {
  const database = openSqlite(':memory:')
  const ExplicitAuthFlows = [...everyFlow, 'ALLOW_USER_AUTH' as const]
  const client = { ExplicitAuthFlows, PreventUserExistenceErrors: 'ENABLED' as const }
  const at = await startPool(t, { client }, { database })
  const before = await everyRow(database)
  const refusal = {
    name: 'InvalidParameterException',
    message:
      "1 validation error detected: Value at 'username' failed to satisfy constraint: Member must have length less than or equal to 128",
  }
  for (const USERNAME of ['😀'.repeat(129), 'a'.repeat(129), '😀'.repeat(131_000)]) {
    for (const flow of ['USER_PASSWORD_AUTH', 'USER_SRP_AUTH', 'USER_AUTH']) {
      await assert.rejects(initiate(at, flow, { USERNAME, PASSWORD: goodPassword, SRP_A: '2'.repeat(700) }), refusal)
    }
    for (const flow of ['ADMIN_USER_PASSWORD_AUTH', 'ADMIN_NO_SRP_AUTH'])
      await assert.rejects(adminInitiate(at, flow, { USERNAME, PASSWORD: goodPassword }), refusal)
  }
  assert.deepEqual(await everyRow(database), before)
  await assert.rejects(initiate(at, 'USER_PASSWORD_AUTH', { ...right, USERNAME: '😀'.repeat(128) }), incorrect)
})
