import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { beginByPassword, respond, signIn, tokensOf } from '../../../testing/sign-in.ts'
import { addUser, type PoolUnderTest, setMfa, startPool } from '../../../testing/pool.ts'
import { appOf } from '../../../testing/authenticator-app.ts'
import type { Authenticator } from '../../../testing/authenticator-app.ts'

const invalidSession = { name: 'NotAuthorizedException', message: 'Invalid session for the user.' }
const usedSession = {
  name: 'NotAuthorizedException',
  message: 'Invalid session for the user, session can only be used once.',
}
const expiredSession = { name: 'NotAuthorizedException', message: 'Invalid session for the user, session is expired.' }
const notEnabled = { name: 'EnableSoftwareTokenMFAException', message: 'Code mismatch' }

const required = (t: TestContext): Promise<PoolUnderTest> => startPool(t, { mfa: 'ON' })

/** Signs in as far as the setup. @returns the Session */
const untilSetup = async (at: PoolUnderTest, username: string): Promise<string> => {
  const { ChallengeName, Session = '' } = await beginByPassword(at, username)
  assert.equal(ChallengeName, 'MFA_SETUP')
  return Session
}

type Associated = { readonly app: Authenticator; readonly session: string }

const associate = async (at: PoolUnderTest, session: string): Promise<Associated> => {
  const { SecretCode = '', Session = '' } = await at.server.call('AssociateSoftwareToken', { Session: session })
  return { app: appOf(at, SecretCode), session: Session }
}

const verify = async (at: PoolUnderTest, session: string, UserCode: string): Promise<string> => {
  const { Status, Session = '' } = await at.server.call('VerifySoftwareToken', { Session: session, UserCode })
  assert.equal(Status, 'SUCCESS')
  return Session
}

const finish = (at: PoolUnderTest, session: string, username: string) =>
  respond(at, 'MFA_SETUP', session, { USERNAME: username })

test('req 25: one password and one code end in tokens; every step gives the next Session', async (t) => {
  const at = await required(t)
  await addUser(at, 'jane')
  const { ChallengeParameters, Session: asked = '' } = await beginByPassword(at, 'jane')
  assert.deepEqual(ChallengeParameters, { USER_ID_FOR_SRP: 'jane', MFAS_CAN_SETUP: '["SOFTWARE_TOKEN_MFA"]' })
  const { app, session: associated } = await associate(at, asked)
  const verified = await verify(at, associated, app.code())
  assert.equal(new Set([asked, associated, verified]).size, 3)
  const answer = await finish(at, verified, 'jane')
  assert.deepEqual(answer.ChallengeParameters, {})
  const { AccessToken } = tokensOf(answer)
  assert.equal((await at.server.call('GetUser', { AccessToken })).Username, 'jane')
})

test('req 25: the setup cannot be skipped, on any of the ways around it', async (t) => {
  const at = await required(t)
  await addUser(at, 'jane')
  const asked = await untilSetup(at, 'jane')
  await assert.rejects(finish(at, asked, 'jane'), invalidSession)
  const { app, session: associated } = await associate(at, asked)
  await assert.rejects(finish(at, associated, 'jane'), invalidSession)
  await assert.rejects(verify(at, associated, app.code(7)), notEnabled)
  await assert.rejects(finish(at, associated, 'jane'), invalidSession)
  const answer = { USERNAME: 'jane', SOFTWARE_TOKEN_MFA_CODE: app.code() }
  await assert.rejects(respond(at, 'SOFTWARE_TOKEN_MFA', associated, answer), invalidSession)
  const again = await untilSetup(at, 'jane')
  await assert.rejects(respond(at, 'SOFTWARE_TOKEN_MFA', again, answer), invalidSession)
  await assert.rejects(at.server.call('VerifySoftwareToken', { Session: again, UserCode: app.code() }), invalidSession)
})

test('req 25: every Session of the setup is good once, and only at its own step', async (t) => {
  const at = await required(t)
  await addUser(at, 'jane')
  const asked = await untilSetup(at, 'jane')
  const { app, session: associated } = await associate(at, asked)
  await assert.rejects(associate(at, asked), usedSession)
  const verified = await verify(at, associated, app.code())
  await assert.rejects(verify(at, associated, app.code(1)), usedSession)
  await assert.rejects(associate(at, associated), usedSession)
  await assert.rejects(associate(at, verified), invalidSession)
  await assert.rejects(verify(at, verified, app.code(1)), invalidSession)
  tokensOf(await finish(at, verified, 'jane'))
  await assert.rejects(finish(at, verified, 'jane'), usedSession)
})

test('the secret may be asked for again before it is verified; the older one is void', async (t) => {
  const at = await required(t)
  await addUser(at, 'jane')
  const first = await associate(at, await untilSetup(at, 'jane'))
  const second = await associate(at, first.session)
  assert.notEqual(first.app.secret, second.app.secret)
  await assert.rejects(verify(at, second.session, first.app.code()), notEnabled)
  tokensOf(await finish(at, await verify(at, second.session, second.app.code()), 'jane'))
})

test('a wrong first code leaves the Session good', async (t) => {
  const at = await required(t)
  await addUser(at, 'jane')
  const { app, session } = await associate(at, await untilSetup(at, 'jane'))
  for (let guess = 0; guess < 4; guess += 1) await assert.rejects(verify(at, session, app.code(7)), notEnabled)
  tokensOf(await finish(at, await verify(at, session, app.code()), 'jane'))
})

test('a token is enrolled for good once verified, whether or not the sign-in is finished', async (t) => {
  const at = await required(t)
  await addUser(at, 'jane')
  const { app, session } = await associate(at, await untilSetup(at, 'jane'))
  await verify(at, session, app.code())
  const { ChallengeName, Session = '' } = await beginByPassword(at, 'jane')
  assert.equal(ChallengeName, 'SOFTWARE_TOKEN_MFA')
  const answer = (code: string) =>
    respond(at, 'SOFTWARE_TOKEN_MFA', Session, { USERNAME: 'jane', SOFTWARE_TOKEN_MFA_CODE: code })
  await assert.rejects(answer(app.code()), { name: 'ExpiredCodeException' })
  tokensOf(await answer(app.code(1)))
})

test('req 25: sessions of two users do not mix', async (t) => {
  const at = await required(t)
  await addUser(at, 'jane')
  await addUser(at, 'june')
  const jane = await associate(at, await untilSetup(at, 'jane'))
  const june = await associate(at, await untilSetup(at, 'june'))
  await assert.rejects(verify(at, jane.session, june.app.code()), notEnabled)
  const verified = await verify(at, jane.session, jane.app.code())
  await assert.rejects(finish(at, verified, 'june'), invalidSession)
  await assert.rejects(finish(at, june.session, 'june'), invalidSession)
  await assert.rejects(finish(at, verified, 'nobody'), invalidSession)
  const { AccessToken } = tokensOf(await finish(at, verified, 'jane'))
  assert.equal((await at.server.call('GetUser', { AccessToken })).Username, 'jane')
})

test('req 23: the password alone replaces no token: SOFTWARE_TOKEN_MFA enrols nothing, MFA_SETUP does', async (t) => {
  const at = await required(t)
  await addUser(at, 'jane')
  const early = await untilSetup(at, 'jane')
  const waiting = await associate(at, await untilSetup(at, 'jane'))
  const { app, session } = await associate(at, await untilSetup(at, 'jane'))
  await verify(at, session, app.code())
  const { Session = '', ChallengeName } = await beginByPassword(at, 'jane')
  assert.equal(ChallengeName, 'SOFTWARE_TOKEN_MFA')
  await assert.rejects(at.server.call('AssociateSoftwareToken', { Session }), invalidSession)
  await assert.rejects(at.server.call('VerifySoftwareToken', { Session, UserCode: app.code() }), invalidSession)
  // Sessions of MFA_SETUP from before the token was verified are worth nothing any more.
  await assert.rejects(associate(at, early), invalidSession)
  await assert.rejects(verify(at, waiting.session, waiting.app.code()), invalidSession)
})

test('req 23: a proof of an app that was taken away is worth nothing, also when another is there by now', async (t) => {
  const at = await required(t)
  await addUser(at, 'jane')
  const UserPoolId = at.UserPoolId
  const first = await associate(at, await untilSetup(at, 'jane'))
  const verified = await verify(at, first.session, first.app.code())
  await at.server.call('AdminDeleteSoftwareToken', { UserPoolId, Username: 'jane' })
  await assert.rejects(finish(at, verified, 'jane'), { name: 'NotAuthorizedException' })
  at.server.advance(1)
  const second = await associate(at, await untilSetup(at, 'jane'))
  const after = await verify(at, second.session, second.app.code())
  await assert.rejects(finish(at, verified, 'jane'), invalidSession)
  tokensOf(await finish(at, after, 'jane'))
})

test('req 36: each Session of the setup lives as long as the client says', async (t) => {
  const at = await required(t)
  await addUser(at, 'jane')
  const asked = await untilSetup(at, 'jane')
  at.server.advance(179)
  const { app, session } = await associate(at, asked)
  at.server.advance(179)
  const verified = await verify(at, session, app.code())
  at.server.advance(180)
  await assert.rejects(finish(at, verified, 'jane'), expiredSession)
  await assert.rejects(associate(at, asked), expiredSession)
})

test('by access token or by Session, not by both, not by neither', async (t) => {
  const at = await startPool(t, { mfa: 'OPTIONAL' })
  await addUser(at, 'jane')
  const { AccessToken } = await signIn(at, 'jane')
  await setMfa(at, 'ON')
  const Session = await untilSetup(at, 'jane')
  const refused = { name: 'InvalidParameterException' }
  await assert.rejects(at.server.call('AssociateSoftwareToken', { AccessToken, Session }), refused)
  await assert.rejects(at.server.call('AssociateSoftwareToken', {}), refused)
  await assert.rejects(at.server.call('VerifySoftwareToken', { AccessToken, Session, UserCode: '000000' }), refused)
  await assert.rejects(at.server.call('VerifySoftwareToken', { UserCode: '000000' }), refused)
  await associate(at, Session)
})

test('req 37: a user who is disabled, deleted or given a new password cannot go on with the setup', async (t) => {
  const at = await required(t)
  const UserPoolId = at.UserPoolId
  for (const Username of ['jane', 'june', 'joan']) await addUser(at, Username)
  const begun: Record<string, Associated & { asked: string; verified: string }> = {}
  for (const name of ['jane', 'june', 'joan']) {
    const asked = await untilSetup(at, name)
    const waiting = await associate(at, await untilSetup(at, name))
    begun[name] = { ...waiting, asked, verified: '' }
  }
  await at.server.call('AdminDisableUser', { UserPoolId, Username: 'jane' })
  await at.server.call('AdminDeleteUser', { UserPoolId, Username: 'june' })
  const Password = 'Another-horse-8'
  await at.server.call('AdminSetUserPassword', { UserPoolId, Username: 'joan', Password, Permanent: true })
  for (const [name, { asked, session, app }] of Object.entries(begun)) {
    const refused = name === 'jane' ? { message: 'User is disabled.' } : invalidSession
    await assert.rejects(associate(at, asked), refused, name)
    await assert.rejects(verify(at, session, app.code()), refused, name)
  }
})
