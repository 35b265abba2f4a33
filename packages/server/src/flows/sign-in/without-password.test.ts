// Every way into a pool that goes by without a password, to users who owe one: those with a temporary password, and those
// whose password was reset. None of them gives tokens before there is a new password.
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { accessTokenOf, asked, begin, respond, signIn } from '../../../testing/sign-in.ts'
import { sentTo, startFactorPool } from '../../../testing/factors.ts'
import {
  addUser,
  goodPassword,
  otherPassword,
  type PoolUnderTest,
  refusals,
  refused,
  userOf,
} from '../../../testing/pool.ts'
import { hookTriggers, type TestAnswers } from '../../../testing/functions.ts'
import { softPasskey, type SoftPasskey } from '../../../testing/passkey.ts'
import type { Inputs, InitiateAuthResponse } from '../../wire/model.gen.ts'

const email = 'jane@example.com'
const phone_number = '+15555550100'
const temporary = 'Temporary-horse-9'

const resetRequired = 'PasswordResetRequiredException: Password reset required for the user'
const invalidSession = 'NotAuthorizedException: Invalid session for the user.'
const revoked = 'NotAuthorizedException: Refresh Token has been revoked'
const passwordsAlone = ['PASSWORD_SRP', 'PASSWORD']

/** Asks for one word, once. */
const oneWord: TestAnswers = {
  DefineAuthChallenge_Authentication: ({ request, response }) => {
    const last = (request['session'] as { challengeResult: boolean }[]).at(-1)
    if (!last) response['challengeName'] = 'CUSTOM_CHALLENGE'
    else response[last.challengeResult ? 'issueTokens' : 'failAuthentication'] = true
  },
  VerifyAuthChallengeResponse_Authentication: ({ request, response }) => {
    response['answerCorrect'] = request['challengeAnswer'] === 'right'
  },
}

type Settled = PoolUnderTest & { readonly passkey: SoftPasskey; readonly refreshToken: string; readonly token: string }

const register = async ({ server }: PoolUnderTest, AccessToken: string): Promise<SoftPasskey> => {
  const passkey = softPasskey()
  const { CredentialCreationOptions } = await server.call('StartWebAuthnRegistration', { AccessToken })
  const Credential = passkey.create(CredentialCreationOptions)
  await server.call('CompleteWebAuthnRegistration', { AccessToken, Credential })
  return passkey
}

// A user who can sign in by everything, and who is signed in.
const settled = async (t: TestContext): Promise<Settled> => {
  const hook = await hookTriggers(t, oneWord)
  const at = await startFactorPool(
    t,
    {
      first: ['EMAIL_OTP', 'SMS_OTP', 'WEB_AUTHN'],
      pool: { LambdaConfig: hook.lambdaConfig },
      client: {
        ExplicitAuthFlows: [
          ...['ALLOW_USER_AUTH', 'ALLOW_USER_PASSWORD_AUTH', 'ALLOW_CUSTOM_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
        ] as Inputs['CreateUserPoolClient']['ExplicitAuthFlows'],
      },
    },
    { triggers: hook.triggers },
  )
  await addUser(at, 'jane', { email, phone_number, email_verified: 'true', phone_number_verified: 'true' })
  const { AccessToken, RefreshToken } = await signIn(at, 'jane')
  return { ...at, passkey: await register(at, AccessToken), refreshToken: RefreshToken, token: AccessToken }
}

const giveTemporary = ({ server, UserPoolId }: PoolUnderTest): Promise<unknown> =>
  server.call('AdminSetUserPassword', { UserPoolId, Username: 'jane', Password: temporary, Permanent: false })

const reset = ({ server, UserPoolId }: PoolUnderTest): Promise<unknown> =>
  server.call('AdminResetUserPassword', { UserPoolId, Username: 'jane' })

const prefer = (at: PoolUnderTest, PREFERRED_CHALLENGE: string): Promise<InitiateAuthResponse> =>
  begin(at, { USERNAME: 'jane', PREFERRED_CHALLENGE })

const beginCustom = (at: PoolUnderTest): Promise<InitiateAuthResponse> =>
  begin(at, { USERNAME: 'jane' }, { AuthFlow: 'CUSTOM_AUTH' })

const answerCustom = async (at: PoolUnderTest, ANSWER: string): Promise<InitiateAuthResponse> => {
  const session = asked(await beginCustom(at), 'CUSTOM_CHALLENGE')
  return respond(at, 'CUSTOM_CHALLENGE', session, { USERNAME: 'jane', ANSWER })
}

// By a code that is sent, or by the passkey; whatever the user is in for.
const answerChoice = async (
  at: Settled,
  factor: 'EMAIL_OTP' | 'SMS_OTP' | 'WEB_AUTHN',
): Promise<InitiateAuthResponse> => {
  const challenge = await prefer(at, factor)
  const session = asked(challenge, factor)
  if (factor === 'WEB_AUTHN') {
    const options: unknown = JSON.parse(challenge.ChallengeParameters?.['CREDENTIAL_REQUEST_OPTIONS'] ?? '')
    const CREDENTIAL = JSON.stringify(at.passkey.get(options))
    return respond(at, factor, session, { USERNAME: 'jane', CREDENTIAL })
  }
  const code = await at.server.code(factor === 'EMAIL_OTP' ? email : phone_number)
  return respond(at, factor, session, { USERNAME: 'jane', [`${factor}_CODE`]: code })
}

const refreshes = ({ server, ClientId, refreshToken }: Settled): Promise<unknown>[] => [
  server.call('GetTokensFromRefreshToken', { ClientId, RefreshToken: refreshToken }),
  server.call('InitiateAuth', {
    ClientId,
    AuthFlow: 'REFRESH_TOKEN_AUTH',
    AuthParameters: { REFRESH_TOKEN: refreshToken },
  }),
]

const choices = ['EMAIL_OTP', 'SMS_OTP', 'WEB_AUTHN'] as const

test('each way lets a user in who owes no password', async (t) => {
  const at = await settled(t)
  accessTokenOf(await answerCustom(at, 'right'))
  for (const factor of choices) accessTokenOf(await answerChoice(at, factor))
  await Promise.all(refreshes(at))
})

test('a custom sign-in of a user with a temporary password leads to the choice of a new one, then to tokens', async (t) => {
  const at = await settled(t)
  await giveTemporary(at)
  await refused(answerCustom(at, 'wrong'), refusals.incorrect)
  const due = await answerCustom(at, 'right')
  const session = asked(due, 'NEW_PASSWORD_REQUIRED')
  assert.equal(due.AuthenticationResult, undefined)
  assert.equal((await userOf(at, 'jane')).UserStatus, 'FORCE_CHANGE_PASSWORD')
  const choose = (NEW_PASSWORD: string): Promise<InitiateAuthResponse> =>
    respond(at, 'NEW_PASSWORD_REQUIRED', session, { USERNAME: 'jane', NEW_PASSWORD })
  await assert.rejects(choose('weak'), { name: 'InvalidPasswordException' })
  accessTokenOf(await choose(otherPassword))
  assert.equal((await userOf(at, 'jane')).UserStatus, 'CONFIRMED')
  await refused(signIn(at, 'jane', temporary), refusals.incorrect)
  await signIn(at, 'jane', otherPassword)
  accessTokenOf(await answerCustom(at, 'right'))
})

test('a user whom an administrator made, and who was told no password, comes in by a custom sign-in', async (t) => {
  const at = await settled(t)
  const { server, UserPoolId } = at
  await server.call('AdminCreateUser', { UserPoolId, Username: 'june', MessageAction: 'SUPPRESS' })
  const first = await begin(at, { USERNAME: 'june' }, { AuthFlow: 'CUSTOM_AUTH' })
  const right = { USERNAME: 'june', ANSWER: 'right' }
  const due = await respond(at, 'CUSTOM_CHALLENGE', asked(first, 'CUSTOM_CHALLENGE'), right)
  const session = asked(due, 'NEW_PASSWORD_REQUIRED')
  const chosen = { USERNAME: 'june', NEW_PASSWORD: otherPassword }
  accessTokenOf(await respond(at, 'NEW_PASSWORD_REQUIRED', session, chosen))
})

test('a temporary password that has expired lets nobody in, nor choose another, by a custom sign-in', async (t) => {
  const at = await settled(t)
  await giveTemporary(at)
  at.server.advance(7 * 86_400)
  await refused(answerCustom(at, 'wrong'), refusals.incorrect)
  await refused(
    answerCustom(at, 'right'),
    'NotAuthorizedException: Temporary password has expired and must be reset by an administrator.',
  )
})

test('who owes a password is offered passwords alone, and sent no code', async (t) => {
  const at = await settled(t)
  await giveTemporary(at)
  for (const factor of choices) {
    const list = await prefer(at, factor)
    assert.deepEqual([list.ChallengeName, list.AvailableChallenges], ['SELECT_CHALLENGE', passwordsAlone])
    await refused(
      respond(at, 'SELECT_CHALLENGE', list.Session, { USERNAME: 'jane', ANSWER: factor }),
      `InvalidParameterException: ${factor} is not available to the user.`,
    )
  }
  assert.deepEqual([await sentTo(at, email), await sentTo(at, phone_number)], [0, 0])
})

test('a reset that is due is told after the right proof, and nothing lets in before it is done', async (t) => {
  const at = await settled(t)
  await reset(at)
  await refused(answerCustom(at, 'wrong'), refusals.incorrect)
  await refused(answerCustom(at, 'right'), resetRequired)
  for (const factor of choices) await refused(answerChoice(at, factor), resetRequired)
  assert.equal((await userOf(at, 'jane')).UserStatus, 'RESET_REQUIRED')
})

const states = { 'a temporary password': giveTemporary, 'a reset': reset } as const

for (const [what, owe] of Object.entries(states)) {
  test(`${what} ends the sign-ins by other factors that are under way`, async (t) => {
    const at = await settled(t)
    const custom = asked(await beginCustom(at), 'CUSTOM_CHALLENGE')
    const code = asked(await prefer(at, 'EMAIL_OTP'), 'EMAIL_OTP')
    const EMAIL_OTP_CODE = await at.server.code(email)
    const list = asked(await begin(at, { USERNAME: 'jane' }), 'SELECT_CHALLENGE')
    const passkey = await prefer(at, 'WEB_AUTHN')
    const options: unknown = JSON.parse(passkey.ChallengeParameters?.['CREDENTIAL_REQUEST_OPTIONS'] ?? '')
    at.server.advance(1)
    await owe(at)
    const jane = { USERNAME: 'jane' }
    for (const late of [
      respond(at, 'CUSTOM_CHALLENGE', custom, { ...jane, ANSWER: 'right' }),
      respond(at, 'EMAIL_OTP', code, { ...jane, EMAIL_OTP_CODE }),
      respond(at, 'SELECT_CHALLENGE', list, { ...jane, ANSWER: 'SMS_OTP' }),
      respond(at, 'WEB_AUTHN', passkey.Session, { ...jane, CREDENTIAL: JSON.stringify(at.passkey.get(options)) }),
    ]) {
      await refused(late, invalidSession)
    }
  })

  test(`${what} ends the refreshes, and a token from before counts for nothing at a step-up`, async (t) => {
    const at = await settled(t)
    at.server.advance(1)
    await owe(at)
    for (const refresh of refreshes(at)) await refused(refresh, owe === reset ? resetRequired : revoked)
    const TARGET_ACR_VALUES = 'urn:cognito:loa:1'
    const list = await begin(at, { USERNAME: 'jane', ACCESS_TOKEN: at.token, TARGET_ACR_VALUES })
    assert.equal(list.ChallengeName, 'SELECT_CHALLENGE')
  })

  test(`${what} ends the Session of a confirmed sign-up`, async (t) => {
    const at = await settled(t)
    const { server, ClientId, UserPoolId } = at
    await server.call('SignUp', {
      ...{ ClientId, Username: 'june', Password: goodPassword },
      UserAttributes: [{ Name: 'email', Value: 'june@example.com' }],
    })
    const ConfirmationCode = await server.code('june@example.com')
    const { Session } = await server.call('ConfirmSignUp', { ClientId, Username: 'june', ConfirmationCode })
    assert.ok(Session)
    server.advance(1)
    const who = { UserPoolId, Username: 'june' }
    if (owe === reset) await server.call('AdminResetUserPassword', who)
    else await server.call('AdminSetUserPassword', { ...who, Password: temporary, Permanent: false })
    await refused(begin(at, { USERNAME: 'june' }, { Session }), invalidSession)
  })
}
