import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventOf, responseOf } from './event.ts'
import type { TriggerName } from './index.ts'
import { arnOf, noTriggers, poolNaming, signUpCall } from '../../testing/functions.ts'

const pool = poolNaming({ preSignUp: arnOf('f'), preTokenGeneration: arnOf('g') })
const event = eventOf('PreSignUp', signUpCall(pool))

const unrecognizable = { name: 'InvalidLambdaResponseException', message: 'Unrecognizable lambda output' }

test('an event names its source as the service does', () => {
  assert.equal(event.triggerSource, 'PreSignUp_SignUp')
  assert.equal(event.version, '1')
  const call = { ...signUpCall(pool), clientId: undefined, source: 'RefreshTokens', version: '3' } as const
  const tokens = eventOf('PreTokenGeneration', call)
  assert.equal(tokens.triggerSource, 'TokenGeneration_RefreshTokens')
  assert.equal(tokens.version, '3')
  assert.equal(tokens.callerContext.clientId, 'CLIENT_ID_NOT_APPLICABLE')
})

test('the event itself is an answer, and more members do no harm', () => {
  assert.deepEqual(responseOf('PreSignUp', event, event), event.response)
  assert.deepEqual(responseOf('PreSignUp', event, { ...event, more: 1, request: {} }), event.response)
})

for (const member of ['version', 'region', 'userPoolId', 'triggerSource', 'userName'] as const) {
  test(`an answer without ${member}, or with another, is refused`, () => {
    const { [member]: _, ...without } = event
    assert.throws(() => responseOf('PreSignUp', event, without), unrecognizable)
    assert.throws(() => responseOf('PreSignUp', event, { ...event, [member]: 'other' }), unrecognizable)
  })
}

const answers: Readonly<Record<string, unknown>> = {
  nothing: null,
  text: 'ok',
  'a list': [event],
  'another client': { ...event, callerContext: { ...event.callerContext, clientId: 'other' } },
  'no callerContext': { ...event, callerContext: null },
  'no request': { ...event, request: null },
  'no response': { ...event, response: null },
  'a response that is a list': { ...event, response: [] },
  'the response alone': event.response,
}

for (const [name, answer] of Object.entries(answers)) {
  test(`refused as an answer: ${name}`, () => {
    assert.throws(() => responseOf('PreSignUp', event, answer), unrecognizable)
  })
}

const wrong: readonly [TriggerName, Record<string, unknown>][] = [
  ['PreSignUp', { autoConfirmUser: 'true' }],
  ['PreSignUp', { autoVerifyEmail: 1 }],
  ['PreSignUp', { autoVerifyPhone: {} }],
  ['DefineAuthChallenge', { issueTokens: 'true' }],
  ['DefineAuthChallenge', { issueTokens: 1 }],
  ['DefineAuthChallenge', { failAuthentication: 'false' }],
  ['DefineAuthChallenge', { challengeName: ['CUSTOM_CHALLENGE'] }],
  ['CreateAuthChallenge', { publicChallengeParameters: { a: 1 } }],
  ['CreateAuthChallenge', { privateChallengeParameters: 'answer' }],
  ['CreateAuthChallenge', { challengeMetadata: {} }],
  ['VerifyAuthChallengeResponse', { answerCorrect: 'yes' }],
  ['PreTokenGeneration', { claimsOverrideDetails: 'none' }],
  ['PreTokenGeneration', { claimsAndScopeOverrideDetails: [] }],
  ['CustomMessage', { emailMessage: 1 }],
  ['UserMigration', { userAttributes: { email_verified: true } }],
  ['UserMigration', { desiredDeliveryMediums: 'EMAIL' }],
]

for (const [name, response] of wrong) {
  test(`refused as a response of ${name}: ${JSON.stringify(response)}`, () => {
    const told = eventOf(name, signUpCall(pool))
    assert.throws(() => responseOf(name, told, { ...told, response }), unrecognizable)
    const empty = Object.fromEntries(Object.keys(response).map((member) => [member, null]))
    assert.deepEqual(responseOf(name, told, { ...told, response: empty }), empty)
  })
}

test('a pool that names no function is passed by; one whose ARN is not mapped is refused', async () => {
  assert.equal(noTriggers.has(poolNaming({}), 'PreSignUp'), false)
  assert.equal(await noTriggers.call('PreSignUp', signUpCall(poolNaming({}))), undefined)
  assert.equal(noTriggers.has(pool, 'PreSignUp'), true)
  await assert.rejects(noTriggers.call('PreSignUp', signUpCall(pool)), {
    name: 'UnexpectedLambdaException',
    message: 'PreSignUp invocation failed due to error no function is mapped to its ARN.',
    reason: arnOf('f'),
  })
})
