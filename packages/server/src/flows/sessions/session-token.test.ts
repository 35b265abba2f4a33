import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addUserWithApp, beginByPassword, respond, tokensOf } from '../../../testing/sign-in.ts'
import {
  addPool,
  addUser,
  goodPassword,
  onServer,
  poolOn,
  type PoolUnderTest,
  startPool,
} from '../../../testing/pool.ts'
import { appOf } from '../../../testing/authenticator-app.ts'
import { onBothDatabases, raceOfFifty } from '../../../testing/databases.ts'
import { makeTestApp } from '../../../testing/app.ts'
import { newSealKey, readSealKeys } from '../../keys/seal.ts'
import { makeKeys } from '../../keys/index.ts'
import { lightArgon2 } from '../../config.ts'

const invalid = { name: 'NotAuthorizedException', message: 'Invalid session for the user.' }
const used = { name: 'NotAuthorizedException', message: 'Invalid session for the user, session can only be used once.' }
const expired = { name: 'NotAuthorizedException', message: 'Invalid session for the user, session is expired.' }

const temporary = 'Temporary-horse-1'

const invite = (at: PoolUnderTest, Username: string) =>
  at.server.call('AdminCreateUser', {
    UserPoolId: at.UserPoolId,
    Username,
    TemporaryPassword: temporary,
    MessageAction: 'SUPPRESS',
  })

/** A user with a temporary password. @returns the Session of NEW_PASSWORD_REQUIRED */
const begin = async (at: PoolUnderTest, username: string): Promise<string> => {
  await invite(at, username)
  return (await beginByPassword(at, username, temporary)).Session ?? ''
}

const answer = (at: PoolUnderTest, session: string, username: string, given = goodPassword) =>
  respond(at, 'NEW_PASSWORD_REQUIRED', session, { USERNAME: username, NEW_PASSWORD: given })

/** Another character in the place of one. */
const changedAt = (text: string, index: number): string =>
  text.slice(0, index) + (text[index] === 'A' ? 'B' : 'A') + text.slice(index + 1)

test('a Session has the length and the characters that clients know', async (t) => {
  const at = await startPool(t)
  const session = await begin(at, 'jane')
  assert.ok(session.length >= 20 && session.length <= 2048, String(session.length))
  assert.match(session, /^[\w.=-]+$/)
  assert.equal(session.includes('jane'), false)
})

test('req 33: forged, changed, short, overlong and missing Sessions are refused, then the real one is taken', async (t) => {
  const at = await startPool(t)
  const session = await begin(at, 'jane')
  const changed = [0, 5, Math.floor(session.length / 2), session.length - 2].map((index) => changedAt(session, index))
  const forged = ['x'.repeat(20), 'A'.repeat(2048), session.slice(0, -4), `${session}AAAA`, session.toUpperCase()]
  for (const bad of [...changed, ...forged]) await assert.rejects(answer(at, bad, 'jane'), invalid, bad.slice(0, 30))
  for (const bad of ['', 'x'.repeat(19), 'x'.repeat(2049)]) {
    await assert.rejects(answer(at, bad, 'jane'), { name: 'InvalidParameterException' }, String(bad.length))
  }
  const without = at.server.call('RespondToAuthChallenge', {
    ClientId: at.ClientId,
    ChallengeName: 'NEW_PASSWORD_REQUIRED',
    ChallengeResponses: { USERNAME: 'jane', NEW_PASSWORD: goodPassword },
  })
  await assert.rejects(without, {
    name: 'InvalidParameterException',
    message: 'Missing required parameter Session',
  })
  tokensOf(await answer(at, session, 'jane'))
})

test('req 33: a Session that another key sealed is refused, whatever it says', async (t) => {
  const at = await startPool(t)
  const session = await begin(at, 'jane')
  const plain = at.server.context.keys.seal.open(session, 'session').toString('utf8')
  const options = { sealKeys: readSealKeys(newSealKey()), argon2: lightArgon2, hashQueueLimit: 10, signingStock: 0 }
  await assert.rejects(answer(at, makeKeys(options).seal.seal(plain, 'session'), 'jane'), invalid)
  // Sealed by the right key for another purpose: a refresh token, say.
  await assert.rejects(answer(at, at.server.context.keys.seal.seal(plain, 'refresh-token'), 'jane'), invalid)
  tokensOf(await answer(at, session, 'jane'))
})

test('req 34: a Session is bound to its user', async (t) => {
  const at = await startPool(t)
  const session = await begin(at, 'jane')
  await begin(at, 'june')
  for (const other of ['june', 'nobody']) await assert.rejects(answer(at, session, other), invalid, other)
  await assert.rejects(answer(at, session, ''), {
    name: 'InvalidParameterException',
    message: 'Missing required parameter USERNAME',
  })
  tokensOf(await answer(at, session, 'jane'))
})

test('req 34: a Session is bound to its client and its pool, on both operations', async (t) => {
  const app = await makeTestApp(t)
  const at = await addPool(app)
  const elsewhere = await addPool(app)
  await addUser(elsewhere, 'jane')
  const session = await begin(at, 'jane')
  const { UserPoolClient } = await app.call('CreateUserPoolClient', {
    UserPoolId: at.UserPoolId,
    ClientName: 'other',
    ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH', 'ALLOW_ADMIN_USER_PASSWORD_AUTH'],
  })
  const sibling = poolOn(app, at.UserPoolId, UserPoolClient?.ClientId ?? '')
  for (const other of [sibling, elsewhere]) {
    await assert.rejects(answer(other, session, 'jane'), invalid)
    const { UserPoolId, ClientId } = other
    const admin = app.call('AdminRespondToAuthChallenge', {
      UserPoolId,
      ClientId,
      ChallengeName: 'NEW_PASSWORD_REQUIRED',
      Session: session,
      ChallengeResponses: { USERNAME: 'jane', NEW_PASSWORD: goodPassword },
    })
    await assert.rejects(admin, invalid)
  }
  // A client of another pool than the one that is named.
  const mixed = app.call('AdminRespondToAuthChallenge', {
    UserPoolId: elsewhere.UserPoolId,
    ClientId: at.ClientId,
    ChallengeName: 'NEW_PASSWORD_REQUIRED',
    Session: session,
    ChallengeResponses: { USERNAME: 'jane', NEW_PASSWORD: goodPassword },
  })
  await assert.rejects(mixed, { name: 'ResourceNotFoundException' })
  tokensOf(await answer(at, session, 'jane'))
})

test('req 34: a Session is bound to its challenge: no other name takes it', async (t) => {
  const at = await startPool(t)
  const session = await begin(at, 'jane')
  const names = ['SOFTWARE_TOKEN_MFA', 'SMS_MFA', 'EMAIL_OTP', 'SELECT_MFA_TYPE', 'MFA_SETUP', 'CUSTOM_CHALLENGE']
  const more = ['PASSWORD_VERIFIER', 'DEVICE_SRP_AUTH', 'DEVICE_PASSWORD_VERIFIER', 'SELECT_CHALLENGE', 'WEB_AUTHN']
  const answers = {
    USERNAME: 'jane',
    NEW_PASSWORD: goodPassword,
    SOFTWARE_TOKEN_MFA_CODE: '000000',
    SMS_MFA_CODE: '000000',
    EMAIL_OTP_CODE: '000000',
    SMS_OTP_CODE: '000000',
    ANSWER: 'SOFTWARE_TOKEN_MFA',
    PASSWORD: temporary,
    SRP_A: '2',
    CREDENTIAL: '{}',
    DEVICE_KEY: `${at.server.context.settings.region}_34c84488-e0e1-40ae-a2ee-991ad1a898c8`,
    PASSWORD_CLAIM_SIGNATURE: 'AAAA',
    PASSWORD_CLAIM_SECRET_BLOCK: Buffer.from(session).toString('base64'),
    TIMESTAMP: 'Fri Jan 2 03:04:05 UTC 2026',
  }
  for (const name of [...names, ...more, 'PASSWORD', 'PASSWORD_SRP', 'EMAIL_OTP', 'SMS_OTP', 'ADMIN_NO_SRP_AUTH']) {
    await assert.rejects(
      respond(at, name, session, answers),
      { name: /^(NotAuthorized|UnsupportedOperation|InvalidParameter|ResourceNotFound)Exception$/ },
      name,
    )
  }
  tokensOf(await answer(at, session, 'jane'))
})

test('req 35: a Session is good once', async (t) => {
  const at = await startPool(t)
  const session = await begin(at, 'jane')
  tokensOf(await answer(at, session, 'jane'))
  await assert.rejects(answer(at, session, 'jane', 'Another-horse-8'), used)
  await assert.rejects(answer(at, session, 'june'), { name: 'NotAuthorizedException' })
})

for (const [minutes, client] of [
  [3, {}],
  [3, { AuthSessionValidity: 3 }],
  [15, { AuthSessionValidity: 15 }],
] as const) {
  test(`req 36: a Session lives ${minutes} minutes, ${Object.keys(client).join() || 'by default'}`, async (t) => {
    const at = await startPool(t, { client })
    const [one, two] = [await begin(at, 'jane'), await begin(at, 'june')]
    at.server.advance(minutes * 60 - 1)
    tokensOf(await answer(at, one, 'jane'))
    at.server.advance(1)
    await assert.rejects(answer(at, two, 'june'), expired)
    at.server.advance(-1)
    tokensOf(await answer(at, two, 'june'))
  })
}

test('req 36: the client says 3 to 15 minutes, and no others', async (t) => {
  const at = await startPool(t)
  for (const AuthSessionValidity of [0, 2, 16]) {
    const made = at.server.call('CreateUserPoolClient', {
      UserPoolId: at.UserPoolId,
      ClientName: 'x',
      AuthSessionValidity,
    })
    await assert.rejects(made, { name: 'InvalidParameterException' }, String(AuthSessionValidity))
  }
})

const meanwhile: readonly [
  what: string,
  change: (at: PoolUnderTest) => Promise<unknown>,
  refusal: { readonly name?: string; readonly message?: string },
][] = [
  [
    'disabled',
    (at) => at.server.call('AdminDisableUser', { UserPoolId: at.UserPoolId, Username: 'jane' }),
    { message: 'User is disabled.' },
  ],
  ['deleted', (at) => at.server.call('AdminDeleteUser', { UserPoolId: at.UserPoolId, Username: 'jane' }), invalid],
  [
    'deleted and made again',
    async (at) => {
      await at.server.call('AdminDeleteUser', { UserPoolId: at.UserPoolId, Username: 'jane' })
      await invite(at, 'jane')
    },
    invalid,
  ],
  [
    'given another password',
    (at) =>
      at.server.call('AdminSetUserPassword', {
        UserPoolId: at.UserPoolId,
        Username: 'jane',
        Password: 'Another-horse-8',
        Permanent: true,
      }),
    invalid,
  ],
  [
    'locked',
    async (at) => {
      for (let guess = 0; guess < 5; guess += 1)
        await beginByPassword(at, 'jane', 'Wrong-horse-7').catch(() => undefined)
    },
    { message: 'Password attempts exceeded' },
  ],
]

for (const [what, change, refusal] of meanwhile) {
  test(`req 37: a user ${what} between the steps gets no tokens`, async (t) => {
    const at = await startPool(t)
    const session = await begin(at, 'jane')
    await change(at)
    await assert.rejects(answer(at, session, 'jane'), refusal)
  })
}

test('req 37: a user whose password is reset between the steps gets no tokens', async (t) => {
  const at = await startPool(t, { mfa: 'OPTIONAL' })
  const app = await addUserWithApp(at, 'jane')
  const { Session = '' } = await beginByPassword(at, 'jane')
  const UserPoolId = at.UserPoolId
  const UserAttributes = [
    { Name: 'email', Value: 'jane@example.com' },
    { Name: 'email_verified', Value: 'true' },
  ]
  await at.server.call('AdminUpdateUserAttributes', { UserPoolId, Username: 'jane', UserAttributes })
  await at.server.call('AdminResetUserPassword', { UserPoolId, Username: 'jane' })
  const responses = { USERNAME: 'jane', SOFTWARE_TOKEN_MFA_CODE: app.code() }
  await assert.rejects(respond(at, 'SOFTWARE_TOKEN_MFA', Session, responses), invalid)
})

test('req 37, 86: a client or a pool that is deleted between the steps gives no tokens', async (t) => {
  const at = await startPool(t)
  const session = await begin(at, 'jane')
  const { UserPoolId, ClientId } = at
  await at.server.call('DeleteUserPoolClient', { UserPoolId, ClientId })
  await assert.rejects(answer(at, session, 'jane'), {
    name: 'ResourceNotFoundException',
    message: `User pool client ${ClientId} does not exist.`,
  })
  await at.server.call('DeleteUserPool', { UserPoolId })
  await assert.rejects(answer(at, session, 'jane'), { name: 'ResourceNotFoundException' })
})

test('req 37: enabled again, the same Session goes on', async (t) => {
  const at = await startPool(t)
  const session = await begin(at, 'jane')
  const user = { UserPoolId: at.UserPoolId, Username: 'jane' }
  await at.server.call('AdminDisableUser', user)
  await at.server.call('AdminEnableUser', user)
  tokensOf(await answer(at, session, 'jane'))
})

onBothDatabases(
  'req 35, 104: of fifty answers to one Session one wins, and its password is the stored one',
  async (start) => {
    const apps = await start(2)
    const at = await addPool(apps[0])
    const session = await begin(at, 'jane')
    const on = (app: (typeof apps)[number]): PoolUnderTest => onServer(app, at)
    const passwordOf = (index: number): string => `Correct-horse-${index}`
    const { won, refused } = await raceOfFifty(apps, (app, index) =>
      answer(on(app), session, 'jane', passwordOf(index)),
    )
    assert.equal(won.length, 1)
    assert.equal(refused.length, 49)
    for (const { name } of refused) assert.equal(name, 'NotAuthorizedException')
    for (let index = 0; index < 50; index += 10) {
      const other = won[0]?.index === index ? index + 1 : index
      await assert.rejects(beginByPassword(at, 'jane', passwordOf(other)), { message: /Incorrect|exceeded/ })
      apps[0].advance(1000)
    }
    tokensOf(await beginByPassword(at, 'jane', passwordOf(won[0]?.index ?? -1)))
  },
)

onBothDatabases('req 35, 104: of fifty calls that begin an enrolment with one Session one wins', async (start) => {
  const apps = await start(2)
  const at = await addPool(apps[0], { mfa: 'ON' })
  await addUser(at, 'jane')
  const { Session = '' } = await beginByPassword(at, 'jane')
  const { won, refused } = await raceOfFifty(apps, (app) => app.call('AssociateSoftwareToken', { Session }))
  assert.equal(won.length, 1)
  for (const refusal of refused) assert.equal(refusal.message, used.message)
  // The winner's secret is the one that waits.
  const { SecretCode = '', Session: next = '' } = won[0]?.result ?? {}
  const UserCode = appOf(at, SecretCode).code()
  await at.server.call('VerifySoftwareToken', { Session: next, UserCode })
})
