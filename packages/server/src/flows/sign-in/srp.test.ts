import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { UserPool } from '@poolkeeper/client'
import { clientOf } from '../../../testing/sign-in.ts'
import { addPool, addUser, goodPassword as password, type PoolUnderTest } from '../../../testing/pool.ts'
import { onBothDatabases, raceOfFifty } from '../../../testing/databases.ts'
import { srpKeys, srpSignature, srpTimestamp, type SrpKeys } from '../../../../client/src/srp.ts'
import { claimSignature, srpPrime as prime } from '../../rules/srp.ts'
import { makeTestApp, type TestApp } from '../../../testing/app.ts'

type Server = PoolUnderTest & { readonly browser: UserPool }

const makeServer = async (t: TestContext, settings: { hide?: boolean } = {}): Promise<Server> =>
  serverOn(await makeTestApp(t), settings)

const serverOn = async (app: TestApp, settings: { hide?: boolean } = {}): Promise<Server> => {
  const at = await addPool(app, { client: { PreventUserExistenceErrors: settings.hide ? 'ENABLED' : 'LEGACY' } })
  return { ...at, browser: clientOf(at) }
}

const start = (at: Server, USERNAME: string, SRP_A = '2') =>
  at.server.call('InitiateAuth', {
    ClientId: at.ClientId,
    AuthFlow: 'USER_SRP_AUTH',
    AuthParameters: { USERNAME, SRP_A },
  })

const claim = (at: Server, parameters: Record<string, string>, change: Record<string, string> = {}) =>
  at.server.call('RespondToAuthChallenge', {
    ClientId: at.ClientId,
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
  at: Server,
  keys: SrpKeys,
  parameters: Record<string, string>,
  given: string,
): Promise<Required<Proof>> => {
  const timestamp = srpTimestamp(at.server.context.clock.now())
  const { SALT: salt = '', SRP_B: B = '', SECRET_BLOCK: block = '', USER_ID_FOR_SRP: userId = '' } = parameters
  const poolName = at.UserPoolId.split('_')[1] ?? ''
  const question = { keys, poolName, userId, password: given, salt, B, secretBlock: block, timestamp }
  return { block, timestamp, signature: await srpSignature(question), name: userId }
}

const send = (at: Server, { block = '', signature = '', timestamp = '', name = '' }: Proof) =>
  at.server.call('RespondToAuthChallenge', {
    ClientId: at.ClientId,
    ChallengeName: 'PASSWORD_VERIFIER',
    ChallengeResponses: {
      USERNAME: name,
      PASSWORD_CLAIM_SECRET_BLOCK: block,
      PASSWORD_CLAIM_SIGNATURE: signature,
      TIMESTAMP: timestamp,
    },
  })

/** Starts, and makes the right proof. */
const rightProof = async (at: Server, username: string, given = password): Promise<Required<Proof>> => {
  const keys = srpKeys()
  const { ChallengeParameters = {} } = await start(at, username, keys.A.toString(16))
  return proofOf(at, keys, ChallengeParameters, given)
}

const signInWith = async (at: Server, username: string, given: string) =>
  send(at, await rightProof(at, username, given))

const incorrect = { name: 'NotAuthorizedException', message: 'Incorrect username or password.' }

test('req 30: the right password signs in, a wrong one does not', async (t) => {
  const at = await makeServer(t)
  await addUser(at, 'jane')
  assert.equal((await at.browser.signIn({ username: 'jane', password })).step, 'signed-in')
  const wrong = await at.browser.signIn({ username: 'jane', password: 'Correct-horse-8' })
  assert.equal(wrong.refused?.why, 'password-wrong')
})

test('req 28, 29: a public value that is a multiple of N, or no number, is refused', async (t) => {
  const at = await makeServer(t)
  await addUser(at, 'jane')
  for (const bad of ['0', '00', 'zz', '-2', 'f'.repeat(100_000)]) {
    await assert.rejects(start(at, 'jane', bad), { name: 'InvalidParameterException' }, bad.slice(0, 10))
  }
})

test('req 32: block and B are fresh each time, the salt is steady', async (t) => {
  const at = await makeServer(t)
  await addUser(at, 'jane')
  const [one, two] = await Promise.all([start(at, 'jane'), start(at, 'jane')])
  assert.equal(one.ChallengeParameters?.['SALT'], two.ChallengeParameters?.['SALT'])
  assert.notEqual(one.ChallengeParameters?.['SRP_B'], two.ChallengeParameters?.['SRP_B'])
  assert.notEqual(one.ChallengeParameters?.['SECRET_BLOCK'], two.ChallengeParameters?.['SECRET_BLOCK'])
})

test('req 13: an unknown user gets a steady challenge of the same shape, which nothing answers', async (t) => {
  const at = await makeServer(t, { hide: true })
  await addUser(at, 'jane')
  const real = (await start(at, 'jane')).ChallengeParameters ?? {}
  const one = (await start(at, 'nobody')).ChallengeParameters ?? {}
  const two = (await start(at, 'nobody')).ChallengeParameters ?? {}
  assert.equal(one['SALT'], two['SALT'])
  assert.equal(one['USER_ID_FOR_SRP'], two['USER_ID_FOR_SRP'])
  assert.deepEqual(Object.keys(one), Object.keys(real))
  await assert.rejects(claim(at, one), incorrect)
  await assert.rejects(claim(at, real), incorrect)
})

test('an unknown user is named where existence is not hidden', async (t) => {
  const at = await makeServer(t)
  await assert.rejects(start(at, 'nobody'), { name: 'UserNotFoundException' })
})

test('req 30, 31: a block of another user, changed, missing, or late is refused', async (t) => {
  const at = await makeServer(t)
  await addUser(at, 'jane')
  await addUser(at, 'june')
  const jane = (await start(at, 'jane')).ChallengeParameters ?? {}
  const june = (await start(at, 'june')).ChallengeParameters ?? {}
  const foreign = { PASSWORD_CLAIM_SECRET_BLOCK: june['SECRET_BLOCK'] ?? '' }
  await assert.rejects(claim(at, jane, foreign), { message: 'Invalid session for the user.' })
  await assert.rejects(claim(at, jane, { PASSWORD_CLAIM_SECRET_BLOCK: 'AAAA' }), { name: 'NotAuthorizedException' })
  await assert.rejects(claim(at, jane, { TIMESTAMP: '2026-01-02' }), { name: 'InvalidParameterException' })
  await assert.rejects(claim(at, jane, { TIMESTAMP: 'Fri Jan 2 05:04:05 UTC 2026' }), incorrect)
  at.server.advance(181)
  await assert.rejects(claim(at, jane), { message: 'Invalid session for the user, session is expired.' })
})

test('req 7: a lock by wrong passwords holds for SRP', async (t) => {
  const at = await makeServer(t)
  await addUser(at, 'jane')
  const { ChallengeParameters: parameters = {} } = await start(at, 'jane')
  for (let guess = 0; guess < 5; guess += 1) await assert.rejects(claim(at, parameters), incorrect)
  await assert.rejects(claim(at, parameters), { message: 'Password attempts exceeded' })
  await assert.rejects(start(at, 'jane'), { message: 'Password attempts exceeded' })
  at.server.advance(2)
  assert.equal((await at.browser.signIn({ username: 'jane', password })).step, 'signed-in')
})

test('req 8, 38: a temporary password asks for a new one after SRP too', async (t) => {
  const at = await makeServer(t)
  const { UserPoolId } = at
  await at.server.call('AdminCreateUser', {
    UserPoolId,
    Username: 'jane',
    TemporaryPassword: password,
    MessageAction: 'SUPPRESS',
  })
  const state = await at.browser.signIn({ username: 'jane', password })
  assert.equal(state.step, 'new-password')
})

test('req 37: disabling, and a new password, end an exchange under way', async (t) => {
  const at = await makeServer(t)
  await addUser(at, 'jane')
  const { ChallengeParameters: parameters = {} } = await start(at, 'jane')
  const UserPoolId = at.UserPoolId
  await at.server.call('AdminSetUserPassword', {
    UserPoolId,
    Username: 'jane',
    Password: 'Other-horse-77',
    Permanent: true,
  })
  await assert.rejects(claim(at, parameters), { message: 'Invalid session for the user.' })
  await at.server.call('AdminDisableUser', { UserPoolId, Username: 'jane' })
  await assert.rejects(
    at.browser.signIn({ username: 'jane', password: 'Other-horse-77' }).then((state) => {
      assert.equal(state.refused?.why, 'user-disabled')
      throw new Error('refused')
    }),
    /refused/,
  )
})

test('req 15: how a user stands is told to whoever proves the password, and to nobody else', async (t) => {
  const at = await makeServer(t)
  const UserPoolId = at.UserPoolId
  for (const Username of ['disabled', 'reset']) await addUser(at, Username)
  const { ClientId } = at
  await at.server.call('SignUp', { ClientId, Username: 'unconfirmed', Password: password })
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
  for (const username of ['disabled', 'reset', 'unconfirmed']) {
    const { ChallengeParameters = {} } = await start(at, username)
    await assert.rejects(claim(at, ChallengeParameters), incorrect, username)
  }
  await assert.rejects(signInWith(at, 'disabled', password), { message: 'User is disabled.' })
  await assert.rejects(signInWith(at, 'reset', password), { name: 'PasswordResetRequiredException' })
  await assert.rejects(signInWith(at, 'unconfirmed', password), { name: 'UserNotConfirmedException' })
})

test('req 28: A that is 0, 00, N or twice N is refused', async (t) => {
  const at = await makeServer(t)
  await addUser(at, 'jane')
  for (const A of ['0', '00', prime.toString(16), (2n * prime).toString(16), `00${prime.toString(16).toUpperCase()}`]) {
    await assert.rejects(start(at, 'jane', A), {
      name: 'InvalidParameterException',
      message: 'SRP_A is not a valid public value.',
    })
  }
  // One less and one more than N are as good as any.
  for (const A of [prime - 1n, prime + 1n]) {
    const outcome = await start(at, 'jane', A.toString(16)).catch((error: Error) => error.name)
    if (typeof outcome !== 'string') assert.equal(outcome.ChallengeName, 'PASSWORD_VERIFIER')
    else assert.equal(outcome, 'InvalidParameterException')
  }
})

test('req 29: A that is empty, no number, negative or over the size of N is refused, of a user or of nobody', async (t) => {
  const at = await makeServer(t, { hide: true })
  await addUser(at, 'jane')
  for (const username of ['jane', 'nobody']) {
    for (const A of ['', ' ', 'xyz', '-2', '0x2', '2 ', 'f'.repeat(769), 'f'.repeat(100_000)]) {
      await assert.rejects(start(at, username, A), { name: 'InvalidParameterException' }, A.slice(0, 10))
    }
  }
  const none = at.server.call('InitiateAuth', {
    ClientId: at.ClientId,
    AuthFlow: 'USER_SRP_AUTH',
    AuthParameters: { USERNAME: 'jane' },
  })
  await assert.rejects(none, { name: 'InvalidParameterException', message: 'Missing required parameter SRP_A' })
})

const flipped = (base64: string): string => {
  const bytes = Buffer.from(base64, 'base64')
  bytes[0] = (bytes[0] ?? 0) ^ 1
  return bytes.toString('base64')
}

const changes: readonly [what: string, change: (right: Required<Proof>, foreign: Required<Proof>) => Proof][] = [
  ['a changed signature', (right) => ({ ...right, signature: flipped(right.signature) })],
  ['an empty signature', (right) => ({ ...right, signature: '' })],
  ['a short signature', (right) => ({ ...right, signature: right.signature.slice(0, 8) })],
  ['a signature with a byte more', (right) => ({ ...right, signature: `${right.signature.slice(0, -1)}AA==` })],
  ['a changed time stamp', (right) => ({ ...right, timestamp: right.timestamp.replace(':05 ', ':06 ') })],
  ['a changed block', (right) => ({ ...right, block: flipped(right.block) })],
  ['a foreign block', (right, foreign) => ({ ...right, block: foreign.block })],
  ['a foreign name', (right, foreign) => ({ ...right, name: foreign.name })],
  ['a foreign signature', (right, foreign) => ({ ...right, signature: foreign.signature })],
  ['the proof of a wrong password', (right) => right],
]

for (const [what, change] of changes) {
  test(`req 30: ${what} is refused, and the right proof of the same start is taken`, async (t) => {
    const at = await makeServer(t)
    for (const name of ['jane', 'june']) await addUser(at, name)
    const keys = srpKeys()
    const { ChallengeParameters = {} } = await start(at, 'jane', keys.A.toString(16))
    const right = await proofOf(at, keys, ChallengeParameters, password)
    const wrong = await proofOf(at, keys, ChallengeParameters, 'Wrong-horse-7')
    const changed = change(what.includes('wrong password') ? wrong : right, await rightProof(at, 'june'))
    await assert.rejects(send(at, changed), { name: /^(NotAuthorized|InvalidParameter)Exception$/ })
    assert.ok((await send(at, right)).AuthenticationResult)
  })
}

test('req 31: a proof is good once, and only for its start', async (t) => {
  const at = await makeServer(t)
  await addUser(at, 'jane')
  const [one, two] = [await rightProof(at, 'jane'), await rightProof(at, 'jane')]
  await assert.rejects(send(at, { ...one, block: two.block }), incorrect)
  await assert.rejects(send(at, { ...two, block: one.block }), incorrect)
  assert.ok((await send(at, one)).AuthenticationResult)
  const used = { message: 'Invalid session for the user, session can only be used once.' }
  await assert.rejects(send(at, one), used)
  await assert.rejects(send(at, { ...two, block: one.block }), used)
  assert.ok((await send(at, two)).AuthenticationResult)
})

test('req 31, 33: a Session without the key of an exchange proves nothing, not even by an empty key', async (t) => {
  const at = await makeServer(t)
  await addUser(at, 'jane')
  const { ChallengeParameters: parameters = {} } = await start(at, 'jane')
  const { seal } = at.server.context.keys
  const session = Buffer.from(parameters['SECRET_BLOCK'] ?? '', 'base64').toString('utf8')
  const named = JSON.parse(seal.open(session, 'session').toString('utf8')) as unknown[]
  assert.equal(Buffer.from(String(named[4]), 'base64').length, 16)
  const timestamp = srpTimestamp(at.server.context.clock.now())
  for (const without of [named.slice(0, 4), [...named.slice(0, 4), null], [...named.slice(0, 4), '']]) {
    const secretBlock = Buffer.from(seal.seal(JSON.stringify(without), 'session'))
    const sent = { poolName: at.UserPoolId.split('_')[1] ?? '', username: 'jane', secretBlock, timestamp }
    const signature = claimSignature(Buffer.alloc(0), sent).toString('base64')
    await assert.rejects(send(at, { block: secretBlock.toString('base64'), signature, timestamp, name: 'jane' }), {
      name: 'NotAuthorizedException',
      message: 'Invalid session for the user.',
    })
  }
})

test('a client may use one A for several sign-ins, and write it in capitals or with zeros in front (protocol/authentication 4.9)', async (t) => {
  const at = await makeServer(t)
  await addUser(at, 'jane')
  const keys = srpKeys()
  const A = keys.A.toString(16)
  for (const written of [A, A.toUpperCase(), `0${A}`.slice(-768)]) {
    const { ChallengeParameters = {} } = await start(at, 'jane', written)
    const proof = await proofOf(at, keys, ChallengeParameters, password)
    assert.ok((await send(at, proof)).AuthenticationResult)
  }
})

test('the Session may come beside the block, and must be its own; the block may be URL-safe Base64', async (t) => {
  const at = await makeServer(t)
  await addUser(at, 'jane')
  const keys = srpKeys()
  const begun = await start(at, 'jane', keys.A.toString(16))
  const other = await start(at, 'jane')
  const proof = await proofOf(at, keys, begun.ChallengeParameters ?? {}, password)
  const withSession = (Session: string | undefined, block: string) =>
    at.server.call('RespondToAuthChallenge', {
      ClientId: at.ClientId,
      ChallengeName: 'PASSWORD_VERIFIER',
      ...(Session === undefined ? {} : { Session }),
      ChallengeResponses: {
        USERNAME: 'jane',
        PASSWORD_CLAIM_SECRET_BLOCK: block,
        PASSWORD_CLAIM_SIGNATURE: proof.signature,
        TIMESTAMP: proof.timestamp,
      },
    })
  await assert.rejects(withSession(other.Session, proof.block), { message: 'Invalid session for the user.' })
  const urlSafe = Buffer.from(proof.block, 'base64').toString('base64url')
  assert.ok((await withSession(begun.Session, urlSafe)).AuthenticationResult)
})

onBothDatabases('req 31, 35, 104: of fifty equal proofs over two servers one wins', async (begin) => {
  const apps = await begin(2)
  const at = await serverOn(apps[0])
  await addUser(at, 'jane')
  const proof = await rightProof(at, 'jane')
  const { won, refused } = await raceOfFifty(apps, (app) => send({ ...at, server: app }, proof))
  assert.equal(won.length, 1)
  for (const { message } of refused) {
    assert.equal(message, 'Invalid session for the user, session can only be used once.')
  }
})

onBothDatabases('req 31: a proof that was used on one server is used on the other', async (begin) => {
  const [one, two] = await begin(2)
  assert.ok(one && two)
  const at = await serverOn(one)
  await addUser(at, 'jane')
  const other = { ...at, server: two }
  const [begunHere, begunThere] = [await rightProof(at, 'jane'), await rightProof(other, 'jane')]
  assert.ok((await send(other, begunHere)).AuthenticationResult)
  assert.ok((await send(at, begunThere)).AuthenticationResult)
  for (const proof of [begunHere, begunThere]) {
    for (const node of [at, other]) await assert.rejects(send(node, proof), /session can only be used once/)
  }
})
