import assert from 'node:assert/strict'
import { test } from 'node:test'
import CognitoIdentityServiceProvider from 'aws-sdk/clients/cognitoidentityserviceprovider.js'
import { advance, appCode, codeFor, ready } from './authenticator.ts'
import { startProcess, temporaryFolder } from './server.ts'

const { poolId: UserPoolId, clientId: ClientId } = ready

test('the flow call by call with aws-sdk v2', async () => {
  const folder = temporaryFolder()
  const server = await startProcess(['dev', '--data', folder.path])
  try {
    const cognito = new CognitoIdentityServiceProvider({
      endpoint: server.url,
      region: 'zz-local-1',
      credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
    })
    const Username = 'jane@example.com'
    const Password = 'Correct-horse-7'
    await cognito.signUp({ ClientId, Username, Password }).promise()
    await assert.rejects(
      cognito.confirmSignUp({ ClientId, Username, ConfirmationCode: '000000x' }).promise(),
      (error: { code?: string; statusCode?: number }) =>
        error.code === 'CodeMismatchException' && error.statusCode === 400,
    )
    const ConfirmationCode = await codeFor(server.url, Username)
    await cognito.confirmSignUp({ ClientId, Username, ConfirmationCode }).promise()
    const AuthParameters = { USERNAME: Username, PASSWORD: Password }
    const start = () =>
      cognito.adminInitiateAuth({ UserPoolId, ClientId, AuthFlow: 'ADMIN_NO_SRP_AUTH', AuthParameters }).promise()
    const setup = await start()
    assert.equal(setup.ChallengeName, 'MFA_SETUP')
    const associated = await cognito.associateSoftwareToken({ Session: setup.Session ?? '' }).promise()
    const code = () => appCode(server.url, associated.SecretCode ?? '')
    const verified = await cognito
      .verifySoftwareToken({ Session: associated.Session ?? '', UserCode: await code() })
      .promise()
    const first = await cognito
      .adminRespondToAuthChallenge({
        UserPoolId,
        ClientId,
        ChallengeName: 'MFA_SETUP',
        Session: verified.Session ?? '',
        ChallengeResponses: { USERNAME: Username },
      })
      .promise()
    assert.ok(first.AuthenticationResult?.RefreshToken)
    await advance(server.url, 30)
    const again = await start()
    const done = await cognito
      .adminRespondToAuthChallenge({
        UserPoolId,
        ClientId,
        ChallengeName: 'SOFTWARE_TOKEN_MFA',
        Session: again.Session ?? '',
        ChallengeResponses: { USERNAME: Username, SOFTWARE_TOKEN_MFA_CODE: await code() },
      })
      .promise()
    const user = await cognito.getUser({ AccessToken: done.AuthenticationResult?.AccessToken ?? '' }).promise()
    assert.equal(user.UserAttributes.find(({ Name }) => Name === 'email')?.Value, Username)
  } finally {
    await server.stop()
    folder.remove()
  }
})
