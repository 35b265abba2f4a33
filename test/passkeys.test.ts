// Passkeys in a real browser, with an authenticator that the browser plays: by the page itself, by Amplify, and by the
// client package.
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import * as sdk from '@aws-sdk/client-cognito-identity-provider'
import type { Page } from 'playwright-core'
import { openPage } from './browser.ts'
import { startDev, type DevServer, type PoolIds } from './dev-server.ts'
import { assertQuiet, serveApp } from './front-end.ts'

const email = 'jane@example.com'
const password = 'Correct-horse-7'

type Opened = { readonly dev: DevServer; readonly page: Page; readonly ids: PoolIds }

/** Gives a page an authenticator as a phone or a laptop has it: its user is verified, and says yes to everything. */
const addAuthenticator = async (page: Page): Promise<void> => {
  const session = await page.context().newCDPSession(page)
  await session.send('WebAuthn.enable')
  await session.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  })
}

/** A page on localhost, and a pool whose users may sign in by passkey, with one user. */
const open = async (t: TestContext): Promise<Opened> => {
  const [dev, page, address] = await Promise.all([startDev(t), openPage(t), serveApp(t)])
  const ids = await dev.makePool({
    pool: { Policies: { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD', 'WEB_AUTHN'] } } },
    client: { ExplicitAuthFlows: ['ALLOW_USER_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'] },
  })
  await dev.makeUser(ids, email, password)
  await page.goto(address)
  await addAuthenticator(page)
  return { dev, page, ids }
}

const begin = ({ dev, ids }: Opened, parameters: Record<string, string>): Promise<sdk.InitiateAuthCommandOutput> =>
  dev.admin.send(
    new sdk.InitiateAuthCommand({
      ClientId: ids.clientId,
      AuthFlow: 'USER_AUTH',
      AuthParameters: { USERNAME: email, ...parameters },
    }),
  )

/** The access token of a sign-in by password. */
const byPassword = async (opened: Opened): Promise<string> => {
  const { AuthenticationResult } = await begin(opened, { PREFERRED_CHALLENGE: 'PASSWORD', PASSWORD: password })
  return AuthenticationResult?.AccessToken ?? ''
}

/** What StartWebAuthnRegistration gives, for a browser. */
const startRegistration = async ({ dev }: Opened, AccessToken: string): Promise<unknown> =>
  (await dev.admin.send(new sdk.StartWebAuthnRegistrationCommand({ AccessToken }))).CredentialCreationOptions

/** CompleteWebAuthnRegistration. */
const complete = ({ dev }: Opened, AccessToken: string, credential: object): Promise<unknown> =>
  dev.admin.send(
    new sdk.CompleteWebAuthnRegistrationCommand({
      AccessToken,
      Credential: credential as NonNullable<sdk.CompleteWebAuthnRegistrationCommandInput['Credential']>,
    }),
  )

/** Registers the page's authenticator. @returns the id of the passkey */
const register = async (opened: Opened): Promise<string> => {
  const AccessToken = await byPassword(opened)
  const options = await startRegistration(opened, AccessToken)
  const credential = await opened.page.evaluate((given) => app.createPasskey(given), options)
  await complete(opened, AccessToken, credential)
  return credential.id
}

test('a browser registers a passkey, and signs in with it to tokens', async (t) => {
  const opened = await open(t)
  const { dev, page, ids } = opened
  const id = await register(opened)
  const { ChallengeName, ChallengeParameters, Session } = await begin(opened, { PREFERRED_CHALLENGE: 'WEB_AUTHN' })
  assert.equal(ChallengeName, 'WEB_AUTHN')
  const options = JSON.parse(ChallengeParameters?.['CREDENTIAL_REQUEST_OPTIONS'] ?? '') as unknown
  const credential = await page.evaluate((asked) => app.getPasskey(asked), options)
  assert.equal(credential.id, id)
  const answer = {
    ClientId: ids.clientId,
    ChallengeName,
    Session,
    ChallengeResponses: { USERNAME: email, CREDENTIAL: JSON.stringify(credential) },
  }
  const { AuthenticationResult } = await dev.admin.send(new sdk.RespondToAuthChallengeCommand(answer))
  const { AccessToken } = AuthenticationResult ?? {}
  const user = await dev.admin.send(new sdk.GetUserCommand({ AccessToken }))
  assert.equal(user.UserAttributes?.find(({ Name }) => Name === 'email')?.Value, email)
  await assert.rejects(dev.admin.send(new sdk.RespondToAuthChallengeCommand(answer)), {
    name: 'NotAuthorizedException',
    message: 'Invalid session for the user, session can only be used once.',
  })

  const { Credentials } = await dev.admin.send(new sdk.ListWebAuthnCredentialsCommand({ AccessToken }))
  assert.deepEqual(
    Credentials?.map(({ CredentialId, RelyingPartyId, AuthenticatorAttachment, AuthenticatorTransports }) => [
      CredentialId,
      RelyingPartyId,
      AuthenticatorAttachment,
      AuthenticatorTransports,
    ]),
    [[id, 'localhost', 'platform', ['internal']]],
  )
  assert.ok(Credentials[0]?.CreatedAt instanceof Date)
  // The authenticator has a passkey of this user already, and the options say so.
  const again = await startRegistration(opened, AccessToken ?? '')
  const refusal = await page.evaluate((excluding) => app.refusalOf(app.createPasskey(excluding)), again)
  assert.equal(refusal?.name, 'InvalidStateError')
  await assertQuiet(page)
})

test('Amplify in a browser registers a passkey, signs in with it, lists it and removes it', async (t) => {
  const { dev, page, ids } = await open(t)
  await page.evaluate(
    ({ url, poolId, clientId }) => {
      app.Amplify.configure({
        Auth: { Cognito: { userPoolId: poolId, userPoolClientId: clientId, userPoolEndpoint: url } },
      })
    },
    { url: dev.url, ...ids },
  )
  const byPasskey = (): Promise<string> =>
    page.evaluate(async (username) => {
      const options = { authFlowType: 'USER_AUTH', preferredChallenge: 'WEB_AUTHN' } as const
      return (await app.auth.signIn({ username, options })).nextStep.signInStep
    }, email)
  assert.equal(await byPasskey(), 'CONTINUE_SIGN_IN_WITH_FIRST_FACTOR_SELECTION')
  const byFirstPassword = await page.evaluate(
    async ([username, secret]) => {
      const options = { authFlowType: 'USER_AUTH', preferredChallenge: 'PASSWORD_SRP' } as const
      return (await app.auth.signIn({ username, password: secret, options })).nextStep.signInStep
    },
    [email, password] as const,
  )
  assert.equal(byFirstPassword, 'DONE')
  await page.evaluate(() => app.auth.associateWebAuthnCredential())
  await page.evaluate(() => app.auth.signOut())

  assert.equal(await byPasskey(), 'DONE')
  const session = await page.evaluate(async () => {
    const { tokens } = await app.auth.fetchAuthSession()
    return { email: tokens?.idToken?.payload['email'], details: tokens?.signInDetails }
  })
  assert.deepEqual(session, { email, details: { loginId: email, authFlowType: 'USER_AUTH' } })
  const credentials = await page.evaluate(async () => (await app.auth.listWebAuthnCredentials()).credentials)
  assert.equal(credentials.length, 1)
  assert.equal(credentials[0]?.relyingPartyId, 'localhost')
  const left = await page.evaluate(async (credentialId) => {
    await app.auth.deleteWebAuthnCredential({ credentialId })
    return (await app.auth.listWebAuthnCredentials()).credentials
  }, credentials[0].credentialId ?? '')
  assert.deepEqual(left, [])
  await page.evaluate(() => app.auth.signOut())
  assert.equal(await byPasskey(), 'CONTINUE_SIGN_IN_WITH_FIRST_FACTOR_SELECTION')
  await assertQuiet(page)
})

test('Amplify in a browser chooses the passkey from the list of first factors', async (t) => {
  const opened = await open(t)
  const { dev, page, ids } = opened
  await register(opened)
  const steps = await page.evaluate(
    async ({ url, poolId, clientId, username }) => {
      app.Amplify.configure({
        Auth: { Cognito: { userPoolId: poolId, userPoolClientId: clientId, userPoolEndpoint: url } },
      })
      const { nextStep } = await app.auth.signIn({ username, options: { authFlowType: 'USER_AUTH' } })
      const chosen = await app.auth.confirmSignIn({ challengeResponse: 'WEB_AUTHN' })
      return [nextStep, chosen.nextStep] as const
    },
    { url: dev.url, ...ids, username: email },
  )
  assert.deepEqual(steps, [
    {
      signInStep: 'CONTINUE_SIGN_IN_WITH_FIRST_FACTOR_SELECTION',
      availableChallenges: ['PASSWORD_SRP', 'PASSWORD', 'WEB_AUTHN'],
    },
    { signInStep: 'DONE' },
  ])
  await assertQuiet(page)
})

test('the client package in a browser: from the choice to use-passkey, a refusal, and tokens', async (t) => {
  const opened = await open(t)
  const { dev, page, ids } = opened
  await register(opened)
  const settings = { userPoolId: ids.poolId, clientId: ids.clientId, endpoint: dev.url, flow: 'choice' } as const
  const chosen = await page.evaluate(
    async ([of, username]) => {
      const pool = app.poolkeeper.openPool(of)
      const state = await pool.signIn({ username })
      return state.step === 'select-challenge' ? pool.answer(state, { choice: 'passkey' }) : state
    },
    [settings, email] as const,
  )
  assert.ok(chosen.step === 'use-passkey')
  const credential = await page.evaluate((options) => app.getPasskey(options), chosen.options)
  const answer = (given: unknown) =>
    page.evaluate(([of, state, signed]) => app.poolkeeper.openPool(of).answer(state, { credential: signed }), [
      settings,
      chosen,
      given,
    ] as const)
  const response = { ...(credential['response'] as object), signature: 'AAAA' }
  const refused = await answer({ ...credential, response })
  assert.equal(refused.step, 'use-passkey')
  assert.equal(refused.refused?.why, 'passkey-wrong')
  const signedIn = await answer(credential)
  assert.ok(signedIn.step === 'signed-in')
  const user = await page.evaluate(([of, state]) => app.poolkeeper.openPool(of).getUser(state), [
    settings,
    signedIn,
  ] as const)
  assert.equal(user.attributes['email'], email)
  await assertQuiet(page)
})

test('a page that is no page of the relying party registers nothing', async (t) => {
  const opened = await open(t)
  const { dev, page, ids } = opened
  await dev.admin.send(
    new sdk.SetUserPoolMfaConfigCommand({
      UserPoolId: ids.poolId,
      WebAuthnConfiguration: { RelyingPartyId: 'example.com' },
    }),
  )
  const AccessToken = await byPassword(opened)
  const options = await startRegistration(opened, AccessToken)
  const make = (given: unknown) => page.evaluate((asked) => app.createPasskey(asked), given)
  await assert.rejects(make(options), /SecurityError/)
  // A page that asks for a passkey of its own gets one, which is worth nothing here.
  const own = await make({ ...(options as object), rp: { id: 'localhost', name: 'localhost' } })
  await assert.rejects(complete(opened, AccessToken, own), { name: 'WebAuthnOriginNotAllowedException' })
})
