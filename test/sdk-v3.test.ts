import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import * as sdk from '@aws-sdk/client-cognito-identity-provider'
import { closing } from '../packages/server/testing/closing.ts'
import { advance, appCode, codeFor, ready } from './authenticator.ts'
import { startProcess } from '../packages/server/testing/server-process.ts'
import { folderOf } from '../packages/server/testing/folders.ts'
import { verifyTokens } from './tokens.ts'

const { poolId: UserPoolId } = ready

type Kind = {
  readonly title: string
  /** Signed administration starts and answers the sign-in, or the user's own unsigned calls do. */
  readonly admin: boolean
  readonly GenerateSecret: boolean
}

const kinds: readonly Kind[] = [
  { title: 'by the admin operations, with a secret', admin: true, GenerateSecret: true },
  { title: 'by the public operations, without a secret', admin: false, GenerateSecret: false },
]

for (const { title, admin, GenerateSecret } of kinds) {
  test(`the flow call by call with @aws-sdk/client-cognito-identity-provider v3 ${title}, tokens verified by two libraries`, async (t) => {
    const folder = folderOf(t)
    const server = await startProcess(['dev', '--data', folder])
    closing(t, server.kill)
    const { url } = server
    const client = new sdk.CognitoIdentityProviderClient({
      endpoint: url,
      region: 'zz-local-1',
      credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
    })
    closing(t, () => client.destroy())
    const { UserPoolClient } = await client.send(
      new sdk.CreateUserPoolClientCommand({
        UserPoolId,
        ClientName: 'flow',
        GenerateSecret,
        ExplicitAuthFlows: ['ALLOW_ADMIN_USER_PASSWORD_AUTH', 'ALLOW_USER_PASSWORD_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
      }),
    )
    const { ClientId = '', ClientSecret } = UserPoolClient ?? {}
    const hashOf = (name: string): string | undefined =>
      ClientSecret === undefined
        ? undefined
        : createHmac('sha256', ClientSecret)
            .update(name + ClientId)
            .digest('base64')
    const Username = 'jane@example.com'
    const Password = 'Correct-horse-7'
    const SecretHash = hashOf(Username)
    const hashed: Record<string, string> = SecretHash === undefined ? {} : { SECRET_HASH: SecretHash }

    const up = await client.send(new sdk.SignUpCommand({ ClientId, SecretHash, Username, Password }))
    assert.equal(up.UserConfirmed, false)
    assert.equal(up.CodeDeliveryDetails?.Destination, 'j***@e***')
    const ConfirmationCode = await codeFor(url, Username)
    const confirm = (code: string) =>
      client.send(new sdk.ConfirmSignUpCommand({ ClientId, SecretHash, Username, ConfirmationCode: code }))
    await assert.rejects(confirm('000000x'), { name: 'CodeMismatchException' })
    await confirm(ConfirmationCode)

    const AuthParameters = { USERNAME: Username, PASSWORD: Password, ...hashed }
    const start = (): Promise<sdk.InitiateAuthCommandOutput> =>
      admin
        ? client.send(
            new sdk.AdminInitiateAuthCommand({ UserPoolId, ClientId, AuthFlow: 'ADMIN_NO_SRP_AUTH', AuthParameters }),
          )
        : client.send(new sdk.InitiateAuthCommand({ ClientId, AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters }))
    const respond = (
      ChallengeName: sdk.ChallengeNameType,
      Session: string | undefined,
      more: Record<string, string> = {},
    ): Promise<sdk.RespondToAuthChallengeCommandOutput> => {
      const ChallengeResponses = { USERNAME: Username, ...hashed, ...more }
      const answer = { ClientId, ChallengeName, Session, ChallengeResponses }
      return admin
        ? client.send(new sdk.AdminRespondToAuthChallengeCommand({ UserPoolId, ...answer }))
        : client.send(new sdk.RespondToAuthChallengeCommand(answer))
    }

    // The first sign-in, which MFA_SETUP finishes.
    const first = await start()
    assert.equal(first.ChallengeName, 'MFA_SETUP')
    assert.equal(first.AuthenticationResult, undefined)
    assert.equal(first.ChallengeParameters?.['MFAS_CAN_SETUP'], '["SOFTWARE_TOKEN_MFA"]')
    const associated = await client.send(new sdk.AssociateSoftwareTokenCommand({ Session: first.Session }))
    const code = () => appCode(url, associated.SecretCode ?? '')
    const UserCode = await code()
    const verified = await client.send(new sdk.VerifySoftwareTokenCommand({ Session: associated.Session, UserCode }))
    assert.equal(verified.Status, 'SUCCESS')
    await assert.rejects(respond('MFA_SETUP', first.Session), { name: 'NotAuthorizedException' })
    const setUp = await respond('MFA_SETUP', verified.Session)
    const giver = { url, poolId: UserPoolId, clientId: ClientId }
    const { id, access } = await verifyTokens(giver, setUp.AuthenticationResult ?? {})
    assert.equal(id['email'], Username)
    assert.equal(id['email_verified'], true)
    assert.equal(id.sub, up.UserSub)
    await assert.rejects(respond('MFA_SETUP', verified.Session), { name: 'NotAuthorizedException' })

    // The second, which the authenticator's next code finishes.
    const second = await start()
    assert.equal(second.ChallengeName, 'SOFTWARE_TOKEN_MFA')
    const used = { SOFTWARE_TOKEN_MFA_CODE: UserCode }
    await assert.rejects(respond('SOFTWARE_TOKEN_MFA', second.Session, used), { name: 'ExpiredCodeException' })
    await advance(url, 30)
    const done = await respond('SOFTWARE_TOKEN_MFA', second.Session, { SOFTWARE_TOKEN_MFA_CODE: await code() })
    const tokens = done.AuthenticationResult ?? {}
    assert.equal(tokens.TokenType, 'Bearer')
    assert.notEqual((await verifyTokens(giver, tokens)).access['origin_jti'], access['origin_jti'])

    // With the tokens.
    const { AccessToken, RefreshToken = '' } = tokens
    const user = await client.send(new sdk.GetUserCommand({ AccessToken }))
    assert.equal(user.UserAttributes?.find(({ Name }) => Name === 'email')?.Value, Username)
    const refreshHash = hashOf(user.Username ?? '')
    const refresh = () => {
      const parameters = {
        REFRESH_TOKEN: RefreshToken,
        ...(refreshHash === undefined ? {} : { SECRET_HASH: refreshHash }),
      }
      return client.send(
        new sdk.InitiateAuthCommand({ ClientId, AuthFlow: 'REFRESH_TOKEN_AUTH', AuthParameters: parameters }),
      )
    }
    const refreshed = (await refresh()).AuthenticationResult ?? {}
    assert.equal(refreshed.RefreshToken, undefined)
    await verifyTokens(giver, refreshed)
    await client.send(new sdk.RevokeTokenCommand({ ClientId, ClientSecret, Token: RefreshToken }))
    await assert.rejects(refresh(), { name: 'NotAuthorizedException' })
    for (const token of [AccessToken, refreshed.AccessToken])
      await assert.rejects(client.send(new sdk.GetUserCommand({ AccessToken: token })), {
        name: 'NotAuthorizedException',
        message: 'Access Token has been revoked',
      })
    const other = setUp.AuthenticationResult?.AccessToken
    await client.send(new sdk.GetUserCommand({ AccessToken: other }))
    await client.send(new sdk.GlobalSignOutCommand({ AccessToken: other }))
    await assert.rejects(client.send(new sdk.GetUserCommand({ AccessToken: other })), {
      message: 'Access Token has been revoked',
    })
    assert.equal(await server.stop(), 0)
  })
}
