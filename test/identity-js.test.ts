// amazon-cognito-identity-js 6 as applications use it, callbacks and all, against the development server.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as sdk from '@aws-sdk/client-cognito-identity-provider'
import {
  AuthenticationDetails,
  CognitoUser,
  CognitoUserAttribute,
  CognitoUserPool,
  type CognitoUserSession,
  type IAuthenticationCallback,
  type ICognitoStorage,
  type ISignUpResult,
} from 'amazon-cognito-identity-js'
import { ready } from './authenticator.ts'
import { customFunctions, customPool, riddle } from './custom-challenge.ts'
import { startDev, textMessages, type DevServer, type PoolIds } from './dev-server.ts'

const email = 'jane@example.com'
const password = 'Correct-horse-7'

/** What a browser keeps between two visits. */
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

/** An application: the library's pool with a storage of its own. */
const openApp = ({ url }: DevServer, { poolId, clientId }: PoolIds, Storage: ICognitoStorage = newStorage()) => {
  const pool = new CognitoUserPool({ UserPoolId: poolId, ClientId: clientId, endpoint: url, Storage })
  return { pool, user: (Username = email) => new CognitoUser({ Username, Pool: pool, Storage }) }
}

/** A call with a node callback, as a promise. */
const called = <Result>(
  call: (callback: (error?: Error | null, result?: Result | null) => void) => void,
): Promise<Result | undefined> =>
  new Promise((resolve, reject) => {
    call((error, result) => (error ? reject(error) : resolve(result ?? undefined)))
  })

/** A call with onSuccess and onFailure, as a promise. */
const done = <Result>(
  call: (callbacks: { onSuccess(result: Result): void; onFailure(error: Error): void }) => void,
): Promise<Result> =>
  new Promise((resolve, reject) => {
    call({ onSuccess: resolve, onFailure: reject })
  })

type Parameters = Readonly<Record<string, string>>

type Challenge = { readonly challenge: string; readonly parameters: Parameters }

/** What each callback of a sign-in was called with. */
type Answers = {
  /** With whether the user is to be asked if the device is to be remembered. */
  readonly onSuccess: { readonly session: CognitoUserSession; readonly ask: boolean }
  readonly newPasswordRequired: { readonly attributes: Parameters; readonly required: readonly string[] }
  readonly mfaSetup: Challenge
  readonly totpRequired: Challenge
  readonly mfaRequired: Challenge
  readonly selectMFAType: Challenge
  readonly customChallenge: { readonly parameters: Parameters }
}

/** The callback that the library chose. */
type Answer = { [Chose in keyof Answers]: { readonly chose: Chose } & Answers[Chose] }[keyof Answers]

/** A step of a sign-in, and which of all callbacks the library called. */
const answered = (call: (callbacks: IAuthenticationCallback) => void): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const challenged =
      (chose: 'mfaSetup' | 'totpRequired' | 'mfaRequired' | 'selectMFAType') =>
      (challenge: string, parameters: Parameters): void =>
        resolve({ chose, challenge, parameters })
    call({
      onSuccess: (session, ask = false) => resolve({ chose: 'onSuccess', session, ask }),
      onFailure: reject,
      newPasswordRequired: (attributes: Parameters, required: readonly string[]) =>
        resolve({ chose: 'newPasswordRequired', attributes, required }),
      mfaSetup: challenged('mfaSetup'),
      totpRequired: challenged('totpRequired'),
      mfaRequired: challenged('mfaRequired'),
      selectMFAType: challenged('selectMFAType'),
      customChallenge: (parameters: Parameters) => resolve({ chose: 'customChallenge', parameters }),
    })
  })

/** The answer, when it is the one that was expected. */
const chosen = <Chose extends keyof Answers>(answer: Answer, chose: Chose): Extract<Answer, { chose: Chose }> => {
  assert.equal(answer.chose, chose)
  return answer as Extract<Answer, { chose: Chose }>
}

const signIn = (user: CognitoUser, Password = password): Promise<Answer> =>
  answered((callbacks) =>
    user.authenticateUser(new AuthenticationDetails({ Username: user.getUsername(), Password }), callbacks),
  )

const signedIn = async (user: CognitoUser, Password = password): Promise<CognitoUserSession> =>
  chosen(await signIn(user, Password), 'onSuccess').session

const associate = (user: CognitoUser): Promise<string> =>
  new Promise((resolve, reject) => {
    user.associateSoftwareToken({ associateSecretCode: resolve, onFailure: reject })
  })

const verify = (user: CognitoUser, code: string): Promise<CognitoUserSession> =>
  done((callbacks) => user.verifySoftwareToken(code, 'Phone', callbacks))

const attributesOf = async (user: CognitoUser): Promise<Record<string, string>> => {
  const attributes = await called<CognitoUserAttribute[]>((callback) => user.getUserAttributes(callback))
  return Object.fromEntries((attributes ?? []).map(({ Name, Value }) => [Name, Value]))
}

/** What the library reports of a refusal: the name as name and code, and the message. */
const refusal = (name: string, message: string | RegExp) => ({ name, code: name, message })

const wrongPassword = refusal('NotAuthorizedException', 'Incorrect username or password.')

test('identity-js: sign-up, confirmation, SRP, TOTP set-up and its codes, with every refusal on the way', async (t) => {
  const dev = await startDev(t)
  const { pool, user: newUser } = openApp(dev, ready)
  const signUp = (Password: string) =>
    called<ISignUpResult>((callback) =>
      pool.signUp(email, Password, [new CognitoUserAttribute({ Name: 'name', Value: 'Jane' })], [], callback),
    )
  await assert.rejects(signUp('short'), refusal('InvalidPasswordException', /^Password did not conform with policy: /))
  const signedUp = await signUp(password)
  assert.equal(signedUp?.userConfirmed, false)
  assert.deepEqual(signedUp?.codeDeliveryDetails, {
    AttributeName: 'email',
    DeliveryMedium: 'EMAIL',
    Destination: 'j***@e***',
  })
  await assert.rejects(
    signUp(password),
    refusal('UsernameExistsException', 'An account with the given email already exists.'),
  )

  const user = newUser()
  await assert.rejects(signIn(user), refusal('UserNotConfirmedException', 'User is not confirmed.'))
  const confirm = (code: string) => called<string>((callback) => user.confirmRegistration(code, false, callback))
  await assert.rejects(
    confirm('000000x'),
    refusal('CodeMismatchException', 'Invalid verification code provided, please try again.'),
  )
  await called((callback) => user.resendConfirmationCode(callback))
  assert.equal(await confirm(await dev.codeFor(email)), 'SUCCESS')

  const first = newUser()
  await assert.rejects(signIn(first, 'Wrong-horse-7'), wrongPassword)
  await assert.rejects(signIn(newUser('nobody@example.com')), wrongPassword)
  const setUp = chosen(await signIn(first), 'mfaSetup')
  assert.equal(setUp.challenge, 'MFA_SETUP')
  assert.deepEqual(JSON.parse(setUp.parameters['MFAS_CAN_SETUP'] ?? ''), ['SOFTWARE_TOKEN_MFA'])
  const secret = await associate(first)
  await assert.rejects(verify(first, '000000'), refusal('EnableSoftwareTokenMFAException', 'Code mismatch'))
  const session = await verify(first, await dev.appCode(secret))
  assert.ok(session.isValid())
  assert.equal((await attributesOf(first))['name'], 'Jane')

  await dev.advance(30)
  const second = newUser()
  const asked = chosen(await signIn(second), 'totpRequired')
  assert.equal(asked.challenge, 'SOFTWARE_TOKEN_MFA')
  assert.equal(asked.parameters['FRIENDLY_DEVICE_NAME'], 'Phone')
  const send = (code: string) =>
    done<CognitoUserSession>((callbacks) => second.sendMFACode(code, callbacks, 'SOFTWARE_TOKEN_MFA'))
  await assert.rejects(send('000000'), refusal('CodeMismatchException', /code/i))
  const again = await send(await dev.appCode(secret))
  assert.ok(again.isValid())
  assert.equal(again.getIdToken().payload['email'], email)
  assert.equal(again.getAccessToken().payload['client_id'], ready.clientId)
})

test('identity-js: a session outlives a visit, is refreshed, changes its user and ends', async (t) => {
  const dev = await startDev(t)
  const ids = await dev.makePool({ client: { AccessTokenValidity: 5, TokenValidityUnits: { AccessToken: 'minutes' } } })
  await dev.makeUser(ids, email, password)
  const storage = newStorage()
  const user = openApp(dev, ids, storage).user()
  const session = await signedIn(user)

  // The next visit: the library finds what it stored.
  const visitor = openApp(dev, ids, storage).pool.getCurrentUser()
  assert.ok(visitor)
  const found = await called<CognitoUserSession>((callback) => visitor.getSession(callback))
  assert.equal(found?.getAccessToken().getJwtToken(), session.getAccessToken().getJwtToken())
  await dev.advance(600)
  await assert.rejects(attributesOf(visitor), refusal('NotAuthorizedException', 'Access Token has expired'))
  const fresh = await called<CognitoUserSession>((callback) =>
    visitor.refreshSession(session.getRefreshToken(), callback),
  )
  assert.ok(fresh)
  assert.ok(fresh.isValid())
  assert.notEqual(fresh.getAccessToken().getJwtToken(), session.getAccessToken().getJwtToken())
  assert.equal(fresh.getRefreshToken().getToken(), session.getRefreshToken().getToken())

  // Not with the library, which asks again for many seconds.
  const revoked = (of: CognitoUserSession) =>
    assert.rejects(
      dev.admin.send(
        new sdk.InitiateAuthCommand({
          ClientId: ids.clientId,
          AuthFlow: 'REFRESH_TOKEN_AUTH',
          AuthParameters: { REFRESH_TOKEN: of.getRefreshToken().getToken() },
        }),
      ),
      { name: 'NotAuthorizedException', message: 'Refresh Token has been revoked' },
    )

  const change = (from: string, to: string) => called<string>((callback) => visitor.changePassword(from, to, callback))
  await assert.rejects(change('Wrong-horse-7', 'Better-horse-8'), wrongPassword)
  await assert.rejects(change(password, 'short'), refusal('InvalidPasswordException', /^Password did not conform/))
  assert.equal(await change(password, 'Better-horse-8'), 'SUCCESS')
  await assert.rejects(signIn(openApp(dev, ids).user()), wrongPassword)

  assert.equal(await done<string>((callbacks) => visitor.globalSignOut(callbacks)), 'SUCCESS')
  assert.equal(openApp(dev, ids, storage).pool.getCurrentUser(), null)
  await revoked(fresh)

  // signOut with a callback revokes the refresh token.
  const leaver = openApp(dev, ids).user()
  const left = await signedIn(leaver, 'Better-horse-8')
  await new Promise<void>((resolve) => leaver.signOut(resolve))
  await revoked(left)

  const goer = openApp(dev, ids).user()
  await signedIn(goer, 'Better-horse-8')
  assert.equal(await called<string>((callback) => goer.deleteUser(callback)), 'SUCCESS')
  await assert.rejects(signIn(openApp(dev, ids).user(), 'Better-horse-8'), wrongPassword)
})

test('identity-js: where tokens cannot be revoked the library sees it and asks for no revocation', async (t) => {
  const dev = await startDev(t)
  const ids = await dev.makePool({ client: { EnableTokenRevocation: false } })
  await dev.makeUser(ids, email, password)
  const user = openApp(dev, ids).user()
  const session = await signedIn(user)
  assert.equal(session.getAccessToken().payload['origin_jti'], undefined)
  await called((callback) => user.signOut(callback))
  const AuthParameters = { REFRESH_TOKEN: session.getRefreshToken().getToken() }
  const refreshed = await dev.admin.send(
    new sdk.InitiateAuthCommand({ ClientId: ids.clientId, AuthFlow: 'REFRESH_TOKEN_AUTH', AuthParameters }),
  )
  assert.ok(refreshed.AuthenticationResult?.AccessToken)
})

test('identity-js: attributes are read, changed, verified and deleted; the MFA preference is set', async (t) => {
  const dev = await startDev(t)
  const ids = await dev.makePool({
    mfa: { MfaConfiguration: 'OPTIONAL', SoftwareTokenMfaConfiguration: { Enabled: true } },
  })
  await dev.makeUser(ids, email, password)
  const user = openApp(dev, ids).user()
  await signedIn(user)

  const update = (Name: string, Value: string) =>
    called((callback) => user.updateAttributes([new CognitoUserAttribute({ Name, Value })], callback))
  assert.equal(await update('name', 'Jane'), 'SUCCESS')
  assert.equal(await update('nickname', 'J'), 'SUCCESS')
  await assert.rejects(update('email', 'no address'), refusal('InvalidParameterException', /email/i))
  assert.equal(await called<string>((callback) => user.deleteAttributes(['nickname'], callback)), 'SUCCESS')
  const { name, nickname, email_verified: verified } = await attributesOf(user)
  assert.deepEqual({ name, nickname, verified }, { name: 'Jane', nickname: undefined, verified: 'true' })

  const next = 'jane.next@example.com'
  assert.equal(await update('email', next), 'SUCCESS')
  assert.equal((await attributesOf(user))['email_verified'], 'false')
  const sent = await new Promise((resolve, reject) => {
    user.getAttributeVerificationCode('email', {
      onSuccess: resolve,
      onFailure: reject,
      inputVerificationCode: (data) => void resolve(data),
    })
  })
  assert.deepEqual(sent, {
    CodeDeliveryDetails: { AttributeName: 'email', DeliveryMedium: 'EMAIL', Destination: 'j***@e***' },
  })
  const verifyEmail = (code: string) => done<string>((callbacks) => user.verifyAttribute('email', code, callbacks))
  await assert.rejects(
    verifyEmail('000000x'),
    refusal('CodeMismatchException', 'Invalid verification code provided, please try again.'),
  )
  assert.equal(await verifyEmail(await dev.codeFor(next)), 'SUCCESS')
  assert.equal((await attributesOf(user))['email_verified'], 'true')

  const prefer = { PreferredMfa: true, Enabled: true }
  const setPreference = (on: boolean) =>
    called<string>((callback) =>
      user.setUserMfaPreference(null, on ? prefer : { PreferredMfa: false, Enabled: false }, callback),
    )
  await assert.rejects(
    setPreference(true),
    refusal('InvalidParameterException', 'User does not have delivery config set to turn on SOFTWARE_TOKEN_MFA'),
  )
  const secret = await associate(user)
  await verify(user, await dev.appCode(secret))
  assert.equal(await setPreference(true), 'SUCCESS')
  chosen(await signIn(openApp(dev, ids).user(next)), 'totpRequired')
  assert.equal(await setPreference(false), 'SUCCESS')
  await signedIn(openApp(dev, ids).user(next))
})

test('identity-js: a password forgotten is set anew by a code', async (t) => {
  const dev = await startDev(t)
  const ids = await dev.makePool()
  await dev.makeUser(ids, email, password)
  const { user: newUser } = openApp(dev, ids)
  const forgot = (user: CognitoUser) =>
    new Promise((resolve, reject) => {
      user.forgotPassword({ onSuccess: reject, onFailure: reject, inputVerificationCode: resolve })
    })
  const details = { AttributeName: 'email', DeliveryMedium: 'EMAIL', Destination: 'j***@e***' }
  const user = newUser()
  assert.deepEqual(await forgot(user), { CodeDeliveryDetails: details })
  // A user who is not there is told the same.
  const nobody = (await forgot(newUser('jim@example.com'))) as { CodeDeliveryDetails?: { Destination?: string } }
  assert.equal(nobody.CodeDeliveryDetails?.Destination, 'j***@e***')

  const confirm = (code: string, to: string) => done<string>((callbacks) => user.confirmPassword(code, to, callbacks))
  await assert.rejects(
    confirm('000000x', 'Better-horse-8'),
    refusal('CodeMismatchException', 'Invalid verification code provided, please try again.'),
  )
  const code = await dev.codeFor(email)
  await assert.rejects(confirm(code, 'short'), refusal('InvalidPasswordException', /^Password did not conform/))
  assert.equal(await confirm(code, 'Better-horse-8'), 'SUCCESS')
  await assert.rejects(signIn(newUser()), wrongPassword)
  await signedIn(newUser(), 'Better-horse-8')

  await dev.admin.send(new sdk.AdminResetUserPasswordCommand({ UserPoolId: ids.poolId, Username: email }))
  await assert.rejects(
    signIn(newUser(), 'Better-horse-8'),
    refusal('PasswordResetRequiredException', 'Password reset required for the user'),
  )
  assert.equal(await confirm(await dev.codeFor(email), 'Bigger-horse-9'), 'SUCCESS')
  await signedIn(newUser(), 'Bigger-horse-9')
})

test('identity-js: who was invited gives a new password and the attributes that are missing, and sets up TOTP after it', async (t) => {
  const dev = await startDev(t)
  const ids = await dev.makePool({
    pool: { Schema: [{ Name: 'name', AttributeDataType: 'String', Required: true, Mutable: true }] },
    mfa: { MfaConfiguration: 'ON', SoftwareTokenMfaConfiguration: { Enabled: true } },
  })
  await dev.admin.send(
    new sdk.AdminCreateUserCommand({
      UserPoolId: ids.poolId,
      Username: email,
      TemporaryPassword: 'Temporary-1',
      UserAttributes: [{ Name: 'email', Value: email }],
      MessageAction: 'SUPPRESS',
    }),
  )
  for (const flow of ['USER_SRP_AUTH', 'USER_PASSWORD_AUTH']) {
    const user = openApp(dev, ids).user()
    user.setAuthenticationFlowType(flow)
    const asked = chosen(await signIn(user, 'Temporary-1'), 'newPasswordRequired')
    assert.deepEqual(asked.required, ['name'])
    assert.equal(asked.attributes['email'], email)
    assert.equal(asked.attributes['sub'], undefined)
    const complete = (to: string, attributes: Parameters) =>
      answered((callbacks) => user.completeNewPasswordChallenge(to, attributes, callbacks))
    await assert.rejects(complete('short', { name: 'Jane' }), refusal('InvalidPasswordException', /policy/))
    await assert.rejects(complete(password, {}), refusal('InvalidParameterException', /name/))
    if (flow === 'USER_SRP_AUTH') continue
    chosen(await complete(password, { name: 'Jane' }), 'mfaSetup')
    assert.ok((await verify(user, await dev.appCode(await associate(user)))).isValid())
    assert.equal((await attributesOf(user))['name'], 'Jane')
  }
})

const optionalTotp = { MfaConfiguration: 'OPTIONAL', SoftwareTokenMfaConfiguration: { Enabled: true } } as const

/** Signs a user in for the first time and gives them an authenticator app, which they prefer. @returns its secret */
const enrol = async (dev: DevServer, user: CognitoUser): Promise<string> => {
  const secret = await associate(user)
  await verify(user, await dev.appCode(secret))
  const prefer = { PreferredMfa: true, Enabled: true }
  await called<string>((callback) => user.setUserMfaPreference(null, prefer, callback))
  return secret
}

test('identity-js: a device that the user remembers stands for the second factor, until it is forgotten here or there', async (t) => {
  const dev = await startDev(t)
  const ids = await dev.makePool({
    pool: { DeviceConfiguration: { ChallengeRequiredOnNewDevice: true, DeviceOnlyRememberedOnUserPrompt: true } },
    mfa: optionalTotp,
  })
  await dev.makeUser(ids, email, password)
  const app = openApp(dev, ids)
  const first = app.user()
  const added = chosen(await signIn(first), 'onSuccess')
  assert.equal(added.ask, true)
  const secret = await enrol(dev, first)
  const withCode = async (user: CognitoUser): Promise<Extract<Answer, { chose: 'onSuccess' }>> => {
    await dev.advance(30)
    chosen(await signIn(user), 'totpRequired')
    const code = await dev.appCode(secret)
    return chosen(await answered((callbacks) => user.sendMFACode(code, callbacks, 'SOFTWARE_TOKEN_MFA')), 'onSuccess')
  }

  // Known and not remembered: it stands for nothing.
  const known = app.user()
  assert.equal((await withCode(known)).ask, false)
  assert.equal(await done<string>((callbacks) => known.setDeviceStatusRemembered(callbacks)), 'SUCCESS')

  const remembered = app.user()
  const session = await signedIn(remembered)
  const key = session.getAccessToken().payload['device_key']
  assert.equal(key, added.session.getAccessToken().payload['device_key'])
  type Devices = { readonly Devices: readonly { readonly DeviceKey: string }[] }
  const { Devices } = await done<Devices>((callbacks) => remembered.listDevices(10, null, callbacks))
  assert.deepEqual(
    Devices.map(({ DeviceKey }) => DeviceKey),
    [key],
  )
  const shown = await done<unknown>((callbacks) => remembered.getDevice(callbacks))
  assert.equal((shown as { Device?: { DeviceKey?: string } }).Device?.DeviceKey, key)
  const fresh = await called<CognitoUserSession>((callback) =>
    remembered.refreshSession(session.getRefreshToken(), callback),
  )
  assert.equal(fresh?.getAccessToken().payload['device_key'], key)
  // Another device of the same user.
  chosen(await signIn(openApp(dev, ids).user()), 'totpRequired')

  assert.equal(await done<string>((callbacks) => remembered.setDeviceStatusNotRemembered(callbacks)), 'SUCCESS')
  chosen(await signIn(app.user()), 'totpRequired')
  await done<string>((callbacks) => remembered.setDeviceStatusRemembered(callbacks))
  assert.equal(await done<string>((callbacks) => remembered.forgetDevice(callbacks)), 'SUCCESS')
  const anew = app.user()
  assert.equal((await withCode(anew)).ask, true)

  // Forgotten by an administrator: the library drops its key and goes on without.
  await done<string>((callbacks) => anew.setDeviceStatusRemembered(callbacks))
  await signedIn(app.user())
  const list = await dev.admin.send(new sdk.AdminListDevicesCommand({ UserPoolId: ids.poolId, Username: email }))
  for (const { DeviceKey } of list.Devices ?? [])
    await dev.admin.send(new sdk.AdminForgetDeviceCommand({ UserPoolId: ids.poolId, Username: email, DeviceKey }))
  await withCode(app.user())
})

test('identity-js: codes by text message, alone and chosen among two factors', async (t) => {
  const dev = await startDev(t)
  const ids = await dev.makePool({
    pool: { SmsConfiguration: textMessages },
    mfa: { ...optionalTotp, SmsMfaConfiguration: { SmsConfiguration: textMessages } },
  })
  const phone = '+15555550100'
  await dev.makeUser(ids, email, password, phone)
  const { user: newUser } = openApp(dev, ids)
  const first = newUser()
  await signedIn(first)
  const prefer = (preferred: boolean) =>
    called<string>((callback) => first.setUserMfaPreference({ PreferredMfa: preferred, Enabled: true }, null, callback))
  assert.equal(await prefer(true), 'SUCCESS')
  const texted = newUser()
  const asked = chosen(await signIn(texted), 'mfaRequired')
  assert.equal(asked.challenge, 'SMS_MFA')
  assert.equal(asked.parameters['CODE_DELIVERY_DELIVERY_MEDIUM'], 'SMS')
  assert.equal(asked.parameters['CODE_DELIVERY_DESTINATION'], '+*******0100')
  const send = (code: string) => answered((callbacks) => texted.sendMFACode(code, callbacks))
  await assert.rejects(send('000000x'), { name: 'CodeMismatchException' })
  chosen(await send(await dev.codeFor(phone)), 'onSuccess')

  // The older way to say the same.
  assert.equal(await called<string>((callback) => first.disableMFA(callback)), 'SUCCESS')
  await signedIn(newUser())
  assert.equal(await called<string>((callback) => first.enableMFA(callback)), 'SUCCESS')
  assert.deepEqual(await called<unknown>((callback) => first.getMFAOptions(callback)), [
    { DeliveryMedium: 'SMS', AttributeName: 'phone_number' },
  ])
  chosen(await signIn(newUser()), 'mfaRequired')

  const secret = await associate(first)
  await verify(first, await dev.appCode(secret))
  await dev.advance(30)
  await called<string>((callback) =>
    first.setUserMfaPreference(
      { PreferredMfa: false, Enabled: true },
      { PreferredMfa: false, Enabled: true },
      callback,
    ),
  )
  for (const factor of ['SMS_MFA', 'SOFTWARE_TOKEN_MFA'] as const) {
    const user = newUser()
    const { parameters } = chosen(await signIn(user), 'selectMFAType')
    assert.deepEqual(JSON.parse(parameters['MFAS_CAN_CHOOSE'] ?? ''), ['SMS_MFA', 'SOFTWARE_TOKEN_MFA'])
    const answer = await answered((callbacks) => user.sendMFASelectionAnswer(factor, callbacks))
    chosen(answer, factor === 'SMS_MFA' ? 'mfaRequired' : 'totpRequired')
    const code = factor === 'SMS_MFA' ? await dev.codeFor(phone) : await dev.appCode(secret)
    chosen(await answered((callbacks) => user.sendMFACode(code, callbacks, factor)), 'onSuccess')
  }
})

test('identity-js: challenges of the pool’s own, with and without a password', async (t) => {
  const dev = await startDev(t, customFunctions)
  const ids = await dev.makePool(customPool)
  await dev.makeUser(ids, email, password)
  const { user: newUser } = openApp(dev, ids)
  const reply = (user: CognitoUser, answer: string) =>
    answered((callbacks) => user.sendCustomChallengeAnswer(answer, callbacks))
  const begin = (user: CognitoUser) =>
    answered((callbacks) => user.initiateAuth(new AuthenticationDetails({ Username: email }), callbacks))

  const user = newUser()
  assert.equal(chosen(await begin(user), 'customChallenge').parameters['question'], riddle.question)
  assert.equal(chosen(await reply(user, 'a map'), 'customChallenge').parameters['question'], riddle.question)
  const { session } = chosen(await reply(user, riddle.answer), 'onSuccess')
  assert.equal(session.getIdToken().payload['email'], email)

  const guesser = newUser()
  chosen(await begin(guesser), 'customChallenge')
  for (let guess = 0; guess < 2; guess += 1) chosen(await reply(guesser, 'a map'), 'customChallenge')
  await assert.rejects(reply(guesser, 'a map'), wrongPassword)

  const bySrp = newUser()
  bySrp.setAuthenticationFlowType('CUSTOM_AUTH')
  await assert.rejects(signIn(bySrp, 'Wrong-horse-7'), wrongPassword)
  chosen(await signIn(bySrp), 'customChallenge')
  assert.ok(chosen(await reply(bySrp, riddle.answer), 'onSuccess').session.isValid())
})
