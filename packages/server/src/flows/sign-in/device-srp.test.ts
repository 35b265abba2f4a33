// Signing in with devices, over the wire: what they may stand for, and everything they may not.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { srpKeys } from '../../../../client/src/srp.ts'
import { answerDeviceSrp, confirmedDevice, proofOf, startWith, type TestDevice } from '../../test-device.ts'
import {
  makeSignInServer,
  payloadOf,
  tokensOf,
  type Authenticator,
  type SignInOptions,
  type SignInServer,
} from '../../test-sign-in.ts'

const always = { ChallengeRequiredOnNewDevice: true, DeviceOnlyRememberedOnUserPrompt: false }

const makeServer = (options: SignInOptions = {}): Promise<SignInServer> =>
  makeSignInServer({ mfa: 'OPTIONAL', pool: { DeviceConfiguration: always, ...options.pool }, ...options })

type Remembered = { readonly app: Authenticator; readonly device: TestDevice; readonly accessToken: string }

/** A user with an authenticator app, and a device that may stand for it. */
const addRemembered = async (server: SignInServer, username: string): Promise<Remembered> => {
  const app = await server.addUserWithApp(username)
  const { device, tokens } = await confirmedDevice(server, username, app.code)
  server.advance(30)
  return { app, device, accessToken: tokens.AccessToken }
}

test('a remembered device takes the place of the code', async () => {
  const server = await makeServer()
  const { device } = await addRemembered(server, 'jane')
  const asked = await startWith(server, 'jane', device.key)
  assert.equal(asked.ChallengeName, 'DEVICE_SRP_AUTH')
  assert.deepEqual(asked.ChallengeParameters, { DEVICE_KEY: device.key, USERNAME: 'jane' })
  const keys = srpKeys()
  const verifier = await answerDeviceSrp(server, asked, device, keys)
  assert.equal(verifier.ChallengeName, 'DEVICE_PASSWORD_VERIFIER')
  assert.deepEqual(Object.keys(verifier.ChallengeParameters ?? {}), [
    'SALT',
    'SECRET_BLOCK',
    'SRP_B',
    'USERNAME',
    'DEVICE_KEY',
  ])
  assert.match(verifier.ChallengeParameters?.['SALT'] ?? '', /^[1-9a-f][0-9a-f]*$/)
  const ended = await server.call('RespondToAuthChallenge', await proofOf(server, verifier, device, keys))
  const { AccessToken, IdToken } = tokensOf(ended)
  assert.equal(ended.AuthenticationResult?.NewDeviceMetadata, undefined)
  assert.equal(payloadOf(AccessToken)['device_key'], device.key)
  assert.equal(payloadOf(IdToken)['device_key'], undefined)
  await server.close()
})
