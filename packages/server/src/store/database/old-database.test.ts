// A database made by the program before its tables were described (commit 8c9f2a2; schema 8), opened by this one.
import assert from 'node:assert/strict'
import { createPrivateKey } from 'node:crypto'
import type { TestContext } from 'node:test'
import { makeTestApp } from '../../../testing/app.ts'
import { answerDeviceSrp, proofOf, startWith } from '../../../testing/device.ts'
import { fillOldDatabase, known } from '../../../testing/old-database.ts'
import { softPasskey } from '../../../testing/passkey.ts'
import { refused } from '../../../testing/pool.ts'
import { clientOf, password, signInServer, tokensOf, type SignInServer } from '../../../testing/sign-in.ts'
import { onBoth } from '../../../testing/stores.ts'
import { srpKeys } from '../../../../client/src/srp.ts'
import { findAccessKey } from '../../flows/access-keys.ts'
import { secretHash } from '../../rules/secret-hash.ts'
import type { Inputs, InitiateAuthResponse } from '../../wire/model.gen.ts'
import type { Database } from './index.ts'

type Credential = Inputs['CompleteWebAuthnRegistration']['Credential']

/** This program on that database, at the moment when it was left. */
const start = async (t: TestContext, open: () => Database): Promise<SignInServer> => {
  const database = open()
  await fillOldDatabase(database)
  const app = await makeTestApp(t, { database, sealKeys: known.sealKeys, startAt: known.madeAt })
  return signInServer(app, known.poolId, known.clientId)
}

const onOld = (title: string, run: (server: SignInServer) => Promise<void>): void =>
  onBoth(`a database of 8c9f2a2: ${title}`, async (open, t) => run(await start(t, open)))

const codeOf = (server: SignInServer): string => server.appOf(known.jane.totpSecret).code()

/** Answers a challenge that wants the code of an authenticator app, with the next one. */
const byApp = async (server: SignInServer, { ChallengeName, Session = '' }: InitiateAuthResponse) => {
  assert.equal(ChallengeName, 'SOFTWARE_TOKEN_MFA')
  server.advance(30)
  return tokensOf(await answerCode(server, Session))
}

const answerCode = (server: SignInServer, session: string): Promise<InitiateAuthResponse> =>
  server.answer('SOFTWARE_TOKEN_MFA', session, { USERNAME: 'jane', SOFTWARE_TOKEN_MFA_CODE: codeOf(server) })

onOld('password, SRP and an alias lead to the code of the app, and to tokens', async (server) => {
  const { AccessToken } = await byApp(server, await server.start('jane'))
  const { Username, UserAttributes } = await server.call('GetUser', { AccessToken })
  assert.equal(Username, 'jane')
  assert.ok(UserAttributes.some(({ Name, Value }) => Name === 'given_name' && Value === 'Jane'))
  await byApp(server, await server.start('jane@example.com'))
  const state = await clientOf(server).signIn({ username: 'jane', password })
  assert.equal(state.step, 'enter-totp')
  await refused(server.start('jane', 'Wrong-horse-7'), 'NotAuthorizedException: Incorrect username or password.')
})

onOld('a waiting Session, an access token and a refresh token go on; a spent code does not', async (server) => {
  const { session, accessToken, refreshToken } = known.jane
  await server.call('GetUser', { AccessToken: accessToken })
  const spent = 'ExpiredCodeException: Your software token has already been used once.'
  await refused(answerCode(server, session), spent)
  server.advance(30)
  tokensOf(await answerCode(server, session))
  const refreshed = await server.call('InitiateAuth', {
    ClientId: server.clientId,
    AuthFlow: 'REFRESH_TOKEN_AUTH',
    AuthParameters: { REFRESH_TOKEN: refreshToken, DEVICE_KEY: known.jane.device.key },
  })
  assert.ok(refreshed.AuthenticationResult?.AccessToken)
  await server.call('GlobalSignOut', { AccessToken: accessToken })
  await refused(
    server.call('GetUser', { AccessToken: accessToken }),
    'NotAuthorizedException: Access Token has been revoked',
  )
})

onOld('a recovery code takes the place of the app, once', async (server) => {
  const [RecoveryCode = ''] = known.jane.recoveryCodes
  const recover = async () =>
    server.call('RespondWithRecoveryCode', {
      ClientId: server.clientId,
      Username: 'jane',
      Session: (await server.start('jane')).Session ?? '',
      RecoveryCode,
    })
  assert.ok((await recover()).AuthenticationResult?.AccessToken)
  await refused(recover(), 'CodeMismatchException: Invalid code received for user')
})

onOld('a remembered device takes the place of the app', async (server) => {
  const { device } = known.jane
  const asked = await startWith(server, 'jane', device.key)
  assert.equal(asked.ChallengeName, 'DEVICE_SRP_AUTH')
  const keys = srpKeys()
  const verifier = await answerDeviceSrp(server, asked, device, keys)
  const proof = await proofOf(server, verifier, device, keys)
  tokensOf(await server.call('RespondToAuthChallenge', { ...proof, Session: verifier.Session }))
})

const begin = (server: SignInServer, USERNAME: string): Promise<InitiateAuthResponse> =>
  server.call('InitiateAuth', {
    ClientId: server.clientId,
    AuthFlow: 'USER_AUTH',
    AuthParameters: { USERNAME, PREFERRED_CHALLENGE: 'WEB_AUTHN' },
  })

onOld('a passkey signs in, and one that was being registered is registered', async (server) => {
  const { id, userHandle, privateKey } = known.wendy
  const passkey = softPasskey({ id, userHandle, privateKey: createPrivateKey(privateKey) })
  const { ChallengeParameters, Session = '' } = await begin(server, 'wendy')
  const options = JSON.parse(ChallengeParameters?.['CREDENTIAL_REQUEST_OPTIONS'] ?? '') as unknown
  const CREDENTIAL = JSON.stringify(passkey.get(options))
  tokensOf(await server.answer('WEB_AUTHN', Session, { USERNAME: 'wendy', CREDENTIAL }))

  const { accessToken: AccessToken, creationOptions } = known.kate
  const Credential = softPasskey().create(creationOptions) as unknown as Credential
  await server.call('CompleteWebAuthnRegistration', { AccessToken, Credential })
  assert.equal((await begin(server, 'kate')).ChallengeName, 'WEB_AUTHN')
})

onOld('codes, secrets and passwords that wait are taken', async (server) => {
  const ClientId = server.clientId
  await server.call('VerifyUserAttribute', {
    AccessToken: known.john.accessToken,
    AttributeName: 'email',
    Code: known.john.code,
  })
  tokensOf(await server.start('john.new@example.com'))
  await server.call('ConfirmSignUp', { ClientId, Username: 'mary', ConfirmationCode: known.mary.code })
  tokensOf(await server.start('mary'))
  const { ChallengeName, Session = '' } = await server.start('paul')
  assert.equal(ChallengeName, 'NEW_PASSWORD_REQUIRED')
  tokensOf(await server.answer(ChallengeName, Session, { USERNAME: 'paul', NEW_PASSWORD: 'Battery-staple-8' }))
  await server.call('VerifySoftwareToken', {
    AccessToken: known.kate.accessToken,
    UserCode: server.appOf(known.kate.totpSecret).code(),
  })
  const answers = { USERNAME: 'emma', EMAIL_OTP_CODE: known.emma.code }
  tokensOf(await server.answer('EMAIL_OTP', known.emma.session, answers))
})

onOld('a lock ends by its rule; disabled and removed users and the deleted pool stay so', async (server) => {
  await refused(server.start('liam'), 'NotAuthorizedException: Password attempts exceeded')
  server.advance(1)
  tokensOf(await server.start('liam'))
  await refused(server.start('nora'), 'NotAuthorizedException: User is disabled.')
  await refused(
    server.call('AdminGetUser', { UserPoolId: server.poolId, Username: 'gone' }),
    'UserNotFoundException: User does not exist.',
  )
  await refused(
    server.call('DescribeUserPool', { UserPoolId: known.deletedPoolId }),
    `ResourceNotFoundException: User pool ${known.deletedPoolId} does not exist.`,
  )
})

onOld('the secret of a client, a scope and an access key are known', async (server) => {
  const { confidentialClientId: ClientId, clientSecret, accessKey } = known
  const USERNAME = 'john'
  const SECRET_HASH = secretHash(USERNAME, ClientId, clientSecret)
  tokensOf(
    await server.call('InitiateAuth', {
      ClientId,
      AuthFlow: 'USER_PASSWORD_AUTH',
      AuthParameters: { USERNAME, PASSWORD: password, SECRET_HASH },
    }),
  )
  const given = await server.call('GetClientToken', { ...known.machine, Scopes: ['api/read'] })
  assert.ok(given.ClientAuthenticationResult?.AccessToken)
  const found = await findAccessKey(server.context)(accessKey.accessKeyId)
  assert.equal(found?.secret, accessKey.secretAccessKey)
})

onOld('users are listed by name and by attribute', async (server) => {
  const names = async (Filter?: string): Promise<(string | undefined)[]> =>
    (await server.call('ListUsers', { UserPoolId: server.poolId, Filter })).Users?.map(({ Username }) => Username) ?? []
  const all = ['emma', 'jane', 'john', 'kate', 'liam', 'mary', 'nora', 'paul', 'wendy']
  assert.deepEqual(new Set(await names()), new Set(all))
  assert.deepEqual(await names('email = "kate@example.com"'), ['kate'])
  assert.deepEqual(await names('given_name ^= "Ja"'), ['jane'])
  assert.deepEqual(await names('username = "emma"'), ['emma'])
})
