// Front ends in a real browser, served from another origin than the server's: the libraries that they bundle, and the
// mailbox page.
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import * as sdk from '@aws-sdk/client-cognito-identity-provider'
import type { CognitoUserSession } from 'amazon-cognito-identity-js'
import type { Page } from 'playwright-core'
import { ready, serverClock } from './authenticator.ts'
import { openPage } from './browser.ts'
import { assertQuiet, serveApp } from './front-end.ts'
import { developerMail, startDev, type DevServer, type PoolIds } from './dev-server.ts'

const email = 'jane@example.com'
const password = 'Correct-horse-7'

type Opened = { readonly dev: DevServer; readonly page: Page; readonly ids: PoolIds }

const open = async (t: TestContext): Promise<Opened> => {
  const [dev, page, address] = await Promise.all([startDev(t), openPage(t), serveApp(t)])
  await page.goto(address)
  return { dev, page, ids: ready }
}

const configure = ({ page, dev, ids }: Opened): Promise<void> =>
  page.evaluate(
    ({ url, poolId, clientId }) => {
      app.Amplify.configure({
        Auth: { Cognito: { userPoolId: poolId, userPoolClientId: clientId, userPoolEndpoint: url } },
      })
    },
    { url: dev.url, ...ids },
  )

test('Amplify in a browser on another origin: sign-up, automatic sign-in by SRP, TOTP, a reload, refresh and sign-out', async (t) => {
  const opened = await open(t)
  const { dev, page } = opened
  await configure(opened)
  const signedUp = await page.evaluate(
    async ([username, secret]) =>
      (await app.auth.signUp({ username, password: secret, options: { userAttributes: {}, autoSignIn: true } }))
        .nextStep,
    [email, password] as const,
  )
  assert.equal(signedUp.signUpStep, 'CONFIRM_SIGN_UP')
  const wrong = await page.evaluate(
    (username) => app.refusalOf(app.auth.confirmSignUp({ username, confirmationCode: '000000x' })),
    email,
  )
  assert.deepEqual(wrong, {
    name: 'CodeMismatchException',
    message: 'Invalid verification code provided, please try again.',
  })
  const confirmed = await page.evaluate(
    ([username, confirmationCode]) => app.auth.confirmSignUp({ username, confirmationCode }),
    [email, await dev.codeFor(email)] as const,
  )
  assert.equal(confirmed.nextStep.signUpStep, 'COMPLETE_AUTO_SIGN_IN')

  const secret = await page.evaluate(async () => {
    const { nextStep } = await app.auth.autoSignIn()
    return nextStep.signInStep === 'CONTINUE_SIGN_IN_WITH_TOTP_SETUP'
      ? nextStep.totpSetupDetails.sharedSecret
      : nextStep.signInStep
  })
  assert.match(secret, /^[A-Z2-7]{52}$/)
  const answer = async (challengeResponse: string): Promise<string> =>
    page.evaluate(
      async (response) => (await app.auth.confirmSignIn({ challengeResponse: response })).nextStep.signInStep,
      challengeResponse,
    )
  const refused = await page.evaluate(() => app.refusalOf(app.auth.confirmSignIn({ challengeResponse: '000000' })))
  assert.deepEqual(refused, { name: 'EnableSoftwareTokenMFAException', message: 'Code mismatch' })
  assert.equal(await answer(await dev.appCode(secret)), 'DONE')

  await page.reload()
  await configure(opened)
  const session = () =>
    page.evaluate(async () => {
      const { tokens } = await app.auth.fetchAuthSession()
      return { access: tokens?.accessToken.toString(), email: tokens?.idToken?.payload['email'] }
    })
  const before = await session()
  assert.equal(before.email, email)
  assert.deepEqual(await session(), before)
  await page.evaluate(() => app.auth.fetchAuthSession({ forceRefresh: true }))
  assert.notEqual((await session()).access, before.access)
  assert.equal(await page.evaluate(async () => (await app.auth.fetchUserAttributes()).email), email)

  await page.evaluate(() => app.auth.signOut())
  const unknown = await page.evaluate(() => app.refusalOf(app.auth.getCurrentUser()))
  assert.equal(unknown?.name, 'UserUnAuthenticatedException')
  await dev.advance(30)
  const again = await page.evaluate(
    async ([username, entered]) => (await app.auth.signIn({ username, password: entered })).nextStep.signInStep,
    [email, password] as const,
  )
  assert.equal(again, 'CONFIRM_SIGN_IN_WITH_TOTP_CODE')
  assert.equal(await answer(await dev.appCode(secret)), 'DONE')
  await page.evaluate(() => app.auth.signOut({ global: true }))
  await assertQuiet(page)
})

test('Amplify in a browser: a sign-up without a password, whose code signs in; then sign-in by a code alone', async (t) => {
  const made = await open(t)
  const ids = await made.dev.makePool({
    pool: {
      Policies: { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD', 'EMAIL_OTP'] } },
      EmailConfiguration: developerMail,
    },
    client: { ExplicitAuthFlows: ['ALLOW_USER_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'] },
  })
  const opened = { ...made, ids }
  const { dev, page } = opened
  await configure(opened)
  const step = await page.evaluate(async (username) => {
    const options = { userAttributes: { email: username }, autoSignIn: { authFlowType: 'USER_AUTH' } } as const
    return (await app.auth.signUp({ username, options })).nextStep.signUpStep
  }, email)
  assert.equal(step, 'CONFIRM_SIGN_UP')
  const signedIn = await page.evaluate(
    async ([username, confirmationCode]) => {
      const { nextStep } = await app.auth.confirmSignUp({ username, confirmationCode })
      if (nextStep.signUpStep !== 'COMPLETE_AUTO_SIGN_IN') return nextStep.signUpStep
      return (await app.auth.autoSignIn()).nextStep.signInStep
    },
    [email, await dev.codeFor(email)] as const,
  )
  assert.equal(signedIn, 'DONE')
  assert.equal(await page.evaluate(async () => (await app.auth.fetchUserAttributes()).email_verified), 'true')
  await page.evaluate(() => app.auth.signOut())

  const asked = await page.evaluate(async (username) => {
    const options = { authFlowType: 'USER_AUTH', preferredChallenge: 'EMAIL_OTP' } as const
    return (await app.auth.signIn({ username, options })).nextStep.signInStep
  }, email)
  assert.equal(asked, 'CONFIRM_SIGN_IN_WITH_EMAIL_CODE')
  const done = await page.evaluate(
    async (challengeResponse) => (await app.auth.confirmSignIn({ challengeResponse })).nextStep.signInStep,
    await dev.codeFor(email),
  )
  assert.equal(done, 'DONE')
  await assertQuiet(page)
})

test('Amplify in a browser: a device is named by the browser and stands for the code after a reload', async (t) => {
  const made = await open(t)
  const ids = await made.dev.makePool({
    pool: { DeviceConfiguration: { ChallengeRequiredOnNewDevice: true, DeviceOnlyRememberedOnUserPrompt: false } },
    mfa: { MfaConfiguration: 'OPTIONAL', SoftwareTokenMfaConfiguration: { Enabled: true } },
  })
  const opened = { ...made, ids }
  const { dev, page } = opened
  await dev.makeUser(ids, email, password)
  const signIn = async (): Promise<string> => {
    await configure(opened)
    return page.evaluate(
      async ([username, entered]) => (await app.auth.signIn({ username, password: entered })).nextStep.signInStep,
      [email, password] as const,
    )
  }
  assert.equal(await signIn(), 'DONE')
  const secret = await page.evaluate(async () => (await app.auth.setUpTOTP()).sharedSecret)
  await page.evaluate(
    async (code) => {
      await app.auth.verifyTOTPSetup({ code })
      await app.auth.updateMFAPreference({ totp: 'PREFERRED' })
      await app.auth.signOut()
    },
    await dev.appCode(secret),
  )
  await page.reload()
  assert.equal(await signIn(), 'DONE')
  const devices = await page.evaluate(async () => (await app.auth.fetchDevices()).map(({ name }) => name))
  assert.equal(devices.length, 1)
  assert.match(devices[0] ?? '', /Chrom/)
  await page.evaluate(async () => {
    await app.auth.forgetDevice()
    await app.auth.signOut()
  })
  assert.equal(await signIn(), 'CONFIRM_SIGN_IN_WITH_TOTP_CODE')
  await assertQuiet(page)
})

test('the client package in a browser on another origin: SRP by WebCrypto, TOTP, a reload, refresh and sign-out', async (t) => {
  const { dev, page, ids } = await open(t)
  await dev.makeUser(ids, email, password)
  const options = { userPoolId: ids.poolId, clientId: ids.clientId, endpoint: dev.url }
  const signIn = (entered: string) =>
    page.evaluate(
      ([settings, username, secret]) => app.poolkeeper.openPool(settings).signIn({ username, password: secret }),
      [options, email, entered] as const,
    )
  const wrong = await signIn('Wrong-horse-7')
  assert.equal(wrong.refused?.why, 'password-wrong')
  // What a page keeps of a sign-in is its state, which is plain data.
  const setUp = await signIn(password)
  assert.ok(setUp.step === 'set-up-totp')
  await page.reload()
  const signedIn = await page.evaluate(
    ([settings, state, code]) => app.poolkeeper.openPool(settings).answer(state, { code }),
    [options, setUp, await dev.appCode(setUp.secret)] as const,
  )
  assert.ok(signedIn.step === 'signed-in')
  const fresh = await page.evaluate(
    async ([settings, state]) => {
      const pool = app.poolkeeper.openPool(settings)
      const refreshed = await pool.refresh(state)
      return refreshed.step === 'signed-in' ? { refreshed, user: await pool.getUser(refreshed) } : undefined
    },
    [options, signedIn] as const,
  )
  assert.ok(fresh)
  assert.equal(fresh.user.attributes['email'], email)
  assert.notEqual(fresh.refreshed.tokens.accessToken, signedIn.tokens.accessToken)
  const left = await page.evaluate(
    async ([settings, state]) => {
      const pool = app.poolkeeper.openPool(settings)
      await pool.signOut(state)
      return pool.refresh(state)
    },
    [options, fresh.refreshed] as const,
  )
  assert.equal(left.step, 'password')
  assert.equal(left.refused?.why, 'session-expired')
  await assertQuiet(page)
})

test('amazon-cognito-identity-js in a browser on another origin: SRP, a refusal, a reload and refresh', async (t) => {
  const opened = await open(t)
  const { dev, page } = opened
  const ids = await dev.makePool()
  await dev.makeUser(ids, email, password)
  const settings = { UserPoolId: ids.poolId, ClientId: ids.clientId, endpoint: dev.url }
  const signIn = (entered: string) =>
    page.evaluate(
      ([of, Username, Password]) => {
        const user = new app.identity.CognitoUser({ Username, Pool: new app.identity.CognitoUserPool(of) })
        const details = new app.identity.AuthenticationDetails({ Username, Password })
        return new Promise<string>((resolve) => {
          user.authenticateUser(details, {
            onSuccess: (session) => resolve(session.getAccessToken().getJwtToken()),
            onFailure: ({ name, message }: Error) => resolve(`${name}: ${message}`),
          })
        })
      },
      [settings, email, entered] as const,
    )
  assert.equal(await signIn('Wrong-horse-7'), 'NotAuthorizedException: Incorrect username or password.')
  const token = await signIn(password)
  assert.match(token, /^ey/)
  await page.reload()
  const [found, fresh] = await page.evaluate((of) => {
    const user = new app.identity.CognitoUserPool(of).getCurrentUser()
    return new Promise<readonly (string | undefined)[]>((resolve) => {
      user?.getSession((error: Error | null, session: CognitoUserSession | null) => {
        if (!session) return resolve([error?.message])
        const before = session.getAccessToken().getJwtToken()
        user.refreshSession(session.getRefreshToken(), () =>
          resolve([before, user.getSignInUserSession()?.getAccessToken().getJwtToken()]),
        )
      })
    })
  }, settings)
  assert.equal(found, token)
  assert.match(fresh ?? '', /^ey/)
  assert.notEqual(fresh, token)
  await assertQuiet(page)
})

test('req 113: the mailbox is a page that a browser shows as it is meant, without script, and its form finds an address', async (t) => {
  const dev = await startDev(t)
  const page = await openPage(t)
  await page.goto(`${dev.url}/_poolkeeper/`)
  assert.equal(await page.getByText('No messages yet.').count(), 1)
  const next = 'jane+next@example.com'
  for (const Username of [email, next])
    await dev.admin.send(new sdk.SignUpCommand({ ClientId: ready.clientId, Username, Password: password }))
  await page.reload()
  const letters = page.getByRole('article')
  assert.equal(await letters.count(), 2)
  await page.getByLabel('Address').fill(next)
  await page.getByRole('button', { name: 'Show' }).click()
  await page.waitForURL(/\?to=/)
  assert.equal(await letters.count(), 1)
  assert.match(
    (await letters.textContent()) ?? '',
    new RegExp(`Your verification code is ${await dev.codeFor(next)}\\.`),
  )
  // The stylesheet came, by the page's own policy, and a narrow screen need not scroll sideways.
  assert.equal(await page.evaluate("getComputedStyle(document.querySelector('article')).borderRadius"), '8px')
  await page.setViewportSize({ width: 320, height: 640 })
  assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 320)
  await assertQuiet(page)
})

test('req 115: a page of another site reads nothing below /_poolkeeper/ and changes nothing there', async (t) => {
  const { dev, page } = await open(t)
  await dev.admin.send(new sdk.SignUpCommand({ ClientId: ready.clientId, Username: email, Password: password }))
  const before = await serverClock(dev.url)
  for (const path of ['', 'mailbox', 'clock']) {
    const read = await page.evaluate((url) => app.refusalOf(fetch(url)), `${dev.url}/_poolkeeper/${path}`)
    assert.equal(read?.name, 'TypeError', path)
  }
  // What a form could send, whose answer the page does not see.
  for (const [path, body] of [
    ['clock', '{"advanceSeconds":86400}'],
    ['reset', ''],
  ] as const) {
    const sent = await page.evaluate(
      async ([url, text]) => (await fetch(url, { method: 'POST', mode: 'no-cors', body: text })).type,
      [`${dev.url}/_poolkeeper/${path}`, body] as const,
    )
    assert.equal(sent, 'opaque')
  }
  assert.ok((await serverClock(dev.url)) < before + 86_400_000)
  assert.match(await dev.codeFor(email), /^\d{6}$/)
})
