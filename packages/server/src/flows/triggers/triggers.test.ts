// The triggers of sign-up, sign-in, recovery and tokens, called as functions behind a URL: what they are told, in which
// order, what their answers do, and that nothing is stored or given when they refuse (protocol/administration 14.3 to
// 14.6).
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import {
  addPool,
  addUser,
  addVerifiedUser,
  goodPassword,
  listed,
  otherPassword,
  type PoolChoice,
  type PoolUnderTest,
  refusals,
  refused,
  signUpUser,
  startPool,
  userOf,
} from '../../../testing/pool.ts'
import { payloadOf, signIn } from '../../../testing/sign-in.ts'
import { hookTriggers, throwing } from '../../../testing/functions.ts'
import type { HookedTriggers, TestAnswers, TestEvent } from '../../../testing/functions.ts'

type Hooked = PoolUnderTest & { readonly hook: HookedTriggers }

const startHooked = async (t: TestContext, answers: TestAnswers = {}, choice: PoolChoice = {}): Promise<Hooked> => {
  const hook = await hookTriggers(t, answers)
  const pool = { LambdaConfig: hook.lambdaConfig, ...choice.pool }
  const at = await startPool(t, { ...choice, pool }, { triggers: hook.triggers })
  return { ...at, hook }
}

const last = ({ hook }: Hooked, source: string): TestEvent => {
  const event = hook.events.findLast(({ triggerSource }) => triggerSource === source)
  assert.ok(event, `${source} was not called`)
  return event
}

const usersIn = async ({ server, UserPoolId }: PoolUnderTest): Promise<number> =>
  (await server.call('ListUsers', { UserPoolId })).Users?.length ?? 0

const start = (at: PoolUnderTest, more: object = {}, parameters: Record<string, string> = {}) =>
  at.server.call('InitiateAuth', {
    ClientId: at.ClientId,
    AuthFlow: 'USER_PASSWORD_AUTH',
    AuthParameters: { USERNAME: 'ann', PASSWORD: goodPassword, ...parameters },
    ...more,
  })

const email = 'ann@example.com'

test('sign-up asks PreSignUp, then words the message; confirmation is told afterwards', async (t) => {
  const at = await startHooked(t, {
    CustomMessage_SignUp: ({ response }) => {
      response['emailSubject'] = 'Welcome'
      response['emailMessage'] = 'Yours: {####}'
    },
  })
  const { server, ClientId } = at
  await server.call('SignUp', {
    ClientId,
    Username: 'ann',
    Password: goodPassword,
    UserAttributes: listed({ email }),
    ValidationData: listed({ invitedBy: 'bob' }),
    ClientMetadata: { a: 'b' },
  })
  assert.deepEqual(at.hook.told(), ['PreSignUp_SignUp', 'CustomMessage_SignUp'])
  const asked = last(at, 'PreSignUp_SignUp')
  assert.equal(asked.userName, 'ann')
  assert.equal(asked.callerContext.clientId, ClientId)
  assert.deepEqual(asked.request, {
    userAttributes: { email },
    validationData: { invitedBy: 'bob' },
    clientMetadata: { a: 'b' },
  })
  assert.deepEqual(asked.response, { autoConfirmUser: false, autoVerifyEmail: false, autoVerifyPhone: false })
  const worded = last(at, 'CustomMessage_SignUp')
  const { userAttributes, ...request } = worded.request
  assert.equal((userAttributes as Record<string, string>)['cognito:user_status'], 'UNCONFIRMED')
  assert.deepEqual(request, {
    codeParameter: '{####}',
    linkParameter: '{##Click Here##}',
    usernameParameter: null,
    clientMetadata: { a: 'b' },
  })
  const mail = await server.mail(email)
  assert.equal(mail.subject, 'Welcome')
  assert.match(mail.body, /^Yours: \d{6}$/)
  const ConfirmationCode = await server.code(email)
  await server.call('ConfirmSignUp', { ClientId, Username: 'ann', ConfirmationCode, ClientMetadata: { c: 'd' } })
  assert.deepEqual(at.hook.told(), ['PostConfirmation_ConfirmSignUp'])
  const told = last(at, 'PostConfirmation_ConfirmSignUp').request
  assert.deepEqual(told['clientMetadata'], { c: 'd' })
  const attributes = told['userAttributes'] as Record<string, string>
  assert.equal(attributes['cognito:user_status'], 'CONFIRMED')
  assert.equal(attributes['email_verified'], 'true')
})

const autoConfirm: TestAnswers = {
  PreSignUp_SignUp: ({ response }) => Object.assign(response, { autoConfirmUser: true, autoVerifyEmail: true }),
}

test('PreSignUp confirms and verifies: no code is sent, and confirmation is told', async (t) => {
  const at = await startHooked(t, autoConfirm)
  const answer = await at.server.call('SignUp', {
    ClientId: at.ClientId,
    Username: 'ann',
    Password: goodPassword,
    UserAttributes: listed({ email }),
  })
  assert.equal(answer.UserConfirmed, true)
  assert.equal(answer.CodeDeliveryDetails, undefined)
  assert.deepEqual(at.hook.told(), ['PreSignUp_SignUp', 'PostConfirmation_ConfirmSignUp'])
  const { UserStatus, attributes } = await userOf(at, 'ann')
  assert.equal(UserStatus, 'CONFIRMED')
  assert.equal(attributes['email_verified'], 'true')
  await assert.rejects(at.server.mail(email), /nothing was sent/)
  await signIn(at, 'ann')
})

test('a PreSignUp that throws refuses the sign-up, and nothing is written', async (t) => {
  const at = await startHooked(t, { PreSignUp_SignUp: throwing('no such domain') })
  const up = signUpUser(at, 'ann', { email })
  await refused(up, 'UserLambdaValidationException: PreSignUp failed with error no such domain.')
  assert.equal(await usersIn(at), 0)
  await assert.rejects(at.server.mail(email), /nothing was sent/)
  delete at.hook.answers['PreSignUp_SignUp']
  await signUpUser(at, 'ann', { email })
})

test('an address that the user lacks is not verified, and nothing is written', async (t) => {
  for (const response of [{ autoVerifyEmail: true }, { autoVerifyPhone: true }]) {
    const at = await startHooked(t, { PreSignUp_SignUp: (event) => Object.assign(event.response, response) })
    await assert.rejects(signUpUser(at, 'ann'), { name: 'InvalidParameterException' })
    assert.equal(await usersIn(at), 0)
  }
})

test('an answer of PreSignUp that is truthy, but no true, confirms nobody', async (t) => {
  for (const value of ['true', 1, {}]) {
    const at = await startHooked(t, { PreSignUp_SignUp: ({ response }) => (response['autoConfirmUser'] = value) })
    await refused(signUpUser(at, 'ann'), 'InvalidLambdaResponseException: Unrecognizable lambda output')
    assert.equal(await usersIn(at), 0)
  }
})

test('an alias that PreSignUp verifies moves to the new user', async (t) => {
  const pool = { AliasAttributes: ['email' as const, 'phone_number' as const] }
  const at = await startHooked(t, {}, { pool })
  const phone_number = '+15550100'
  const verified = { email, phone_number, email_verified: 'true', phone_number_verified: 'true' }
  await addUser(at, 'old', verified)
  at.hook.answers['PreSignUp_SignUp'] = ({ response }) =>
    Object.assign(response, { autoConfirmUser: true, autoVerifyEmail: true, autoVerifyPhone: true })
  await signUpUser(at, 'ann', { email, phone_number })
  for (const name of [email, phone_number]) assert.equal((await userOf(at, name)).Username, 'ann')
  const old = (await userOf(at, 'old')).attributes
  assert.equal(old['email'], email)
  assert.equal(old['email_verified'], 'false')
  assert.equal(old['phone_number_verified'], 'false')
  assert.equal(
    (last(at, 'PostConfirmation_ConfirmSignUp').request['userAttributes'] as Record<string, string>)[
      'cognito:email_alias'
    ],
    email,
  )
})

test('a PostConfirmation that throws is told to the caller; the user stays confirmed', async (t) => {
  const at = await startHooked(t, { PostConfirmation_ConfirmSignUp: throwing('no room') })
  await signUpUser(at, 'ann', { email })
  const { server, ClientId, UserPoolId } = at
  const ConfirmationCode = await server.code(email)
  await refused(
    server.call('ConfirmSignUp', { ClientId, Username: 'ann', ConfirmationCode }),
    'UserLambdaValidationException: PostConfirmation failed with error no room.',
  )
  assert.equal((await userOf(at, 'ann')).UserStatus, 'CONFIRMED')
  await signUpUser(at, 'bob')
  await refused(
    server.call('AdminConfirmSignUp', { UserPoolId, Username: 'bob', ClientMetadata: { a: 'b' } }),
    'UserLambdaValidationException: PostConfirmation failed with error no room.',
  )
  const told = last(at, 'PostConfirmation_ConfirmSignUp')
  assert.deepEqual(told.request['clientMetadata'], { a: 'b' })
  assert.equal(told.callerContext.clientId, 'CLIENT_ID_NOT_APPLICABLE')
})

test('AdminCreateUser asks PreSignUp, whose flags it does not heed, and words the invitation', async (t) => {
  const at = await startHooked(t, {
    PreSignUp_AdminCreateUser: ({ response }) =>
      Object.assign(response, { autoConfirmUser: true, autoVerifyEmail: true }),
    CustomMessage_AdminCreateUser: ({ response }) => (response['emailMessage'] = 'For {username}: {####}'),
  })
  const { server, UserPoolId } = at
  const input = {
    UserPoolId,
    Username: 'ann',
    UserAttributes: listed({ email }),
    DesiredDeliveryMediums: ['EMAIL' as const],
    ValidationData: listed({ v: '1' }),
    ClientMetadata: { a: 'b' },
  }
  await server.call('AdminCreateUser', input)
  assert.deepEqual(at.hook.told(), ['PreSignUp_AdminCreateUser', 'CustomMessage_AdminCreateUser'])
  const asked = last(at, 'PreSignUp_AdminCreateUser')
  assert.equal(asked.callerContext.clientId, 'CLIENT_ID_NOT_APPLICABLE')
  assert.deepEqual(asked.request, { userAttributes: { email }, validationData: { v: '1' }, clientMetadata: { a: 'b' } })
  const worded = last(at, 'CustomMessage_AdminCreateUser').request
  assert.equal(worded['usernameParameter'], '{username}')
  assert.equal(worded['linkParameter'], null)
  const { UserStatus, attributes } = await userOf(at, 'ann')
  assert.equal(UserStatus, 'FORCE_CHANGE_PASSWORD')
  assert.notEqual(attributes['email_verified'], 'true')
  assert.match((await server.mail(email)).body, /^For ann: /)
  at.hook.answers['PreSignUp_AdminCreateUser'] = throwing('not him')
  await refused(
    server.call('AdminCreateUser', { ...input, Username: 'eve' }),
    'UserLambdaValidationException: PreSignUp failed with error not him.',
  )
  assert.equal(await usersIn(at), 1)
})

test('a forgotten password words its message and is told of when it is set', async (t) => {
  const at = await startHooked(t)
  await addVerifiedUser(at, 'ann')
  at.hook.told()
  const { server, ClientId, UserPoolId } = at
  await server.call('ForgotPassword', { ClientId, Username: 'ann', ClientMetadata: { a: 'b' } })
  assert.deepEqual(at.hook.told(), ['CustomMessage_ForgotPassword'])
  assert.deepEqual(last(at, 'CustomMessage_ForgotPassword').request['clientMetadata'], { a: 'b' })
  const ConfirmationCode = await server.code(email)
  const set = { ClientId, Username: 'ann', ConfirmationCode, Password: otherPassword, ClientMetadata: { c: 'd' } }
  await server.call('ConfirmForgotPassword', set)
  assert.deepEqual(at.hook.told(), ['PostConfirmation_ConfirmForgotPassword'])
  assert.deepEqual(last(at, 'PostConfirmation_ConfirmForgotPassword').request['clientMetadata'], { c: 'd' })
  await server.call('AdminResetUserPassword', { UserPoolId, Username: 'ann', ClientMetadata: { e: 'f' } })
  assert.deepEqual(at.hook.told(), ['CustomMessage_ForgotPassword'])
  assert.deepEqual(last(at, 'CustomMessage_ForgotPassword').request['clientMetadata'], { e: 'f' })
})

test('a sign-in asks PreAuthentication, and with the right password PostAuthentication and PreTokenGeneration', async (t) => {
  const at = await startHooked(t)
  const sub = await addUser(at, 'ann', { email })
  at.hook.told()
  await start(at, { ClientMetadata: { a: 'b' } })
  assert.deepEqual(at.hook.told(), [
    'PreAuthentication_Authentication',
    'PostAuthentication_Authentication',
    'TokenGeneration_Authentication',
  ])
  const userAttributes = { sub, email, email_verified: 'false', 'cognito:user_status': 'CONFIRMED' }
  assert.deepEqual(last(at, 'PreAuthentication_Authentication').request, {
    userAttributes,
    validationData: { a: 'b' },
    userNotFound: false,
  })
  assert.deepEqual(last(at, 'PostAuthentication_Authentication').request, {
    userAttributes,
    newDeviceUsed: false,
    clientMetadata: {},
  })
  const tokens = last(at, 'TokenGeneration_Authentication')
  assert.equal(tokens.version, '1')
  assert.deepEqual(tokens.request, {
    userAttributes,
    groupConfiguration: { groupsToOverride: [], iamRolesToOverride: [], preferredRole: null },
    clientMetadata: {},
  })
  assert.deepEqual(tokens.response, { claimsOverrideDetails: null })
  await refused(start(at, {}, { PASSWORD: otherPassword }), refusals.incorrect)
  assert.deepEqual(at.hook.told(), ['PreAuthentication_Authentication'])
})

test('PreAuthentication refuses before the password is looked at', async (t) => {
  const at = await startHooked(t, { PreAuthentication_Authentication: throwing('not now') })
  await addUser(at, 'ann')
  const words = 'UserLambdaValidationException: PreAuthentication failed with error not now.'
  // Ten wrong passwords would lock.
  for (let count = 0; count < 10; count += 1) await refused(start(at, {}, { PASSWORD: otherPassword }), words)
  await refused(start(at), words)
  delete at.hook.answers['PreAuthentication_Authentication']
  await signIn(at, 'ann')
})

test('PreAuthentication hears of nobody where the client hides users, and is not called where it does not', async (t) => {
  const hidden = await startHooked(t, {}, { client: { PreventUserExistenceErrors: 'ENABLED' } })
  await refused(start(hidden), refusals.incorrect)
  const asked = last(hidden, 'PreAuthentication_Authentication')
  assert.equal(asked.userName, 'ann')
  assert.deepEqual(asked.request, { userAttributes: {}, validationData: {}, userNotFound: true })
  const open = await startHooked(t)
  await refused(start(open), refusals.noUser)
  assert.deepEqual(open.hook.told(), ['UserMigration_Authentication'])
})

test('a locked user is refused before PreAuthentication', async (t) => {
  const at = await startHooked(t)
  await addUser(at, 'ann')
  for (let count = 0; count < 5; count += 1) await refused(start(at, {}, { PASSWORD: 'wrong' }), refusals.incorrect)
  at.hook.told()
  await refused(start(at), 'NotAuthorizedException: Password attempts exceeded')
  assert.deepEqual(at.hook.told(), [])
})

test('a new password is asked after PreAuthentication; its answer brings the other triggers and their metadata', async (t) => {
  const at = await startHooked(t)
  const { server, UserPoolId, ClientId } = at
  await server.call('AdminCreateUser', {
    UserPoolId,
    Username: 'ann',
    TemporaryPassword: goodPassword,
    MessageAction: 'SUPPRESS',
  })
  at.hook.told()
  const asked = await start(at)
  assert.equal(asked.ChallengeName, 'NEW_PASSWORD_REQUIRED')
  assert.deepEqual(at.hook.told(), ['PreAuthentication_Authentication'])
  await server.call('RespondToAuthChallenge', {
    ClientId,
    ChallengeName: 'NEW_PASSWORD_REQUIRED',
    Session: asked.Session ?? '',
    ChallengeResponses: { USERNAME: 'ann', NEW_PASSWORD: otherPassword },
    ClientMetadata: { a: 'b' },
  })
  assert.deepEqual(at.hook.told(), ['PostAuthentication_Authentication', 'TokenGeneration_NewPasswordChallenge'])
  assert.deepEqual(last(at, 'PostAuthentication_Authentication').request['clientMetadata'], { a: 'b' })
  assert.deepEqual(last(at, 'TokenGeneration_NewPasswordChallenge').request['clientMetadata'], { a: 'b' })
})

for (const [source, name] of [
  ['PostAuthentication_Authentication', 'PostAuthentication'],
  ['TokenGeneration_NewPasswordChallenge', 'PreTokenGeneration'],
] as const) {
  test(`a ${name} that fails gives no tokens, stores nothing, and leaves the session usable`, async (t) => {
    const at = await startHooked(t, { [source]: throwing('not yet') })
    const { server, UserPoolId, ClientId } = at
    await server.call('AdminCreateUser', {
      UserPoolId,
      Username: 'ann',
      TemporaryPassword: goodPassword,
      MessageAction: 'SUPPRESS',
    })
    const { Session = '' } = await start(at)
    const answer = () =>
      server.call('RespondToAuthChallenge', {
        ClientId,
        ChallengeName: 'NEW_PASSWORD_REQUIRED',
        Session,
        ChallengeResponses: { USERNAME: 'ann', NEW_PASSWORD: otherPassword },
      })
    await refused(answer(), `UserLambdaValidationException: ${name} failed with error not yet.`)
    assert.equal((await userOf(at, 'ann')).UserStatus, 'FORCE_CHANGE_PASSWORD')
    at.hook.answers[source] = ({ response }) =>
      (response['claimsOverrideDetails'] = { claimsToAddOrOverride: { n: 1 } })
    if (name === 'PreTokenGeneration') {
      await refused(answer(), 'InvalidLambdaResponseException: Unrecognizable lambda output')
    }
    delete at.hook.answers[source]
    assert.ok((await answer()).AuthenticationResult?.AccessToken)
  })
}

test('V1 of PreTokenGeneration changes the ID token, at sign-in and at refresh, which calls nothing else', async (t) => {
  const add: TestAnswers[string] = ({ response, triggerSource }) => {
    response['claimsOverrideDetails'] = {
      claimsToAddOrOverride: { source: triggerSource, sub: 'forged', email: 'other@example.com' },
      claimsToSuppress: ['email_verified', 'token_use'],
      groupOverrideDetails: { groupsToOverride: ['staff'] },
    }
  }
  const at = await startHooked(t, { TokenGeneration_Authentication: add, TokenGeneration_RefreshTokens: add })
  const sub = await addVerifiedUser(at, 'ann')
  const { IdToken, AccessToken, RefreshToken } = await signIn(at, 'ann')
  const id = payloadOf(IdToken)
  assert.equal(id['source'], 'TokenGeneration_Authentication')
  assert.equal(id['sub'], sub)
  assert.equal(id['email'], 'other@example.com')
  assert.equal(id['token_use'], 'id')
  assert.ok(!('email_verified' in id))
  assert.deepEqual(id['cognito:groups'], ['staff'])
  assert.deepEqual(payloadOf(AccessToken)['cognito:groups'], ['staff'])
  assert.ok(!('source' in payloadOf(AccessToken)))
  at.hook.told()
  const { server, ClientId } = at
  const refreshed = await server.call('InitiateAuth', {
    ClientId,
    AuthFlow: 'REFRESH_TOKEN_AUTH',
    AuthParameters: { REFRESH_TOKEN: RefreshToken },
    ClientMetadata: { a: 'b' },
  })
  assert.deepEqual(at.hook.told(), ['TokenGeneration_RefreshTokens'])
  assert.deepEqual(last(at, 'TokenGeneration_RefreshTokens').request['clientMetadata'], {})
  assert.equal(payloadOf(refreshed.AuthenticationResult?.IdToken ?? '')['source'], 'TokenGeneration_RefreshTokens')
  await server.call('GetTokensFromRefreshToken', { ClientId, RefreshToken, ClientMetadata: { a: 'b' } })
  assert.deepEqual(last(at, 'TokenGeneration_RefreshTokens').request['clientMetadata'], { a: 'b' })
  at.hook.answers['TokenGeneration_RefreshTokens'] = throwing('no more')
  await refused(
    server.call('GetTokensFromRefreshToken', { ClientId, RefreshToken }),
    'UserLambdaValidationException: PreTokenGeneration failed with error no more.',
  )
})

test('V2 of PreTokenGeneration changes the access token and its scopes, which user operations heed', async (t) => {
  const at = await startHooked(t, {
    TokenGeneration_Authentication: ({ response }) => {
      response['claimsAndScopeOverrideDetails'] = {
        idTokenGeneration: { claimsToAddOrOverride: { list: [1, { a: true }] } },
        accessTokenGeneration: {
          claimsToAddOrOverride: { tenant: 7 },
          scopesToAdd: ['orders/read'],
          scopesToSuppress: ['aws.cognito.signin.user.admin'],
        },
      }
    },
  })
  const { PreTokenGeneration: LambdaArn = '', ...others } = at.hook.lambdaConfig
  await at.server.call('UpdateUserPool', {
    UserPoolId: at.UserPoolId,
    LambdaConfig: { ...others, PreTokenGenerationConfig: { LambdaVersion: 'V2_0', LambdaArn } },
  })
  await addUser(at, 'ann')
  const { AccessToken, IdToken } = await signIn(at, 'ann')
  const asked = last(at, 'TokenGeneration_Authentication')
  assert.equal(asked.version, '2')
  assert.deepEqual(asked.request['scopes'], ['aws.cognito.signin.user.admin'])
  assert.deepEqual(asked.response, { claimsAndScopeOverrideDetails: null })
  assert.equal(payloadOf(AccessToken)['tenant'], 7)
  assert.equal(payloadOf(AccessToken)['scope'], 'orders/read')
  assert.deepEqual(payloadOf(IdToken)['list'], [1, { a: true }])
  await refused(
    at.server.call('GetUser', { AccessToken }),
    'NotAuthorizedException: Access Token does not have required scopes',
  )
})

test('a pool whose function is not mapped is refused at every step that would call it', async (t) => {
  const at = await startPool(t)
  const hook = await hookTriggers(t)
  await addUser(at, 'ann')
  const { server, UserPoolId } = at
  const unmapped = (name: string): string =>
    `UnexpectedLambdaException: ${name} invocation failed due to error no function is mapped to its ARN.`
  const naming = (...names: string[]) =>
    server.call('UpdateUserPool', {
      UserPoolId,
      AutoVerifiedAttributes: ['email'],
      LambdaConfig: Object.fromEntries(names.map((name) => [name, hook.lambdaConfig[name]])),
    })
  await naming('PreSignUp')
  await refused(signUpUser(at, 'bob'), unmapped('PreSignUp'))
  for (const name of ['PreAuthentication', 'PostAuthentication', 'PreTokenGeneration']) {
    await naming(name)
    await refused(start(at), unmapped(name))
  }
  await naming('CustomMessage')
  await refused(signUpUser(at, 'bob', { email: 'bob@example.com' }), unmapped('CustomMessage'))
  assert.equal(await usersIn(at), 1)
})

test('triggers of one pool are not those of another', async (t) => {
  const at = await startHooked(t, { PreSignUp_SignUp: throwing('no') })
  await signUpUser(await addPool(at.server), 'ann')
  assert.deepEqual(at.hook.told(), [])
})
