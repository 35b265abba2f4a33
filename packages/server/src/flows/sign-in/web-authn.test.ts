// Signing in by passkey, what it proves, and every refusal on the way.
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { onBothDatabases, raceOfFifty } from '../../../testing/databases.ts'
import { changeUser } from '../users/change-user.ts'
import { softPasskey, type CredentialJson, type Otherwise, type SoftPasskey } from '../../../testing/passkey.ts'
import { everyFlow, password, payloadOf, signInServer, tokensOf, type SignInServer } from '../../../testing/sign-in.ts'
import { makeTestApp, type TestApp } from '../../../testing/app.ts'
import { refused, said } from '../../../testing/pool.ts'
import type { Inputs, InitiateAuthResponse } from '../../wire/model.gen.ts'

const wrong = 'NotAuthorizedException: Passkey verification failed.'
const usedOnce = 'NotAuthorizedException: Invalid session for the user, session can only be used once.'
const passwordsAlone = ['PASSWORD_SRP', 'PASSWORD']
const prefer = { PREFERRED_CHALLENGE: 'WEB_AUTHN' }
const invalidSession = 'NotAuthorizedException: Invalid session for the user.'

const clientOf = async (app: TestApp, poolId: string): Promise<string> => {
  const { UserPoolClient } = await app.call('CreateUserPoolClient', {
    UserPoolId: poolId,
    ClientName: 'app',
    ExplicitAuthFlows: [...everyFlow, 'ALLOW_USER_AUTH'],
  })
  return UserPoolClient?.ClientId ?? ''
}

const on = async (app: TestApp): Promise<SignInServer> => {
  const { UserPool } = await app.call('CreateUserPool', {
    PoolName: 'pool',
    Policies: { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD', 'WEB_AUTHN'] } },
  })
  const poolId = UserPool?.Id ?? ''
  return signInServer(app, poolId, await clientOf(app, poolId))
}

const start = async (t: TestContext): Promise<SignInServer> => {
  const server = await on(await makeTestApp(t))
  t.after(() => server.close())
  await server.addUser('jane')
  return server
}

const register = async (server: SignInServer, username: string, passkey: SoftPasskey): Promise<SoftPasskey> => {
  const { AccessToken } = await server.signIn(username)
  const { CredentialCreationOptions } = await server.call('StartWebAuthnRegistration', { AccessToken })
  const Credential = passkey.create(
    CredentialCreationOptions,
  ) as unknown as Inputs['CompleteWebAuthnRegistration']['Credential']
  await server.call('CompleteWebAuthnRegistration', { AccessToken, Credential })
  return passkey
}

const begin = (server: SignInServer, more: Record<string, string> = {}): Promise<InitiateAuthResponse> =>
  server.call('InitiateAuth', {
    ClientId: server.clientId,
    AuthFlow: 'USER_AUTH',
    AuthParameters: { USERNAME: 'jane', ...more },
  })

type Asked = { readonly session: string; readonly options: Record<string, unknown> }

const askedIn = ({ ChallengeName, Session, ChallengeParameters }: InitiateAuthResponse): Asked => {
  assert.equal(ChallengeName, 'WEB_AUTHN')
  const options = JSON.parse(ChallengeParameters?.['CREDENTIAL_REQUEST_OPTIONS'] ?? '') as Record<string, unknown>
  return { session: Session ?? '', options }
}

const asked = async (server: SignInServer): Promise<Asked> => askedIn(await begin(server, prefer))

const answer = (server: SignInServer, session: string, credential: CredentialJson): Promise<InitiateAuthResponse> =>
  server.answer('WEB_AUTHN', session, { USERNAME: 'jane', CREDENTIAL: JSON.stringify(credential) })

const signIn = async (
  server: SignInServer,
  passkey: SoftPasskey,
  otherwise?: Otherwise,
): Promise<InitiateAuthResponse> => {
  const { session, options } = await asked(server)
  return answer(server, session, passkey.get(options, otherwise))
}

const setWebAuthn = async (
  { call, poolId }: SignInServer,
  mfa: 'OFF' | 'OPTIONAL' | 'ON',
  configuration: Inputs['SetUserPoolMfaConfig']['WebAuthnConfiguration'],
): Promise<void> => {
  await call('SetUserPoolMfaConfig', {
    UserPoolId: poolId,
    MfaConfiguration: mfa,
    ...(mfa === 'OFF' ? {} : { SoftwareTokenMfaConfiguration: { Enabled: true } }),
    WebAuthnConfiguration: configuration,
  })
}

test('a passkey signs in, chosen with the first request or from the list', async (t) => {
  const server = await start(t)
  const passkey = await register(server, 'jane', softPasskey())
  const { session, options } = await asked(server)
  const { challenge, ...rest } = options
  assert.match(String(challenge), /^[A-Za-z0-9_-]{43}$/)
  assert.deepEqual(rest, {
    timeout: 180_000,
    rpId: 'localhost',
    allowCredentials: [{ id: passkey.id, type: 'public-key', transports: ['internal', 'hybrid'] }],
    userVerification: 'preferred',
  })
  assert.equal(payloadOf(tokensOf(await answer(server, session, passkey.get(options))).AccessToken)['username'], 'jane')
  const list = await begin(server)
  assert.deepEqual(
    [list.ChallengeName, list.AvailableChallenges],
    ['SELECT_CHALLENGE', ['PASSWORD_SRP', 'PASSWORD', 'WEB_AUTHN']],
  )
  const chosen = askedIn(
    await server.answer('SELECT_CHALLENGE', list.Session ?? '', { USERNAME: 'jane', ANSWER: 'WEB_AUTHN' }),
  )
  tokensOf(await answer(server, chosen.session, passkey.get(chosen.options)))
})

test('a key of RS256, and one that counts, sign in again and again', async (t) => {
  const server = await start(t)
  const one = await register(server, 'jane', softPasskey({ algorithm: 'RS256' }))
  const two = await register(server, 'jane', softPasskey({ counts: true }))
  for (const passkey of [one, two, one, two]) tokensOf(await signIn(server, passkey))
})

test('without a passkey of this relying party the list is told instead', async (t) => {
  const server = await start(t)
  assert.deepEqual((await begin(server, prefer)).AvailableChallenges, passwordsAlone)
  await register(server, 'jane', softPasskey())
  await setWebAuthn(server, 'OFF', { RelyingPartyId: 'example.com' })
  assert.deepEqual((await begin(server, prefer)).AvailableChallenges, passwordsAlone)
  await setWebAuthn(server, 'OFF', { RelyingPartyId: 'localhost' })
  assert.equal((await begin(server, prefer)).ChallengeName, 'WEB_AUTHN')
  const Policies = { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD' as const] } }
  await server.call('UpdateUserPool', { UserPoolId: server.poolId, Policies })
  assert.deepEqual((await begin(server, prefer)).AvailableChallenges, passwordsAlone)
})

const bad: readonly (readonly [what: string, otherwise: Otherwise, expected: string])[] = [
  ['a wrong signature', { forged: true }, wrong],
  ['another challenge', { challenge: 'A'.repeat(43) }, wrong],
  ['another origin', { origin: 'https://evil.example' }, wrong],
  ['a frame of another origin', { crossOrigin: true }, wrong],
  ['another relying party', { relyingParty: 'example.com' }, wrong],
  ['nobody present', { userPresent: false }, wrong],
  ['another user’s handle', { userHandle: Buffer.from('june').toString('base64url') }, wrong],
  ['an id that the user does not have', { id: 'AAAA' }, wrong],
  [
    'a registration',
    { type: 'webauthn.create' },
    'InvalidParameterException: CREDENTIAL is not a valid authentication response.',
  ],
]

for (const [what, otherwise, expected] of bad) {
  test(`refused: ${what}; the session takes the right answer still`, async (t) => {
    const server = await start(t)
    const passkey = await register(server, 'jane', softPasskey())
    const { session, options } = await asked(server)
    await refused(answer(server, session, passkey.get(options, otherwise)), expected)
    tokensOf(await answer(server, session, passkey.get(options)))
  })
}

test('refused: what is no credential', async (t) => {
  const server = await start(t)
  await register(server, 'jane', softPasskey())
  const { session } = await asked(server)
  const invalid = 'InvalidParameterException: CREDENTIAL is not a valid authentication response.'
  for (const CREDENTIAL of ['null', '[]', '{}', '"text"', '{"id":"AAAA","rawId":"AAAA","type":"public-key"}']) {
    await refused(server.answer('WEB_AUTHN', session, { USERNAME: 'jane', CREDENTIAL }), invalid)
  }
  await refused(
    server.answer('WEB_AUTHN', session, { USERNAME: 'jane', CREDENTIAL: '{' }),
    'InvalidParameterException: CREDENTIAL is not valid JSON.',
  )
  await refused(
    server.answer('WEB_AUTHN', session, { USERNAME: 'jane' }),
    'InvalidParameterException: Missing required parameter CREDENTIAL',
  )
})

test('refused: the passkey of another user, though its signature holds', async (t) => {
  const server = await start(t)
  await server.addUser('june')
  await register(server, 'jane', softPasskey())
  const foreign = await register(server, 'june', softPasskey())
  await refused(signIn(server, foreign), wrong)
})

test('refused: a signature once more, in its session and in another', async (t) => {
  const server = await start(t)
  const passkey = await register(server, 'jane', softPasskey())
  const { session, options } = await asked(server)
  const credential = passkey.get(options)
  tokensOf(await answer(server, session, credential))
  await refused(answer(server, session, credential), usedOnce)
  const again = await asked(server)
  await refused(answer(server, again.session, credential), wrong)
})

test('refused: another user’s session, another client’s, another step’s, an expired one', async (t) => {
  const server = await start(t)
  await server.addUser('june')
  const passkey = await register(server, 'jane', softPasskey())
  const { session, options } = await asked(server)
  const CREDENTIAL = JSON.stringify(passkey.get(options))
  await refused(server.answer('WEB_AUTHN', session, { USERNAME: 'june', CREDENTIAL }), invalidSession)
  const other = signInServer(server, server.poolId, await clientOf(server, server.poolId))
  await refused(other.answer('WEB_AUTHN', session, { USERNAME: 'jane', CREDENTIAL }), invalidSession)
  await refused(server.answer('SOFTWARE_TOKEN_MFA', session, { USERNAME: 'jane', CREDENTIAL }), invalidSession)
  const list = await begin(server)
  await refused(server.answer('WEB_AUTHN', list.Session ?? '', { USERNAME: 'jane', CREDENTIAL }), invalidSession)
  server.advance(181)
  await refused(
    server.answer('WEB_AUTHN', session, { USERNAME: 'jane', CREDENTIAL }),
    'NotAuthorizedException: Invalid session for the user, session is expired.',
  )
})

test('refused: a counter that does not rise, which is logged', async (t) => {
  const server = await start(t)
  const passkey = await register(server, 'jane', softPasskey({ counts: true }))
  tokensOf(await signIn(server, passkey, { counter: 7 }))
  for (const counter of [7, 6, 0]) await refused(signIn(server, passkey, { counter }), wrong)
  const lines = server.log.filter(({ message }) => message.startsWith('the signature counter of a passkey'))
  assert.deepEqual(
    lines.map(({ level, fields }) => [level, fields['stored'], fields['given']]),
    [
      ['warn', 7, 7],
      ['warn', 7, 6],
      ['warn', 7, 0],
    ],
  )
  tokensOf(await signIn(server, passkey, { counter: 8 }))
})

test('refused: a passkey that was removed, or a relying party that changed, while the sign-in was under way', async (t) => {
  const server = await start(t)
  const passkey = await register(server, 'jane', softPasskey())
  await register(server, 'jane', softPasskey())
  const one = await asked(server)
  const two = await asked(server)
  await setWebAuthn(server, 'OFF', { RelyingPartyId: 'example.com' })
  await refused(answer(server, one.session, passkey.get(one.options)), invalidSession)
  await setWebAuthn(server, 'OFF', { RelyingPartyId: 'localhost' })
  const { AccessToken } = await server.signIn('jane')
  await server.call('DeleteWebAuthnCredential', { AccessToken, CredentialId: passkey.id })
  await refused(answer(server, two.session, passkey.get(two.options)), wrong)
})

test('refused: a user who was disabled meanwhile, and a password that changed', async (t) => {
  const server = await start(t)
  const passkey = await register(server, 'jane', softPasskey())
  const jane = { UserPoolId: server.poolId, Username: 'jane' }
  const one = await asked(server)
  await server.call('AdminDisableUser', jane)
  await refused(answer(server, one.session, passkey.get(one.options)), 'NotAuthorizedException: User is disabled.')
  await server.call('AdminEnableUser', jane)
  const two = await asked(server)
  await server.call('AdminSetUserPassword', { ...jane, Password: 'Other-horse-77', Permanent: true })
  await refused(answer(server, two.session, passkey.get(two.options)), invalidSession)
})

test('req 7: wrong answers lock the user, and a lock by passwords holds for passkeys', async (t) => {
  const server = await start(t)
  const passkey = await register(server, 'jane', softPasskey())
  const { session, options } = await asked(server)
  const exceeded = 'NotAuthorizedException: Password attempts exceeded'
  for (let guess = 0; guess < 5; guess += 1) {
    await refused(answer(server, session, passkey.get(options, { forged: true })), wrong)
  }
  await refused(answer(server, session, passkey.get(options)), exceeded)
  await refused(server.start('jane'), exceeded)
  server.advance(2)
  tokensOf(await answer(server, session, passkey.get(options)))
  const again = await asked(server)
  for (let guess = 0; guess < 5; guess += 1) await server.start('jane', 'Wrong-horse-7').catch(() => undefined)
  await refused(answer(server, again.session, passkey.get(again.options)), exceeded)
})

test('where the pool requires it, an authenticator that does not verify its user is refused', async (t) => {
  const server = await start(t)
  const passkey = await register(server, 'jane', softPasskey())
  tokensOf(await signIn(server, passkey, { userVerified: false }))
  await setWebAuthn(server, 'OFF', { UserVerification: 'required' })
  assert.equal((await asked(server)).options['userVerification'], 'required')
  await refused(signIn(server, passkey, { userVerified: false }), wrong)
  tokensOf(await signIn(server, passkey))
})

// Pools of earlier versions may require MFA beside passkeys of one factor, which no request can ask for any more.
const requireMfaAsBefore = async ({ context, poolId }: SignInServer): Promise<void> => {
  const { store, clock } = context
  const pool = await store.pools.get(poolId)
  const settings = {
    ...pool.settings,
    mfaConfiguration: 'ON' as const,
    softwareTokenMfaConfiguration: { enabled: true },
  }
  await store.commit([store.pools.change(pool, { name: pool.name, settings }, clock.now())])
}

test('req 25: a passkey is one factor: where a second is due it is not offered, and not taken', async (t) => {
  const server = await start(t)
  const passkey = await register(server, 'jane', softPasskey())
  const { session, options } = await asked(server)
  await requireMfaAsBefore(server)
  assert.deepEqual((await begin(server, prefer)).AvailableChallenges, passwordsAlone)
  await refused(answer(server, session, passkey.get(options)), invalidSession)
  // With OPTIONAL it depends on the user.
  await setWebAuthn(server, 'OPTIONAL', {})
  tokensOf(await signIn(server, passkey))
  const { AccessToken } = await server.signIn('jane')
  await server.enrol(AccessToken)
  const SoftwareTokenMfaSettings = { Enabled: true, PreferredMfa: true }
  await server.call('SetUserMFAPreference', { AccessToken, SoftwareTokenMfaSettings })
  assert.deepEqual((await begin(server, prefer)).AvailableChallenges, passwordsAlone)
})

/** The user says that passkeys are two factors. */
const choose = async ({ context, poolId }: SignInServer): Promise<void> => {
  const pool = await context.store.pools.get(poolId)
  const user = (await context.store.users.find(poolId, 'jane')) ?? assert.fail()
  await context.store.commit(changeUser(context, pool, user, { mfa: { ...user.mfa, webAuthn: true } }).writes)
}

test('req 25: a passkey that verifies its user is two factors where pool and user say so', async (t) => {
  const server = await start(t)
  const passkey = await register(server, 'jane', softPasskey())
  await setWebAuthn(server, 'ON', { FactorConfiguration: 'MULTI_FACTOR_WITH_USER_VERIFICATION' })
  assert.deepEqual((await begin(server, prefer)).AvailableChallenges, passwordsAlone)
  await choose(server)
  assert.equal((await asked(server)).options['userVerification'], 'required')
  await refused(signIn(server, passkey, { userVerified: false }), wrong)
  tokensOf(await signIn(server, passkey))
  // Asked while it was one factor, and answered without verification, it is one still.
  await setWebAuthn(server, 'OFF', {})
  const { session, options } = await asked(server)
  await setWebAuthn(server, 'ON', { FactorConfiguration: 'MULTI_FACTOR_WITH_USER_VERIFICATION' })
  const unverified = await answer(server, session, passkey.get(options, { userVerified: false }))
  assert.equal(unverified.ChallengeName, 'MFA_SETUP')
  // A password alone is one factor still.
  assert.equal((await server.start('jane')).ChallengeName, 'MFA_SETUP')
})

onBothDatabases('of fifty equal signatures one signs in', async (startServers) => {
  const [one, two] = await startServers(2)
  assert.ok(one && two)
  const server = await on(one)
  await server.addUser('jane')
  const passkey = await register(server, 'jane', softPasskey({ counts: true }))
  const { session, options } = await asked(server)
  const CREDENTIAL = JSON.stringify(passkey.get(options))
  const race = await raceOfFifty([one, two], (app) =>
    signInServer(app, server.poolId, server.clientId).answer('WEB_AUTHN', session, { USERNAME: 'jane', CREDENTIAL }),
  )
  assert.equal(race.won.length, 1)
  // Who reads after the winner sees a counter that does not rise, and five such answers lock.
  const allowed = new Set([usedOnce, wrong, 'NotAuthorizedException: Password attempts exceeded', invalidSession])
  assert.deepEqual(
    race.refused.map(said).filter((refusal) => !allowed.has(refusal)),
    [],
  )
})

onBothDatabases('of fifty sessions answered with one counter, one signs in', async (startServers) => {
  const [one, two] = await startServers(2)
  assert.ok(one && two)
  const server = await on(one)
  await server.addUser('jane')
  const passkey = await register(server, 'jane', softPasskey({ counts: true }))
  const sessions = await Promise.all(Array.from({ length: 50 }, () => asked(server)))
  const answers = sessions.map(({ session, options }) => ({
    session,
    CREDENTIAL: JSON.stringify(passkey.get(options, { counter: 7 })),
  }))
  const race = await raceOfFifty([one, two], (app, index) => {
    const { session = '', CREDENTIAL = '' } = answers[index] ?? {}
    return signInServer(app, server.poolId, server.clientId).answer('WEB_AUTHN', session, {
      USERNAME: 'jane',
      CREDENTIAL,
    })
  })
  assert.equal(race.won.length, 1)
})

test('a password still signs in beside a passkey', async (t) => {
  const server = await start(t)
  await register(server, 'jane', softPasskey())
  tokensOf(await begin(server, { PREFERRED_CHALLENGE: 'PASSWORD', PASSWORD: password }))
})

const multiFactor = { FactorConfiguration: 'MULTI_FACTOR_WITH_USER_VERIFICATION' } as const

test('req 25: without the user’s choice a passkey that verifies its user lifts a sign-in no higher than one factor', async (t) => {
  const server = await start(t)
  const passkey = await register(server, 'jane', softPasskey())
  await setWebAuthn(server, 'OPTIONAL', multiFactor)
  const reached = async (): Promise<unknown> => {
    const TARGET_ACR_VALUES = 'urn:cognito:loa:4 urn:cognito:loa:1'
    const { session, options } = askedIn(await begin(server, { ...prefer, TARGET_ACR_VALUES }))
    const ended = await answer(server, session, passkey.get(options, { userVerified: true }))
    return payloadOf(tokensOf(ended).AccessToken)['acr']
  }
  assert.equal(await reached(), 'urn:cognito:loa:1')
  await choose(server)
  assert.equal(await reached(), 'urn:cognito:loa:4')
})

test('a passkey that was two factors counts as the first alone in a step-up', async (t) => {
  const server = await start(t)
  const passkey = await register(server, 'jane', softPasskey())
  await setWebAuthn(server, 'OPTIONAL', multiFactor)
  await choose(server)
  const ACCESS_TOKEN = tokensOf(await signIn(server, passkey)).AccessToken
  await server.enrol(ACCESS_TOKEN)
  const asking = await begin(server, { ACCESS_TOKEN, TARGET_ACR_VALUES: 'urn:cognito:loa:2' })
  assert.equal(asking.ChallengeName, 'SOFTWARE_TOKEN_MFA')
})
