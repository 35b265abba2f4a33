// USER_AUTH: what is offered, what is chosen, what is refused (spec: authentication 3.5).
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { addUser, goodPassword, refused, startPool, type PoolChoice, type PoolUnderTest } from '../../test-users.ts'
import type { InitiateAuthResponse, RespondToAuthChallengeRequest } from '../../wire/model.gen.ts'

const passwordlessPool: PoolChoice = {
  pool: { Policies: { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD', 'EMAIL_OTP', 'SMS_OTP'] } } },
  client: { ExplicitAuthFlows: ['ALLOW_USER_AUTH'] },
}

const begin = (at: PoolUnderTest, parameters: Record<string, string>): Promise<InitiateAuthResponse> =>
  at.server.call('InitiateAuth', { ClientId: at.ClientId, AuthFlow: 'USER_AUTH', AuthParameters: parameters })

const answer = (
  at: PoolUnderTest,
  ChallengeName: RespondToAuthChallengeRequest['ChallengeName'],
  Session: string | undefined,
  ChallengeResponses: Record<string, string>,
): Promise<InitiateAuthResponse> =>
  at.server.call('RespondToAuthChallenge', { ClientId: at.ClientId, ChallengeName, Session, ChallengeResponses })

const start = async (t: TestContext, choice: PoolChoice = passwordlessPool): Promise<PoolUnderTest> => {
  const at = await startPool(t, choice)
  await addUser(at, 'jane', { email: 'jane@example.com' })
  return at
}

test('without a preference the first factors are listed, and one is chosen by SELECT_CHALLENGE', async (t) => {
  const at = await start(t)
  const listed = await begin(at, { USERNAME: 'jane' })
  assert.equal(listed.ChallengeName, 'SELECT_CHALLENGE')
  assert.deepEqual(listed.AvailableChallenges, ['PASSWORD_SRP', 'PASSWORD', 'EMAIL_OTP'])
  assert.deepEqual(listed.ChallengeParameters, {})
  const asked = await answer(at, 'SELECT_CHALLENGE', listed.Session, { USERNAME: 'jane', ANSWER: 'EMAIL_OTP' })
  assert.equal(asked.ChallengeName, 'EMAIL_OTP')
  assert.deepEqual(asked.AvailableChallenges, ['EMAIL_OTP'])
  assert.deepEqual(asked.ChallengeParameters, {
    CODE_DELIVERY_DELIVERY_MEDIUM: 'EMAIL',
    CODE_DELIVERY_DESTINATION: 'j***@e***',
    USER_ID_FOR_SRP: 'jane',
  })
  const code = await at.server.code('jane@example.com')
  assert.match(code, /^\d{8}$/)
  const done = await answer(at, 'EMAIL_OTP', asked.Session, { USERNAME: 'jane', EMAIL_OTP_CODE: code })
  assert.ok(done.AuthenticationResult?.AccessToken)
})

test('a password is chosen by SELECT_CHALLENGE, by its own name, or with the first request', async (t) => {
  const at = await start(t)
  const session = async (): Promise<string | undefined> => (await begin(at, { USERNAME: 'jane' })).Session
  const given = { USERNAME: 'jane', PASSWORD: goodPassword }
  for (const done of [
    await answer(at, 'SELECT_CHALLENGE', await session(), { ...given, ANSWER: 'PASSWORD' }),
    await answer(at, 'PASSWORD', await session(), given),
    await begin(at, { ...given, PREFERRED_CHALLENGE: 'PASSWORD' }),
  ]) {
    assert.ok(done.AuthenticationResult?.AccessToken)
  }
})

test('a flow that the client lacks, and a tier that lacks the flow', async (t) => {
  const at = await start(t, { client: { ExplicitAuthFlows: ['ALLOW_USER_SRP_AUTH'] } })
  await refused(
    begin(at, { USERNAME: 'jane' }),
    'InvalidParameterException: USER_AUTH flow not enabled for this client',
  )
})
