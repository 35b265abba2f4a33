import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { makeSignInServer, password, payloadOf, tokensOf, type SignInServer } from '../../../testing/sign-in.ts'
import type { AttributeType } from '../../wire/model.gen.ts'

const temporary = 'Temporary-horse-1'
const incorrect = { name: 'NotAuthorizedException', message: 'Incorrect username or password.' }

const invite = (server: SignInServer, Username: string, UserAttributes: AttributeType[] = []) =>
  server.call('AdminCreateUser', {
    UserPoolId: server.poolId,
    Username,
    TemporaryPassword: temporary,
    MessageAction: 'SUPPRESS',
    UserAttributes,
  })

const untilNewPassword = async (server: SignInServer, username: string): Promise<string> => {
  const { ChallengeName, Session = '' } = await server.start(username, temporary)
  assert.equal(ChallengeName, 'NEW_PASSWORD_REQUIRED')
  return Session
}

const replace = (server: SignInServer, session: string, username: string, answers: Record<string, string> = {}) =>
  server.answer('NEW_PASSWORD_REQUIRED', session, { USERNAME: username, NEW_PASSWORD: password, ...answers })

test('req 8: a temporary password gives no tokens, on any path, and ends once it is replaced', async (t) => {
  const server = await makeSignInServer(t)
  await invite(server, 'jane')
  for (const start of [server.start, server.adminStart]) {
    const { ChallengeName, AuthenticationResult } = await start('jane', temporary)
    assert.equal(ChallengeName, 'NEW_PASSWORD_REQUIRED')
    assert.equal(AuthenticationResult, undefined)
  }
  tokensOf(await replace(server, await untilNewPassword(server, 'jane'), 'jane'))
  await assert.rejects(server.start('jane', temporary), incorrect)
  tokensOf(await server.start('jane'))
  const user = await server.call('AdminGetUser', { UserPoolId: server.poolId, Username: 'jane' })
  assert.equal(user.UserStatus, 'CONFIRMED')
})

const expired = {
  name: 'NotAuthorizedException',
  message: 'Temporary password has expired and must be reset by an administrator.',
}

test('req 8: a temporary password expires after seven days; whoever gives a wrong one is not told', async (t) => {
  const server = await makeSignInServer(t)
  await invite(server, 'jane')
  server.advance(7 * 86_400 - 1)
  const session = await untilNewPassword(server, 'jane')
  server.advance(1)
  await assert.rejects(server.start('jane', temporary), expired)
  await assert.rejects(server.adminStart('jane', temporary), expired)
  await assert.rejects(replace(server, session, 'jane'), expired)
  await assert.rejects(server.start('jane', 'Wrong-horse-7'), incorrect)
  await server.call('AdminSetUserPassword', {
    UserPoolId: server.poolId,
    Username: 'jane',
    Password: temporary,
    Permanent: false,
  })
  tokensOf(await replace(server, await untilNewPassword(server, 'jane'), 'jane'))
})

test('req 8: the pool says how many days a temporary password lives', async (t) => {
  const server = await makeSignInServer(t, {
    pool: { Policies: { PasswordPolicy: { MinimumLength: 8, TemporaryPasswordValidityDays: 1 } } },
  })
  await invite(server, 'jane')
  server.advance(86_400)
  await assert.rejects(server.start('jane', temporary), expired)
})

test('req 1: the new password must follow the policy; a refused one leaves the Session good', async (t) => {
  const server = await makeSignInServer(t)
  await invite(server, 'jane')
  const session = await untilNewPassword(server, 'jane')
  for (const weak of ['Sh-rt7', 'alllowercase-7', 'ALLUPPERCASE-7', 'NoNumbers-here', 'NoSymbols77']) {
    await assert.rejects(replace(server, session, 'jane', { NEW_PASSWORD: weak }), {
      name: 'InvalidPasswordException',
      message: /^Password did not conform with policy: /,
    })
  }
  await assert.rejects(replace(server, session, 'jane', { NEW_PASSWORD: '' }), {
    name: 'InvalidParameterException',
    message: 'Missing required parameter NEW_PASSWORD',
  })
  tokensOf(await replace(server, session, 'jane'))
})

test('without a history the temporary password may be kept (protocol/authentication 2.7.7)', async (t) => {
  const server = await makeSignInServer(t)
  await invite(server, 'jane')
  tokensOf(await replace(server, await untilNewPassword(server, 'jane'), 'jane', { NEW_PASSWORD: temporary }))
  tokensOf(await server.start('jane', temporary))
})

const withRequired = (t: TestContext): Promise<SignInServer> =>
  makeSignInServer(t, {
    pool: {
      Schema: [
        { Name: 'email', Required: true, Mutable: true },
        { Name: 'given_name', Required: true, Mutable: true },
        { Name: 'plan', AttributeDataType: 'String', Mutable: true },
      ],
    },
  })

test('what is required and what is there are told; what is missing must be given', async (t) => {
  const server = await withRequired(t)
  await invite(server, 'jane', [{ Name: 'email', Value: 'jane@example.com' }])
  const { ChallengeParameters, Session = '' } = await server.start('jane', temporary)
  assert.deepEqual(ChallengeParameters, {
    USER_ID_FOR_SRP: 'jane',
    requiredAttributes: '["userAttributes.given_name"]',
    userAttributes: '{"email":"jane@example.com","email_verified":"false"}',
  })
  await assert.rejects(replace(server, Session, 'jane'), {
    name: 'InvalidParameterException',
    message: 'Invalid attributes given, given_name is missing',
  })
  await assert.rejects(
    replace(server, Session, 'jane', {
      'userAttributes.given_name': 'Jane',
      'userAttributes.email': 'june@example.com',
    }),
    { name: 'NotAuthorizedException', message: 'Cannot modify an already provided email' },
  )
  const given = { 'userAttributes.given_name': 'Jane', 'userAttributes.custom:plan': '7' }
  const { IdToken } = tokensOf(await replace(server, Session, 'jane', given))
  const claims = payloadOf(IdToken)
  assert.equal(claims['given_name'], 'Jane')
  assert.equal(claims['custom:plan'], '7')
  assert.equal(claims['email'], 'jane@example.com')
})

test('nothing required is an empty list', async (t) => {
  const server = await makeSignInServer(t)
  await invite(server, 'jane')
  const { ChallengeParameters } = await server.start('jane', temporary)
  assert.equal(ChallengeParameters?.['requiredAttributes'], '[]')
  assert.equal(ChallengeParameters?.['userAttributes'], '{}')
})

test('req 56: an attribute that the client may not write is refused with the new password too', async (t) => {
  const server = await makeSignInServer(t, { client: { WriteAttributes: ['given_name'] } })
  await invite(server, 'jane')
  const session = await untilNewPassword(server, 'jane')
  for (const name of ['family_name', 'email_verified', 'sub', 'custom:unknown', 'cognito:user_status']) {
    const answers = { [`userAttributes.${name}`]: 'true' }
    await assert.rejects(replace(server, session, 'jane', answers), { name: /NotAuthorized|InvalidParameter/ }, name)
  }
  tokensOf(await replace(server, session, 'jane', { 'userAttributes.given_name': 'Jane' }))
})

test('req 25, 38: after the new password a pool with MFA ON goes on to the setup', async (t) => {
  const server = await makeSignInServer(t, { mfa: 'ON' })
  await invite(server, 'jane')
  const answer = await replace(server, await untilNewPassword(server, 'jane'), 'jane')
  assert.equal(answer.ChallengeName, 'MFA_SETUP')
  assert.equal(answer.AuthenticationResult, undefined)
  const { SecretCode = '', Session = '' } = await server.call('AssociateSoftwareToken', {
    Session: answer.Session ?? '',
  })
  const UserCode = server.appOf(SecretCode).code()
  const verified = await server.call('VerifySoftwareToken', { Session, UserCode })
  tokensOf(await server.answer('MFA_SETUP', verified.Session ?? '', { USERNAME: 'jane' }))
})

test('req 35, 37: the new password ends every other sign-in that began with the temporary one', async (t) => {
  const server = await makeSignInServer(t)
  await invite(server, 'jane')
  const [one, two] = [await untilNewPassword(server, 'jane'), await untilNewPassword(server, 'jane')]
  tokensOf(await replace(server, one, 'jane'))
  const other = { NEW_PASSWORD: 'Another-horse-8' }
  await assert.rejects(replace(server, one, 'jane', other), {
    message: 'Invalid session for the user, session can only be used once.',
  })
  await assert.rejects(replace(server, two, 'jane', other), { message: 'Invalid session for the user.' })
  tokensOf(await server.start('jane'))
})
