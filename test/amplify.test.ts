// aws-amplify 6 as applications use it, against the development server: every step of a sign-in that it knows by name.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as sdk from '@aws-sdk/client-cognito-identity-provider'
import { Amplify } from 'aws-amplify'
import * as auth from 'aws-amplify/auth'
import { cognitoUserPoolsTokenProvider } from 'aws-amplify/auth/cognito'
import { ConsoleLogger } from 'aws-amplify/utils'
import { ready } from './authenticator.ts'
import { customFunctions, customPool, riddle } from './custom-challenge.ts'
import { developerMail, startDev, textMessages, type DevServer, type PoolIds } from './dev-server.ts'

// It warns of every endpoint that is not its own.
ConsoleLogger.LOG_LEVEL = 'ERROR'

const email = 'jane@example.com'
const password = 'Correct-horse-7'

/** What the library keeps of a visit. */
type Storage = Map<string, string>

/** Points the library, which is one for a whole program, at a pool, with nobody signed in. @returns its storage */
const openApp = ({ url }: DevServer, { poolId, clientId }: PoolIds): Storage => {
  Amplify.configure({
    Auth: { Cognito: { userPoolId: poolId, userPoolClientId: clientId, userPoolEndpoint: url } },
  })
  const items: Storage = new Map()
  cognitoUserPoolsTokenProvider.setKeyValueStorage({
    setItem: async (key, value) => void items.set(key, value),
    getItem: async (key) => items.get(key) ?? null,
    removeItem: async (key) => void items.delete(key),
    clear: async () => items.clear(),
  })
  return items
}

type Step = auth.SignInOutput['nextStep']

/** The next step of a sign-in, when it is the one that was expected. */
const next = <Name extends Step['signInStep']>(
  { nextStep, isSignedIn }: auth.SignInOutput,
  name: Name,
): Extract<Step, { signInStep: Name }> => {
  assert.equal(nextStep.signInStep, name)
  assert.equal(isSignedIn, name === 'DONE')
  return nextStep as Extract<Step, { signInStep: Name }>
}

const signIn = (username = email, secret = password): Promise<auth.SignInOutput> =>
  auth.signIn({ username, password: secret })

const answer = (challengeResponse: string, options: auth.ConfirmSignInInput['options'] = {}) =>
  auth.confirmSignIn({ challengeResponse, options })

const wrongPassword = { name: 'NotAuthorizedException', message: 'Incorrect username or password.' }
const wrongCode = { name: 'CodeMismatchException', message: 'Invalid verification code provided, please try again.' }

test('amplify: sign-up, confirmation and sign-in with TOTP set-up; then sign-in with a code', async (t) => {
  const dev = await startDev(t)
  openApp(dev, ready)
  const input = { username: email, options: { userAttributes: { name: 'Jane' } } }
  await assert.rejects(auth.signUp({ ...input, password: 'short' }), { name: 'InvalidPasswordException' })
  const signedUp = await auth.signUp({ ...input, password })
  assert.equal(signedUp.isSignUpComplete, false)
  assert.deepEqual(signedUp.nextStep, {
    signUpStep: 'CONFIRM_SIGN_UP',
    codeDeliveryDetails: { destination: 'j***@e***', deliveryMedium: 'EMAIL', attributeName: 'email' },
  })
  await assert.rejects(auth.signUp({ username: email, password }), { name: 'UsernameExistsException' })
  await assert.rejects(auth.confirmSignUp({ username: email, confirmationCode: '000000x' }), wrongCode)
  const sent = await auth.resendSignUpCode({ username: email })
  assert.equal(sent.destination, 'j***@e***')
  const confirmed = await auth.confirmSignUp({ username: email, confirmationCode: await dev.codeFor(email) })
  assert.deepEqual(confirmed, { isSignUpComplete: true, nextStep: { signUpStep: 'DONE' } })

  const { totpSetupDetails } = next(await signIn(), 'CONTINUE_SIGN_IN_WITH_TOTP_SETUP')
  const { sharedSecret } = totpSetupDetails
  assert.ok(totpSetupDetails.getSetupUri('App', 'jane').toString().includes(`secret=${sharedSecret}`))
  // The library keeps the session of before the wrong code.
  await assert.rejects(answer('000000'), { name: 'EnableSoftwareTokenMFAException', message: 'Code mismatch' })
  next(await answer(await dev.appCode(sharedSecret), { friendlyDeviceName: 'Phone' }), 'DONE')
  const { tokens } = await auth.fetchAuthSession()
  assert.equal(tokens?.idToken?.payload['email'], email)
  assert.equal(tokens.accessToken.payload['client_id'], ready.clientId)
  assert.deepEqual(tokens.signInDetails, { loginId: email, authFlowType: 'USER_SRP_AUTH' })
  const user = await auth.getCurrentUser()
  assert.equal(user.userId, tokens.accessToken.payload.sub)
  await assert.rejects(signIn(), { name: 'UserAlreadyAuthenticatedException' })
  await auth.signOut()

  await dev.advance(30)
  for (const authFlowType of ['USER_SRP_AUTH', 'USER_PASSWORD_AUTH'] as const) {
    const withFlow = (secret: string) => auth.signIn({ username: email, password: secret, options: { authFlowType } })
    await assert.rejects(withFlow('Wrong-horse-7'), wrongPassword)
    next(await withFlow(password), 'CONFIRM_SIGN_IN_WITH_TOTP_CODE')
    await assert.rejects(answer('000000'), { name: 'CodeMismatchException' })
    next(await answer(await dev.appCode(sharedSecret)), 'DONE')
    await auth.signOut()
    await dev.advance(30)
  }
})

test('amplify: who is not confirmed is led to the confirmation, who must reset to a new password', async (t) => {
  const dev = await startDev(t)
  const ids = await dev.makePool()
  openApp(dev, ids)
  await auth.signUp({ username: email, password })
  next(await signIn(), 'CONFIRM_SIGN_UP')
  await assert.rejects(signIn(email, 'Wrong-horse-7'), wrongPassword)
  const confirmed = await auth.confirmSignUp({ username: email, confirmationCode: await dev.codeFor(email) })
  assert.deepEqual(confirmed.nextStep, { signUpStep: 'DONE' })

  await dev.admin.send(new sdk.AdminResetUserPasswordCommand({ UserPoolId: ids.poolId, Username: email }))
  next(await signIn(), 'RESET_PASSWORD')
  const reset = await auth.resetPassword({ username: email })
  assert.deepEqual(reset.nextStep, {
    resetPasswordStep: 'CONFIRM_RESET_PASSWORD_WITH_CODE',
    codeDeliveryDetails: { destination: 'j***@e***', deliveryMedium: 'EMAIL', attributeName: 'email' },
  })
  const confirm = (confirmationCode: string, newPassword: string) =>
    auth.confirmResetPassword({ username: email, confirmationCode, newPassword })
  await assert.rejects(confirm('000000x', 'Better-horse-8'), wrongCode)
  const code = await dev.codeFor(email)
  await assert.rejects(confirm(code, 'short'), { name: 'InvalidPasswordException' })
  await confirm(code, 'Better-horse-8')
  await assert.rejects(confirm(code, 'Bigger-horse-9'), { name: /^(CodeMismatch|ExpiredCode)Exception$/ })
  await assert.rejects(signIn(), wrongPassword)
  next(await signIn(email, 'Better-horse-8'), 'DONE')
})

test('amplify: who was invited gives a new password and the attributes that are missing', async (t) => {
  const dev = await startDev(t)
  const ids = await dev.makePool({
    pool: { Schema: [{ Name: 'name', AttributeDataType: 'String', Required: true, Mutable: true }] },
    mfa: { MfaConfiguration: 'ON', SoftwareTokenMfaConfiguration: { Enabled: true } },
  })
  openApp(dev, ids)
  await dev.admin.send(
    new sdk.AdminCreateUserCommand({
      UserPoolId: ids.poolId,
      Username: email,
      TemporaryPassword: 'Temporary-1',
      UserAttributes: [{ Name: 'email', Value: email }],
      MessageAction: 'SUPPRESS',
    }),
  )
  const asked = next(await signIn(email, 'Temporary-1'), 'CONFIRM_SIGN_IN_WITH_NEW_PASSWORD_REQUIRED')
  assert.deepEqual(asked.missingAttributes, ['name'])
  await assert.rejects(answer('short', { userAttributes: { name: 'Jane' } }), { name: 'InvalidPasswordException' })
  await assert.rejects(answer(password), { name: 'InvalidParameterException' })
  const { totpSetupDetails } = next(
    await answer(password, { userAttributes: { name: 'Jane' } }),
    'CONTINUE_SIGN_IN_WITH_TOTP_SETUP',
  )
  next(await answer(await dev.appCode(totpSetupDetails.sharedSecret)), 'DONE')
  assert.equal((await auth.fetchUserAttributes()).name, 'Jane')
})

test('amplify: the user changes attributes, password and second factor, and goes', async (t) => {
  const dev = await startDev(t)
  const ids = await dev.makePool({
    mfa: { MfaConfiguration: 'OPTIONAL', SoftwareTokenMfaConfiguration: { Enabled: true } },
  })
  openApp(dev, ids)
  await dev.makeUser(ids, email, password)
  next(await signIn(), 'DONE')

  const address = 'jane.next@example.com'
  assert.deepEqual(
    await auth.updateUserAttributes({ userAttributes: { name: 'Jane', nickname: 'J', email: address } }),
    {
      name: { isUpdated: true, nextStep: { updateAttributeStep: 'DONE' } },
      nickname: { isUpdated: true, nextStep: { updateAttributeStep: 'DONE' } },
      email: {
        isUpdated: false,
        nextStep: {
          updateAttributeStep: 'CONFIRM_ATTRIBUTE_WITH_CODE',
          codeDeliveryDetails: { destination: 'j***@e***', deliveryMedium: 'EMAIL', attributeName: 'email' },
        },
      },
    },
  )
  const confirm = (confirmationCode: string) =>
    auth.confirmUserAttribute({ userAttributeKey: 'email', confirmationCode })
  await assert.rejects(confirm('000000x'), wrongCode)
  const sent = await auth.sendUserAttributeVerificationCode({ userAttributeKey: 'email' })
  assert.deepEqual(sent, { destination: 'j***@e***', deliveryMedium: 'EMAIL', attributeName: 'email' })
  await confirm(await dev.codeFor(address))
  await auth.deleteUserAttributes({ userAttributeKeys: ['nickname'] })
  const { sub, ...attributes } = await auth.fetchUserAttributes()
  assert.deepEqual(attributes, { name: 'Jane', email: address, email_verified: 'true' })
  assert.equal(sub, (await auth.getCurrentUser()).userId)

  const change = (oldPassword: string, newPassword: string) => auth.updatePassword({ oldPassword, newPassword })
  await assert.rejects(change('Wrong-horse-7', 'Better-horse-8'), wrongPassword)
  await assert.rejects(change(password, 'short'), { name: 'InvalidPasswordException' })
  await change(password, 'Better-horse-8')

  assert.deepEqual(await auth.fetchMFAPreference(), { enabled: undefined, preferred: undefined })
  await assert.rejects(auth.updateMFAPreference({ totp: 'PREFERRED' }), { name: 'InvalidParameterException' })
  const { sharedSecret } = await auth.setUpTOTP()
  await assert.rejects(auth.verifyTOTPSetup({ code: '000000' }), { name: 'EnableSoftwareTokenMFAException' })
  await auth.verifyTOTPSetup({ code: await dev.appCode(sharedSecret), options: { friendlyDeviceName: 'Phone' } })
  await auth.updateMFAPreference({ totp: 'PREFERRED' })
  assert.deepEqual(await auth.fetchMFAPreference(), { enabled: ['TOTP'], preferred: 'TOTP' })
  await auth.signOut()
  await dev.advance(30)
  next(await signIn(address, 'Better-horse-8'), 'CONFIRM_SIGN_IN_WITH_TOTP_CODE')
  next(await answer(await dev.appCode(sharedSecret)), 'DONE')
  await auth.updateMFAPreference({ totp: 'NOT_PREFERRED' })
  assert.deepEqual(await auth.fetchMFAPreference(), { enabled: ['TOTP'], preferred: undefined })
  await auth.updateMFAPreference({ totp: 'DISABLED' })
  assert.deepEqual(await auth.fetchMFAPreference(), { enabled: undefined, preferred: undefined })

  await auth.deleteUser()
  await assert.rejects(auth.getCurrentUser(), { name: 'UserUnAuthenticatedException' })
  await assert.rejects(signIn(address, 'Better-horse-8'), wrongPassword)
})

test('amplify: a session is refreshed when asked and when it has expired, by a token that rotates, until it is signed out', async (t) => {
  const dev = await startDev(t)
  const ids = await dev.makePool({
    client: {
      ExplicitAuthFlows: ['ALLOW_USER_SRP_AUTH'],
      RefreshTokenRotation: { Feature: 'ENABLED', RetryGracePeriodSeconds: 0 },
      AccessTokenValidity: 5,
      IdTokenValidity: 5,
      TokenValidityUnits: { AccessToken: 'minutes', IdToken: 'minutes' },
    },
  })
  const storage = openApp(dev, ids)
  await dev.makeUser(ids, email, password)
  next(await signIn(), 'DONE')
  const kept = (name: string): string => {
    const user = storage.get(`CognitoIdentityServiceProvider.${ids.clientId}.LastAuthUser`)
    return `CognitoIdentityServiceProvider.${ids.clientId}.${user}.${name}`
  }
  const access = async (options: auth.FetchAuthSessionOptions = {}): Promise<string> =>
    String((await auth.fetchAuthSession(options)).tokens?.accessToken)

  const first = await access()
  const firstRefresh = storage.get(kept('refreshToken'))
  assert.equal(await access(), first)
  const second = await access({ forceRefresh: true })
  assert.notEqual(second, first)
  assert.notEqual(storage.get(kept('refreshToken')), firstRefresh)

  // Ten minutes pass, on the server and for the library, which keeps how far the two are apart.
  await dev.advance(600)
  await assert.rejects(auth.fetchUserAttributes(), {
    name: 'NotAuthorizedException',
    message: 'Access Token has expired',
  })
  storage.set(kept('clockDrift'), '600000')
  const third = await access()
  assert.notEqual(third, second)
  assert.equal((await auth.fetchUserAttributes()).email, email)

  // A refresh token that was used already ends the session, here and there.
  storage.set(kept('refreshToken'), firstRefresh ?? '')
  await assert.rejects(access({ forceRefresh: true }), { name: 'RefreshTokenReuseException' })
  assert.deepEqual((await auth.fetchAuthSession()).tokens, undefined)

  next(await signIn(), 'DONE')
  const left = storage.get(kept('refreshToken')) ?? ''
  await auth.signOut()
  assert.equal(storage.size, 0)
  const spent = (RefreshToken: string) =>
    dev.admin.send(new sdk.GetTokensFromRefreshTokenCommand({ ClientId: ids.clientId, RefreshToken }))
  await assert.rejects(spent(left), { name: 'NotAuthorizedException', message: 'Refresh Token has been revoked' })

  next(await signIn(), 'DONE')
  const elsewhere = storage.get(kept('refreshToken')) ?? ''
  openApp(dev, ids)
  next(await signIn(), 'DONE')
  await auth.signOut({ global: true })
  await assert.rejects(spent(elsewhere), { name: 'NotAuthorizedException', message: 'Refresh Token has been revoked' })
})

const phone = '+15555550100'

test('amplify: a second factor is chosen among an app, a text message and a mail', async (t) => {
  const dev = await startDev(t)
  const ids = await dev.makePool({
    pool: { SmsConfiguration: textMessages, EmailConfiguration: developerMail },
    mfa: {
      MfaConfiguration: 'OPTIONAL',
      SoftwareTokenMfaConfiguration: { Enabled: true },
      SmsMfaConfiguration: { SmsConfiguration: textMessages },
      EmailMfaConfiguration: {},
    },
  })
  openApp(dev, ids)
  await dev.makeUser(ids, email, password, phone)
  next(await signIn(), 'DONE')
  const { sharedSecret } = await auth.setUpTOTP()
  await auth.verifyTOTPSetup({ code: await dev.appCode(sharedSecret) })
  await dev.advance(30)
  await auth.updateMFAPreference({ totp: 'ENABLED', sms: 'ENABLED', email: 'ENABLED' })
  const { enabled, preferred } = await auth.fetchMFAPreference()
  assert.deepEqual([enabled?.toSorted(), preferred], [['EMAIL', 'SMS', 'TOTP'], undefined])

  const choose = async (type: 'EMAIL' | 'SMS' | 'TOTP'): Promise<auth.SignInOutput> => {
    await auth.signOut()
    const { allowedMFATypes } = next(await signIn(), 'CONTINUE_SIGN_IN_WITH_MFA_SELECTION')
    assert.deepEqual(allowedMFATypes?.toSorted(), ['EMAIL', 'SMS', 'TOTP'])
    return answer(type)
  }
  next(await choose('TOTP'), 'CONFIRM_SIGN_IN_WITH_TOTP_CODE')
  next(await answer(await dev.appCode(sharedSecret)), 'DONE')

  const texted = next(await choose('SMS'), 'CONFIRM_SIGN_IN_WITH_SMS_CODE')
  assert.deepEqual(texted.codeDeliveryDetails, { deliveryMedium: 'SMS', destination: '+*******0100' })
  await assert.rejects(answer('000000x'), { name: 'CodeMismatchException' })
  next(await answer(await dev.codeFor(phone)), 'DONE')

  const mailed = next(await choose('EMAIL'), 'CONFIRM_SIGN_IN_WITH_EMAIL_CODE')
  assert.deepEqual(mailed.codeDeliveryDetails, { deliveryMedium: 'EMAIL', destination: 'j***@e***' })
  await assert.rejects(answer('000000x'), { name: 'CodeMismatchException' })
  next(await answer(await dev.codeFor(email)), 'DONE')

  await auth.updateMFAPreference({ email: 'PREFERRED' })
  await auth.signOut()
  next(await signIn(), 'CONFIRM_SIGN_IN_WITH_EMAIL_CODE')
})

test('amplify: a first factor is chosen from a list, or preferred', async (t) => {
  const dev = await startDev(t)
  const ids = await dev.makePool({
    pool: {
      SmsConfiguration: textMessages,
      EmailConfiguration: developerMail,
      Policies: { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD', 'EMAIL_OTP', 'SMS_OTP'] } },
    },
    client: { ExplicitAuthFlows: ['ALLOW_USER_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'] },
  })
  openApp(dev, ids)
  await dev.makeUser(ids, email, password, phone)
  type Factor = 'PASSWORD' | 'PASSWORD_SRP' | 'EMAIL_OTP' | 'SMS_OTP'
  const begin = (preferredChallenge?: Factor, secret?: string): Promise<auth.SignInOutput> =>
    auth.signIn({
      username: email,
      ...(secret === undefined ? {} : { password: secret }),
      options: { authFlowType: 'USER_AUTH', ...(preferredChallenge ? { preferredChallenge } : {}) },
    })
  const offered: Factor[] = ['EMAIL_OTP', 'PASSWORD', 'PASSWORD_SRP', 'SMS_OTP']
  const choose = async (factor: Factor): Promise<auth.SignInOutput> => {
    const { availableChallenges } = next(await begin(), 'CONTINUE_SIGN_IN_WITH_FIRST_FACTOR_SELECTION')
    assert.deepEqual(availableChallenges?.toSorted(), offered)
    return answer(factor)
  }
  for (const factor of ['PASSWORD', 'PASSWORD_SRP'] as const) {
    next(await choose(factor), 'CONFIRM_SIGN_IN_WITH_PASSWORD')
    await assert.rejects(answer('Wrong-horse-7'), wrongPassword, factor)
    next(await choose(factor), 'CONFIRM_SIGN_IN_WITH_PASSWORD')
    next(await answer(password), 'DONE')
    await auth.signOut()
    await assert.rejects(begin(factor, 'Wrong-horse-7'), wrongPassword, factor)
    next(await begin(factor, password), 'DONE')
    await auth.signOut()
  }
  for (const [factor, step, to] of [
    ['EMAIL_OTP', 'CONFIRM_SIGN_IN_WITH_EMAIL_CODE', email],
    ['SMS_OTP', 'CONFIRM_SIGN_IN_WITH_SMS_CODE', phone],
  ] as const) {
    for (const asked of [await choose(factor), await begin(factor)]) {
      assert.ok(next(asked, step).codeDeliveryDetails?.destination)
    }
    await assert.rejects(answer('000000x'), { name: 'CodeMismatchException' })
    next(await answer(await dev.codeFor(to)), 'DONE')
    assert.equal((await auth.fetchUserAttributes()).email, email)
    await auth.signOut()
  }
})

test('amplify: devices are remembered, listed and forgotten, and stand for the second factor meanwhile', async (t) => {
  const dev = await startDev(t)
  const ids = await dev.makePool({
    pool: { DeviceConfiguration: { ChallengeRequiredOnNewDevice: true, DeviceOnlyRememberedOnUserPrompt: true } },
    mfa: { MfaConfiguration: 'OPTIONAL', SoftwareTokenMfaConfiguration: { Enabled: true } },
  })
  openApp(dev, ids)
  await dev.makeUser(ids, email, password)
  next(await signIn(), 'DONE')
  const { sharedSecret } = await auth.setUpTOTP()
  await auth.verifyTOTPSetup({ code: await dev.appCode(sharedSecret) })
  await auth.updateMFAPreference({ totp: 'PREFERRED' })
  const again = async (step: 'DONE' | 'CONFIRM_SIGN_IN_WITH_TOTP_CODE'): Promise<void> => {
    await auth.signOut()
    await dev.advance(30)
    next(await signIn(), step)
    if (step !== 'DONE') next(await answer(await dev.appCode(sharedSecret)), 'DONE')
  }
  const keyOf = async () => (await auth.fetchAuthSession()).tokens?.accessToken.payload['device_key']
  const key = await keyOf()
  await again('CONFIRM_SIGN_IN_WITH_TOTP_CODE')
  assert.equal(await keyOf(), key)

  await auth.rememberDevice()
  const [device, ...more] = await auth.fetchDevices()
  assert.deepEqual([device?.id, more], [key, []])
  await again('DONE')
  assert.equal(await keyOf(), key)
  assert.ok((await auth.fetchAuthSession({ forceRefresh: true })).tokens)
  assert.equal(await keyOf(), key)

  await auth.forgetDevice()
  assert.deepEqual(await auth.fetchDevices(), [])
  await again('CONFIRM_SIGN_IN_WITH_TOTP_CODE')
  assert.notEqual(await keyOf(), key)

  // Forgotten by an administrator: the library drops its key and goes on without.
  await auth.rememberDevice()
  await again('DONE')
  const DeviceKey = String(await keyOf())
  await dev.admin.send(new sdk.AdminForgetDeviceCommand({ UserPoolId: ids.poolId, Username: email, DeviceKey }))
  await again('CONFIRM_SIGN_IN_WITH_TOTP_CODE')
})

test('amplify: of two factors to set up one is chosen', async (t) => {
  const dev = await startDev(t)
  const ids = await dev.makePool({
    pool: { UsernameAttributes: [], AutoVerifiedAttributes: [], EmailConfiguration: developerMail },
    mfa: {
      MfaConfiguration: 'ON',
      SoftwareTokenMfaConfiguration: { Enabled: true },
      EmailMfaConfiguration: {},
    },
  })
  openApp(dev, ids)
  const setUp = async (username: string): Promise<auth.SignInOutput> => {
    const of = { UserPoolId: ids.poolId, Username: username }
    await dev.admin.send(new sdk.AdminCreateUserCommand({ ...of, MessageAction: 'SUPPRESS' }))
    await dev.admin.send(new sdk.AdminSetUserPasswordCommand({ ...of, Password: password, Permanent: true }))
    return signIn(username)
  }
  const { allowedMFATypes } = next(await setUp('jane'), 'CONTINUE_SIGN_IN_WITH_MFA_SETUP_SELECTION')
  assert.deepEqual(allowedMFATypes?.toSorted(), ['EMAIL', 'TOTP'])
  const { totpSetupDetails } = next(await answer('TOTP'), 'CONTINUE_SIGN_IN_WITH_TOTP_SETUP')
  next(await answer(await dev.appCode(totpSetupDetails.sharedSecret)), 'DONE')
  await auth.signOut()

  next(await setUp('jim'), 'CONTINUE_SIGN_IN_WITH_MFA_SETUP_SELECTION')
  next(await answer('EMAIL'), 'CONTINUE_SIGN_IN_WITH_EMAIL_SETUP')
  const asked = next(await answer('jim@example.com'), 'CONFIRM_SIGN_IN_WITH_EMAIL_CODE')
  assert.deepEqual(asked.codeDeliveryDetails, { deliveryMedium: 'EMAIL', destination: 'j***@e***' })
  await assert.rejects(answer('000000x'), { name: 'CodeMismatchException' })
  next(await answer(await dev.codeFor('jim@example.com')), 'DONE')
  assert.equal((await auth.fetchUserAttributes()).email_verified, 'true')
  await auth.signOut()
  next(await signIn('jim'), 'CONFIRM_SIGN_IN_WITH_EMAIL_CODE')
})

test('amplify: challenges of the pool’s own, with and without a password', async (t) => {
  const dev = await startDev(t, customFunctions)
  const ids = await dev.makePool(customPool)
  openApp(dev, ids)
  await dev.makeUser(ids, email, password)
  const begin = (authFlowType: 'CUSTOM_WITHOUT_SRP' | 'CUSTOM_WITH_SRP', secret?: string) =>
    auth.signIn({
      username: email,
      ...(secret === undefined ? {} : { password: secret }),
      options: { authFlowType },
    })
  const asked = (output: auth.SignInOutput): void => {
    const { additionalInfo } = next(output, 'CONFIRM_SIGN_IN_WITH_CUSTOM_CHALLENGE')
    assert.equal(additionalInfo?.['question'], riddle.question)
  }
  asked(await begin('CUSTOM_WITHOUT_SRP'))
  asked(await answer('a map'))
  next(await answer(riddle.answer), 'DONE')
  assert.equal((await auth.fetchUserAttributes()).email, email)
  await auth.signOut()

  asked(await begin('CUSTOM_WITHOUT_SRP'))
  for (let guess = 0; guess < 2; guess += 1) asked(await answer('a map'))
  await assert.rejects(answer('a map'), wrongPassword)

  await assert.rejects(begin('CUSTOM_WITH_SRP', 'Wrong-horse-7'), wrongPassword)
  asked(await begin('CUSTOM_WITH_SRP', password))
  next(await answer(riddle.answer), 'DONE')
})
