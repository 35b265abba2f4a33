import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openPool, type UserPool } from '@poolkeeper/client'
import { srpKeys, srpSignature, srpTimestamp, type SrpKeys } from '../../../../client/src/srp.ts'
import { makeTestApp, type TestApp } from '../../test-app.ts'

const password = 'Correct-horse-7'

type Server = TestApp & { poolId: string; clientId: string; browser: UserPool }

const makeServer = async (settings: { hide?: boolean } = {}): Promise<Server> => {
  const app = await makeTestApp()
  const { UserPool: pool } = await app.call('CreateUserPool', { PoolName: 'srp' })
  const poolId = pool?.Id ?? ''
  const { UserPoolClient: client } = await app.call('CreateUserPoolClient', {
    UserPoolId: poolId,
    ClientName: 'browser',
    PreventUserExistenceErrors: settings.hide ? 'ENABLED' : 'LEGACY',
  })
  const clientId = client?.ClientId ?? ''
  const browser = openPool({
    userPoolId: poolId,
    clientId,
    endpoint: 'http://127.0.0.1:9229',
    fetch: (input, init) => app.app.fetch(new Request(input, init)),
    now: () => app.context.clock.now(),
  })
  return { ...app, poolId, clientId, browser }
}

const addUser = async (server: Server, Username: string): Promise<void> => {
  const { poolId: UserPoolId } = server
  await server.call('AdminCreateUser', { UserPoolId, Username, MessageAction: 'SUPPRESS' })
  await server.call('AdminSetUserPassword', { UserPoolId, Username, Password: password, Permanent: true })
}

const start = (server: Server, USERNAME: string, SRP_A = '2') =>
  server.call('InitiateAuth', {
    ClientId: server.clientId,
    AuthFlow: 'USER_SRP_AUTH',
    AuthParameters: { USERNAME, SRP_A },
  })

const claim = (server: Server, parameters: Record<string, string>, change: Record<string, string> = {}) =>
  server.call('RespondToAuthChallenge', {
    ClientId: server.clientId,
    ChallengeName: 'PASSWORD_VERIFIER',
    ChallengeResponses: {
      USERNAME: parameters['USER_ID_FOR_SRP'] ?? '',
      PASSWORD_CLAIM_SECRET_BLOCK: parameters['SECRET_BLOCK'] ?? '',
      PASSWORD_CLAIM_SIGNATURE: Buffer.alloc(32).toString('base64'),
      TIMESTAMP: 'Fri Jan 2 03:04:05 UTC 2026',
      ...change,
    },
  })

type Proof = {
  readonly block?: string
  readonly signature?: string
  readonly timestamp?: string
  readonly name?: string
}

/** A right proof of a password against a challenge. */
const proofOf = async (
  server: Server,
  keys: SrpKeys,
  parameters: Record<string, string>,
  given: string,
): Promise<Required<Proof>> => {
  const timestamp = srpTimestamp(server.context.clock.now())
  const { SALT: salt = '', SRP_B: B = '', SECRET_BLOCK: block = '', USER_ID_FOR_SRP: userId = '' } = parameters
  const poolName = server.poolId.split('_')[1] ?? ''
  const question = { keys, poolName, userId, password: given, salt, B, secretBlock: block, timestamp }
  return { block, timestamp, signature: await srpSignature(question), name: userId }
}

const send = (server: Server, { block = '', signature = '', timestamp = '', name = '' }: Proof) =>
  server.call('RespondToAuthChallenge', {
    ClientId: server.clientId,
    ChallengeName: 'PASSWORD_VERIFIER',
    ChallengeResponses: {
      USERNAME: name,
      PASSWORD_CLAIM_SECRET_BLOCK: block,
      PASSWORD_CLAIM_SIGNATURE: signature,
      TIMESTAMP: timestamp,
    },
  })

/** Starts, and makes the right proof. */
const rightProof = async (server: Server, username: string, given = password): Promise<Required<Proof>> => {
  const keys = srpKeys()
  const { ChallengeParameters = {} } = await start(server, username, keys.A.toString(16))
  return proofOf(server, keys, ChallengeParameters, given)
}

const signInWith = async (server: Server, username: string, given: string) =>
  send(server, await rightProof(server, username, given))

const incorrect = { name: 'NotAuthorizedException', message: 'Incorrect username or password.' }

test('req 30: the right password signs in, a wrong one does not', async () => {
  const server = await makeServer()
  await addUser(server, 'jane')
  assert.equal((await server.browser.signIn({ username: 'jane', password })).step, 'signed-in')
  const wrong = await server.browser.signIn({ username: 'jane', password: 'Correct-horse-8' })
  assert.equal(wrong.refused?.why, 'password-wrong')
  await server.close()
})

test('req 28, 29: a public value that is a multiple of N, or no number, is refused', async () => {
  const server = await makeServer()
  await addUser(server, 'jane')
  for (const bad of ['0', '00', 'zz', '-2', 'f'.repeat(100_000)]) {
    await assert.rejects(start(server, 'jane', bad), { name: 'InvalidParameterException' }, bad.slice(0, 10))
  }
  await server.close()
})

test('req 32: block and B are fresh each time, the salt is steady', async () => {
  const server = await makeServer()
  await addUser(server, 'jane')
  const [one, two] = await Promise.all([start(server, 'jane'), start(server, 'jane')])
  assert.equal(one.ChallengeParameters?.['SALT'], two.ChallengeParameters?.['SALT'])
  assert.notEqual(one.ChallengeParameters?.['SRP_B'], two.ChallengeParameters?.['SRP_B'])
  assert.notEqual(one.ChallengeParameters?.['SECRET_BLOCK'], two.ChallengeParameters?.['SECRET_BLOCK'])
  await server.close()
})

test('req 13: an unknown user gets a steady challenge of the same shape, which nothing answers', async () => {
  const server = await makeServer({ hide: true })
  await addUser(server, 'jane')
  const real = (await start(server, 'jane')).ChallengeParameters ?? {}
  const one = (await start(server, 'nobody')).ChallengeParameters ?? {}
  const two = (await start(server, 'nobody')).ChallengeParameters ?? {}
  assert.equal(one['SALT'], two['SALT'])
  assert.equal(one['USER_ID_FOR_SRP'], two['USER_ID_FOR_SRP'])
  assert.deepEqual(Object.keys(one), Object.keys(real))
  await assert.rejects(claim(server, one), incorrect)
  await assert.rejects(claim(server, real), incorrect)
  await server.close()
})

test('an unknown user is named where existence is not hidden', async () => {
  const server = await makeServer()
  await assert.rejects(start(server, 'nobody'), { name: 'UserNotFoundException' })
  await server.close()
})

test('req 30, 31: a block of another user, changed, missing, or late is refused', async () => {
  const server = await makeServer()
  await addUser(server, 'jane')
  await addUser(server, 'june')
  const jane = (await start(server, 'jane')).ChallengeParameters ?? {}
  const june = (await start(server, 'june')).ChallengeParameters ?? {}
  const foreign = { PASSWORD_CLAIM_SECRET_BLOCK: june['SECRET_BLOCK'] ?? '' }
  await assert.rejects(claim(server, jane, foreign), { message: 'Invalid session for the user.' })
  await assert.rejects(claim(server, jane, { PASSWORD_CLAIM_SECRET_BLOCK: 'AAAA' }), { name: 'NotAuthorizedException' })
  await assert.rejects(claim(server, jane, { TIMESTAMP: '2026-01-02' }), { name: 'InvalidParameterException' })
  await assert.rejects(claim(server, jane, { TIMESTAMP: 'Fri Jan 2 05:04:05 UTC 2026' }), incorrect)
  server.advance(181)
  await assert.rejects(claim(server, jane), { message: 'Invalid session for the user, session is expired.' })
  await server.close()
})

test('req 7: a lock by wrong passwords holds for SRP', async () => {
  const server = await makeServer()
  await addUser(server, 'jane')
  const { ChallengeParameters: parameters = {} } = await start(server, 'jane')
  for (let guess = 0; guess < 5; guess += 1) await assert.rejects(claim(server, parameters), incorrect)
  await assert.rejects(claim(server, parameters), { message: 'Password attempts exceeded' })
  await assert.rejects(start(server, 'jane'), { message: 'Password attempts exceeded' })
  server.advance(2)
  assert.equal((await server.browser.signIn({ username: 'jane', password })).step, 'signed-in')
  await server.close()
})

test('req 8, 38: a temporary password asks for a new one after SRP too', async () => {
  const server = await makeServer()
  const { poolId: UserPoolId } = server
  await server.call('AdminCreateUser', {
    UserPoolId,
    Username: 'jane',
    TemporaryPassword: password,
    MessageAction: 'SUPPRESS',
  })
  const state = await server.browser.signIn({ username: 'jane', password })
  assert.equal(state.step, 'new-password')
  await server.close()
})

test('req 37: disabling, and a new password, end an exchange under way', async () => {
  const server = await makeServer()
  await addUser(server, 'jane')
  const { ChallengeParameters: parameters = {} } = await start(server, 'jane')
  const UserPoolId = server.poolId
  await server.call('AdminSetUserPassword', {
    UserPoolId,
    Username: 'jane',
    Password: 'Other-horse-77',
    Permanent: true,
  })
  await assert.rejects(claim(server, parameters), { message: 'Invalid session for the user.' })
  await server.call('AdminDisableUser', { UserPoolId, Username: 'jane' })
  await assert.rejects(
    server.browser.signIn({ username: 'jane', password: 'Other-horse-77' }).then((state) => {
      assert.equal(state.refused?.why, 'user-disabled')
      throw new Error('refused')
    }),
    /refused/,
  )
  await server.close()
})

test('req 15: how a user stands is told to whoever proves the password, and to nobody else', async () => {
  const server = await makeServer()
  const UserPoolId = server.poolId
  for (const Username of ['disabled', 'reset']) await addUser(server, Username)
  const { clientId: ClientId } = server
  await server.call('SignUp', { ClientId, Username: 'unconfirmed', Password: password })
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
  for (const username of ['disabled', 'reset', 'unconfirmed']) {
    const { ChallengeParameters = {} } = await start(server, username)
    await assert.rejects(claim(server, ChallengeParameters), incorrect, username)
  }
  await assert.rejects(signInWith(server, 'disabled', password), { message: 'User is disabled.' })
  await assert.rejects(signInWith(server, 'reset', password), { name: 'PasswordResetRequiredException' })
  await assert.rejects(signInWith(server, 'unconfirmed', password), { name: 'UserNotConfirmedException' })
  await server.close()
})

test('req 31, 35: of fifty equal proofs one wins', async () => {
  const server = await makeServer()
  await addUser(server, 'jane')
  const answers: string[] = []
  const racing = openPool({
    userPoolId: server.poolId,
    clientId: server.clientId,
    endpoint: 'http://127.0.0.1:9229',
    now: () => server.context.clock.now(),
    fetch: async (input, init) => {
      const send = (): Promise<Response> => server.app.fetch(new Request(input, init))
      if (!new Headers(init?.headers).get('x-amz-target')?.endsWith('RespondToAuthChallenge')) return send()
      const all = await Promise.all(Array.from({ length: 50 }, send))
      for (const response of all) answers.push(String(response.status))
      return all.find(({ ok }) => ok) ?? all[0] ?? send()
    },
  })
  assert.equal((await racing.signIn({ username: 'jane', password })).step, 'signed-in')
  assert.equal(answers.filter((status) => status === '200').length, 1)
  await server.close()
})
