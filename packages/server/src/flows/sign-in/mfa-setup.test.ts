import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { makeSignInServer, tokensOf, type Authenticator, type SignInServer } from '../../../testing/sign-in.ts'

const invalidSession = { name: 'NotAuthorizedException', message: 'Invalid session for the user.' }
const usedSession = {
  name: 'NotAuthorizedException',
  message: 'Invalid session for the user, session can only be used once.',
}
const expiredSession = { name: 'NotAuthorizedException', message: 'Invalid session for the user, session is expired.' }
const notEnabled = { name: 'EnableSoftwareTokenMFAException', message: 'Code mismatch' }

const required = (t: TestContext): Promise<SignInServer> => makeSignInServer(t, { mfa: 'ON' })

/** Signs in as far as the setup. @returns the Session */
const untilSetup = async (server: SignInServer, username: string): Promise<string> => {
  const { ChallengeName, Session = '' } = await server.start(username)
  assert.equal(ChallengeName, 'MFA_SETUP')
  return Session
}

type Associated = { readonly app: Authenticator; readonly session: string }

const associate = async (server: SignInServer, session: string): Promise<Associated> => {
  const { SecretCode = '', Session = '' } = await server.call('AssociateSoftwareToken', { Session: session })
  return { app: server.appOf(SecretCode), session: Session }
}

const verify = async (server: SignInServer, session: string, UserCode: string): Promise<string> => {
  const { Status, Session = '' } = await server.call('VerifySoftwareToken', { Session: session, UserCode })
  assert.equal(Status, 'SUCCESS')
  return Session
}

const finish = (server: SignInServer, session: string, username: string) =>
  server.answer('MFA_SETUP', session, { USERNAME: username })

test('req 25: one password and one code end in tokens; every step gives the next Session', async (t) => {
  const server = await required(t)
  await server.addUser('jane')
  const { ChallengeParameters, Session: asked = '' } = await server.start('jane')
  assert.deepEqual(ChallengeParameters, { USER_ID_FOR_SRP: 'jane', MFAS_CAN_SETUP: '["SOFTWARE_TOKEN_MFA"]' })
  const { app, session: associated } = await associate(server, asked)
  const verified = await verify(server, associated, app.code())
  assert.equal(new Set([asked, associated, verified]).size, 3)
  const answer = await finish(server, verified, 'jane')
  assert.deepEqual(answer.ChallengeParameters, {})
  const { AccessToken } = tokensOf(answer)
  assert.equal((await server.call('GetUser', { AccessToken })).Username, 'jane')
})

test('req 25: the setup cannot be skipped, on any of the ways around it', async (t) => {
  const server = await required(t)
  await server.addUser('jane')
  const asked = await untilSetup(server, 'jane')
  await assert.rejects(finish(server, asked, 'jane'), invalidSession)
  const { app, session: associated } = await associate(server, asked)
  await assert.rejects(finish(server, associated, 'jane'), invalidSession)
  await assert.rejects(verify(server, associated, app.code(7)), notEnabled)
  await assert.rejects(finish(server, associated, 'jane'), invalidSession)
  const answer = { USERNAME: 'jane', SOFTWARE_TOKEN_MFA_CODE: app.code() }
  await assert.rejects(server.answer('SOFTWARE_TOKEN_MFA', associated, answer), invalidSession)
  const again = await untilSetup(server, 'jane')
  await assert.rejects(server.answer('SOFTWARE_TOKEN_MFA', again, answer), invalidSession)
  await assert.rejects(server.call('VerifySoftwareToken', { Session: again, UserCode: app.code() }), invalidSession)
})

test('req 25: every Session of the setup is good once, and only at its own step', async (t) => {
  const server = await required(t)
  await server.addUser('jane')
  const asked = await untilSetup(server, 'jane')
  const { app, session: associated } = await associate(server, asked)
  await assert.rejects(associate(server, asked), usedSession)
  const verified = await verify(server, associated, app.code())
  await assert.rejects(verify(server, associated, app.code(1)), usedSession)
  await assert.rejects(associate(server, associated), usedSession)
  await assert.rejects(associate(server, verified), invalidSession)
  await assert.rejects(verify(server, verified, app.code(1)), invalidSession)
  tokensOf(await finish(server, verified, 'jane'))
  await assert.rejects(finish(server, verified, 'jane'), usedSession)
})

test('the secret may be asked for again before it is verified; the older one is void', async (t) => {
  const server = await required(t)
  await server.addUser('jane')
  const first = await associate(server, await untilSetup(server, 'jane'))
  const second = await associate(server, first.session)
  assert.notEqual(first.app.secret, second.app.secret)
  await assert.rejects(verify(server, second.session, first.app.code()), notEnabled)
  tokensOf(await finish(server, await verify(server, second.session, second.app.code()), 'jane'))
})

test('a wrong first code leaves the Session good', async (t) => {
  const server = await required(t)
  await server.addUser('jane')
  const { app, session } = await associate(server, await untilSetup(server, 'jane'))
  for (let guess = 0; guess < 4; guess += 1) await assert.rejects(verify(server, session, app.code(7)), notEnabled)
  tokensOf(await finish(server, await verify(server, session, app.code()), 'jane'))
})

test('a token is enrolled for good once verified, whether or not the sign-in is finished', async (t) => {
  const server = await required(t)
  await server.addUser('jane')
  const { app, session } = await associate(server, await untilSetup(server, 'jane'))
  await verify(server, session, app.code())
  const { ChallengeName, Session = '' } = await server.start('jane')
  assert.equal(ChallengeName, 'SOFTWARE_TOKEN_MFA')
  const answer = (code: string) =>
    server.answer('SOFTWARE_TOKEN_MFA', Session, { USERNAME: 'jane', SOFTWARE_TOKEN_MFA_CODE: code })
  await assert.rejects(answer(app.code()), { name: 'ExpiredCodeException' })
  tokensOf(await answer(app.code(1)))
})

test('req 25: sessions of two users do not mix', async (t) => {
  const server = await required(t)
  await server.addUser('jane')
  await server.addUser('june')
  const jane = await associate(server, await untilSetup(server, 'jane'))
  const june = await associate(server, await untilSetup(server, 'june'))
  await assert.rejects(verify(server, jane.session, june.app.code()), notEnabled)
  const verified = await verify(server, jane.session, jane.app.code())
  await assert.rejects(finish(server, verified, 'june'), invalidSession)
  await assert.rejects(finish(server, june.session, 'june'), invalidSession)
  await assert.rejects(finish(server, verified, 'nobody'), invalidSession)
  const { AccessToken } = tokensOf(await finish(server, verified, 'jane'))
  assert.equal((await server.call('GetUser', { AccessToken })).Username, 'jane')
})

test('req 23: the password alone replaces no token: SOFTWARE_TOKEN_MFA enrols nothing, MFA_SETUP does', async (t) => {
  const server = await required(t)
  await server.addUser('jane')
  const early = await untilSetup(server, 'jane')
  const waiting = await associate(server, await untilSetup(server, 'jane'))
  const { app, session } = await associate(server, await untilSetup(server, 'jane'))
  await verify(server, session, app.code())
  const { Session = '', ChallengeName } = await server.start('jane')
  assert.equal(ChallengeName, 'SOFTWARE_TOKEN_MFA')
  await assert.rejects(server.call('AssociateSoftwareToken', { Session }), invalidSession)
  await assert.rejects(server.call('VerifySoftwareToken', { Session, UserCode: app.code() }), invalidSession)
  // Sessions of MFA_SETUP from before the token was verified are worth nothing any more.
  await assert.rejects(associate(server, early), invalidSession)
  await assert.rejects(verify(server, waiting.session, waiting.app.code()), invalidSession)
})

test('req 23: a proof of an app that was taken away is worth nothing, also when another is there by now', async (t) => {
  const server = await required(t)
  await server.addUser('jane')
  const UserPoolId = server.poolId
  const first = await associate(server, await untilSetup(server, 'jane'))
  const verified = await verify(server, first.session, first.app.code())
  await server.call('AdminDeleteSoftwareToken', { UserPoolId, Username: 'jane' })
  await assert.rejects(finish(server, verified, 'jane'), { name: 'NotAuthorizedException' })
  server.advance(1)
  const second = await associate(server, await untilSetup(server, 'jane'))
  const after = await verify(server, second.session, second.app.code())
  await assert.rejects(finish(server, verified, 'jane'), invalidSession)
  tokensOf(await finish(server, after, 'jane'))
})

test('req 36: each Session of the setup lives as long as the client says', async (t) => {
  const server = await required(t)
  await server.addUser('jane')
  const asked = await untilSetup(server, 'jane')
  server.advance(179)
  const { app, session } = await associate(server, asked)
  server.advance(179)
  const verified = await verify(server, session, app.code())
  server.advance(180)
  await assert.rejects(finish(server, verified, 'jane'), expiredSession)
  await assert.rejects(associate(server, asked), expiredSession)
})

test('by access token or by Session, not by both, not by neither', async (t) => {
  const server = await makeSignInServer(t, { mfa: 'OPTIONAL' })
  await server.addUser('jane')
  const { AccessToken } = await server.signIn('jane')
  await server.setMfa('ON')
  const Session = await untilSetup(server, 'jane')
  const refused = { name: 'InvalidParameterException' }
  await assert.rejects(server.call('AssociateSoftwareToken', { AccessToken, Session }), refused)
  await assert.rejects(server.call('AssociateSoftwareToken', {}), refused)
  await assert.rejects(server.call('VerifySoftwareToken', { AccessToken, Session, UserCode: '000000' }), refused)
  await assert.rejects(server.call('VerifySoftwareToken', { UserCode: '000000' }), refused)
  await associate(server, Session)
})

test('req 37: a user who is disabled, deleted or given a new password cannot go on with the setup', async (t) => {
  const server = await required(t)
  const UserPoolId = server.poolId
  for (const Username of ['jane', 'june', 'joan']) await server.addUser(Username)
  const begun: Record<string, Associated & { asked: string; verified: string }> = {}
  for (const name of ['jane', 'june', 'joan']) {
    const asked = await untilSetup(server, name)
    const waiting = await associate(server, await untilSetup(server, name))
    begun[name] = { ...waiting, asked, verified: '' }
  }
  await server.call('AdminDisableUser', { UserPoolId, Username: 'jane' })
  await server.call('AdminDeleteUser', { UserPoolId, Username: 'june' })
  const Password = 'Another-horse-8'
  await server.call('AdminSetUserPassword', { UserPoolId, Username: 'joan', Password, Permanent: true })
  for (const [name, { asked, session, app }] of Object.entries(begun)) {
    const refused = name === 'jane' ? { message: 'User is disabled.' } : invalidSession
    await assert.rejects(associate(server, asked), refused, name)
    await assert.rejects(verify(server, session, app.code()), refused, name)
  }
})
