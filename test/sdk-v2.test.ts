import assert from 'node:assert/strict'
import { test } from 'node:test'
import CognitoIdentityServiceProvider from 'aws-sdk/clients/cognitoidentityserviceprovider.js'
import { closing } from '../packages/server/testing/closing.ts'
import { advance, appCode, codeFor, ready } from './authenticator.ts'
import { startProcess } from '../packages/server/testing/server-process.ts'
import { folderOf } from '../packages/server/testing/folders.ts'
import { verifyTokens } from './tokens.ts'

const { poolId: UserPoolId, clientId: ClientId } = ready

test('the flow call by call with aws-sdk v2, tokens verified by two libraries', async (t) => {
  const folder = folderOf(t)
  const server = await startProcess(['dev', '--data', folder])
  closing(t, server.kill)
  const giver = { url: server.url, poolId: UserPoolId, clientId: ClientId }
  const cognito = new CognitoIdentityServiceProvider({
    endpoint: server.url,
    region: 'zz-local-1',
    credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
  })
  const refused =
    (name: string, message?: string) => (error: { code?: string; statusCode?: number; message?: string }) => {
      assert.deepEqual([error.code, error.statusCode], [name, 400])
      if (message !== undefined) assert.equal(error.message, message)
      return true
    }
  const Username = 'jane@example.com'
  const Password = 'Correct-horse-7'
  const up = await cognito.signUp({ ClientId, Username, Password }).promise()
  await assert.rejects(cognito.signUp({ ClientId, Username, Password }).promise(), refused('UsernameExistsException'))
  const confirm = (ConfirmationCode: string) =>
    cognito.confirmSignUp({ ClientId, Username, ConfirmationCode }).promise()
  await assert.rejects(confirm('000000x'), refused('CodeMismatchException'))
  await confirm(await codeFor(server.url, Username))

  const start = (PASSWORD = Password) =>
    cognito
      .adminInitiateAuth({
        UserPoolId,
        ClientId,
        AuthFlow: 'ADMIN_NO_SRP_AUTH',
        AuthParameters: { USERNAME: Username, PASSWORD },
      })
      .promise()
  const respond = (ChallengeName: string, Session = '', more: Record<string, string> = {}) =>
    cognito
      .adminRespondToAuthChallenge({
        UserPoolId,
        ClientId,
        ChallengeName,
        Session,
        ChallengeResponses: { USERNAME: Username, ...more },
      })
      .promise()
  await assert.rejects(start('Wrong-horse-7'), refused('NotAuthorizedException', 'Incorrect username or password.'))

  // The first sign-in, which MFA_SETUP finishes.
  const first = await start()
  assert.equal(first.ChallengeName, 'MFA_SETUP')
  const associated = await cognito.associateSoftwareToken({ Session: first.Session ?? '' }).promise()
  const code = () => appCode(server.url, associated.SecretCode ?? '')
  const verify = async (UserCode: string) =>
    cognito.verifySoftwareToken({ Session: associated.Session ?? '', UserCode }).promise()
  const verified = await verify(await code())
  assert.equal(verified.Status, 'SUCCESS')
  const setUp = await respond('MFA_SETUP', verified.Session)
  assert.ok(setUp.AuthenticationResult?.RefreshToken)
  const { id } = await verifyTokens(giver, setUp.AuthenticationResult)
  assert.deepEqual([id['email'], id['email_verified'], id.sub], [Username, true, up.UserSub])

  // The second, which the authenticator's next code finishes.
  await advance(server.url, 30)
  const second = await start()
  assert.equal(second.ChallengeName, 'SOFTWARE_TOKEN_MFA')
  const wrong = { SOFTWARE_TOKEN_MFA_CODE: '000000' }
  if ((await code()) !== '000000')
    await assert.rejects(respond('SOFTWARE_TOKEN_MFA', second.Session, wrong), refused('CodeMismatchException'))
  const done = await respond('SOFTWARE_TOKEN_MFA', second.Session, { SOFTWARE_TOKEN_MFA_CODE: await code() })
  await verifyTokens(giver, done.AuthenticationResult ?? {})

  // With the tokens.
  const { AccessToken = '', RefreshToken = '' } = done.AuthenticationResult ?? {}
  const user = await cognito.getUser({ AccessToken }).promise()
  assert.equal(user.UserAttributes.find(({ Name }) => Name === 'email')?.Value, Username)
  const listed = await cognito.listUsers({ UserPoolId, Filter: `email = "${Username}"` }).promise()
  assert.deepEqual(
    listed.Users?.map(({ UserStatus }) => UserStatus),
    ['CONFIRMED'],
  )
  assert.ok(listed.Users?.[0]?.UserCreateDate instanceof Date)
  const refresh = () =>
    cognito
      .initiateAuth({ ClientId, AuthFlow: 'REFRESH_TOKEN_AUTH', AuthParameters: { REFRESH_TOKEN: RefreshToken } })
      .promise()
  await verifyTokens(giver, (await refresh()).AuthenticationResult ?? {})
  await cognito.globalSignOut({ AccessToken }).promise()
  await assert.rejects(refresh(), refused('NotAuthorizedException'))
  await assert.rejects(
    cognito.getUser({ AccessToken }).promise(),
    refused('NotAuthorizedException', 'Access Token has been revoked'),
  )
  assert.equal(await server.stop(), 0)
})
