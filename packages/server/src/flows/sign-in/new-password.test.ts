import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { beginByAdmin, beginByPassword, payloadOf, respond, tokensOf } from '../../../testing/sign-in.ts'
import { goodPassword, type PoolUnderTest, startPool } from '../../../testing/pool.ts'
import { appOf } from '../../../testing/authenticator-app.ts'
import type { AttributeType } from '../../wire/model.gen.ts'

const temporary = 'Temporary-horse-1'
const incorrect = { name: 'NotAuthorizedException', message: 'Incorrect username or password.' }

const invite = (at: PoolUnderTest, Username: string, UserAttributes: AttributeType[] = []) =>
  at.server.call('AdminCreateUser', {
    UserPoolId: at.UserPoolId,
    Username,
    TemporaryPassword: temporary,
    MessageAction: 'SUPPRESS',
    UserAttributes,
  })

const untilNewPassword = async (at: PoolUnderTest, username: string): Promise<string> => {
  const { ChallengeName, Session = '' } = await beginByPassword(at, username, temporary)
  assert.equal(ChallengeName, 'NEW_PASSWORD_REQUIRED')
  return Session
}

const replace = (at: PoolUnderTest, session: string, username: string, answers: Record<string, string> = {}) =>
  respond(at, 'NEW_PASSWORD_REQUIRED', session, { USERNAME: username, NEW_PASSWORD: goodPassword, ...answers })

test('req 8: a temporary password gives no tokens, on any path, and ends once it is replaced', async (t) => {
  const at = await startPool(t)
  await invite(at, 'jane')
  for (const begin of [beginByPassword, beginByAdmin]) {
    const { ChallengeName, AuthenticationResult } = await begin(at, 'jane', temporary)
    assert.equal(ChallengeName, 'NEW_PASSWORD_REQUIRED')
    assert.equal(AuthenticationResult, undefined)
  }
  tokensOf(await replace(at, await untilNewPassword(at, 'jane'), 'jane'))
  await assert.rejects(beginByPassword(at, 'jane', temporary), incorrect)
  tokensOf(await beginByPassword(at, 'jane'))
  const user = await at.server.call('AdminGetUser', { UserPoolId: at.UserPoolId, Username: 'jane' })
  assert.equal(user.UserStatus, 'CONFIRMED')
})

const expired = {
  name: 'NotAuthorizedException',
  message: 'Temporary password has expired and must be reset by an administrator.',
}

test('req 8: a temporary password expires after seven days; whoever gives a wrong one is not told', async (t) => {
  const at = await startPool(t)
  await invite(at, 'jane')
  at.server.advance(7 * 86_400 - 1)
  const session = await untilNewPassword(at, 'jane')
  at.server.advance(1)
  await assert.rejects(beginByPassword(at, 'jane', temporary), expired)
  await assert.rejects(beginByAdmin(at, 'jane', temporary), expired)
  await assert.rejects(replace(at, session, 'jane'), expired)
  await assert.rejects(beginByPassword(at, 'jane', 'Wrong-horse-7'), incorrect)
  await at.server.call('AdminSetUserPassword', {
    UserPoolId: at.UserPoolId,
    Username: 'jane',
    Password: temporary,
    Permanent: false,
  })
  tokensOf(await replace(at, await untilNewPassword(at, 'jane'), 'jane'))
})

test('req 8: the pool says how many days a temporary password lives', async (t) => {
  const at = await startPool(t, {
    pool: { Policies: { PasswordPolicy: { MinimumLength: 8, TemporaryPasswordValidityDays: 1 } } },
  })
  await invite(at, 'jane')
  at.server.advance(86_400)
  await assert.rejects(beginByPassword(at, 'jane', temporary), expired)
})

test('req 1: the new password must follow the policy; a refused one leaves the Session good', async (t) => {
  const at = await startPool(t)
  await invite(at, 'jane')
  const session = await untilNewPassword(at, 'jane')
  for (const weak of ['Sh-rt7', 'alllowercase-7', 'ALLUPPERCASE-7', 'NoNumbers-here', 'NoSymbols77']) {
    await assert.rejects(replace(at, session, 'jane', { NEW_PASSWORD: weak }), {
      name: 'InvalidPasswordException',
      message: /^Password did not conform with policy: /,
    })
  }
  await assert.rejects(replace(at, session, 'jane', { NEW_PASSWORD: '' }), {
    name: 'InvalidParameterException',
    message: 'Missing required parameter NEW_PASSWORD',
  })
  tokensOf(await replace(at, session, 'jane'))
})

test('without a history the temporary password may be kept (protocol/authentication 2.7.7)', async (t) => {
  const at = await startPool(t)
  await invite(at, 'jane')
  tokensOf(await replace(at, await untilNewPassword(at, 'jane'), 'jane', { NEW_PASSWORD: temporary }))
  tokensOf(await beginByPassword(at, 'jane', temporary))
})

const withRequired = (t: TestContext): Promise<PoolUnderTest> =>
  startPool(t, {
    pool: {
      Schema: [
        { Name: 'email', Required: true, Mutable: true },
        { Name: 'given_name', Required: true, Mutable: true },
        { Name: 'plan', AttributeDataType: 'String', Mutable: true },
      ],
    },
  })

test('what is required and what is there are told; what is missing must be given', async (t) => {
  const at = await withRequired(t)
  await invite(at, 'jane', [{ Name: 'email', Value: 'jane@example.com' }])
  const { ChallengeParameters, Session = '' } = await beginByPassword(at, 'jane', temporary)
  assert.deepEqual(ChallengeParameters, {
    USER_ID_FOR_SRP: 'jane',
    requiredAttributes: '["userAttributes.given_name"]',
    userAttributes: '{"email":"jane@example.com","email_verified":"false"}',
  })
  await assert.rejects(replace(at, Session, 'jane'), {
    name: 'InvalidParameterException',
    message: 'Invalid attributes given, given_name is missing',
  })
  await assert.rejects(
    replace(at, Session, 'jane', {
      'userAttributes.given_name': 'Jane',
      'userAttributes.email': 'june@example.com',
    }),
    { name: 'NotAuthorizedException', message: 'Cannot modify an already provided email' },
  )
  const given = { 'userAttributes.given_name': 'Jane', 'userAttributes.custom:plan': '7' }
  const { IdToken } = tokensOf(await replace(at, Session, 'jane', given))
  const claims = payloadOf(IdToken)
  assert.equal(claims['given_name'], 'Jane')
  assert.equal(claims['custom:plan'], '7')
  assert.equal(claims['email'], 'jane@example.com')
})

test('nothing required is an empty list', async (t) => {
  const at = await startPool(t)
  await invite(at, 'jane')
  const { ChallengeParameters } = await beginByPassword(at, 'jane', temporary)
  assert.equal(ChallengeParameters?.['requiredAttributes'], '[]')
  assert.equal(ChallengeParameters?.['userAttributes'], '{}')
})

test('req 56: an attribute that the client may not write is refused with the new password too', async (t) => {
  const at = await startPool(t, { client: { WriteAttributes: ['given_name'] } })
  await invite(at, 'jane')
  const session = await untilNewPassword(at, 'jane')
  for (const name of ['family_name', 'email_verified', 'sub', 'custom:unknown', 'cognito:user_status']) {
    const answers = { [`userAttributes.${name}`]: 'true' }
    await assert.rejects(replace(at, session, 'jane', answers), { name: /NotAuthorized|InvalidParameter/ }, name)
  }
  tokensOf(await replace(at, session, 'jane', { 'userAttributes.given_name': 'Jane' }))
})

test('req 25, 38: after the new password a pool with MFA ON goes on to the setup', async (t) => {
  const at = await startPool(t, { mfa: 'ON' })
  await invite(at, 'jane')
  const answer = await replace(at, await untilNewPassword(at, 'jane'), 'jane')
  assert.equal(answer.ChallengeName, 'MFA_SETUP')
  assert.equal(answer.AuthenticationResult, undefined)
  const { SecretCode = '', Session = '' } = await at.server.call('AssociateSoftwareToken', {
    Session: answer.Session ?? '',
  })
  const UserCode = appOf(at, SecretCode).code()
  const verified = await at.server.call('VerifySoftwareToken', { Session, UserCode })
  tokensOf(await respond(at, 'MFA_SETUP', verified.Session ?? '', { USERNAME: 'jane' }))
})

test('req 35, 37: the new password ends every other sign-in that began with the temporary one', async (t) => {
  const at = await startPool(t)
  await invite(at, 'jane')
  const [one, two] = [await untilNewPassword(at, 'jane'), await untilNewPassword(at, 'jane')]
  tokensOf(await replace(at, one, 'jane'))
  const other = { NEW_PASSWORD: 'Another-horse-8' }
  await assert.rejects(replace(at, one, 'jane', other), {
    message: 'Invalid session for the user, session can only be used once.',
  })
  await assert.rejects(replace(at, two, 'jane', other), { message: 'Invalid session for the user.' })
  tokensOf(await beginByPassword(at, 'jane'))
})
