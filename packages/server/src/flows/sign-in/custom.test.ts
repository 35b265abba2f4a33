// CUSTOM_AUTH by functions that are really called: its states, what each function is told, who is refused, and that
// tokens come of issueTokens alone.
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { closing } from '../../../testing/closing.ts'
import { onBothDatabases, raceOfFifty } from '../../../testing/databases.ts'
import { srpKeys, srpSignature, srpTimestamp } from '../../../../client/src/srp.ts'
import { decodeBase32 } from '../../rules/base32.ts'
import { totpCode, totpStep } from '../../rules/totp.ts'
import {
  addClient,
  addPool,
  addUser,
  goodPassword,
  otherPassword,
  type PoolChoice,
  type PoolUnderTest,
  refusals,
  refused,
  said,
  signUpUser,
  startPool,
} from '../../../testing/pool.ts'
import { payloadOf } from '../../../testing/sign-in.ts'
import { ServiceError } from '../../errors.ts'
import type { Triggers } from '../../triggers/index.ts'
import { makeTriggers } from '../../triggers/mapped.ts'
import { hookTriggers, makeModules, throwing } from '../../../testing/functions.ts'
import type { HookedTriggers, TestAnswers, TestEvent } from '../../../testing/functions.ts'
import type { InitiateAuthResponse, Inputs } from '../../wire/model.gen.ts'

type Hooked = PoolUnderTest & { readonly hook: HookedTriggers }
type Result = { challengeName: string; challengeResult: boolean; challengeMetadata: string | null }

const define = 'DefineAuthChallenge_Authentication'
const create = 'CreateAuthChallenge_Authentication'
const verify = 'VerifyAuthChallengeResponse_Authentication'

const customOf = ({ request }: TestEvent): Result[] =>
  (request['session'] as Result[]).filter(({ challengeName }) => challengeName === 'CUSTOM_CHALLENGE')

/** Asks for a sum, three times at most. */
const sum: TestAnswers = {
  [define]: (event) => {
    const asked = customOf(event)
    const right = asked.at(-1)?.challengeResult === true
    if (right) event.response['issueTokens'] = true
    else if (asked.length >= 3) event.response['failAuthentication'] = true
    else event.response['challengeName'] = 'CUSTOM_CHALLENGE'
  },
  [create]: (event) => {
    event.response['publicChallengeParameters'] = { question: '2 + 3?' }
    event.response['privateChallengeParameters'] = { answer: 'five-is-right' }
    event.response['challengeMetadata'] = `ROUND-${customOf(event).length + 1}`
  },
  [verify]: ({ request, response }) => {
    const { answer } = request['privateChallengeParameters'] as { answer: string }
    response['answerCorrect'] = request['challengeAnswer'] === answer
  },
}

/** Gives tokens, asks for anything else by name, or fails, by what a test says. */
const defining =
  (response: Record<string, unknown>): TestAnswers[string] =>
  (event) =>
    void Object.assign(event.response, response)

const allFlows: Partial<Inputs['CreateUserPoolClient']> = {
  ExplicitAuthFlows: ['ALLOW_CUSTOM_AUTH', 'ALLOW_ADMIN_USER_PASSWORD_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
}

const startHooked = async (
  t: TestContext,
  answers: TestAnswers = {},
  { pool, client }: PoolChoice = {},
): Promise<Hooked> => {
  const hook = await hookTriggers(t, { ...sum, ...answers })
  const choice = { pool: { LambdaConfig: hook.lambdaConfig, ...pool }, client: { ...allFlows, ...client } }
  const at = { ...(await startPool(t, choice, { triggers: hook.triggers })), hook }
  await addUser(at, 'ann')
  hook.told()
  return at
}

const begin = (at: PoolUnderTest, USERNAME = 'ann', more: Record<string, string> = {}): Promise<InitiateAuthResponse> =>
  at.server.call('InitiateAuth', {
    ClientId: at.ClientId,
    AuthFlow: 'CUSTOM_AUTH',
    AuthParameters: { USERNAME, ...more },
    ClientMetadata: { first: '1' },
  })

const answer = (
  at: PoolUnderTest,
  { Session = '' }: InitiateAuthResponse,
  ANSWER: string,
  USERNAME = 'ann',
): Promise<InitiateAuthResponse> =>
  at.server.call('RespondToAuthChallenge', {
    ClientId: at.ClientId,
    ChallengeName: 'CUSTOM_CHALLENGE',
    Session,
    ChallengeResponses: { USERNAME, ANSWER },
    ClientMetadata: { later: '2' },
  })

const right = 'five-is-right'
const used = 'NotAuthorizedException: Invalid session for the user, session can only be used once.'
const invalid = 'NotAuthorizedException: Invalid session for the user.'
const unrecognizable = 'InvalidLambdaResponseException: Unrecognizable lambda output'
const notConfigured =
  'InvalidUserPoolConfigurationException: Custom auth lambda trigger is not configured for the user pool.'
const locked = 'NotAuthorizedException: Password attempts exceeded'

test('a custom sign-in, with a wrong answer on the way', async (t) => {
  const at = await startHooked(t)
  const first = await begin(at)
  assert.equal(first.ChallengeName, 'CUSTOM_CHALLENGE')
  assert.deepEqual(first.ChallengeParameters, { USERNAME: 'ann', question: '2 + 3?' })
  assert.deepEqual(at.hook.told(), ['PreAuthentication_Authentication', define, create])
  const second = await answer(at, first, 'seven')
  assert.equal(second.ChallengeName, 'CUSTOM_CHALLENGE')
  assert.notEqual(second.Session, first.Session)
  assert.deepEqual(at.hook.told(), [verify, define, create])
  const { AuthenticationResult, ChallengeName, Session } = await answer(at, second, right)
  assert.ok(AuthenticationResult?.AccessToken && AuthenticationResult.RefreshToken)
  assert.equal(payloadOf(AuthenticationResult.IdToken ?? '')['cognito:username'], 'ann')
  assert.deepEqual([ChallengeName, Session], [undefined, undefined])
  assert.deepEqual(at.hook.told(), [
    verify,
    define,
    'PostAuthentication_Authentication',
    'TokenGeneration_Authentication',
  ])
  await refused(answer(at, second, right), used)
  await refused(answer(at, first, right), used)
})

test('each function of a custom sign-in is told what it needs', async (t) => {
  const at = await startHooked(t)
  await answer(at, await begin(at), 'seven')
  const [, defined, created, verified, redefined, recreated] = at.hook.events.slice(-6)
  const userAttributes = defined?.request['userAttributes'] as Record<string, string>
  assert.deepEqual(Object.keys(userAttributes), ['sub', 'cognito:user_status'])
  const common = { userAttributes, clientMetadata: {}, userNotFound: false }
  assert.deepEqual(defined?.request, { ...common, session: [] })
  assert.deepEqual(defined?.response, { challengeName: null, issueTokens: null, failAuthentication: null })
  assert.deepEqual(created?.request, { ...common, challengeName: 'CUSTOM_CHALLENGE', session: [] })
  assert.deepEqual(created?.response, {
    publicChallengeParameters: null,
    privateChallengeParameters: null,
    challengeMetadata: null,
  })
  const clientMetadata = { later: '2' }
  assert.deepEqual(verified?.request, {
    ...common,
    clientMetadata,
    privateChallengeParameters: { answer: right },
    challengeAnswer: 'seven',
  })
  assert.deepEqual(verified?.response, { answerCorrect: null })
  const session = [{ challengeName: 'CUSTOM_CHALLENGE', challengeResult: false, challengeMetadata: 'ROUND-1' }]
  assert.deepEqual(redefined?.request, { ...common, clientMetadata, session })
  assert.deepEqual(recreated?.request, { ...common, clientMetadata, challengeName: 'CUSTOM_CHALLENGE', session })
})

test('failAuthentication ends a sign-in, whatever else is said, and the session is used up', async (t) => {
  const at = await startHooked(t)
  const third = await answer(at, await answer(at, await begin(at), 'a'), 'b')
  await refused(answer(at, third, 'c'), refusals.incorrect)
  await refused(answer(at, third, right), used)
  at.hook.answers[define] = defining({ failAuthentication: true, issueTokens: true, challengeName: 'CUSTOM_CHALLENGE' })
  await refused(begin(at), refusals.incorrect)
})

test('req 6: wrong answers to custom challenges count towards the lock, which holds every step', async (t) => {
  const at = await startHooked(t)
  for (let count = 0; count < 4; count += 1) await answer(at, await begin(at), 'wrong')
  const open = await begin(at)
  const open2 = await begin(at)
  await answer(at, open, 'wrong')
  await refused(begin(at), locked)
  await refused(answer(at, open2, right), locked)
  at.server.advance(1)
  assert.ok((await answer(at, open2, right)).AuthenticationResult)
})

test('right answers do not count towards the lock', async (t) => {
  const at = await startHooked(t)
  for (let count = 0; count < 8; count += 1) {
    assert.ok((await answer(at, await begin(at), right)).AuthenticationResult)
  }
})

const srpBegin = async (at: Hooked): Promise<{ keys: ReturnType<typeof srpKeys>; asked: InitiateAuthResponse }> => {
  const keys = srpKeys()
  return { keys, asked: await begin(at, 'ann', { CHALLENGE_NAME: 'SRP_A', SRP_A: keys.A.toString(16) }) }
}

const proof = async (
  at: Hooked,
  { keys, asked }: Awaited<ReturnType<typeof srpBegin>>,
  password = goodPassword,
): Promise<InitiateAuthResponse> => {
  const parameters = asked.ChallengeParameters ?? {}
  const { SALT: salt = '', SRP_B: B = '', SECRET_BLOCK: secretBlock = '', USER_ID_FOR_SRP: userId = '' } = parameters
  const timestamp = srpTimestamp(at.server.context.clock.now())
  const poolName = at.UserPoolId.split('_')[1] ?? ''
  return at.server.call('RespondToAuthChallenge', {
    ClientId: at.ClientId,
    ChallengeName: 'PASSWORD_VERIFIER',
    Session: asked.Session ?? '',
    ChallengeResponses: {
      USERNAME: userId,
      PASSWORD_CLAIM_SECRET_BLOCK: secretBlock,
      PASSWORD_CLAIM_SIGNATURE: await srpSignature({
        keys,
        poolName,
        userId,
        password,
        salt,
        B,
        secretBlock,
        timestamp,
      }),
      TIMESTAMP: timestamp,
    },
  })
}

/** The password by SRP, then the sum. */
const afterProof: TestAnswers[string] = (event) => {
  const session = event.request['session'] as Result[]
  if (session.some(({ challengeName }) => challengeName === 'PASSWORD_VERIFIER')) return sum[define]?.(event)
  event.response['challengeName'] = 'PASSWORD_VERIFIER'
}

test('a custom sign-in may begin by SRP, and the proof is one step of it', async (t) => {
  const at = await startHooked(t, { [define]: afterProof })
  const srp = await srpBegin(at)
  assert.equal(srp.asked.ChallengeName, 'PASSWORD_VERIFIER')
  assert.ok(srp.asked.Session)
  const began = [{ challengeName: 'SRP_A', challengeResult: true, challengeMetadata: null }]
  assert.deepEqual(at.hook.events.at(-1)?.request['session'], began)
  await refused(proof(at, srp, otherPassword), refusals.incorrect)
  const asked = await proof(at, srp)
  assert.equal(asked.ChallengeName, 'CUSTOM_CHALLENGE')
  const proved = [...began, { challengeName: 'PASSWORD_VERIFIER', challengeResult: true, challengeMetadata: null }]
  assert.deepEqual(at.hook.events.at(-1)?.request['session'], proved)
  assert.ok((await answer(at, asked, right)).AuthenticationResult)
})

test('the proof of a password alone gives no tokens in a custom sign-in', async (t) => {
  const at = await startHooked(t, { [define]: afterProof })
  const srp = await srpBegin(at)
  at.hook.answers[define] = defining({})
  await refused(proof(at, srp), unrecognizable)
  at.hook.answers[define] = defining({ failAuthentication: true })
  await refused(proof(at, srp), refusals.incorrect)
  at.hook.answers[define] = defining({ issueTokens: true })
  assert.ok((await proof(at, srp)).AuthenticationResult)
})

test('the challenge may come before the proof', async (t) => {
  const at = await startHooked(t, {
    [define]: (event) => {
      const session = event.request['session'] as Result[]
      const names = session.map(({ challengeName }) => challengeName)
      if (names.includes('PASSWORD_VERIFIER')) event.response['issueTokens'] = true
      else event.response['challengeName'] = names.length === 1 ? 'CUSTOM_CHALLENGE' : 'PASSWORD_VERIFIER'
    },
  })
  const { keys, asked } = await srpBegin(at)
  assert.equal(asked.ChallengeName, 'CUSTOM_CHALLENGE')
  const verifier = await answer(at, asked, right)
  assert.equal(verifier.ChallengeName, 'PASSWORD_VERIFIER')
  assert.ok((await proof(at, { keys, asked: verifier })).AuthenticationResult)
})

test('the first request is checked before any function is asked', async (t) => {
  const at = await startHooked(t)
  await refused(begin(at, ''), 'InvalidParameterException: Missing required parameter USERNAME')
  await refused(
    begin(at, 'ann', { CHALLENGE_NAME: 'SRP_A' }),
    'InvalidParameterException: Missing required parameter SRP_A',
  )
  await refused(
    begin(at, 'ann', { CHALLENGE_NAME: 'SMS_MFA' }),
    'InvalidParameterException: CHALLENGE_NAME can be SRP_A only.',
  )
  await assert.rejects(begin(at, 'ann', { CHALLENGE_NAME: 'SRP_A', SRP_A: '0' }), { name: 'InvalidParameterException' })
  const without = await addClient(at, { ExplicitAuthFlows: ['ALLOW_USER_SRP_AUTH'] })
  await refused(begin(without), 'InvalidParameterException: CUSTOM_AUTH flow not enabled for this client')
  assert.deepEqual(at.hook.told(), [])
})

const adminBegin = (at: PoolUnderTest): Promise<InitiateAuthResponse> =>
  at.server.call('AdminInitiateAuth', {
    UserPoolId: at.UserPoolId,
    ClientId: at.ClientId,
    AuthFlow: 'CUSTOM_AUTH',
    AuthParameters: { USERNAME: 'ann' },
  })

const password = (at: PoolUnderTest, { Session = '' }: InitiateAuthResponse, PASSWORD: string) => ({
  ClientId: at.ClientId,
  ChallengeName: 'ADMIN_NO_SRP_AUTH' as const,
  Session,
  ChallengeResponses: { USERNAME: 'ann', PASSWORD },
})

test('an administrator’s custom sign-in may ask for the password itself', async (t) => {
  const at = await startHooked(t, {
    [define]: (event) => {
      const [first] = event.request['session'] as Result[]
      if (first?.challengeName === 'ADMIN_NO_SRP_AUTH') event.response['issueTokens'] = first.challengeResult
      else event.response['challengeName'] = 'ADMIN_NO_SRP_AUTH'
    },
  })
  const { server, UserPoolId } = at
  const asked = await adminBegin(at)
  assert.equal(asked.ChallengeName, 'ADMIN_NO_SRP_AUTH')
  const byAdmin = (given: string) =>
    server.call('AdminRespondToAuthChallenge', { UserPoolId, ...password(at, asked, given) })
  await refused(byAdmin(otherPassword), refusals.incorrect)
  await refused(server.call('RespondToAuthChallenge', password(at, asked, goodPassword)), invalid)
  assert.ok((await byAdmin(goodPassword)).AuthenticationResult)
  await refused(begin(at), unrecognizable)
  const custom = await addClient(at, { ExplicitAuthFlows: ['ALLOW_CUSTOM_AUTH'] })
  await refused(adminBegin(custom), 'InvalidParameterException: Auth flow not enabled for this client')
})

test('req 38: the second factor is asked after a custom sign-in', async (t) => {
  const at = await startHooked(t)
  const { server, ClientId, UserPoolId } = at
  await server.call('SetUserPoolMfaConfig', {
    UserPoolId,
    MfaConfiguration: 'ON',
    SoftwareTokenMfaConfiguration: { Enabled: true },
  })
  const setUp = await answer(at, await begin(at), right)
  assert.equal(setUp.ChallengeName, 'MFA_SETUP')
  const { SecretCode = '', Session = '' } = await server.call('AssociateSoftwareToken', {
    Session: setUp.Session ?? '',
  })
  const code = () => totpCode(decodeBase32(SecretCode), totpStep(server.context.clock.now()))
  const verified = await server.call('VerifySoftwareToken', { Session, UserCode: code() })
  const respond = (ChallengeName: 'MFA_SETUP' | 'SOFTWARE_TOKEN_MFA', more: object, session = '') =>
    server.call('RespondToAuthChallenge', {
      ClientId,
      ChallengeName,
      Session: session,
      ChallengeResponses: { USERNAME: 'ann', ...more },
    })
  assert.ok((await respond('MFA_SETUP', {}, verified.Session)).AuthenticationResult)
  server.advance(30)
  at.hook.told()
  const asked = await answer(at, await begin(at), right)
  assert.equal(asked.ChallengeName, 'SOFTWARE_TOKEN_MFA')
  assert.ok(!at.hook.told().some((source) => source.startsWith('PostAuthentication')))
  const tokens = await respond('SOFTWARE_TOKEN_MFA', { SOFTWARE_TOKEN_MFA_CODE: code() }, asked.Session)
  assert.ok(tokens.AuthenticationResult)
  assert.deepEqual(at.hook.told(), ['PostAuthentication_Authentication', 'TokenGeneration_Authentication'])
})

test('req 14: of a name that leads to nobody the functions hear, and it never gives tokens', async (t) => {
  const hidden = await startHooked(t, {}, { client: { PreventUserExistenceErrors: 'ENABLED' } })
  const asked = await begin(hidden, 'eve')
  assert.deepEqual(asked.ChallengeParameters, { USERNAME: 'eve', question: '2 + 3?' })
  const again = await answer(hidden, asked, 'seven', 'eve')
  assert.equal(again.ChallengeName, 'CUSTOM_CHALLENGE')
  await refused(answer(hidden, again, right, 'eve'), refusals.incorrect)
  await refused(answer(hidden, again, right, 'eve'), used)
  const told = hidden.hook.events.filter(({ triggerSource }) => [define, create, verify].includes(triggerSource))
  assert.equal(told.length, 7)
  for (const { userName, request } of told) {
    assert.equal(userName, 'eve')
    assert.equal(request['userNotFound'], true)
    assert.deepEqual(request['userAttributes'], {})
  }
  hidden.hook.answers[define] = defining({ issueTokens: true })
  await refused(begin(hidden, 'eve'), refusals.incorrect)
  const open = await startHooked(t)
  await refused(begin(open, 'eve'), refusals.noUser)
  assert.deepEqual(open.hook.told(), [])
})

test('wrong answers for nobody lock like those for a user', async (t) => {
  const at = await startHooked(t, {}, { client: { PreventUserExistenceErrors: 'ENABLED' } })
  for (const name of ['ann', 'eve']) {
    for (let count = 0; count < 5; count += 1) await answer(at, await begin(at, name), 'wrong', name)
    await refused(begin(at, name), locked)
  }
})

test('a user who may not sign in gets no tokens of a custom sign-in', async (t) => {
  const at = await startHooked(t)
  const { server, UserPoolId } = at
  await signUpUser(at, 'new')
  await refused(answer(at, await begin(at, 'new'), right, 'new'), 'UserNotConfirmedException: User is not confirmed.')
  const asked = await begin(at)
  await server.call('AdminDisableUser', { UserPoolId, Username: 'ann' })
  await refused(answer(at, asked, right), 'NotAuthorizedException: User is disabled.')
})

test('without all three functions there is no custom sign-in', async (t) => {
  const at = await startHooked(t)
  const { server, UserPoolId } = at
  for (const missing of ['DefineAuthChallenge', 'CreateAuthChallenge', 'VerifyAuthChallengeResponse']) {
    const { [missing]: _, ...LambdaConfig } = at.hook.lambdaConfig
    await server.call('UpdateUserPool', { UserPoolId, LambdaConfig })
    await refused(begin(at), notConfigured)
  }
})

const noDecision: readonly Record<string, unknown>[] = [
  {},
  { issueTokens: false, failAuthentication: false },
  { issueTokens: 'true' },
  { issueTokens: 1 },
  { issueTokens: {} },
  { failAuthentication: 'yes', issueTokens: true },
  { challengeName: 'PASSWORD_VERIFIER' },
  { challengeName: 'SMS_MFA' },
  { challengeName: 'SOFTWARE_TOKEN_MFA' },
  { challengeName: 'NEW_PASSWORD_REQUIRED' },
  { challengeName: 'ADMIN_NO_SRP_AUTH' },
  { challengeName: 'tokens' },
  { challengeName: 'fail' },
]

for (const response of noDecision) {
  test(`refused as a decision of DefineAuthChallenge: ${JSON.stringify(response)}`, async (t) => {
    const at = await startHooked(t, { [define]: defining(response) })
    await refused(begin(at), unrecognizable)
    at.hook.answers[define] = sum[define] ?? (() => {})
    const asked = await begin(at)
    at.hook.answers[define] = defining(response)
    await refused(answer(at, asked, right), unrecognizable)
    await refused(answer(at, asked, right), used)
  })
}

test('an answer is right when answerCorrect is true, and nothing else', async (t) => {
  for (const answerCorrect of [false, null, undefined]) {
    const at = await startHooked(t, { [verify]: ({ response }) => void (response['answerCorrect'] = answerCorrect) })
    assert.equal((await answer(at, await begin(at), right)).ChallengeName, 'CUSTOM_CHALLENGE')
  }
  for (const answerCorrect of ['true', 1]) {
    const at = await startHooked(t, { [verify]: ({ response }) => void (response['answerCorrect'] = answerCorrect) })
    await refused(answer(at, await begin(at), right), unrecognizable)
  }
})

test('a function that fails gives no tokens; the sign-in begins anew', async (t) => {
  const names = { [verify]: 'VerifyAuthChallengeResponse', [define]: 'DefineAuthChallenge' }
  for (const [source, name] of Object.entries(names)) {
    const at = await startHooked(t)
    const asked = await begin(at)
    at.hook.answers[source] = throwing('out of order')
    await refused(answer(at, asked, right), `UserLambdaValidationException: ${name} failed with error out of order.`)
    await refused(answer(at, asked, right), used)
    Object.assign(at.hook.answers, sum)
    assert.ok((await answer(at, await begin(at), right)).AuthenticationResult)
  }
})

test('req 35: a session is good for its user, client and challenge alone', async (t) => {
  const at = await startHooked(t)
  await addUser(at, 'bob')
  const asked = await begin(at)
  await refused(answer(at, asked, right, 'bob'), invalid)
  const other = await addClient(at, allFlows)
  await refused(answer({ ...other }, asked, right), invalid)
  const elsewhere = await addPool(at.server, {
    pool: { LambdaConfig: at.hook.lambdaConfig },
    client: allFlows,
  })
  await addUser(elsewhere, 'ann')
  await refused(answer(elsewhere, asked, right), invalid)
  await refused(answer(at, { Session: `${asked.Session}x` }, right), invalid)
  await refused(answer(at, asked, ''), 'InvalidParameterException: Missing required parameter ANSWER')
  const mfa = at.server.call('RespondToAuthChallenge', {
    ClientId: at.ClientId,
    ChallengeName: 'SOFTWARE_TOKEN_MFA',
    Session: asked.Session ?? '',
    ChallengeResponses: { USERNAME: 'ann', SOFTWARE_TOKEN_MFA_CODE: '123456' },
  })
  await refused(mfa, invalid)
  await refused(at.server.call('AssociateSoftwareToken', { Session: asked.Session ?? '' }), invalid)
  at.hook.answers[define] = afterProof
  const { asked: verifier } = await srpBegin(at)
  await refused(answer(at, verifier, right), invalid)
  at.hook.answers[define] = sum[define] ?? (() => {})
  assert.ok((await answer(at, asked, right)).AuthenticationResult)
})

test('a session ends by its time and by a new password', async (t) => {
  const at = await startHooked(t)
  const asked = await begin(at)
  at.server.advance(181)
  await refused(answer(at, asked, right), 'NotAuthorizedException: Invalid session for the user, session is expired.')
  const again = await begin(at)
  const { server, UserPoolId } = at
  await server.call('AdminSetUserPassword', { UserPoolId, Username: 'ann', Password: otherPassword, Permanent: true })
  await refused(answer(at, again, right), invalid)
})

test('the list of steps comes from the server; an answer cannot add to it', async (t) => {
  const at = await startHooked(t)
  const { server, ClientId } = at
  const { Session = '' } = await begin(at)
  const forged = JSON.stringify([{ challengeName: 'CUSTOM_CHALLENGE', challengeResult: true }])
  const next = await server.call('RespondToAuthChallenge', {
    ClientId,
    ChallengeName: 'CUSTOM_CHALLENGE',
    Session,
    ChallengeResponses: { USERNAME: 'ann', ANSWER: 'x', session: forged, challengeResult: 'true' },
    ClientMetadata: { session: forged, answerCorrect: 'true' },
  })
  assert.equal(next.ChallengeName, 'CUSTOM_CHALLENGE')
  const told = at.hook.events.findLast(({ triggerSource }) => triggerSource === define)
  assert.ok(told)
  assert.equal((told.request['session'] as Result[]).length, 1)
})

test('what is private stays so: it is in no answer, and sealed in the session', async (t) => {
  const at = await startHooked(t, {
    [create]: ({ response }) => {
      response['publicChallengeParameters'] = { USERNAME: 'bob', hint: 'h' }
      response['privateChallengeParameters'] = { answer: right }
    },
  })
  const asked = await begin(at)
  assert.deepEqual(asked.ChallengeParameters, { USERNAME: 'ann', hint: 'h' })
  assert.ok(!JSON.stringify(asked).includes(right))
  assert.ok(!JSON.stringify(at.server.log).includes(right))
  const [poolId = '', userId = '', id = ''] = JSON.parse(
    at.server.context.keys.seal.open(asked.Session ?? '', 'session').toString('utf8'),
  ) as string[]
  const stored = await at.server.context.store.sessions.find(poolId, userId, id)
  assert.ok(stored && !stored.state.includes(right) && stored.state.includes('sealed'))
})

test('parameters, metadata and steps have limits', async (t) => {
  const big: readonly Record<string, unknown>[] = [
    { publicChallengeParameters: { a: 'x'.repeat(65_536) } },
    { privateChallengeParameters: { a: 'x'.repeat(65_536) } },
    { challengeMetadata: 'x'.repeat(2049) },
  ]
  for (const response of big) {
    await refused(begin(await startHooked(t, { [create]: defining(response) })), unrecognizable)
  }
  const at = await startHooked(t, {
    [define]: defining({ challengeName: 'CUSTOM_CHALLENGE' }),
    [verify]: defining({ answerCorrect: true }),
  })
  let asked = await begin(at)
  for (let count = 1; count < 50; count += 1) asked = await answer(at, asked, 'x')
  await refused(answer(at, asked, 'x'), refusals.incorrect)
})

onBothDatabases('req 34: of fifty answers to one custom challenge, one is checked, and wins', async (start, t) => {
  const hook = await hookTriggers(t, sum)
  const [one, two] = await start(2, { triggers: hook.triggers })
  assert.ok(one && two)
  const at = await addPool(one, { pool: { LambdaConfig: hook.lambdaConfig }, client: allFlows })
  await addUser(at, 'ann')
  const asked = await begin(at)
  hook.told()
  const race = await raceOfFifty([one, two], (server) => answer({ ...at, server }, asked, right))
  assert.equal(race.won.length, 1)
  assert.ok(race.won[0]?.result.AuthenticationResult)
  assert.deepEqual(new Set(race.refused.map(said)), new Set([used]))
  assert.equal(hook.told().filter((source) => source === verify).length, 1)
})

test('one module may hold all functions of a custom sign-in', async (t) => {
  const modules = makeModules(t)
  const handler = modules.made(`
    const handlers = {
      DefineAuthChallenge: ({ request: { session }, response }) => {
        const last = session.at(-1)
        if (last?.challengeResult) response.issueTokens = true
        else if (session.length > 1) response.failAuthentication = true
        else response.challengeName = 'CUSTOM_CHALLENGE'
      },
      CreateAuthChallenge: ({ response }) => {
        response.publicChallengeParameters = { question: 'name of the dog?' }
        response.privateChallengeParameters = { answer: 'rex' }
      },
      VerifyAuthChallengeResponse: ({ request, response }) => {
        response.answerCorrect = request.challengeAnswer === request.privateChallengeParameters.answer
      },
    }
    export const handler = async (event) => {
      handlers[event.triggerSource.split('_')[0]](event)
      return event
    }
  `)
  const arn = 'arn:aws:lambda:zz-local-1:000000000000:function:f'
  const triggers = makeTriggers(new Map([[arn, handler]]))
  closing(t, triggers.close)
  const LambdaConfig = { DefineAuthChallenge: arn, CreateAuthChallenge: arn, VerifyAuthChallengeResponse: arn }
  const at = await startPool(t, { pool: { LambdaConfig }, client: allFlows }, { triggers })
  await addUser(at, 'ann')
  assert.ok((await answer(at, await begin(at), 'rex')).AuthenticationResult)
  await refused(answer(at, await answer(at, await begin(at), 'max'), 'moritz'), refusals.incorrect)
})

test('req 6: an answer at which the function throws is counted', async (t) => {
  const at = await startHooked(t, { [verify]: throwing('wrong') })
  for (let made = 0; made < 5; made += 1) {
    const thrown = 'UserLambdaValidationException: VerifyAuthChallengeResponse failed with error wrong.'
    await refused(answer(at, await begin(at), right), thrown)
  }
  await refused(begin(at), refusals.locked)
})

const afterWrong: Readonly<Record<string, { answers: TestAnswers; words: RegExp }>> = {
  'the next challenge is not made': {
    answers: { [create]: (event) => (customOf(event).length === 0 ? sum[create] : throwing('no more'))?.(event) },
    words: /^UserLambdaValidationException: /,
  },
  'the next challenge is none that can be asked': {
    answers: {
      [create]: (event) => {
        const text = customOf(event).length === 0 ? 'short' : 'x'.repeat(70_000)
        event.response['privateChallengeParameters'] = { text }
      },
    },
    words: /^InvalidLambdaResponseException: /,
  },
  'PostAuthentication refuses': {
    answers: {
      [define]: (event) => {
        if (customOf(event).length > 0) event.response['issueTokens'] = true
        else event.response['challengeName'] = 'CUSTOM_CHALLENGE'
      },
      PostAuthentication_Authentication: throwing('not now'),
    },
    words: /^UserLambdaValidationException: /,
  },
}

for (const [what, { answers, words }] of Object.entries(afterWrong)) {
  test(`req 6: a wrong answer after which ${what} stays counted`, async (t) => {
    const at = await startHooked(t, answers)
    for (let made = 0; made < 5; made += 1) {
      const wrong = answer(at, await begin(at), 'wrong')
      await assert.rejects(wrong, (error: Error) => words.test(`${error.name}: ${error.message}`))
    }
    await refused(begin(at), refusals.locked)
  })
}

test('req 6: an answer that could not reach the function is not counted', async (t) => {
  const hook = await hookTriggers(t, sum)
  const triggers: Triggers = {
    ...hook.triggers,
    call: async (name, call) => {
      if (name !== 'VerifyAuthChallengeResponse') return hook.triggers.call(name, call)
      throw new ServiceError('UnexpectedLambdaException', 'VerifyAuthChallengeResponse invocation failed.')
    },
  }
  const at = await startPool(t, { pool: { LambdaConfig: hook.lambdaConfig }, client: allFlows }, { triggers })
  await addUser(at, 'ann')
  for (let made = 0; made < 10; made += 1) {
    await assert.rejects(answer(at, await begin(at), right), { name: 'UnexpectedLambdaException' })
  }
})
