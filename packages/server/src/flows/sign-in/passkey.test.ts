// Signing in by passkey, what it proves, and every refusal on the way.
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { beginByPassword, payloadOf, respond, signIn, tokensOf } from '../../../testing/sign-in.ts'
import {
  addUser,
  everyFlow,
  goodPassword,
  onServer,
  poolOn,
  type PoolUnderTest,
  refused,
  said,
} from '../../../testing/pool.ts'
import { enrol } from '../../../testing/authenticator-app.ts'
import { onBothDatabases, raceOfFifty } from '../../../testing/databases.ts'
import { changeUser } from '../users/change-user.ts'
import { softPasskey, type CredentialJson, type Otherwise, type SoftPasskey } from '../../../testing/passkey.ts'
import { makeTestApp, type TestApp } from '../../../testing/app.ts'
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

const on = async (app: TestApp): Promise<PoolUnderTest> => {
  const { UserPool } = await app.call('CreateUserPool', {
    PoolName: 'pool',
    Policies: { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD', 'WEB_AUTHN'] } },
  })
  const poolId = UserPool?.Id ?? ''
  return poolOn(app, poolId, await clientOf(app, poolId))
}

const start = async (t: TestContext): Promise<PoolUnderTest> => {
  const at = await on(await makeTestApp(t))
  await addUser(at, 'jane')
  return at
}

const register = async (at: PoolUnderTest, username: string, passkey: SoftPasskey): Promise<SoftPasskey> => {
  const { AccessToken } = await signIn(at, username)
  const { CredentialCreationOptions } = await at.server.call('StartWebAuthnRegistration', { AccessToken })
  const Credential = passkey.create(
    CredentialCreationOptions,
  ) as unknown as Inputs['CompleteWebAuthnRegistration']['Credential']
  await at.server.call('CompleteWebAuthnRegistration', { AccessToken, Credential })
  return passkey
}

const begin = (at: PoolUnderTest, more: Record<string, string> = {}): Promise<InitiateAuthResponse> =>
  at.server.call('InitiateAuth', {
    ClientId: at.ClientId,
    AuthFlow: 'USER_AUTH',
    AuthParameters: { USERNAME: 'jane', ...more },
  })

type Asked = { readonly session: string; readonly options: Record<string, unknown> }

const askedIn = ({ ChallengeName, Session, ChallengeParameters }: InitiateAuthResponse): Asked => {
  assert.equal(ChallengeName, 'WEB_AUTHN')
  const options = JSON.parse(ChallengeParameters?.['CREDENTIAL_REQUEST_OPTIONS'] ?? '') as Record<string, unknown>
  return { session: Session ?? '', options }
}

const asked = async (at: PoolUnderTest): Promise<Asked> => askedIn(await begin(at, prefer))

const answer = (at: PoolUnderTest, session: string, credential: CredentialJson): Promise<InitiateAuthResponse> =>
  respond(at, 'WEB_AUTHN', session, { USERNAME: 'jane', CREDENTIAL: JSON.stringify(credential) })

const signInBy = async (
  at: PoolUnderTest,
  passkey: SoftPasskey,
  otherwise?: Otherwise,
): Promise<InitiateAuthResponse> => {
  const { session, options } = await asked(at)
  return answer(at, session, passkey.get(options, otherwise))
}

const setWebAuthn = async (
  { server: { call }, UserPoolId: poolId }: PoolUnderTest,
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
  const at = await start(t)
  const passkey = await register(at, 'jane', softPasskey())
  const { session, options } = await asked(at)
  const { challenge, ...rest } = options
  assert.match(String(challenge), /^[A-Za-z0-9_-]{43}$/)
  assert.deepEqual(rest, {
    timeout: 180_000,
    rpId: 'localhost',
    allowCredentials: [{ id: passkey.id, type: 'public-key', transports: ['internal', 'hybrid'] }],
    userVerification: 'preferred',
  })
  assert.equal(payloadOf(tokensOf(await answer(at, session, passkey.get(options))).AccessToken)['username'], 'jane')
  const list = await begin(at)
  assert.deepEqual(
    [list.ChallengeName, list.AvailableChallenges],
    ['SELECT_CHALLENGE', ['PASSWORD_SRP', 'PASSWORD', 'WEB_AUTHN']],
  )
  const chosen = askedIn(
    await respond(at, 'SELECT_CHALLENGE', list.Session ?? '', { USERNAME: 'jane', ANSWER: 'WEB_AUTHN' }),
  )
  tokensOf(await answer(at, chosen.session, passkey.get(chosen.options)))
})

test('a key of RS256, and one that counts, sign in again and again', async (t) => {
  const at = await start(t)
  const one = await register(at, 'jane', softPasskey({ algorithm: 'RS256' }))
  const two = await register(at, 'jane', softPasskey({ counts: true }))
  for (const passkey of [one, two, one, two]) tokensOf(await signInBy(at, passkey))
})

test('without a passkey of this relying party the list is told instead', async (t) => {
  const at = await start(t)
  assert.deepEqual((await begin(at, prefer)).AvailableChallenges, passwordsAlone)
  await register(at, 'jane', softPasskey())
  await setWebAuthn(at, 'OFF', { RelyingPartyId: 'example.com' })
  assert.deepEqual((await begin(at, prefer)).AvailableChallenges, passwordsAlone)
  await setWebAuthn(at, 'OFF', { RelyingPartyId: 'localhost' })
  assert.equal((await begin(at, prefer)).ChallengeName, 'WEB_AUTHN')
  const Policies = { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD' as const] } }
  await at.server.call('UpdateUserPool', { UserPoolId: at.UserPoolId, Policies })
  assert.deepEqual((await begin(at, prefer)).AvailableChallenges, passwordsAlone)
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
    const at = await start(t)
    const passkey = await register(at, 'jane', softPasskey())
    const { session, options } = await asked(at)
    await refused(answer(at, session, passkey.get(options, otherwise)), expected)
    tokensOf(await answer(at, session, passkey.get(options)))
  })
}

test('refused: what is no credential', async (t) => {
  const at = await start(t)
  await register(at, 'jane', softPasskey())
  const { session } = await asked(at)
  const invalid = 'InvalidParameterException: CREDENTIAL is not a valid authentication response.'
  for (const CREDENTIAL of ['null', '[]', '{}', '"text"', '{"id":"AAAA","rawId":"AAAA","type":"public-key"}']) {
    await refused(respond(at, 'WEB_AUTHN', session, { USERNAME: 'jane', CREDENTIAL }), invalid)
  }
  await refused(
    respond(at, 'WEB_AUTHN', session, { USERNAME: 'jane', CREDENTIAL: '{' }),
    'InvalidParameterException: CREDENTIAL is not valid JSON.',
  )
  await refused(
    respond(at, 'WEB_AUTHN', session, { USERNAME: 'jane' }),
    'InvalidParameterException: Missing required parameter CREDENTIAL',
  )
})

test('refused: the passkey of another user, though its signature holds', async (t) => {
  const at = await start(t)
  await addUser(at, 'june')
  await register(at, 'jane', softPasskey())
  const foreign = await register(at, 'june', softPasskey())
  await refused(signInBy(at, foreign), wrong)
})

test('refused: a signature once more, in its session and in another', async (t) => {
  const at = await start(t)
  const passkey = await register(at, 'jane', softPasskey())
  const { session, options } = await asked(at)
  const credential = passkey.get(options)
  tokensOf(await answer(at, session, credential))
  await refused(answer(at, session, credential), usedOnce)
  const again = await asked(at)
  await refused(answer(at, again.session, credential), wrong)
})

test('refused: another user’s session, another client’s, another step’s, an expired one', async (t) => {
  const at = await start(t)
  await addUser(at, 'june')
  const passkey = await register(at, 'jane', softPasskey())
  const { session, options } = await asked(at)
  const CREDENTIAL = JSON.stringify(passkey.get(options))
  await refused(respond(at, 'WEB_AUTHN', session, { USERNAME: 'june', CREDENTIAL }), invalidSession)
  const other = poolOn(at.server, at.UserPoolId, await clientOf(at.server, at.UserPoolId))
  await refused(respond(other, 'WEB_AUTHN', session, { USERNAME: 'jane', CREDENTIAL }), invalidSession)
  await refused(respond(at, 'SOFTWARE_TOKEN_MFA', session, { USERNAME: 'jane', CREDENTIAL }), invalidSession)
  const list = await begin(at)
  await refused(respond(at, 'WEB_AUTHN', list.Session ?? '', { USERNAME: 'jane', CREDENTIAL }), invalidSession)
  at.server.advance(181)
  await refused(
    respond(at, 'WEB_AUTHN', session, { USERNAME: 'jane', CREDENTIAL }),
    'NotAuthorizedException: Invalid session for the user, session is expired.',
  )
})

test('refused: a counter that does not rise, which is logged', async (t) => {
  const at = await start(t)
  const passkey = await register(at, 'jane', softPasskey({ counts: true }))
  tokensOf(await signInBy(at, passkey, { counter: 7 }))
  for (const counter of [7, 6, 0]) await refused(signInBy(at, passkey, { counter }), wrong)
  const lines = at.server.log.filter(({ message }) => message.startsWith('the signature counter of a passkey'))
  assert.deepEqual(
    lines.map(({ level, fields }) => [level, fields['stored'], fields['given']]),
    [
      ['warn', 7, 7],
      ['warn', 7, 6],
      ['warn', 7, 0],
    ],
  )
  tokensOf(await signInBy(at, passkey, { counter: 8 }))
})

test('refused: a passkey that was removed, or a relying party that changed, while the sign-in was under way', async (t) => {
  const at = await start(t)
  const passkey = await register(at, 'jane', softPasskey())
  await register(at, 'jane', softPasskey())
  const one = await asked(at)
  const two = await asked(at)
  await setWebAuthn(at, 'OFF', { RelyingPartyId: 'example.com' })
  await refused(answer(at, one.session, passkey.get(one.options)), invalidSession)
  await setWebAuthn(at, 'OFF', { RelyingPartyId: 'localhost' })
  const { AccessToken } = await signIn(at, 'jane')
  await at.server.call('DeleteWebAuthnCredential', { AccessToken, CredentialId: passkey.id })
  await refused(answer(at, two.session, passkey.get(two.options)), wrong)
})

test('refused: a user who was disabled meanwhile, and a password that changed', async (t) => {
  const at = await start(t)
  const passkey = await register(at, 'jane', softPasskey())
  const jane = { UserPoolId: at.UserPoolId, Username: 'jane' }
  const one = await asked(at)
  await at.server.call('AdminDisableUser', jane)
  await refused(answer(at, one.session, passkey.get(one.options)), 'NotAuthorizedException: User is disabled.')
  await at.server.call('AdminEnableUser', jane)
  const two = await asked(at)
  await at.server.call('AdminSetUserPassword', { ...jane, Password: 'Other-horse-77', Permanent: true })
  await refused(answer(at, two.session, passkey.get(two.options)), invalidSession)
})

test('req 7: wrong answers lock the user, and a lock by passwords holds for passkeys', async (t) => {
  const at = await start(t)
  const passkey = await register(at, 'jane', softPasskey())
  const { session, options } = await asked(at)
  const exceeded = 'NotAuthorizedException: Password attempts exceeded'
  for (let guess = 0; guess < 5; guess += 1) {
    await refused(answer(at, session, passkey.get(options, { forged: true })), wrong)
  }
  await refused(answer(at, session, passkey.get(options)), exceeded)
  await refused(beginByPassword(at, 'jane'), exceeded)
  at.server.advance(2)
  tokensOf(await answer(at, session, passkey.get(options)))
  const again = await asked(at)
  for (let guess = 0; guess < 5; guess += 1) await beginByPassword(at, 'jane', 'Wrong-horse-7').catch(() => undefined)
  await refused(answer(at, again.session, passkey.get(again.options)), exceeded)
})

test('where the pool requires it, an authenticator that does not verify its user is refused', async (t) => {
  const at = await start(t)
  const passkey = await register(at, 'jane', softPasskey())
  tokensOf(await signInBy(at, passkey, { userVerified: false }))
  await setWebAuthn(at, 'OFF', { UserVerification: 'required' })
  assert.equal((await asked(at)).options['userVerification'], 'required')
  await refused(signInBy(at, passkey, { userVerified: false }), wrong)
  tokensOf(await signInBy(at, passkey))
})

// Pools of earlier versions may require MFA beside passkeys of one factor, which no request can ask for any more.
const requireMfaAsBefore = async ({ server: { context }, UserPoolId: poolId }: PoolUnderTest): Promise<void> => {
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
  const at = await start(t)
  const passkey = await register(at, 'jane', softPasskey())
  const { session, options } = await asked(at)
  await requireMfaAsBefore(at)
  assert.deepEqual((await begin(at, prefer)).AvailableChallenges, passwordsAlone)
  await refused(answer(at, session, passkey.get(options)), invalidSession)
  // With OPTIONAL it depends on the user.
  await setWebAuthn(at, 'OPTIONAL', {})
  tokensOf(await signInBy(at, passkey))
  const { AccessToken } = await signIn(at, 'jane')
  await enrol(at, AccessToken)
  const SoftwareTokenMfaSettings = { Enabled: true, PreferredMfa: true }
  await at.server.call('SetUserMFAPreference', { AccessToken, SoftwareTokenMfaSettings })
  assert.deepEqual((await begin(at, prefer)).AvailableChallenges, passwordsAlone)
})

/** The user says that passkeys are two factors. */
const choose = async ({ server: { context }, UserPoolId: poolId }: PoolUnderTest): Promise<void> => {
  const pool = await context.store.pools.get(poolId)
  const user = (await context.store.users.find(poolId, 'jane')) ?? assert.fail()
  await context.store.commit(changeUser(context, pool, user, { mfa: { ...user.mfa, webAuthn: true } }).writes)
}

test('req 25: a passkey that verifies its user is two factors where pool and user say so', async (t) => {
  const at = await start(t)
  const passkey = await register(at, 'jane', softPasskey())
  await setWebAuthn(at, 'ON', { FactorConfiguration: 'MULTI_FACTOR_WITH_USER_VERIFICATION' })
  assert.deepEqual((await begin(at, prefer)).AvailableChallenges, passwordsAlone)
  await choose(at)
  assert.equal((await asked(at)).options['userVerification'], 'required')
  await refused(signInBy(at, passkey, { userVerified: false }), wrong)
  tokensOf(await signInBy(at, passkey))
  // Asked while it was one factor, and answered without verification, it is one still.
  await setWebAuthn(at, 'OFF', {})
  const { session, options } = await asked(at)
  await setWebAuthn(at, 'ON', { FactorConfiguration: 'MULTI_FACTOR_WITH_USER_VERIFICATION' })
  const unverified = await answer(at, session, passkey.get(options, { userVerified: false }))
  assert.equal(unverified.ChallengeName, 'MFA_SETUP')
  // A password alone is one factor still.
  assert.equal((await beginByPassword(at, 'jane')).ChallengeName, 'MFA_SETUP')
})

onBothDatabases('of fifty equal signatures one signs in', async (startServers) => {
  const [one, two] = await startServers(2)
  assert.ok(one && two)
  const at = await on(one)
  await addUser(at, 'jane')
  const passkey = await register(at, 'jane', softPasskey({ counts: true }))
  const { session, options } = await asked(at)
  const CREDENTIAL = JSON.stringify(passkey.get(options))
  const race = await raceOfFifty([one, two], (app) =>
    respond(onServer(app, at), 'WEB_AUTHN', session, { USERNAME: 'jane', CREDENTIAL }),
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
  const at = await on(one)
  await addUser(at, 'jane')
  const passkey = await register(at, 'jane', softPasskey({ counts: true }))
  const sessions = await Promise.all(Array.from({ length: 50 }, () => asked(at)))
  const answers = sessions.map(({ session, options }) => ({
    session,
    CREDENTIAL: JSON.stringify(passkey.get(options, { counter: 7 })),
  }))
  const race = await raceOfFifty([one, two], (app, index) => {
    const { session = '', CREDENTIAL = '' } = answers[index] ?? {}
    return respond(onServer(app, at), 'WEB_AUTHN', session, {
      USERNAME: 'jane',
      CREDENTIAL,
    })
  })
  assert.equal(race.won.length, 1)
})

test('a password still signs in beside a passkey', async (t) => {
  const at = await start(t)
  await register(at, 'jane', softPasskey())
  tokensOf(await begin(at, { PREFERRED_CHALLENGE: 'PASSWORD', PASSWORD: goodPassword }))
})

const multiFactor = { FactorConfiguration: 'MULTI_FACTOR_WITH_USER_VERIFICATION' } as const

test('req 25: without the user’s choice a passkey that verifies its user lifts a sign-in no higher than one factor', async (t) => {
  const at = await start(t)
  const passkey = await register(at, 'jane', softPasskey())
  await setWebAuthn(at, 'OPTIONAL', multiFactor)
  const reached = async (): Promise<unknown> => {
    const TARGET_ACR_VALUES = 'urn:cognito:loa:4 urn:cognito:loa:1'
    const { session, options } = askedIn(await begin(at, { ...prefer, TARGET_ACR_VALUES }))
    const ended = await answer(at, session, passkey.get(options, { userVerified: true }))
    return payloadOf(tokensOf(ended).AccessToken)['acr']
  }
  assert.equal(await reached(), 'urn:cognito:loa:1')
  await choose(at)
  assert.equal(await reached(), 'urn:cognito:loa:4')
})

test('a passkey that was two factors counts as the first alone in a step-up', async (t) => {
  const at = await start(t)
  const passkey = await register(at, 'jane', softPasskey())
  await setWebAuthn(at, 'OPTIONAL', multiFactor)
  await choose(at)
  const ACCESS_TOKEN = tokensOf(await signInBy(at, passkey)).AccessToken
  await enrol(at, ACCESS_TOKEN)
  const asking = await begin(at, { ACCESS_TOKEN, TARGET_ACR_VALUES: 'urn:cognito:loa:2' })
  assert.equal(asking.ChallengeName, 'SOFTWARE_TOKEN_MFA')
})
