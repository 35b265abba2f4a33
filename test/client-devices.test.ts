// Devices as amazon-cognito-identity-js 6 and Amplify 6 keep them, without a line for it in the application: confirmed
// at the first sign-in, proved at the next, sent with a refresh, dropped when they are forgotten.
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import * as sdk from '@aws-sdk/client-cognito-identity-provider'
import {
  AuthenticationDetails,
  CognitoUser,
  CognitoUserPool,
  type CognitoUserSession,
  type ICognitoStorage,
} from 'amazon-cognito-identity-js'
import { Amplify } from 'aws-amplify'
import * as auth from 'aws-amplify/auth'
import { cognitoUserPoolsTokenProvider } from 'aws-amplify/auth/cognito'
import { ConsoleLogger } from 'aws-amplify/utils'
import { startDev, type DevServer, type PoolIds } from './dev-server.ts'

ConsoleLogger.LOG_LEVEL = 'ERROR'

const email = 'jane@example.com'
const password = 'Correct-horse-7'

type Tracked = { readonly dev: DevServer; readonly ids: PoolIds; readonly secret: string }

/** A server with a pool that remembers devices, and a user with an authenticator app that is asked for. */
const track = async (t: TestContext): Promise<Tracked> => {
  const dev = await startDev(t)
  const ids = await dev.makePool({
    pool: { DeviceConfiguration: { ChallengeRequiredOnNewDevice: true, DeviceOnlyRememberedOnUserPrompt: false } },
    mfa: { MfaConfiguration: 'OPTIONAL', SoftwareTokenMfaConfiguration: { Enabled: true } },
  })
  await dev.makeUser(ids, email, password)
  const { AuthenticationResult } = await dev.admin.send(
    new sdk.InitiateAuthCommand({
      ClientId: ids.clientId,
      AuthFlow: 'USER_PASSWORD_AUTH',
      AuthParameters: { USERNAME: email, PASSWORD: password },
    }),
  )
  const { AccessToken = '' } = AuthenticationResult ?? {}
  const { SecretCode: secret = '' } = await dev.admin.send(new sdk.AssociateSoftwareTokenCommand({ AccessToken }))
  const UserCode = await dev.appCode(secret)
  await dev.admin.send(new sdk.VerifySoftwareTokenCommand({ AccessToken, UserCode }))
  const SoftwareTokenMfaSettings = { Enabled: true, PreferredMfa: true }
  await dev.admin.send(new sdk.SetUserMFAPreferenceCommand({ AccessToken, SoftwareTokenMfaSettings }))
  await dev.advance(30)
  return { dev, ids, secret }
}

const forget = ({ dev, ids }: Tracked, DeviceKey: string) =>
  dev.admin.send(new sdk.AdminForgetDeviceCommand({ UserPoolId: ids.poolId, Username: email, DeviceKey }))

/** What is kept of the device, whoever it belongs to. */
const keptKey = (items: ReadonlyMap<string, string>): string | undefined =>
  [...items].find(([name]) => name.endsWith('.deviceKey'))?.[1]

const payloadOf = (token: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')) as Record<string, unknown>

const newStorage = (): ICognitoStorage & { readonly items: Map<string, string> } => {
  const items = new Map<string, string>()
  return {
    items,
    setItem: (key, value) => void items.set(key, value),
    getItem: (key) => items.get(key) ?? null,
    removeItem: (key) => void items.delete(key),
    clear: () => items.clear(),
  }
}

/** Signs in; the code of the app is given when it is asked for. @returns the session, and whether a code was asked for */
const identitySignIn = (
  user: CognitoUser,
  code: () => Promise<string>,
): Promise<{ session: CognitoUserSession; coded: boolean }> =>
  new Promise((resolve, reject) => {
    const callbacks = (coded: boolean) => ({
      onSuccess: (session: CognitoUserSession) => resolve({ session, coded }),
      onFailure: reject,
      totpRequired: () =>
        void code().then((given) => user.sendMFACode(given, callbacks(true), 'SOFTWARE_TOKEN_MFA'), reject),
    })
    user.authenticateUser(new AuthenticationDetails({ Username: email, Password: password }), callbacks(false))
  })

test('identity-js: a device is confirmed, stands for the code, refreshes, and is dropped when it is forgotten', async (t) => {
  const tracked = await track(t)
  const { dev, ids, secret } = tracked
  const Storage = newStorage()
  const endpoint = dev.url
  const Pool = new CognitoUserPool({ UserPoolId: ids.poolId, ClientId: ids.clientId, endpoint, Storage })
  const newUser = () => new CognitoUser({ Username: email, Pool, Storage })
  const code = () => dev.appCode(secret)
  assert.equal((await identitySignIn(newUser(), code)).coded, true)
  const key = keptKey(Storage.items)
  assert.ok(key)
  const user = newUser()
  const { session, coded } = await identitySignIn(user, code)
  assert.equal(coded, false)
  assert.equal(payloadOf(session.getAccessToken().getJwtToken())['device_key'], key)
  const refreshed = await new Promise<CognitoUserSession>((resolve, reject) => {
    user.refreshSession(session.getRefreshToken(), (error: Error | null, result: CognitoUserSession) =>
      error ? reject(error) : resolve(result),
    )
  })
  assert.equal(payloadOf(refreshed.getAccessToken().getJwtToken())['device_key'], key)
  const device = await new Promise<string>((onSuccess, onFailure) => {
    user.getDevice({ onSuccess, onFailure })
  })
  assert.match(JSON.stringify(device), new RegExp(key))
  await new Promise<string>((onSuccess, onFailure) => {
    user.setDeviceStatusNotRemembered({ onSuccess, onFailure })
  })
  await dev.advance(30)
  assert.equal((await identitySignIn(newUser(), code)).coded, true)
  assert.equal(keptKey(Storage.items), key)
  await forget(tracked, key)
  await dev.advance(30)
  assert.equal((await identitySignIn(newUser(), code)).coded, true)
  const another = keptKey(Storage.items)
  assert.ok(another && another !== key)
  assert.equal((await identitySignIn(newUser(), code)).coded, false)
})

test('amplify: a device is confirmed, stands for the code, refreshes, and is dropped when it is forgotten', async (t) => {
  const tracked = await track(t)
  const { dev, ids, secret } = tracked
  Amplify.configure({
    Auth: { Cognito: { userPoolId: ids.poolId, userPoolClientId: ids.clientId, userPoolEndpoint: dev.url } },
  })
  const items = new Map<string, string>()
  cognitoUserPoolsTokenProvider.setKeyValueStorage({
    setItem: async (key, value) => void items.set(key, value),
    getItem: async (key) => items.get(key) ?? null,
    removeItem: async (key) => void items.delete(key),
    clear: async () => items.clear(),
  })
  // By SRP, where the service tells the library the name under which it keeps a device. @returns whether a code was asked for
  const signIn = async (): Promise<boolean> => {
    const { nextStep } = await auth.signIn({ username: email, password, options: { authFlowType: 'USER_SRP_AUTH' } })
    if (nextStep.signInStep === 'DONE') return false
    assert.equal(nextStep.signInStep, 'CONFIRM_SIGN_IN_WITH_TOTP_CODE')
    const ended = await auth.confirmSignIn({ challengeResponse: await dev.appCode(secret) })
    assert.equal(ended.nextStep.signInStep, 'DONE')
    await dev.advance(30)
    return true
  }
  const tokenKey = async (forceRefresh = false): Promise<unknown> =>
    (await auth.fetchAuthSession({ forceRefresh })).tokens?.accessToken.payload['device_key']
  assert.equal(await signIn(), true)
  const key = keptKey(items)
  assert.ok(key)
  assert.equal(await tokenKey(true), key)
  await auth.signOut()
  assert.equal(await signIn(), false)
  assert.equal(await tokenKey(true), key)
  await auth.rememberDevice()
  const devices = await auth.fetchDevices()
  assert.ok(devices.some(({ id }) => id === key))
  await auth.signOut()
  await forget(tracked, key)
  assert.equal(await signIn(), true)
  const another = keptKey(items)
  assert.ok(another && another !== key)
  await auth.forgetDevice()
  assert.equal(keptKey(items), undefined)
  await auth.signOut()
  assert.equal(await signIn(), true)
  await auth.signOut()
})
