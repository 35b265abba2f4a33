import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeBase32 } from '../../rules/base32.ts'
import { totpCode, totpStep } from '../../rules/totp.ts'
import { ensureReadyPool } from '../../dev/ready-pool.ts'
import { makeTestApp } from '../../../testing/app.ts'

test('the flow, from sign-up to tokens', async (t) => {
  const server = await makeTestApp(t)
  const { poolId, clientId } = await ensureReadyPool(server.context)
  const Username = 'jane@example.com'
  const Password = 'Correct-horse-7'
  const up = await server.call('SignUp', { ClientId: clientId, Username, Password })
  assert.equal(up.UserConfirmed, false)
  await server.call('ConfirmSignUp', { ClientId: clientId, Username, ConfirmationCode: await server.code(Username) })
  const start = () =>
    server.call('AdminInitiateAuth', {
      UserPoolId: poolId,
      ClientId: clientId,
      AuthFlow: 'ADMIN_NO_SRP_AUTH',
      AuthParameters: { USERNAME: Username, PASSWORD: Password },
    })
  const setup = await start()
  assert.equal(setup.ChallengeName, 'MFA_SETUP')
  const associated = await server.call('AssociateSoftwareToken', { Session: setup.Session ?? '' })
  const secret = decodeBase32(associated.SecretCode ?? '')
  const codeNow = () => totpCode(secret, totpStep(server.context.clock.now()))
  const verified = await server.call('VerifySoftwareToken', { Session: associated.Session ?? '', UserCode: codeNow() })
  assert.equal(verified.Status, 'SUCCESS')
  const finished = await server.call('AdminRespondToAuthChallenge', {
    UserPoolId: poolId,
    ClientId: clientId,
    ChallengeName: 'MFA_SETUP',
    Session: verified.Session ?? '',
    ChallengeResponses: { USERNAME: Username },
  })
  assert.ok(finished.AuthenticationResult?.AccessToken)
  const again = await start()
  assert.equal(again.ChallengeName, 'SOFTWARE_TOKEN_MFA')
  const respond = () =>
    server.call('AdminRespondToAuthChallenge', {
      UserPoolId: poolId,
      ClientId: clientId,
      ChallengeName: 'SOFTWARE_TOKEN_MFA',
      Session: again.Session ?? '',
      ChallengeResponses: { USERNAME: Username, SOFTWARE_TOKEN_MFA_CODE: codeNow() },
    })
  await assert.rejects(respond(), { name: 'ExpiredCodeException' })
  server.advance(30)
  const done = await respond()
  const user = await server.call('GetUser', { AccessToken: done.AuthenticationResult?.AccessToken ?? '' })
  assert.equal(user.Username, up.UserSub)
  await assert.rejects(respond(), { message: 'Invalid session for the user, session can only be used once.' })
})
