import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as sdk from '@aws-sdk/client-cognito-identity-provider'
import { JwtVerifier } from 'aws-jwt-verify'
import { createLocalJWKSet, jwtVerify, type JSONWebKeySet } from 'jose'
import { advance, appCode, codeFor, ready } from './authenticator.ts'
import { startProcess, temporaryFolder } from './server.ts'

const { poolId, clientId } = ready

test('the flow call by call with @aws-sdk/client-cognito-identity-provider v3, tokens verified by two libraries', async () => {
  const folder = temporaryFolder()
  const server = await startProcess(['dev', '--data', folder.path])
  try {
    const client = new sdk.CognitoIdentityProviderClient({
      endpoint: server.url,
      region: 'zz-local-1',
      credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
    })
    const Username = 'jane@example.com'
    const Password = 'Correct-horse-7'
    await client.send(new sdk.SignUpCommand({ ClientId: clientId, Username, Password }))
    const ConfirmationCode = await codeFor(server.url, Username)
    await client.send(new sdk.ConfirmSignUpCommand({ ClientId: clientId, Username, ConfirmationCode }))
    const signIn = () =>
      client.send(
        new sdk.AdminInitiateAuthCommand({
          UserPoolId: poolId,
          ClientId: clientId,
          AuthFlow: 'ADMIN_NO_SRP_AUTH',
          AuthParameters: { USERNAME: Username, PASSWORD: Password },
        }),
      )
    const { Session, ChallengeName } = await signIn()
    assert.equal(ChallengeName, 'MFA_SETUP')
    const associated = await client.send(new sdk.AssociateSoftwareTokenCommand({ Session }))
    const code = () => appCode(server.url, associated.SecretCode ?? '')
    const verified = await client.send(
      new sdk.VerifySoftwareTokenCommand({ Session: associated.Session, UserCode: await code() }),
    )
    assert.equal(verified.Status, 'SUCCESS')
    await advance(server.url, 30)
    const again = await signIn()
    assert.equal(again.ChallengeName, 'SOFTWARE_TOKEN_MFA')
    const { AuthenticationResult: tokens } = await client.send(
      new sdk.AdminRespondToAuthChallengeCommand({
        UserPoolId: poolId,
        ClientId: clientId,
        ChallengeName: 'SOFTWARE_TOKEN_MFA',
        Session: again.Session,
        ChallengeResponses: { USERNAME: Username, SOFTWARE_TOKEN_MFA_CODE: await code() },
      }),
    )
    const issuer = `${server.url}/${poolId}`
    const keys = (await (await fetch(`${issuer}/.well-known/jwks.json`)).json()) as JSONWebKeySet
    const verifier = JwtVerifier.create({ issuer, audience: null, jwksUri: `${issuer}/.well-known/jwks.json` })
    verifier.cacheJwks(keys as unknown as Parameters<typeof verifier.cacheJwks>[0])
    const access = verifier.verifySync(tokens?.AccessToken ?? '')
    assert.equal(access['client_id'], clientId)
    const id = await jwtVerify(tokens?.IdToken ?? '', createLocalJWKSet(keys), { issuer, audience: clientId })
    assert.equal(id.payload['email'], Username)
    assert.equal(id.payload['email_verified'], true)
    assert.equal(id.payload['origin_jti'], access['origin_jti'])
    const refreshed = await client.send(
      new sdk.InitiateAuthCommand({
        ClientId: clientId,
        AuthFlow: 'REFRESH_TOKEN_AUTH',
        AuthParameters: { REFRESH_TOKEN: tokens?.RefreshToken ?? '' },
      }),
    )
    assert.equal(refreshed.AuthenticationResult?.RefreshToken, undefined)
    await client.send(new sdk.GlobalSignOutCommand({ AccessToken: tokens?.AccessToken }))
    await assert.rejects(client.send(new sdk.GetUserCommand({ AccessToken: tokens?.AccessToken })), {
      name: 'NotAuthorizedException',
      message: 'Access Token has been revoked',
    })
  } finally {
    assert.equal(await server.stop(), 0)
    folder.remove()
  }
})
