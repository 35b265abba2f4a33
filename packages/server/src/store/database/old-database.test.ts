// A database made by the program before its tables were described (commit 8c9f2a2; schema 8), opened by this one.
import assert from 'node:assert/strict'
import { createPrivateKey } from 'node:crypto'
import type { TestContext } from 'node:test'
import { beginByPassword, clientOf, respond, tokensOf } from '../../../testing/sign-in.ts'
import { goodPassword, poolOn, type PoolUnderTest, refused } from '../../../testing/pool.ts'
import { appOf } from '../../../testing/authenticator-app.ts'
import { makeTestApp } from '../../../testing/app.ts'
import { answerDeviceSrp, proofOf, startWith } from '../../../testing/device.ts'
import { fillOldDatabase, known } from '../../../testing/old-database.ts'
import { softPasskey } from '../../../testing/passkey.ts'
import { onBoth } from '../../../testing/stores.ts'
import { srpKeys } from '../../../../client/src/srp.ts'
import { findAccessKey } from '../../flows/access-keys.ts'
import { secretHash } from '../../rules/secret-hash.ts'
import type { Inputs, InitiateAuthResponse } from '../../wire/model.gen.ts'
import type { Database } from './index.ts'

type Credential = Inputs['CompleteWebAuthnRegistration']['Credential']

/** This program on that database, at the moment when it was left. */
const start = async (t: TestContext, open: () => Database): Promise<PoolUnderTest> => {
  const database = open()
  await fillOldDatabase(database)
  const app = await makeTestApp(t, { database, sealKeys: known.sealKeys, startAt: known.madeAt })
  return poolOn(app, known.poolId, known.clientId)
}

const onOld = (title: string, run: (at: PoolUnderTest) => Promise<void>): void =>
  onBoth(`a database of 8c9f2a2: ${title}`, async (open, t) => run(await start(t, open)))

const codeOf = (at: PoolUnderTest): string => appOf(at, known.jane.totpSecret).code()

/** Answers a challenge that wants the code of an authenticator app, with the next one. */
const byApp = async (at: PoolUnderTest, { ChallengeName, Session = '' }: InitiateAuthResponse) => {
  assert.equal(ChallengeName, 'SOFTWARE_TOKEN_MFA')
  at.server.advance(30)
  return tokensOf(await answerCode(at, Session))
}

const answerCode = (at: PoolUnderTest, session: string): Promise<InitiateAuthResponse> =>
  respond(at, 'SOFTWARE_TOKEN_MFA', session, { USERNAME: 'jane', SOFTWARE_TOKEN_MFA_CODE: codeOf(at) })

onOld('password, SRP and an alias lead to the code of the app, and to tokens', async (at) => {
  const { AccessToken } = await byApp(at, await beginByPassword(at, 'jane'))
  const { Username, UserAttributes } = await at.server.call('GetUser', { AccessToken })
  assert.equal(Username, 'jane')
  assert.ok(UserAttributes.some(({ Name, Value }) => Name === 'given_name' && Value === 'Jane'))
  await byApp(at, await beginByPassword(at, 'jane@example.com'))
  const state = await clientOf(at).signIn({ username: 'jane', password: goodPassword })
  assert.equal(state.step, 'enter-totp')
  await refused(beginByPassword(at, 'jane', 'Wrong-horse-7'), 'NotAuthorizedException: Incorrect username or password.')
})

onOld('a waiting Session, an access token and a refresh token go on; a spent code does not', async (at) => {
  const { session, accessToken, refreshToken } = known.jane
  await at.server.call('GetUser', { AccessToken: accessToken })
  const spent = 'ExpiredCodeException: Your software token has already been used once.'
  await refused(answerCode(at, session), spent)
  at.server.advance(30)
  tokensOf(await answerCode(at, session))
  const refreshed = await at.server.call('InitiateAuth', {
    ClientId: at.ClientId,
    AuthFlow: 'REFRESH_TOKEN_AUTH',
    AuthParameters: { REFRESH_TOKEN: refreshToken, DEVICE_KEY: known.jane.device.key },
  })
  assert.ok(refreshed.AuthenticationResult?.AccessToken)
  await at.server.call('GlobalSignOut', { AccessToken: accessToken })
  await refused(
    at.server.call('GetUser', { AccessToken: accessToken }),
    'NotAuthorizedException: Access Token has been revoked',
  )
})

onOld('a recovery code takes the place of the app, once', async (at) => {
  const [RecoveryCode = ''] = known.jane.recoveryCodes
  const recover = async () =>
    at.server.call('RespondWithRecoveryCode', {
      ClientId: at.ClientId,
      Username: 'jane',
      Session: (await beginByPassword(at, 'jane')).Session ?? '',
      RecoveryCode,
    })
  assert.ok((await recover()).AuthenticationResult?.AccessToken)
  await refused(recover(), 'CodeMismatchException: Invalid code received for user')
})

onOld('a remembered device takes the place of the app', async (at) => {
  const { device } = known.jane
  const asked = await startWith(at, 'jane', device.key)
  assert.equal(asked.ChallengeName, 'DEVICE_SRP_AUTH')
  const keys = srpKeys()
  const verifier = await answerDeviceSrp(at, asked, device, keys)
  const proof = await proofOf(at, verifier, device, keys)
  tokensOf(await at.server.call('RespondToAuthChallenge', { ...proof, Session: verifier.Session }))
})

const begin = (at: PoolUnderTest, USERNAME: string): Promise<InitiateAuthResponse> =>
  at.server.call('InitiateAuth', {
    ClientId: at.ClientId,
    AuthFlow: 'USER_AUTH',
    AuthParameters: { USERNAME, PREFERRED_CHALLENGE: 'WEB_AUTHN' },
  })

onOld('a passkey signs in, and one that was being registered is registered', async (at) => {
  const { id, userHandle, privateKey } = known.wendy
  const passkey = softPasskey({ id, userHandle, privateKey: createPrivateKey(privateKey) })
  const { ChallengeParameters, Session = '' } = await begin(at, 'wendy')
  const options = JSON.parse(ChallengeParameters?.['CREDENTIAL_REQUEST_OPTIONS'] ?? '') as unknown
  const CREDENTIAL = JSON.stringify(passkey.get(options))
  tokensOf(await respond(at, 'WEB_AUTHN', Session, { USERNAME: 'wendy', CREDENTIAL }))

  const { accessToken: AccessToken, creationOptions } = known.kate
  const Credential = softPasskey().create(creationOptions) as unknown as Credential
  await at.server.call('CompleteWebAuthnRegistration', { AccessToken, Credential })
  assert.equal((await begin(at, 'kate')).ChallengeName, 'WEB_AUTHN')
})

onOld('codes, secrets and passwords that wait are taken', async (at) => {
  const ClientId = at.ClientId
  await at.server.call('VerifyUserAttribute', {
    AccessToken: known.john.accessToken,
    AttributeName: 'email',
    Code: known.john.code,
  })
  tokensOf(await beginByPassword(at, 'john.new@example.com'))
  await at.server.call('ConfirmSignUp', { ClientId, Username: 'mary', ConfirmationCode: known.mary.code })
  tokensOf(await beginByPassword(at, 'mary'))
  const { ChallengeName, Session = '' } = await beginByPassword(at, 'paul')
  assert.equal(ChallengeName, 'NEW_PASSWORD_REQUIRED')
  tokensOf(await respond(at, ChallengeName, Session, { USERNAME: 'paul', NEW_PASSWORD: 'Battery-staple-8' }))
  await at.server.call('VerifySoftwareToken', {
    AccessToken: known.kate.accessToken,
    UserCode: appOf(at, known.kate.totpSecret).code(),
  })
  const answers = { USERNAME: 'emma', EMAIL_OTP_CODE: known.emma.code }
  tokensOf(await respond(at, 'EMAIL_OTP', known.emma.session, answers))
})

onOld('a lock ends by its rule; disabled and removed users and the deleted pool stay so', async (at) => {
  await refused(beginByPassword(at, 'liam'), 'NotAuthorizedException: Password attempts exceeded')
  at.server.advance(1)
  tokensOf(await beginByPassword(at, 'liam'))
  await refused(beginByPassword(at, 'nora'), 'NotAuthorizedException: User is disabled.')
  await refused(
    at.server.call('AdminGetUser', { UserPoolId: at.UserPoolId, Username: 'gone' }),
    'UserNotFoundException: User does not exist.',
  )
  await refused(
    at.server.call('DescribeUserPool', { UserPoolId: known.deletedPoolId }),
    `ResourceNotFoundException: User pool ${known.deletedPoolId} does not exist.`,
  )
})

onOld('the secret of a client, a scope and an access key are known', async (at) => {
  const { confidentialClientId: ClientId, clientSecret, accessKey } = known
  const USERNAME = 'john'
  const SECRET_HASH = secretHash(USERNAME, ClientId, clientSecret)
  tokensOf(
    await at.server.call('InitiateAuth', {
      ClientId,
      AuthFlow: 'USER_PASSWORD_AUTH',
      AuthParameters: { USERNAME, PASSWORD: goodPassword, SECRET_HASH },
    }),
  )
  const given = await at.server.call('GetClientToken', { ...known.machine, Scopes: ['api/read'] })
  assert.ok(given.ClientAuthenticationResult?.AccessToken)
  const found = await findAccessKey(at.server.context)(accessKey.accessKeyId)
  assert.equal(found?.secret, accessKey.secretAccessKey)
})

onOld('users are listed by name and by attribute', async (at) => {
  const names = async (Filter?: string): Promise<(string | undefined)[]> =>
    (await at.server.call('ListUsers', { UserPoolId: at.UserPoolId, Filter })).Users?.map(({ Username }) => Username) ??
    []
  const all = ['emma', 'jane', 'john', 'kate', 'liam', 'mary', 'nora', 'paul', 'wendy']
  assert.deepEqual(new Set(await names()), new Set(all))
  assert.deepEqual(await names('email = "kate@example.com"'), ['kate'])
  assert.deepEqual(await names('given_name ^= "Ja"'), ['jane'])
  assert.deepEqual(await names('username = "emma"'), ['emma'])
})
