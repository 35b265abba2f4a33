import assert from 'node:assert/strict'
import { test } from 'node:test'
import { enrol } from '../../../testing/authenticator-app.ts'
import {
  addClient,
  addUser,
  goodPassword,
  startPool,
  type PoolChoice,
  type PoolUnderTest,
} from '../../../testing/pool.ts'
import { begin, payloadOf, respond } from '../../../testing/sign-in.ts'
import type { InitiateAuthResponse } from '../../wire/model.gen.ts'

const level = (...levels: number[]): string => levels.map((number) => `urn:cognito:loa:${number}`).join(' ')

const choice: PoolChoice = {
  mfa: 'OPTIONAL',
  client: { ExplicitAuthFlows: ['ALLOW_USER_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'] },
}

const start = (at: PoolUnderTest, parameters: Record<string, string>): Promise<InitiateAuthResponse> =>
  begin(at, { USERNAME: 'jane', ...parameters })

const byPassword = { PREFERRED_CHALLENGE: 'PASSWORD', PASSWORD: goodPassword }

const claimsOf = (token = ''): Record<string, unknown> => payloadOf(token)

/** Enrols an authenticator app. @returns what it shows, a step further each time */
const enrolApp = async (at: PoolUnderTest, accessToken: string): Promise<() => string> => {
  const app = await enrol(at, accessToken)
  return () => {
    at.server.advance(30)
    return app.code()
  }
}

const giveCode = (at: PoolUnderTest, session: string | undefined, code: string): Promise<InitiateAuthResponse> =>
  respond(at, 'SOFTWARE_TOKEN_MFA', session, { USERNAME: 'jane', SOFTWARE_TOKEN_MFA_CODE: code })

test('a level that is asked for demands the second factor that the pool would not, and tokens name it', async (t) => {
  const at = await startPool(t, choice)
  await addUser(at, 'jane')
  const first = (await start(at, byPassword)).AuthenticationResult
  const code = await enrolApp(at, first?.AccessToken ?? '')
  // Enrolled, not preferred: an optional pool asks for nothing more.
  const plain = (await start(at, byPassword)).AuthenticationResult
  assert.equal(claimsOf(plain?.AccessToken)['acr'], undefined)
  const { ChallengeName, Session } = await start(at, { ...byPassword, TARGET_ACR_VALUES: level(2) })
  assert.equal(ChallengeName, 'SOFTWARE_TOKEN_MFA')
  const { AuthenticationResult: tokens } = await giveCode(at, Session, code())
  for (const token of [tokens?.AccessToken, tokens?.IdToken]) {
    assert.equal(claimsOf(token)['acr'], 'urn:cognito:loa:3')
    assert.deepEqual(claimsOf(token)['amr'], ['pwd', 'otp', 'mfa'])
  }
  const { AuthenticationResult: fresh } = await at.server.call('InitiateAuth', {
    ClientId: at.ClientId,
    AuthFlow: 'REFRESH_TOKEN_AUTH',
    AuthParameters: { REFRESH_TOKEN: tokens?.RefreshToken ?? '' },
  })
  assert.equal(claimsOf(fresh?.AccessToken)['acr'], 'urn:cognito:loa:3')
})

test('levels are tried in their order, as far as the user can reach them', async (t) => {
  const at = await startPool(t, choice)
  await addUser(at, 'jane')
  // Nothing enrolled: level 1 at the most.
  const one = await start(at, { ...byPassword, TARGET_ACR_VALUES: level(4, 3, 2, 1) })
  assert.equal(claimsOf(one.AuthenticationResult?.AccessToken)['acr'], 'urn:cognito:loa:1')
  await assert.rejects(start(at, { ...byPassword, TARGET_ACR_VALUES: level(3, 2) }), {
    name: 'MFAMethodNotFoundException',
  })
  const wrong = { ...byPassword, PASSWORD: 'Wrong-horse-7', TARGET_ACR_VALUES: level(3) }
  await assert.rejects(start(at, wrong), { message: 'Incorrect username or password.' })
  await enrolApp(at, one.AuthenticationResult?.AccessToken ?? '')
  const two = await start(at, { ...byPassword, TARGET_ACR_VALUES: level(4, 2) })
  assert.equal(two.ChallengeName, 'SOFTWARE_TOKEN_MFA')
  const easy = await start(at, { ...byPassword, TARGET_ACR_VALUES: level(1, 3) })
  assert.equal(claimsOf(easy.AuthenticationResult?.AccessToken)['acr'], 'urn:cognito:loa:1')
})

test('names that a pool gives its levels are asked for and told; unknown ones are passed over, and alone refused', async (t) => {
  const at = await startPool(t, choice)
  await addUser(at, 'jane')
  await at.server.call('UpdateUserPool', {
    UserPoolId: at.UserPoolId,
    AcrConfiguration: { Level1: { AcrValue: 'urn:shop:browse' } },
  })
  const told = await start(at, { ...byPassword, TARGET_ACR_VALUES: 'nonsense urn:shop:browse' })
  assert.equal(claimsOf(told.AuthenticationResult?.AccessToken)['acr'], 'urn:shop:browse')
  for (const TARGET_ACR_VALUES of ['nonsense', level(1)])
    await assert.rejects(start(at, { ...byPassword, TARGET_ACR_VALUES }), {
      name: 'InvalidParameterException',
      message: 'None of the requested TARGET_ACR_VALUES is valid.',
    })
})

test('with an access token the first factor counts on, and the second is asked at once', async (t) => {
  const at = await startPool(t, choice)
  await addUser(at, 'jane')
  const ACCESS_TOKEN = (await start(at, byPassword)).AuthenticationResult?.AccessToken ?? ''
  const code = await enrolApp(at, ACCESS_TOKEN)
  const { ChallengeName, Session } = await start(at, { ACCESS_TOKEN, TARGET_ACR_VALUES: level(2) })
  assert.equal(ChallengeName, 'SOFTWARE_TOKEN_MFA')
  const { AuthenticationResult } = await giveCode(at, Session, code())
  assert.equal(claimsOf(AuthenticationResult?.AccessToken)['acr'], 'urn:cognito:loa:3')
  assert.notEqual(claimsOf(AuthenticationResult?.AccessToken)['origin_jti'], claimsOf(ACCESS_TOKEN)['origin_jti'])
})

test('an access token alone buys no tokens', async (t) => {
  const at = await startPool(t, choice)
  await addUser(at, 'jane')
  const ACCESS_TOKEN = (await start(at, byPassword)).AuthenticationResult?.AccessToken ?? ''
  const begun = await start(at, { ACCESS_TOKEN, TARGET_ACR_VALUES: level(1) })
  assert.equal(begun.ChallengeName, 'SELECT_CHALLENGE')
  assert.equal(begun.AuthenticationResult, undefined)
})

test('an access token that is too old, of before the password, or ended counts for nothing', async (t) => {
  const at = await startPool(t, choice)
  await addUser(at, 'jane')
  const signIn = async (): Promise<string> => (await start(at, byPassword)).AuthenticationResult?.AccessToken ?? ''
  const ACCESS_TOKEN = await signIn()
  await enrolApp(at, ACCESS_TOKEN)
  at.server.advance(100)
  const step = async (more: Record<string, string> = {}): Promise<string | undefined> =>
    (await start(at, { ACCESS_TOKEN, TARGET_ACR_VALUES: level(2), ...more })).ChallengeName
  assert.equal(await step({ MAX_AGE: '1000' }), 'SOFTWARE_TOKEN_MFA')
  assert.equal(await step({ MAX_AGE: '99' }), 'SELECT_CHALLENGE')
  assert.equal(await step({ MAX_AGE: '0' }), 'SELECT_CHALLENGE')
  for (const MAX_AGE of ['-1', '1.5', 'soon'])
    await assert.rejects(step({ MAX_AGE }), { name: 'InvalidParameterException' })
  await at.server.call('AdminSetUserPassword', {
    UserPoolId: at.UserPoolId,
    Username: 'jane',
    Password: goodPassword,
    Permanent: true,
  })
  assert.equal(await step(), 'SELECT_CHALLENGE')
  await at.server.call('AdminUserGlobalSignOut', { UserPoolId: at.UserPoolId, Username: 'jane' })
  await assert.rejects(step(), { name: 'NotAuthorizedException', message: 'Access Token has been revoked' })
})

test('an access token of another user or client, or without a level, is refused', async (t) => {
  const at = await startPool(t, choice)
  await addUser(at, 'jane')
  await addUser(at, 'joe')
  const joe = (await start(at, { ...byPassword, USERNAME: 'joe' })).AuthenticationResult?.AccessToken ?? ''
  const invalid = { name: 'NotAuthorizedException', message: 'Invalid Access Token' }
  await assert.rejects(start(at, { ACCESS_TOKEN: joe, TARGET_ACR_VALUES: level(1) }), invalid)
  const jane = (await start(at, byPassword)).AuthenticationResult?.AccessToken ?? ''
  await assert.rejects(start(at, { ACCESS_TOKEN: jane }), { name: 'InvalidParameterException' })
  await assert.rejects(start(at, { ACCESS_TOKEN: `${jane}x`, TARGET_ACR_VALUES: level(1) }), {
    name: 'NotAuthorizedException',
  })
  const other = await addClient(at, choice.client)
  await assert.rejects(start(other, { ACCESS_TOKEN: jane, TARGET_ACR_VALUES: level(1) }), invalid)
})

test('step-up is of the tiers that have sign-in by choice', async (t) => {
  const refused = { name: 'FeatureUnavailableInTierException' }
  await assert.rejects(startPool(t, { ...choice, pool: { UserPoolTier: 'LITE' } }), refused)
  const at = await startPool(t, choice)
  await addUser(at, 'jane')
  await at.server.call('UpdateUserPool', { UserPoolId: at.UserPoolId, UserPoolTier: 'LITE' })
  await assert.rejects(start(at, { ...byPassword, TARGET_ACR_VALUES: level(1) }), refused)
})
