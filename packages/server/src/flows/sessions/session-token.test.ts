import assert from 'node:assert/strict'
import { test } from 'node:test'
import { onBothDatabases, raceOfFifty } from '../../../testing/databases.ts'
import { makeTestApp } from '../../../testing/app.ts'
import {
  addSignInPool,
  makeSignInServer,
  password,
  signInServer,
  tokensOf,
  type SignInServer,
} from '../../../testing/sign-in.ts'
import { newSealKey, readSealKeys } from '../../keys/seal.ts'
import { makeKeys } from '../../keys/index.ts'
import { lightArgon2 } from '../../config.ts'

const invalid = { name: 'NotAuthorizedException', message: 'Invalid session for the user.' }
const used = { name: 'NotAuthorizedException', message: 'Invalid session for the user, session can only be used once.' }
const expired = { name: 'NotAuthorizedException', message: 'Invalid session for the user, session is expired.' }

const temporary = 'Temporary-horse-1'

const invite = (server: SignInServer, Username: string) =>
  server.call('AdminCreateUser', {
    UserPoolId: server.poolId,
    Username,
    TemporaryPassword: temporary,
    MessageAction: 'SUPPRESS',
  })

/** A user with a temporary password. @returns the Session of NEW_PASSWORD_REQUIRED */
const begin = async (server: SignInServer, username: string): Promise<string> => {
  await invite(server, username)
  return (await server.start(username, temporary)).Session ?? ''
}

const answer = (server: SignInServer, session: string, username: string, given = password) =>
  server.answer('NEW_PASSWORD_REQUIRED', session, { USERNAME: username, NEW_PASSWORD: given })

/** Another character in the place of one. */
const changedAt = (text: string, index: number): string =>
  text.slice(0, index) + (text[index] === 'A' ? 'B' : 'A') + text.slice(index + 1)

test('a Session has the length and the characters that clients know', async (t) => {
  const server = await makeSignInServer(t)
  const session = await begin(server, 'jane')
  assert.ok(session.length >= 20 && session.length <= 2048, String(session.length))
  assert.match(session, /^[\w.=-]+$/)
  assert.equal(session.includes('jane'), false)
})

test('req 33: forged, changed, short, overlong and missing Sessions are refused, then the real one is taken', async (t) => {
  const server = await makeSignInServer(t)
  const session = await begin(server, 'jane')
  const changed = [0, 5, Math.floor(session.length / 2), session.length - 2].map((index) => changedAt(session, index))
  const forged = ['x'.repeat(20), 'A'.repeat(2048), session.slice(0, -4), `${session}AAAA`, session.toUpperCase()]
  for (const bad of [...changed, ...forged])
    await assert.rejects(answer(server, bad, 'jane'), invalid, bad.slice(0, 30))
  for (const bad of ['', 'x'.repeat(19), 'x'.repeat(2049)]) {
    await assert.rejects(answer(server, bad, 'jane'), { name: 'InvalidParameterException' }, String(bad.length))
  }
  const without = server.call('RespondToAuthChallenge', {
    ClientId: server.clientId,
    ChallengeName: 'NEW_PASSWORD_REQUIRED',
    ChallengeResponses: { USERNAME: 'jane', NEW_PASSWORD: password },
  })
  await assert.rejects(without, {
    name: 'InvalidParameterException',
    message: 'Missing required parameter Session',
  })
  tokensOf(await answer(server, session, 'jane'))
})

test('req 33: a Session that another key sealed is refused, whatever it says', async (t) => {
  const server = await makeSignInServer(t)
  const session = await begin(server, 'jane')
  const plain = server.context.keys.seal.open(session, 'session').toString('utf8')
  const options = { sealKeys: readSealKeys(newSealKey()), argon2: lightArgon2, hashQueueLimit: 10, signingStock: 0 }
  await assert.rejects(answer(server, makeKeys(options).seal.seal(plain, 'session'), 'jane'), invalid)
  // Sealed by the right key for another purpose: a refresh token, say.
  await assert.rejects(answer(server, server.context.keys.seal.seal(plain, 'refresh-token'), 'jane'), invalid)
  tokensOf(await answer(server, session, 'jane'))
})

test('req 34: a Session is bound to its user', async (t) => {
  const server = await makeSignInServer(t)
  const session = await begin(server, 'jane')
  await begin(server, 'june')
  for (const other of ['june', 'nobody']) await assert.rejects(answer(server, session, other), invalid, other)
  await assert.rejects(answer(server, session, ''), {
    name: 'InvalidParameterException',
    message: 'Missing required parameter USERNAME',
  })
  tokensOf(await answer(server, session, 'jane'))
})

test('req 34: a Session is bound to its client and its pool, on both operations', async (t) => {
  const app = await makeTestApp(t)
  const server = await addSignInPool(app)
  const elsewhere = await addSignInPool(app)
  await elsewhere.addUser('jane')
  const session = await begin(server, 'jane')
  const { UserPoolClient } = await app.call('CreateUserPoolClient', {
    UserPoolId: server.poolId,
    ClientName: 'other',
    ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH', 'ALLOW_ADMIN_USER_PASSWORD_AUTH'],
  })
  const sibling = signInServer(app, server.poolId, UserPoolClient?.ClientId ?? '')
  for (const other of [sibling, elsewhere]) {
    await assert.rejects(answer(other, session, 'jane'), invalid)
    const { poolId: UserPoolId, clientId: ClientId } = other
    const admin = app.call('AdminRespondToAuthChallenge', {
      UserPoolId,
      ClientId,
      ChallengeName: 'NEW_PASSWORD_REQUIRED',
      Session: session,
      ChallengeResponses: { USERNAME: 'jane', NEW_PASSWORD: password },
    })
    await assert.rejects(admin, invalid)
  }
  // A client of another pool than the one that is named.
  const mixed = app.call('AdminRespondToAuthChallenge', {
    UserPoolId: elsewhere.poolId,
    ClientId: server.clientId,
    ChallengeName: 'NEW_PASSWORD_REQUIRED',
    Session: session,
    ChallengeResponses: { USERNAME: 'jane', NEW_PASSWORD: password },
  })
  await assert.rejects(mixed, { name: 'ResourceNotFoundException' })
  tokensOf(await answer(server, session, 'jane'))
})

test('req 34: a Session is bound to its challenge: no other name takes it', async (t) => {
  const server = await makeSignInServer(t)
  const session = await begin(server, 'jane')
  const names = ['SOFTWARE_TOKEN_MFA', 'SMS_MFA', 'EMAIL_OTP', 'SELECT_MFA_TYPE', 'MFA_SETUP', 'CUSTOM_CHALLENGE']
  const more = ['PASSWORD_VERIFIER', 'DEVICE_SRP_AUTH', 'DEVICE_PASSWORD_VERIFIER', 'SELECT_CHALLENGE', 'WEB_AUTHN']
  const answers = {
    USERNAME: 'jane',
    NEW_PASSWORD: password,
    SOFTWARE_TOKEN_MFA_CODE: '000000',
    SMS_MFA_CODE: '000000',
    EMAIL_OTP_CODE: '000000',
    SMS_OTP_CODE: '000000',
    ANSWER: 'SOFTWARE_TOKEN_MFA',
    PASSWORD: temporary,
    SRP_A: '2',
    CREDENTIAL: '{}',
    DEVICE_KEY: `${server.context.settings.region}_34c84488-e0e1-40ae-a2ee-991ad1a898c8`,
    PASSWORD_CLAIM_SIGNATURE: 'AAAA',
    PASSWORD_CLAIM_SECRET_BLOCK: Buffer.from(session).toString('base64'),
    TIMESTAMP: 'Fri Jan 2 03:04:05 UTC 2026',
  }
  for (const name of [...names, ...more, 'PASSWORD', 'PASSWORD_SRP', 'EMAIL_OTP', 'SMS_OTP', 'ADMIN_NO_SRP_AUTH']) {
    await assert.rejects(
      server.answer(name, session, answers),
      { name: /^(NotAuthorized|UnsupportedOperation|InvalidParameter|ResourceNotFound)Exception$/ },
      name,
    )
  }
  tokensOf(await answer(server, session, 'jane'))
})

test('req 35: a Session is good once', async (t) => {
  const server = await makeSignInServer(t)
  const session = await begin(server, 'jane')
  tokensOf(await answer(server, session, 'jane'))
  await assert.rejects(answer(server, session, 'jane', 'Another-horse-8'), used)
  await assert.rejects(answer(server, session, 'june'), { name: 'NotAuthorizedException' })
})

for (const [minutes, client] of [
  [3, {}],
  [3, { AuthSessionValidity: 3 }],
  [15, { AuthSessionValidity: 15 }],
] as const) {
  test(`req 36: a Session lives ${minutes} minutes, ${Object.keys(client).join() || 'by default'}`, async (t) => {
    const server = await makeSignInServer(t, { client })
    const [one, two] = [await begin(server, 'jane'), await begin(server, 'june')]
    server.advance(minutes * 60 - 1)
    tokensOf(await answer(server, one, 'jane'))
    server.advance(1)
    await assert.rejects(answer(server, two, 'june'), expired)
    server.advance(-1)
    tokensOf(await answer(server, two, 'june'))
  })
}

test('req 36: the client says 3 to 15 minutes, and no others', async (t) => {
  const server = await makeSignInServer(t)
  for (const AuthSessionValidity of [0, 2, 16]) {
    const made = server.call('CreateUserPoolClient', {
      UserPoolId: server.poolId,
      ClientName: 'x',
      AuthSessionValidity,
    })
    await assert.rejects(made, { name: 'InvalidParameterException' }, String(AuthSessionValidity))
  }
})

const meanwhile: readonly [
  what: string,
  change: (server: SignInServer) => Promise<unknown>,
  refusal: { readonly name?: string; readonly message?: string },
][] = [
  [
    'disabled',
    (server) => server.call('AdminDisableUser', { UserPoolId: server.poolId, Username: 'jane' }),
    { message: 'User is disabled.' },
  ],
  ['deleted', (server) => server.call('AdminDeleteUser', { UserPoolId: server.poolId, Username: 'jane' }), invalid],
  [
    'deleted and made again',
    async (server) => {
      await server.call('AdminDeleteUser', { UserPoolId: server.poolId, Username: 'jane' })
      await invite(server, 'jane')
    },
    invalid,
  ],
  [
    'given another password',
    (server) =>
      server.call('AdminSetUserPassword', {
        UserPoolId: server.poolId,
        Username: 'jane',
        Password: 'Another-horse-8',
        Permanent: true,
      }),
    invalid,
  ],
  [
    'locked',
    async (server) => {
      for (let guess = 0; guess < 5; guess += 1) await server.start('jane', 'Wrong-horse-7').catch(() => undefined)
    },
    { message: 'Password attempts exceeded' },
  ],
]

for (const [what, change, refusal] of meanwhile) {
  test(`req 37: a user ${what} between the steps gets no tokens`, async (t) => {
    const server = await makeSignInServer(t)
    const session = await begin(server, 'jane')
    await change(server)
    await assert.rejects(answer(server, session, 'jane'), refusal)
  })
}

test('req 37: a user whose password is reset between the steps gets no tokens', async (t) => {
  const server = await makeSignInServer(t, { mfa: 'OPTIONAL' })
  const app = await server.addUserWithApp('jane')
  const { Session = '' } = await server.start('jane')
  const UserPoolId = server.poolId
  const UserAttributes = [
    { Name: 'email', Value: 'jane@example.com' },
    { Name: 'email_verified', Value: 'true' },
  ]
  await server.call('AdminUpdateUserAttributes', { UserPoolId, Username: 'jane', UserAttributes })
  await server.call('AdminResetUserPassword', { UserPoolId, Username: 'jane' })
  const responses = { USERNAME: 'jane', SOFTWARE_TOKEN_MFA_CODE: app.code() }
  await assert.rejects(server.answer('SOFTWARE_TOKEN_MFA', Session, responses), invalid)
})

test('req 37, 86: a client or a pool that is deleted between the steps gives no tokens', async (t) => {
  const server = await makeSignInServer(t)
  const session = await begin(server, 'jane')
  const { poolId: UserPoolId, clientId: ClientId } = server
  await server.call('DeleteUserPoolClient', { UserPoolId, ClientId })
  await assert.rejects(answer(server, session, 'jane'), {
    name: 'ResourceNotFoundException',
    message: `User pool client ${ClientId} does not exist.`,
  })
  await server.call('DeleteUserPool', { UserPoolId })
  await assert.rejects(answer(server, session, 'jane'), { name: 'ResourceNotFoundException' })
})

test('req 37: enabled again, the same Session goes on', async (t) => {
  const server = await makeSignInServer(t)
  const session = await begin(server, 'jane')
  const user = { UserPoolId: server.poolId, Username: 'jane' }
  await server.call('AdminDisableUser', user)
  await server.call('AdminEnableUser', user)
  tokensOf(await answer(server, session, 'jane'))
})

onBothDatabases(
  'req 35, 104: of fifty answers to one Session one wins, and its password is the stored one',
  async (start) => {
    const apps = await start(2)
    const server = await addSignInPool(apps[0])
    const session = await begin(server, 'jane')
    const on = (app: (typeof apps)[number]): SignInServer => signInServer(app, server.poolId, server.clientId)
    const passwordOf = (index: number): string => `Correct-horse-${index}`
    const { won, refused } = await raceOfFifty(apps, (app, index) =>
      answer(on(app), session, 'jane', passwordOf(index)),
    )
    assert.equal(won.length, 1)
    assert.equal(refused.length, 49)
    for (const { name } of refused) assert.equal(name, 'NotAuthorizedException')
    for (let index = 0; index < 50; index += 10) {
      const other = won[0]?.index === index ? index + 1 : index
      await assert.rejects(server.start('jane', passwordOf(other)), { message: /Incorrect|exceeded/ })
      apps[0].advance(1000)
    }
    tokensOf(await server.start('jane', passwordOf(won[0]?.index ?? -1)))
  },
)

onBothDatabases('req 35, 104: of fifty calls that begin an enrolment with one Session one wins', async (start) => {
  const apps = await start(2)
  const server = await addSignInPool(apps[0], { mfa: 'ON' })
  await server.addUser('jane')
  const { Session = '' } = await server.start('jane')
  const { won, refused } = await raceOfFifty(apps, (app) => app.call('AssociateSoftwareToken', { Session }))
  assert.equal(won.length, 1)
  for (const refusal of refused) assert.equal(refusal.message, used.message)
  // The winner's secret is the one that waits.
  const { SecretCode = '', Session: next = '' } = won[0]?.result ?? {}
  const UserCode = server.appOf(SecretCode).code()
  await server.call('VerifySoftwareToken', { Session: next, UserCode })
})
