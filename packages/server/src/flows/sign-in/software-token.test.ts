import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { onBothDatabases, raceOfFifty } from '../../../testing/databases.ts'
import type { TestApp } from '../../../testing/app.ts'
import {
  addSignInPool,
  makeSignInServer,
  password,
  signInServer,
  tokensOf,
  type SignInServer,
} from '../../../testing/sign-in.ts'
import { decodeBase32 } from '../../rules/base32.ts'

const mismatch = { name: 'CodeMismatchException', message: 'Invalid code received for user' }
const spent = { name: 'ExpiredCodeException', message: 'Your software token has already been used once.' }
const locked = { name: 'NotAuthorizedException', message: 'Password attempts exceeded' }
const notEnabled = { name: 'EnableSoftwareTokenMFAException', message: 'Code mismatch' }

const optional = (t: TestContext): Promise<SignInServer> => makeSignInServer(t, { mfa: 'OPTIONAL' })

/** Signs in as far as the code. @returns the Session */
const untilCode = async (server: SignInServer, username: string): Promise<string> => {
  const { ChallengeName, Session = '' } = await server.start(username)
  assert.equal(ChallengeName, 'SOFTWARE_TOKEN_MFA')
  return Session
}

const giveCode = (server: SignInServer, session: string, username: string, code: string) =>
  server.answer('SOFTWARE_TOKEN_MFA', session, { USERNAME: username, SOFTWARE_TOKEN_MFA_CODE: code })

test('a right code gives tokens and no challenge', async (t) => {
  const server = await optional(t)
  const app = await server.addUserWithApp('jane')
  const answer = await giveCode(server, await untilCode(server, 'jane'), 'jane', app.code())
  assert.deepEqual(Object.keys(answer), ['ChallengeParameters', 'AuthenticationResult'])
  assert.deepEqual(answer.ChallengeParameters, {})
})

test('the challenge names the user and the device, and takes what older clients send beside', async (t) => {
  const server = await optional(t)
  const sub = await server.addUser('jane')
  const { AccessToken } = await server.signIn('jane')
  const { SecretCode = '' } = await server.call('AssociateSoftwareToken', { AccessToken })
  const app = server.appOf(SecretCode)
  const FriendlyDeviceName = 'Jane’s telephone'
  await server.call('VerifySoftwareToken', { AccessToken, UserCode: app.code(), FriendlyDeviceName })
  await server.call('SetUserMFAPreference', { AccessToken, SoftwareTokenMfaSettings: { Enabled: true } })
  server.advance(30)
  const { ChallengeParameters, Session = '' } = await server.start('jane')
  assert.deepEqual(ChallengeParameters, { USER_ID_FOR_SRP: 'jane', FRIENDLY_DEVICE_NAME: FriendlyDeviceName })
  const code = app.code()
  const responses = { USERNAME: sub, SOFTWARE_TOKEN_MFA_CODE: code, SMS_MFA_CODE: code }
  tokensOf(await server.answer('SOFTWARE_TOKEN_MFA', Session, responses))
})

test('req 17: a code that signed in is refused in another session', async (t) => {
  const server = await optional(t)
  const app = await server.addUserWithApp('jane')
  const [one, two] = [await untilCode(server, 'jane'), await untilCode(server, 'jane')]
  tokensOf(await giveCode(server, one, 'jane', app.code()))
  await assert.rejects(giveCode(server, two, 'jane', app.code()), spent)
  await assert.rejects(giveCode(server, await untilCode(server, 'jane'), 'jane', app.code()), spent)
  server.advance(30)
  tokensOf(await giveCode(server, two, 'jane', app.code()))
})

test('req 17: a code that proved enrolment does not sign in', async (t) => {
  const server = await optional(t)
  await server.addUser('jane')
  const { AccessToken } = await server.signIn('jane')
  const app = await server.enrol(AccessToken)
  await server.call('SetUserMFAPreference', { AccessToken, SoftwareTokenMfaSettings: { Enabled: true } })
  const session = await untilCode(server, 'jane')
  await assert.rejects(giveCode(server, session, 'jane', app.code()), spent)
  await assert.rejects(giveCode(server, session, 'jane', app.code(-1)), spent)
  tokensOf(await giveCode(server, session, 'jane', app.code(1)))
})

test('req 17, 27: after a later step an earlier one is spent too, also when the clock goes back', async (t) => {
  const server = await optional(t)
  const app = await server.addUserWithApp('jane')
  const [now, ahead] = [app.code(), app.code(1)]
  tokensOf(await giveCode(server, await untilCode(server, 'jane'), 'jane', ahead))
  await assert.rejects(giveCode(server, await untilCode(server, 'jane'), 'jane', now), spent)
  server.advance(-60)
  await assert.rejects(giveCode(server, await untilCode(server, 'jane'), 'jane', app.code()), spent)
  server.advance(60)
  await assert.rejects(giveCode(server, await untilCode(server, 'jane'), 'jane', ahead), spent)
  server.advance(60)
  tokensOf(await giveCode(server, await untilCode(server, 'jane'), 'jane', app.code()))
})

test('req 17: a refused use of a spent code counts towards no lock and leaves the session open', async (t) => {
  const server = await optional(t)
  const app = await server.addUserWithApp('jane')
  const code = app.code()
  tokensOf(await giveCode(server, await untilCode(server, 'jane'), 'jane', code))
  const session = await untilCode(server, 'jane')
  for (let again = 0; again < 8; again += 1) await assert.rejects(giveCode(server, session, 'jane', code), spent)
  tokensOf(await giveCode(server, session, 'jane', app.code(1)))
})

test('req 19: five steps back and ahead, only the three in the middle sign in', async (t) => {
  for (let away = -5; away <= 5; away += 1) {
    const server = await optional(t)
    const app = await server.addUserWithApp('jane')
    server.advance(300)
    const answered = giveCode(server, await untilCode(server, 'jane'), 'jane', app.code(away))
    if (Math.abs(away) <= 1) tokensOf(await answered)
    else await assert.rejects(answered, mismatch, String(away))
  }
})

test('req 20: twelve wrong codes over sessions lock the user for the right one too, on every way in', async (t) => {
  const server = await optional(t)
  const app = await server.addUserWithApp('jane')
  const sessions: string[] = []
  for (let made = 0; made < 12; made += 1) sessions.push(await untilCode(server, 'jane'))
  const refusals: string[] = []
  for (const session of sessions) {
    await giveCode(server, session, 'jane', app.code(7)).catch((error: Error) => refusals.push(error.message))
  }
  assert.deepEqual(refusals, [...Array<string>(5).fill(mismatch.message), ...Array<string>(7).fill(locked.message)])
  await assert.rejects(giveCode(server, sessions[0] ?? '', 'jane', app.code()), locked)
  await assert.rejects(server.start('jane'), locked)
  server.advance(1)
  tokensOf(await giveCode(server, sessions[0] ?? '', 'jane', app.code()))
})

test('req 20: a session bears twelve wrong codes, however long one waits between them', async (t) => {
  const server = await makeSignInServer(t, { mfa: 'OPTIONAL', client: { AuthSessionValidity: 15 } })
  const app = await server.addUserWithApp('jane')
  const session = await untilCode(server, 'jane')
  for (let guess = 1; guess <= 12; guess += 1) {
    await assert.rejects(giveCode(server, session, 'jane', app.code(7)), mismatch, String(guess))
    // The lock of each failure past the fifth: 1 s, 2 s, 4 s, ...
    server.advance(guess < 5 ? 0 : 2 ** (guess - 5))
  }
  await assert.rejects(giveCode(server, session, 'jane', app.code()), { message: 'Invalid session for the user.' })
  const fresh = await untilCode(server, 'jane')
  tokensOf(await giveCode(server, fresh, 'jane', app.code()))
})

test('req 20: fifteen wrong codes in one session at once, then the right one is refused', async (t) => {
  const server = await optional(t)
  const app = await server.addUserWithApp('jane')
  const session = await untilCode(server, 'jane')
  for (let guess = 0; guess < 15; guess += 1) {
    await assert.rejects(giveCode(server, session, 'jane', app.code(7)), guess < 5 ? mismatch : locked)
  }
  await assert.rejects(giveCode(server, session, 'jane', app.code()), locked)
})

test('req 20: wrong codes of an enrolment lock too, and passwords and codes are counted together', async (t) => {
  const server = await optional(t)
  await server.addUser('jane')
  const { AccessToken } = await server.signIn('jane')
  const { SecretCode = '' } = await server.call('AssociateSoftwareToken', { AccessToken })
  const app = server.appOf(SecretCode)
  const verify = (UserCode: string) => server.call('VerifySoftwareToken', { AccessToken, UserCode })
  for (let guess = 0; guess < 3; guess += 1) await assert.rejects(verify(app.code(7)), notEnabled)
  for (let guess = 0; guess < 2; guess += 1) {
    await assert.rejects(server.start('jane', 'Wrong-horse-7'), { message: 'Incorrect username or password.' })
  }
  await assert.rejects(verify(app.code()), locked)
  await assert.rejects(server.start('jane'), locked)
  server.advance(1)
  await verify(app.code())
})

test('req 21: a secret is 256 bits of its own, in 52 characters, and never shown again', async (t) => {
  const server = await optional(t)
  await server.addUser('jane')
  const { AccessToken } = await server.signIn('jane')
  const secrets = new Set<string>()
  for (let call = 0; call < 4; call += 1) {
    const { SecretCode = '', Session } = await server.call('AssociateSoftwareToken', { AccessToken })
    assert.match(SecretCode, /^[A-Z2-7]{52}$/)
    assert.equal(decodeBase32(SecretCode).length, 32)
    assert.equal(Session, undefined)
    secrets.add(SecretCode)
  }
  assert.equal(secrets.size, 4)
  const app = server.appOf([...secrets].at(-1) ?? '')
  await server.call('VerifySoftwareToken', { AccessToken, UserCode: app.code() })
  const shown = JSON.stringify([
    await server.call('GetUser', { AccessToken }),
    await server.call('AdminGetUser', { UserPoolId: server.poolId, Username: 'jane' }),
    await server.call('ListUsers', { UserPoolId: server.poolId }),
    server.log,
  ])
  for (const secret of secrets) assert.equal(shown.includes(secret), false)
})

test('req 22: anything but six ASCII digits is refused at sign-in', async (t) => {
  const server = await optional(t)
  const app = await server.addUserWithApp('jane')
  const session = await untilCode(server, 'jane')
  const code = app.code()
  const wide = Array.from(code, (digit) => String.fromCodePoint(0xff10 + Number(digit))).join('')
  for (const bad of [code.slice(1), `${code}0`, ` ${code}`, `${code} `, wide, '-1e500']) {
    await assert.rejects(giveCode(server, session, 'jane', bad), mismatch, JSON.stringify(bad))
    server.advance(5)
  }
  await assert.rejects(giveCode(server, session, 'jane', `${code}\0`), { name: 'InvalidParameterException' })
  await assert.rejects(giveCode(server, session, 'jane', ''), {
    name: 'InvalidParameterException',
    message: 'Missing required parameter SOFTWARE_TOKEN_MFA_CODE',
  })
})

test('req 22: anything but six ASCII digits is refused at enrolment', async (t) => {
  const server = await optional(t)
  await server.addUser('jane')
  const { AccessToken } = await server.signIn('jane')
  const { SecretCode = '' } = await server.call('AssociateSoftwareToken', { AccessToken })
  const code = server.appOf(SecretCode).code()
  const wide = Array.from(code, (digit) => String.fromCodePoint(0xff10 + Number(digit))).join('')
  for (const UserCode of ['', code.slice(1), `${code}0`, ` ${code}`, wide, 'abcdef', '1e5000']) {
    const verified = server.call('VerifySoftwareToken', { AccessToken, UserCode })
    await assert.rejects(verified, { name: 'InvalidParameterException' }, JSON.stringify(UserCode))
  }
  await server.call('VerifySoftwareToken', { AccessToken, UserCode: code })
})

test('req 24: until a new authenticator is verified the old one signs in, and afterwards it does not', async (t) => {
  const server = await optional(t)
  const before = await server.addUserWithApp('jane')
  const { AccessToken } = tokensOf(await giveCode(server, await untilCode(server, 'jane'), 'jane', before.code()))
  const { SecretCode = '' } = await server.call('AssociateSoftwareToken', { AccessToken })
  const after = server.appOf(SecretCode)
  server.advance(30)
  await assert.rejects(giveCode(server, await untilCode(server, 'jane'), 'jane', after.code()), mismatch)
  tokensOf(await giveCode(server, await untilCode(server, 'jane'), 'jane', before.code()))
  const verify = (UserCode: string) => server.call('VerifySoftwareToken', { AccessToken, UserCode })
  await assert.rejects(verify(before.code()), notEnabled)
  await verify(after.code())
  await assert.rejects(verify(after.code()), { name: 'SoftwareTokenMFANotFoundException' })
  server.advance(30)
  await assert.rejects(giveCode(server, await untilCode(server, 'jane'), 'jane', before.code()), mismatch)
  tokensOf(await giveCode(server, await untilCode(server, 'jane'), 'jane', after.code()))
})

test('of several secrets that wait only the newest can be verified', async (t) => {
  const server = await optional(t)
  await server.addUser('jane')
  const { AccessToken } = await server.signIn('jane')
  const associate = async () =>
    server.appOf((await server.call('AssociateSoftwareToken', { AccessToken })).SecretCode ?? '')
  const [older, newer] = [await associate(), await associate()]
  await assert.rejects(server.call('VerifySoftwareToken', { AccessToken, UserCode: older.code() }), notEnabled)
  await server.call('VerifySoftwareToken', { AccessToken, UserCode: newer.code() })
})

test('a code of another user is wrong, and a code before any enrolment finds no token', async (t) => {
  const server = await optional(t)
  await server.addUserWithApp('jane')
  const june = await server.addUserWithApp('june')
  await assert.rejects(giveCode(server, await untilCode(server, 'jane'), 'jane', june.code()), mismatch)
  await server.addUser('joan')
  const { AccessToken } = await server.signIn('joan')
  await assert.rejects(server.call('VerifySoftwareToken', { AccessToken, UserCode: '000000' }), {
    name: 'SoftwareTokenMFANotFoundException',
    message: 'Software Token MFA does not exist for the user.',
  })
})

test('once the pool stops offering authenticator apps none is enrolled, and those there are go on', async (t) => {
  const server = await optional(t)
  const app = await server.addUserWithApp('jane')
  await server.addUser('june')
  const { AccessToken } = await server.signIn('june')
  await server.call('AssociateSoftwareToken', { AccessToken })
  await server.call('SetUserPoolMfaConfig', {
    UserPoolId: server.poolId,
    MfaConfiguration: 'OPTIONAL',
    SoftwareTokenMfaConfiguration: { Enabled: false },
    SmsMfaConfiguration: { SmsConfiguration: { SnsCallerArn: 'arn:aws:iam::000000000000:role/sms' } },
  })
  const off = {
    name: 'SoftwareTokenMFANotFoundException',
    message: 'Software Token MFA has not been enabled by the userPool',
  }
  await assert.rejects(server.call('AssociateSoftwareToken', { AccessToken }), off)
  await assert.rejects(server.call('VerifySoftwareToken', { AccessToken, UserCode: '000000' }), off)
  tokensOf(await giveCode(server, await untilCode(server, 'jane'), 'jane', app.code()))
})

test('AdminDeleteSoftwareToken takes the app and the preference away; the user enrols again', async (t) => {
  const server = await optional(t)
  const app = await server.addUserWithApp('jane')
  const session = await untilCode(server, 'jane')
  const UserPoolId = server.poolId
  assert.deepEqual(await server.call('AdminDeleteSoftwareToken', { UserPoolId, Username: 'jane' }), {})
  await assert.rejects(giveCode(server, session, 'jane', app.code()), { name: 'SoftwareTokenMFANotFoundException' })
  const user = await server.call('AdminGetUser', { UserPoolId, Username: 'jane' })
  assert.equal(user.UserMFASettingList, undefined)
  assert.equal(user.PreferredMfaSetting, undefined)
  const { AccessToken } = await server.signIn('jane')
  await assert.rejects(
    server.call('SetUserMFAPreference', { AccessToken, SoftwareTokenMfaSettings: { Enabled: true } }),
    { name: 'InvalidParameterException' },
  )
  const again = await server.enrol(AccessToken)
  await server.call('SetUserMFAPreference', { AccessToken, SoftwareTokenMfaSettings: { Enabled: true } })
  server.advance(30)
  await assert.rejects(giveCode(server, await untilCode(server, 'jane'), 'jane', app.code()), mismatch)
  tokensOf(await giveCode(server, await untilCode(server, 'jane'), 'jane', again.code()))
  await assert.rejects(server.call('AdminDeleteSoftwareToken', { UserPoolId, Username: 'nobody' }), {
    name: 'UserNotFoundException',
  })
})

test('req 46: a user of the same name has nothing of a deleted one’s app', async (t) => {
  const server = await optional(t)
  const app = await server.addUserWithApp('jane')
  const session = await untilCode(server, 'jane')
  await server.call('AdminDeleteUser', { UserPoolId: server.poolId, Username: 'jane' })
  await server.addUser('jane')
  await assert.rejects(giveCode(server, session, 'jane', app.code()), { message: 'Invalid session for the user.' })
  const { AccessToken } = await server.signIn('jane', password)
  const user = await server.call('GetUser', { AccessToken })
  assert.equal(user.UserMFASettingList, undefined)
})

const nodesOf = (apps: readonly TestApp[], server: SignInServer): SignInServer[] =>
  apps.map((app) => signInServer(app, server.poolId, server.clientId))

onBothDatabases('req 18, 104: of fifty uses of one code in fifty sessions over two servers one wins', async (start) => {
  const apps = await start(2)
  const server = await addSignInPool(apps[0], { mfa: 'OPTIONAL' })
  const app = await server.addUserWithApp('jane')
  for (const other of apps.slice(1)) other.advance(30)
  const nodes = nodesOf(apps, server)
  const sessions: string[] = []
  for (let made = 0; made < 50; made += 1) sessions.push(await untilCode(server, 'jane'))
  const code = app.code()
  const { won, refused } = await raceOfFifty(nodes, (_, index) =>
    giveCode(nodes[index % 2] ?? server, sessions[index] ?? '', 'jane', code),
  )
  assert.equal(won.length, 1)
  for (const { message } of refused) assert.equal(message, spent.message)
})

onBothDatabases(
  'req 18, 35, 104: of fifty uses of one code in one session over two servers one wins',
  async (start) => {
    const apps = await start(2)
    const server = await addSignInPool(apps[0], { mfa: 'OPTIONAL' })
    const app = await server.addUserWithApp('jane')
    for (const other of apps.slice(1)) other.advance(30)
    const nodes = nodesOf(apps, server)
    const session = await untilCode(server, 'jane')
    const { won, refused } = await raceOfFifty(nodes, (_, index) =>
      giveCode(nodes[index % 2] ?? server, session, 'jane', app.code()),
    )
    assert.equal(won.length, 1)
    for (const { name } of refused) assert.match(name, /^(NotAuthorized|ExpiredCode)Exception$/)
  },
)

onBothDatabases('req 17, 104: of fifty uses of one enrolment code one wins, by access token', async (start) => {
  const apps = await start(2)
  const server = await addSignInPool(apps[0], { mfa: 'OPTIONAL' })
  await server.addUser('jane')
  const { AccessToken } = await server.signIn('jane')
  const { SecretCode = '' } = await server.call('AssociateSoftwareToken', { AccessToken })
  const UserCode = server.appOf(SecretCode).code()
  const { won, refused } = await raceOfFifty(apps, (app) => app.call('VerifySoftwareToken', { AccessToken, UserCode }))
  assert.equal(won.length, 1)
  for (const { name } of refused) assert.match(name, /^(EnableSoftwareTokenMFA|SoftwareTokenMFANotFound)Exception$/)
})

onBothDatabases('req 17, 35, 104: of fifty uses of one enrolment code one wins, by Session', async (start) => {
  const apps = await start(2)
  const server = await addSignInPool(apps[0], { mfa: 'ON' })
  await server.addUser('jane')
  const asked = await server.start('jane')
  const { SecretCode = '', Session = '' } = await server.call('AssociateSoftwareToken', {
    Session: asked.Session ?? '',
  })
  const UserCode = server.appOf(SecretCode).code()
  const { won, refused } = await raceOfFifty(apps, (app) => app.call('VerifySoftwareToken', { Session, UserCode }))
  assert.equal(won.length, 1)
  for (const { name } of refused) assert.equal(name, 'NotAuthorizedException')
  const finished = await server.answer('MFA_SETUP', won[0]?.result.Session ?? '', { USERNAME: 'jane' })
  tokensOf(finished)
})

onBothDatabases('req 18: a code that was used on one node is used on the other', async (start) => {
  const apps = await start(2)
  const server = await addSignInPool(apps[0], { mfa: 'OPTIONAL' })
  const app = await server.addUserWithApp('jane')
  for (const other of apps.slice(1)) other.advance(30)
  const [one = server, two = server] = nodesOf(apps, server)
  const code = app.code()
  tokensOf(await giveCode(one, await untilCode(two, 'jane'), 'jane', code))
  await assert.rejects(giveCode(two, await untilCode(one, 'jane'), 'jane', code), spent)
})
