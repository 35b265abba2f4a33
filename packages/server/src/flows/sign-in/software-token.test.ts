import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { addUserWithApp, beginByPassword, respond, signIn, tokensOf } from '../../../testing/sign-in.ts'
import { addPool, addUser, goodPassword, onServer, type PoolUnderTest, startPool } from '../../../testing/pool.ts'
import { appOf, enrol } from '../../../testing/authenticator-app.ts'
import { onBothDatabases, raceOfFifty } from '../../../testing/databases.ts'
import type { TestApp } from '../../../testing/app.ts'
import { decodeBase32 } from '../../rules/base32.ts'

const mismatch = { name: 'CodeMismatchException', message: 'Invalid code received for user' }
const spent = { name: 'ExpiredCodeException', message: 'Your software token has already been used once.' }
const locked = { name: 'NotAuthorizedException', message: 'Password attempts exceeded' }
const notEnabled = { name: 'EnableSoftwareTokenMFAException', message: 'Code mismatch' }

const optional = (t: TestContext): Promise<PoolUnderTest> => startPool(t, { mfa: 'OPTIONAL' })

/** Signs in as far as the code. @returns the Session */
const untilCode = async (at: PoolUnderTest, username: string): Promise<string> => {
  const { ChallengeName, Session = '' } = await beginByPassword(at, username)
  assert.equal(ChallengeName, 'SOFTWARE_TOKEN_MFA')
  return Session
}

const giveCode = (at: PoolUnderTest, session: string, username: string, code: string) =>
  respond(at, 'SOFTWARE_TOKEN_MFA', session, { USERNAME: username, SOFTWARE_TOKEN_MFA_CODE: code })

test('a right code gives tokens and no challenge', async (t) => {
  const at = await optional(t)
  const app = await addUserWithApp(at, 'jane')
  const answer = await giveCode(at, await untilCode(at, 'jane'), 'jane', app.code())
  assert.deepEqual(Object.keys(answer), ['ChallengeParameters', 'AuthenticationResult'])
  assert.deepEqual(answer.ChallengeParameters, {})
})

test('the challenge names the user and the device, and takes what older clients send beside', async (t) => {
  const at = await optional(t)
  const sub = await addUser(at, 'jane')
  const { AccessToken } = await signIn(at, 'jane')
  const { SecretCode = '' } = await at.server.call('AssociateSoftwareToken', { AccessToken })
  const app = appOf(at, SecretCode)
  const FriendlyDeviceName = 'Jane’s telephone'
  await at.server.call('VerifySoftwareToken', { AccessToken, UserCode: app.code(), FriendlyDeviceName })
  await at.server.call('SetUserMFAPreference', { AccessToken, SoftwareTokenMfaSettings: { Enabled: true } })
  at.server.advance(30)
  const { ChallengeParameters, Session = '' } = await beginByPassword(at, 'jane')
  assert.deepEqual(ChallengeParameters, { USER_ID_FOR_SRP: 'jane', FRIENDLY_DEVICE_NAME: FriendlyDeviceName })
  const code = app.code()
  const responses = { USERNAME: sub, SOFTWARE_TOKEN_MFA_CODE: code, SMS_MFA_CODE: code }
  tokensOf(await respond(at, 'SOFTWARE_TOKEN_MFA', Session, responses))
})

test('req 17: a code that signed in is refused in another session', async (t) => {
  const at = await optional(t)
  const app = await addUserWithApp(at, 'jane')
  const [one, two] = [await untilCode(at, 'jane'), await untilCode(at, 'jane')]
  tokensOf(await giveCode(at, one, 'jane', app.code()))
  await assert.rejects(giveCode(at, two, 'jane', app.code()), spent)
  await assert.rejects(giveCode(at, await untilCode(at, 'jane'), 'jane', app.code()), spent)
  at.server.advance(30)
  tokensOf(await giveCode(at, two, 'jane', app.code()))
})

test('req 17: a code that proved enrolment does not sign in', async (t) => {
  const at = await optional(t)
  await addUser(at, 'jane')
  const { AccessToken } = await signIn(at, 'jane')
  const app = await enrol(at, AccessToken)
  await at.server.call('SetUserMFAPreference', { AccessToken, SoftwareTokenMfaSettings: { Enabled: true } })
  const session = await untilCode(at, 'jane')
  await assert.rejects(giveCode(at, session, 'jane', app.code()), spent)
  await assert.rejects(giveCode(at, session, 'jane', app.code(-1)), spent)
  tokensOf(await giveCode(at, session, 'jane', app.code(1)))
})

test('req 17, 27: after a later step an earlier one is spent too, also when the clock goes back', async (t) => {
  const at = await optional(t)
  const app = await addUserWithApp(at, 'jane')
  const [now, ahead] = [app.code(), app.code(1)]
  tokensOf(await giveCode(at, await untilCode(at, 'jane'), 'jane', ahead))
  await assert.rejects(giveCode(at, await untilCode(at, 'jane'), 'jane', now), spent)
  at.server.advance(-60)
  await assert.rejects(giveCode(at, await untilCode(at, 'jane'), 'jane', app.code()), spent)
  at.server.advance(60)
  await assert.rejects(giveCode(at, await untilCode(at, 'jane'), 'jane', ahead), spent)
  at.server.advance(60)
  tokensOf(await giveCode(at, await untilCode(at, 'jane'), 'jane', app.code()))
})

test('req 17: a refused use of a spent code counts towards no lock and leaves the session open', async (t) => {
  const at = await optional(t)
  const app = await addUserWithApp(at, 'jane')
  const code = app.code()
  tokensOf(await giveCode(at, await untilCode(at, 'jane'), 'jane', code))
  const session = await untilCode(at, 'jane')
  for (let again = 0; again < 8; again += 1) await assert.rejects(giveCode(at, session, 'jane', code), spent)
  tokensOf(await giveCode(at, session, 'jane', app.code(1)))
})

test('req 19: five steps back and ahead, only the three in the middle sign in', async (t) => {
  for (let away = -5; away <= 5; away += 1) {
    const at = await optional(t)
    const app = await addUserWithApp(at, 'jane')
    at.server.advance(300)
    const answered = giveCode(at, await untilCode(at, 'jane'), 'jane', app.code(away))
    if (Math.abs(away) <= 1) tokensOf(await answered)
    else await assert.rejects(answered, mismatch, String(away))
  }
})

test('req 20: twelve wrong codes over sessions lock the user for the right one too, on every way in', async (t) => {
  const at = await optional(t)
  const app = await addUserWithApp(at, 'jane')
  const sessions: string[] = []
  for (let made = 0; made < 12; made += 1) sessions.push(await untilCode(at, 'jane'))
  const refusals: string[] = []
  for (const session of sessions) {
    await giveCode(at, session, 'jane', app.code(7)).catch((error: Error) => refusals.push(error.message))
  }
  assert.deepEqual(refusals, [...Array<string>(5).fill(mismatch.message), ...Array<string>(7).fill(locked.message)])
  await assert.rejects(giveCode(at, sessions[0] ?? '', 'jane', app.code()), locked)
  await assert.rejects(beginByPassword(at, 'jane'), locked)
  at.server.advance(1)
  tokensOf(await giveCode(at, sessions[0] ?? '', 'jane', app.code()))
})

test('req 20: a session bears twelve wrong codes, however long one waits between them', async (t) => {
  const at = await startPool(t, { mfa: 'OPTIONAL', client: { AuthSessionValidity: 15 } })
  const app = await addUserWithApp(at, 'jane')
  const session = await untilCode(at, 'jane')
  for (let guess = 1; guess <= 12; guess += 1) {
    await assert.rejects(giveCode(at, session, 'jane', app.code(7)), mismatch, String(guess))
    // The lock of each failure past the fifth: 1 s, 2 s, 4 s, ...
    at.server.advance(guess < 5 ? 0 : 2 ** (guess - 5))
  }
  await assert.rejects(giveCode(at, session, 'jane', app.code()), { message: 'Invalid session for the user.' })
  const fresh = await untilCode(at, 'jane')
  tokensOf(await giveCode(at, fresh, 'jane', app.code()))
})

test('req 20: fifteen wrong codes in one session at once, then the right one is refused', async (t) => {
  const at = await optional(t)
  const app = await addUserWithApp(at, 'jane')
  const session = await untilCode(at, 'jane')
  for (let guess = 0; guess < 15; guess += 1) {
    await assert.rejects(giveCode(at, session, 'jane', app.code(7)), guess < 5 ? mismatch : locked)
  }
  await assert.rejects(giveCode(at, session, 'jane', app.code()), locked)
})

test('req 20: wrong codes of an enrolment lock too, and passwords and codes are counted together', async (t) => {
  const at = await optional(t)
  await addUser(at, 'jane')
  const { AccessToken } = await signIn(at, 'jane')
  const { SecretCode = '' } = await at.server.call('AssociateSoftwareToken', { AccessToken })
  const app = appOf(at, SecretCode)
  const verify = (UserCode: string) => at.server.call('VerifySoftwareToken', { AccessToken, UserCode })
  for (let guess = 0; guess < 3; guess += 1) await assert.rejects(verify(app.code(7)), notEnabled)
  for (let guess = 0; guess < 2; guess += 1) {
    await assert.rejects(beginByPassword(at, 'jane', 'Wrong-horse-7'), { message: 'Incorrect username or password.' })
  }
  await assert.rejects(verify(app.code()), locked)
  await assert.rejects(beginByPassword(at, 'jane'), locked)
  at.server.advance(1)
  await verify(app.code())
})

test('req 21: a secret is 256 bits of its own, in 52 characters, and never shown again', async (t) => {
  const at = await optional(t)
  await addUser(at, 'jane')
  const { AccessToken } = await signIn(at, 'jane')
  const secrets = new Set<string>()
  for (let call = 0; call < 4; call += 1) {
    const { SecretCode = '', Session } = await at.server.call('AssociateSoftwareToken', { AccessToken })
    assert.match(SecretCode, /^[A-Z2-7]{52}$/)
    assert.equal(decodeBase32(SecretCode).length, 32)
    assert.equal(Session, undefined)
    secrets.add(SecretCode)
  }
  assert.equal(secrets.size, 4)
  const app = appOf(at, [...secrets].at(-1) ?? '')
  await at.server.call('VerifySoftwareToken', { AccessToken, UserCode: app.code() })
  const shown = JSON.stringify([
    await at.server.call('GetUser', { AccessToken }),
    await at.server.call('AdminGetUser', { UserPoolId: at.UserPoolId, Username: 'jane' }),
    await at.server.call('ListUsers', { UserPoolId: at.UserPoolId }),
    at.server.log,
  ])
  for (const secret of secrets) assert.equal(shown.includes(secret), false)
})

test('req 22: anything but six ASCII digits is refused at sign-in', async (t) => {
  const at = await optional(t)
  const app = await addUserWithApp(at, 'jane')
  const session = await untilCode(at, 'jane')
  const code = app.code()
  const wide = Array.from(code, (digit) => String.fromCodePoint(0xff10 + Number(digit))).join('')
  for (const bad of [code.slice(1), `${code}0`, ` ${code}`, `${code} `, wide, '-1e500']) {
    await assert.rejects(giveCode(at, session, 'jane', bad), mismatch, JSON.stringify(bad))
    at.server.advance(5)
  }
  await assert.rejects(giveCode(at, session, 'jane', `${code}\0`), { name: 'InvalidParameterException' })
  await assert.rejects(giveCode(at, session, 'jane', ''), {
    name: 'InvalidParameterException',
    message: 'Missing required parameter SOFTWARE_TOKEN_MFA_CODE',
  })
})

test('req 22: anything but six ASCII digits is refused at enrolment', async (t) => {
  const at = await optional(t)
  await addUser(at, 'jane')
  const { AccessToken } = await signIn(at, 'jane')
  const { SecretCode = '' } = await at.server.call('AssociateSoftwareToken', { AccessToken })
  const code = appOf(at, SecretCode).code()
  const wide = Array.from(code, (digit) => String.fromCodePoint(0xff10 + Number(digit))).join('')
  for (const UserCode of ['', code.slice(1), `${code}0`, ` ${code}`, wide, 'abcdef', '1e5000']) {
    const verified = at.server.call('VerifySoftwareToken', { AccessToken, UserCode })
    await assert.rejects(verified, { name: 'InvalidParameterException' }, JSON.stringify(UserCode))
  }
  await at.server.call('VerifySoftwareToken', { AccessToken, UserCode: code })
})

test('req 24: until a new authenticator is verified the old one signs in, and afterwards it does not', async (t) => {
  const at = await optional(t)
  const before = await addUserWithApp(at, 'jane')
  const { AccessToken } = tokensOf(await giveCode(at, await untilCode(at, 'jane'), 'jane', before.code()))
  const { SecretCode = '' } = await at.server.call('AssociateSoftwareToken', { AccessToken })
  const after = appOf(at, SecretCode)
  at.server.advance(30)
  await assert.rejects(giveCode(at, await untilCode(at, 'jane'), 'jane', after.code()), mismatch)
  tokensOf(await giveCode(at, await untilCode(at, 'jane'), 'jane', before.code()))
  const verify = (UserCode: string) => at.server.call('VerifySoftwareToken', { AccessToken, UserCode })
  await assert.rejects(verify(before.code()), notEnabled)
  await verify(after.code())
  await assert.rejects(verify(after.code()), { name: 'SoftwareTokenMFANotFoundException' })
  at.server.advance(30)
  await assert.rejects(giveCode(at, await untilCode(at, 'jane'), 'jane', before.code()), mismatch)
  tokensOf(await giveCode(at, await untilCode(at, 'jane'), 'jane', after.code()))
})

test('of several secrets that wait only the newest can be verified', async (t) => {
  const at = await optional(t)
  await addUser(at, 'jane')
  const { AccessToken } = await signIn(at, 'jane')
  const associate = async () =>
    appOf(at, (await at.server.call('AssociateSoftwareToken', { AccessToken })).SecretCode ?? '')
  const [older, newer] = [await associate(), await associate()]
  await assert.rejects(at.server.call('VerifySoftwareToken', { AccessToken, UserCode: older.code() }), notEnabled)
  await at.server.call('VerifySoftwareToken', { AccessToken, UserCode: newer.code() })
})

test('a code of another user is wrong, and a code before any enrolment finds no token', async (t) => {
  const at = await optional(t)
  await addUserWithApp(at, 'jane')
  const june = await addUserWithApp(at, 'june')
  await assert.rejects(giveCode(at, await untilCode(at, 'jane'), 'jane', june.code()), mismatch)
  await addUser(at, 'joan')
  const { AccessToken } = await signIn(at, 'joan')
  await assert.rejects(at.server.call('VerifySoftwareToken', { AccessToken, UserCode: '000000' }), {
    name: 'SoftwareTokenMFANotFoundException',
    message: 'Software Token MFA does not exist for the user.',
  })
})

test('once the pool stops offering authenticator apps none is enrolled, and those there are go on', async (t) => {
  const at = await optional(t)
  const app = await addUserWithApp(at, 'jane')
  await addUser(at, 'june')
  const { AccessToken } = await signIn(at, 'june')
  await at.server.call('AssociateSoftwareToken', { AccessToken })
  await at.server.call('SetUserPoolMfaConfig', {
    UserPoolId: at.UserPoolId,
    MfaConfiguration: 'OPTIONAL',
    SoftwareTokenMfaConfiguration: { Enabled: false },
    SmsMfaConfiguration: { SmsConfiguration: { SnsCallerArn: 'arn:aws:iam::000000000000:role/sms' } },
  })
  const off = {
    name: 'SoftwareTokenMFANotFoundException',
    message: 'Software Token MFA has not been enabled by the userPool',
  }
  await assert.rejects(at.server.call('AssociateSoftwareToken', { AccessToken }), off)
  await assert.rejects(at.server.call('VerifySoftwareToken', { AccessToken, UserCode: '000000' }), off)
  tokensOf(await giveCode(at, await untilCode(at, 'jane'), 'jane', app.code()))
})

test('AdminDeleteSoftwareToken takes the app and the preference away; the user enrols again', async (t) => {
  const at = await optional(t)
  const app = await addUserWithApp(at, 'jane')
  const session = await untilCode(at, 'jane')
  const UserPoolId = at.UserPoolId
  assert.deepEqual(await at.server.call('AdminDeleteSoftwareToken', { UserPoolId, Username: 'jane' }), {})
  await assert.rejects(giveCode(at, session, 'jane', app.code()), { name: 'SoftwareTokenMFANotFoundException' })
  const user = await at.server.call('AdminGetUser', { UserPoolId, Username: 'jane' })
  assert.equal(user.UserMFASettingList, undefined)
  assert.equal(user.PreferredMfaSetting, undefined)
  const { AccessToken } = await signIn(at, 'jane')
  await assert.rejects(
    at.server.call('SetUserMFAPreference', { AccessToken, SoftwareTokenMfaSettings: { Enabled: true } }),
    { name: 'InvalidParameterException' },
  )
  const again = await enrol(at, AccessToken)
  await at.server.call('SetUserMFAPreference', { AccessToken, SoftwareTokenMfaSettings: { Enabled: true } })
  at.server.advance(30)
  await assert.rejects(giveCode(at, await untilCode(at, 'jane'), 'jane', app.code()), mismatch)
  tokensOf(await giveCode(at, await untilCode(at, 'jane'), 'jane', again.code()))
  await assert.rejects(at.server.call('AdminDeleteSoftwareToken', { UserPoolId, Username: 'nobody' }), {
    name: 'UserNotFoundException',
  })
})

test('req 46: a user of the same name has nothing of a deleted one’s app', async (t) => {
  const at = await optional(t)
  const app = await addUserWithApp(at, 'jane')
  const session = await untilCode(at, 'jane')
  await at.server.call('AdminDeleteUser', { UserPoolId: at.UserPoolId, Username: 'jane' })
  await addUser(at, 'jane')
  await assert.rejects(giveCode(at, session, 'jane', app.code()), { message: 'Invalid session for the user.' })
  const { AccessToken } = await signIn(at, 'jane', goodPassword)
  const user = await at.server.call('GetUser', { AccessToken })
  assert.equal(user.UserMFASettingList, undefined)
})

const nodesOf = (apps: readonly TestApp[], at: PoolUnderTest): PoolUnderTest[] => apps.map((app) => onServer(app, at))

onBothDatabases('req 18, 104: of fifty uses of one code in fifty sessions over two servers one wins', async (start) => {
  const apps = await start(2)
  const at = await addPool(apps[0], { mfa: 'OPTIONAL' })
  const app = await addUserWithApp(at, 'jane')
  for (const other of apps.slice(1)) other.advance(30)
  const nodes = nodesOf(apps, at)
  const sessions: string[] = []
  for (let made = 0; made < 50; made += 1) sessions.push(await untilCode(at, 'jane'))
  const code = app.code()
  const { won, refused } = await raceOfFifty(nodes, (_, index) =>
    giveCode(nodes[index % 2] ?? at, sessions[index] ?? '', 'jane', code),
  )
  assert.equal(won.length, 1)
  for (const { message } of refused) assert.equal(message, spent.message)
})

onBothDatabases(
  'req 18, 35, 104: of fifty uses of one code in one session over two servers one wins',
  async (start) => {
    const apps = await start(2)
    const at = await addPool(apps[0], { mfa: 'OPTIONAL' })
    const app = await addUserWithApp(at, 'jane')
    for (const other of apps.slice(1)) other.advance(30)
    const nodes = nodesOf(apps, at)
    const session = await untilCode(at, 'jane')
    const { won, refused } = await raceOfFifty(nodes, (_, index) =>
      giveCode(nodes[index % 2] ?? at, session, 'jane', app.code()),
    )
    assert.equal(won.length, 1)
    for (const { name } of refused) assert.match(name, /^(NotAuthorized|ExpiredCode)Exception$/)
  },
)

onBothDatabases('req 17, 104: of fifty uses of one enrolment code one wins, by access token', async (start) => {
  const apps = await start(2)
  const at = await addPool(apps[0], { mfa: 'OPTIONAL' })
  await addUser(at, 'jane')
  const { AccessToken } = await signIn(at, 'jane')
  const { SecretCode = '' } = await at.server.call('AssociateSoftwareToken', { AccessToken })
  const UserCode = appOf(at, SecretCode).code()
  const { won, refused } = await raceOfFifty(apps, (app) => app.call('VerifySoftwareToken', { AccessToken, UserCode }))
  assert.equal(won.length, 1)
  for (const { name } of refused) assert.match(name, /^(EnableSoftwareTokenMFA|SoftwareTokenMFANotFound)Exception$/)
})

onBothDatabases('req 17, 35, 104: of fifty uses of one enrolment code one wins, by Session', async (start) => {
  const apps = await start(2)
  const at = await addPool(apps[0], { mfa: 'ON' })
  await addUser(at, 'jane')
  const asked = await beginByPassword(at, 'jane')
  const { SecretCode = '', Session = '' } = await at.server.call('AssociateSoftwareToken', {
    Session: asked.Session ?? '',
  })
  const UserCode = appOf(at, SecretCode).code()
  const { won, refused } = await raceOfFifty(apps, (app) => app.call('VerifySoftwareToken', { Session, UserCode }))
  assert.equal(won.length, 1)
  for (const { name } of refused) assert.equal(name, 'NotAuthorizedException')
  const finished = await respond(at, 'MFA_SETUP', won[0]?.result.Session ?? '', { USERNAME: 'jane' })
  tokensOf(finished)
})

onBothDatabases('req 18: a code that was used on one node is used on the other', async (start) => {
  const apps = await start(2)
  const at = await addPool(apps[0], { mfa: 'OPTIONAL' })
  const app = await addUserWithApp(at, 'jane')
  for (const other of apps.slice(1)) other.advance(30)
  const [one = at, two = at] = nodesOf(apps, at)
  const code = app.code()
  tokensOf(await giveCode(one, await untilCode(two, 'jane'), 'jane', code))
  await assert.rejects(giveCode(two, await untilCode(one, 'jane'), 'jane', code), spent)
})
