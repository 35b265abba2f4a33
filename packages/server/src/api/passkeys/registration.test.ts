// Passkeys registered, listed and removed by their user, and every refusal on the way.
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { addUser, everyFlow, poolOn, type PoolUnderTest, refused, said, startPool } from '../../../testing/pool.ts'
import { signIn } from '../../../testing/sign-in.ts'
import { onBothDatabases, raceOfFifty } from '../../../testing/databases.ts'
import { beginRegistration, type CreationOptions } from '../../flows/factors/passkeys.ts'
import { softPasskey, type Otherwise, type SoftPasskey } from '../../../testing/passkey.ts'
import { requestContextOf, type TestApp } from '../../../testing/app.ts'
import type { Inputs } from '../../wire/model.gen.ts'

type Pool = Partial<Inputs['CreateUserPool']>

/** A pool whose users may sign in by passkey. */
const withPasskeys: Pool = { Policies: { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD', 'WEB_AUTHN'] } } }

const start = async (t: TestContext): Promise<PoolUnderTest & { token: string; sub: string }> => {
  const at = await startPool(t, { pool: withPasskeys })
  const sub = await addUser(at, 'jane')
  return { ...at, sub, token: (await signIn(at, 'jane')).AccessToken }
}

type Caller = { readonly server: Pick<TestApp, 'call'>; readonly token: string }

const begin = async ({ server, token: AccessToken }: Caller): Promise<Record<string, unknown>> =>
  (await server.call('StartWebAuthnRegistration', { AccessToken })).CredentialCreationOptions as Record<string, unknown>

const complete = ({ server, token: AccessToken }: Caller, credential: unknown): Promise<unknown> =>
  server.call('CompleteWebAuthnRegistration', {
    AccessToken,
    Credential: credential as Inputs['CompleteWebAuthnRegistration']['Credential'],
  })

const register = async (at: Caller, passkey: SoftPasskey = softPasskey(), otherwise?: Otherwise): Promise<void> => {
  await complete(at, passkey.create(await begin(at), otherwise))
}

const listed = async ({ server, token: AccessToken }: Caller): Promise<string[]> =>
  (await server.call('ListWebAuthnCredentials', { AccessToken })).Credentials.map(({ CredentialId }) => CredentialId)

const setWebAuthn = (
  { server: { call }, UserPoolId: poolId }: PoolUnderTest,
  configuration: Record<string, string>,
): Promise<unknown> =>
  call('SetUserPoolMfaConfig', {
    UserPoolId: poolId,
    MfaConfiguration: 'OFF',
    WebAuthnConfiguration: configuration,
  })

const challengeGone =
  'WebAuthnChallengeNotFoundException: The passkey registration challenge was not found or has expired.'
const originRefused =
  'WebAuthnOriginNotAllowedException: The origin of the passkey is not allowed for the relying party of this user pool.'
const unsupported = 'WebAuthnCredentialNotSupportedException: The passkey is not supported.'
const noCredential = 'InvalidParameterException: Credential is not a valid registration response.'
const limit = 'LimitExceededException: The user has the maximum number of passkeys.'

test('the options are those that browsers take', async (t) => {
  const at = await start(t)
  await setWebAuthn(at, { RelyingPartyId: 'example.com', UserVerification: 'required' })
  const { challenge, ...options } = await begin(at)
  assert.match(String(challenge), /^[A-Za-z0-9_-]{43}$/)
  assert.deepEqual(options, {
    authenticatorSelection: { requireResidentKey: true, residentKey: 'required', userVerification: 'required' },
    excludeCredentials: [],
    pubKeyCredParams: [
      { alg: -7, type: 'public-key' },
      { alg: -257, type: 'public-key' },
    ],
    rp: { id: 'example.com', name: 'example.com' },
    timeout: 60_000,
    user: { id: Buffer.from(at.sub).toString('base64url'), name: 'jane', displayName: 'jane' },
  })
})

test('a passkey of each kind of key is registered, listed, excluded from the next, and removed', async (t) => {
  const at = await start(t)
  const [one, two] = [
    softPasskey({ aaguid: 'bada5566-a7aa-401f-bd96-45619a55120d' }),
    softPasskey({ algorithm: 'RS256' }),
  ]
  await register(at, one)
  at.server.advance(1)
  await register(at, two)
  const { AccessToken, Credentials } = {
    AccessToken: at.token,
    ...(await at.server.call('ListWebAuthnCredentials', { AccessToken: at.token })),
  }
  assert.deepEqual(Credentials, [
    {
      CredentialId: one.id,
      FriendlyCredentialName: '1Password',
      RelyingPartyId: 'localhost',
      AuthenticatorAttachment: 'platform',
      AuthenticatorTransports: ['internal', 'hybrid'],
      CreatedAt: at.server.context.clock.now() / 1000 - 1,
    },
    {
      CredentialId: two.id,
      FriendlyCredentialName: 'Passkey of a device',
      RelyingPartyId: 'localhost',
      AuthenticatorAttachment: 'platform',
      AuthenticatorTransports: ['internal', 'hybrid'],
      CreatedAt: at.server.context.clock.now() / 1000,
    },
  ])
  const exclude = [one, two].map(({ id }) => ({ id, type: 'public-key' }))
  assert.deepEqual((await begin(at))['excludeCredentials'], exclude)
  assert.deepEqual(await at.server.call('DeleteWebAuthnCredential', { AccessToken, CredentialId: one.id }), {})
  assert.deepEqual(await listed(at), [two.id])
  await refused(
    at.server.call('DeleteWebAuthnCredential', { AccessToken, CredentialId: one.id }),
    'ResourceNotFoundException: The passkey does not exist.',
  )
})

test('what an authenticator says of its make decides nothing and is not read', async (t) => {
  const at = await start(t)
  const statement = new Map([
    ['sig', 'no signature'],
    ['x5c', 'no certificates'],
  ])
  for (const format of ['packed', 'apple', 'tpm', 'android-key', 'made-up']) {
    await register(at, softPasskey(), { attestation: { format, statement } })
  }
  assert.equal((await listed(at)).length, 5)
})

test('a list goes on where it ended; its token serves no other user and no other list', async (t) => {
  const at = await start(t)
  const passkeys = [softPasskey(), softPasskey(), softPasskey()]
  for (const passkey of passkeys) {
    await register(at, passkey)
    at.server.advance(1)
  }
  const AccessToken = at.token
  const page = await at.server.call('ListWebAuthnCredentials', { AccessToken, MaxResults: 2 })
  const { NextToken = '' } = page
  assert.deepEqual(
    page.Credentials.map(({ CredentialId }) => CredentialId),
    passkeys.slice(0, 2).map(({ id }) => id),
  )
  const rest = await at.server.call('ListWebAuthnCredentials', { AccessToken, MaxResults: 1, NextToken })
  assert.deepEqual(
    [rest.Credentials.map(({ CredentialId }) => CredentialId), rest.NextToken],
    [[passkeys[2]?.id], undefined],
  )
  assert.equal((await at.server.call('ListWebAuthnCredentials', { AccessToken, MaxResults: 0 })).Credentials.length, 3)
  await addUser(at, 'june')
  const other = (await signIn(at, 'june')).AccessToken
  await assert.rejects(at.server.call('ListWebAuthnCredentials', { AccessToken: other, NextToken }), {
    name: 'InvalidParameterException',
  })
  await assert.rejects(at.server.call('ListWebAuthnCredentials', { AccessToken, MaxResults: 21 }), {
    name: 'InvalidParameterException',
  })
})

test('a user removes own passkeys only, and they go with the user', async (t) => {
  const at = await start(t)
  const passkey = softPasskey()
  await register(at, passkey)
  await addUser(at, 'june')
  const AccessToken = (await signIn(at, 'june')).AccessToken
  await refused(
    at.server.call('DeleteWebAuthnCredential', { AccessToken, CredentialId: passkey.id }),
    'ResourceNotFoundException: The passkey does not exist.',
  )
  assert.deepEqual(await listed(at), [passkey.id])
  await at.server.call('DeleteUser', { AccessToken: at.token })
  assert.deepEqual(await at.server.context.store.passkeys.list(at.UserPoolId, at.sub), [])
})

test('a challenge serves once, within five minutes, and a newer one ends it', async (t) => {
  const at = await start(t)
  const options = await begin(at)
  await complete(at, softPasskey().create(options))
  await refused(complete(at, softPasskey().create(options)), challengeGone)
  const late = await begin(at)
  at.server.advance(300)
  await refused(complete(at, softPasskey().create(late)), challengeGone)
  const replaced = await begin(at)
  const newer = await begin(at)
  await refused(complete(at, softPasskey().create(replaced)), challengeGone)
  await complete(at, softPasskey().create(newer))
  await refused(complete(at, softPasskey().create({ ...newer, challenge: 'AAAA' })), challengeGone)
  assert.equal((await listed(at)).length, 2)
})

test('a challenge serves its own user and the client it was asked by', async (t) => {
  const at = await start(t)
  const options = await begin(at)
  await addUser(at, 'june')
  const june = { server: at.server, token: (await signIn(at, 'june')).AccessToken }
  await begin(june)
  await refused(complete(june, softPasskey().create(options)), challengeGone)
  const { UserPoolClient } = await at.server.call('CreateUserPoolClient', {
    UserPoolId: at.UserPoolId,
    ClientName: 'other',
    ExplicitAuthFlows: everyFlow,
  })
  const elsewhere = poolOn(at.server, at.UserPoolId, UserPoolClient?.ClientId ?? '')
  const other = { server: at.server, token: (await signIn(elsewhere, 'jane')).AccessToken }
  await refused(
    complete(other, softPasskey().create(options)),
    'WebAuthnClientMismatchException: The passkey registration was started by another app client.',
  )
  await complete(at, softPasskey().create(options))
})

const wrong: readonly (readonly [what: string, otherwise: Otherwise, expected: string])[] = [
  ['another origin', { origin: 'https://evil.example' }, originRefused],
  ['an Android app', { origin: 'android:apk-key-hash:AAAA' }, originRefused],
  ['a frame of another origin', { crossOrigin: true }, originRefused],
  [
    'another relying party',
    { relyingParty: 'example.com' },
    'WebAuthnRelyingPartyMismatchException: The passkey was made for another relying party than that of this user pool.',
  ],
  ['a sign-in', { type: 'webauthn.get' }, noCredential],
  ['nobody present', { userPresent: false }, unsupported],
  ['an id that is not the authenticator’s', { id: 'AAAA' }, noCredential],
]

for (const [what, otherwise, expected] of wrong) {
  test(`refused at registration: ${what}`, async (t) => {
    const at = await start(t)
    const options = await begin(at)
    await refused(complete(at, softPasskey().create(options, otherwise)), expected)
    assert.deepEqual(await listed(at), [])
    // The challenge waits on.
    await complete(at, softPasskey().create(options))
  })
}

test('refused at registration: a kind of key that was not asked for', async (t) => {
  const at = await start(t)
  await refused(register(at, softPasskey({ algorithm: 'EdDSA' })), unsupported)
})

test('an authenticator that does not verify its user serves where that is preferred, not where it is required', async (t) => {
  const at = await start(t)
  await register(at, softPasskey(), { userVerified: false })
  await setWebAuthn(at, { UserVerification: 'required' })
  await refused(register(at, softPasskey(), { userVerified: false }), unsupported)
  await register(at, softPasskey())
})

test('a passkey that the user has is not registered again', async (t) => {
  const at = await start(t)
  const passkey = softPasskey()
  await register(at, passkey)
  await refused(register(at, passkey), unsupported)
})

const malformed: readonly unknown[] = [
  null,
  'text',
  [],
  {},
  { id: 'AAAA', rawId: 'AAAB', type: 'public-key', response: {} },
  { id: 'AAAA', rawId: 'AAAA', type: 'password', response: {} },
  { id: 'AAAA', rawId: 'AAAA', type: 'public-key' },
  { id: 'AAAA', rawId: 'AAAA', type: 'public-key', response: { clientDataJSON: '%', attestationObject: 'AA' } },
  { id: 'AAAA', rawId: 'AAAA', type: 'public-key', response: { clientDataJSON: 'AAAA', attestationObject: 'AA' } },
  { id: 'AAAA', rawId: 'AAAA', type: 'public-key', response: { clientDataJSON: 'bnVsbA', attestationObject: 'AA' } },
  { id: 'AAAA', rawId: 'AAAA', type: 'public-key', response: { clientDataJSON: 'e30', attestationObject: 'AA' } },
]

test('what is no credential is refused', async (t) => {
  const at = await start(t)
  const options = await begin(at)
  for (const credential of malformed) {
    await assert.rejects(complete(at, credential), { name: 'InvalidParameterException' }, JSON.stringify(credential))
  }
  const good = softPasskey().create(options)
  for (const attestationObject of [
    'AA',
    'oA',
    Buffer.from('a363666d74', 'hex').toString('base64url'),
    'A'.repeat(70_000),
  ]) {
    const response = { ...good.response, attestationObject }
    await assert.rejects(complete(at, { ...good, response }), /Credential|passkey/, attestationObject.slice(0, 20))
  }
})

test('of one user’s passkeys the twenty-first is refused, at both steps', async (t) => {
  const at = await start(t)
  for (let made = 0; made < 19; made += 1) await register(at)
  const options = await begin(at)
  await register(at)
  assert.equal((await listed(at)).length, 20)
  await refused(begin(at), limit)
  await refused(complete(at, softPasskey().create(options)), challengeGone)
  const [first = ''] = await listed(at)
  await at.server.call('DeleteWebAuthnCredential', { AccessToken: at.token, CredentialId: first })
  const last = await begin(at)
  await at.server.context.store.commit([
    at.server.context.store.passkeys.add(
      {
        poolId: at.UserPoolId,
        userId: at.sub,
        id: 'AAAA',
        publicKey: '',
        counter: 0,
        name: '',
        relyingParty: 'localhost',
        attachment: undefined,
        transports: [],
        createdAt: 0,
      },
      20,
    ),
  ])
  await refused(complete(at, softPasskey().create(last)), limit)
})

test('a pool that does not allow passkeys registers none, and lets users remove what they have', async (t) => {
  const at = await start(t)
  await register(at)
  const options = await begin(at)
  const Policies = { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD' as const] } }
  await at.server.call('UpdateUserPool', { UserPoolId: at.UserPoolId, Policies })
  const off = 'WebAuthnNotEnabledException: Passkeys are not enabled for this user pool.'
  await refused(begin(at), off)
  await refused(complete(at, softPasskey().create(options)), off)
  const [CredentialId = ''] = await listed(at)
  await at.server.call('DeleteWebAuthnCredential', { AccessToken: at.token, CredentialId })
})

test('the production server has no passkeys without a relying party', async (t) => {
  const at = await start(t)
  const settings = { ...at.server.context.settings, mode: 'serve' as const }
  const on = (): Promise<CreationOptions> =>
    beginRegistration(requestContextOf({ ...at.server.context, settings }), at.token)
  await assert.rejects(on(), {
    name: 'WebAuthnConfigurationMissingException',
    message: 'The user pool has no relying party id and no domain for passkeys.',
  })
  await setWebAuthn(at, { RelyingPartyId: 'example.com' })
  assert.equal((await on()).rp.id, 'example.com')
})

test('a relying party is a domain: its pages may register, those of others may not', async (t) => {
  const at = await start(t)
  for (const RelyingPartyId of [
    'com',
    '127.0.0.1',
    '[::1]',
    'https://example.com',
    'Example.com',
    'example.com.',
    'a..b',
  ]) {
    await assert.rejects(setWebAuthn(at, { RelyingPartyId }), { name: 'InvalidParameterException' }, RelyingPartyId)
  }
  await setWebAuthn(at, { RelyingPartyId: 'example.com' })
  for (const origin of ['https://example.com', 'https://login.example.com', 'https://example.com:8443']) {
    await register(at, softPasskey(), { origin })
  }
  const strangers = [
    'http://example.com',
    'https://example.com.evil.example',
    'https://evilexample.com',
    'https://example.com/',
    'https://jane@example.com',
    'http://localhost:3000',
    'null',
    '',
  ]
  for (const origin of strangers) await refused(register(at, softPasskey(), { origin }), originRefused)
})

test('under another relying party older passkeys are neither excluded nor counted as its own', async (t) => {
  const at = await start(t)
  await register(at)
  await setWebAuthn(at, { RelyingPartyId: 'example.com' })
  assert.deepEqual((await begin(at))['excludeCredentials'], [])
  await refused(
    register(at, softPasskey(), { origin: 'https://example.com', relyingParty: 'localhost' }),
    'WebAuthnRelyingPartyMismatchException: The passkey was made for another relying party than that of this user pool.',
  )
})

test('every step needs a good access token', async (t) => {
  const at = await start(t)
  const options = await begin(at)
  await at.server.call('AdminUserGlobalSignOut', { UserPoolId: at.UserPoolId, Username: 'jane' })
  const revoked = 'NotAuthorizedException: Access Token has been revoked'
  await refused(begin(at), revoked)
  await refused(complete(at, softPasskey().create(options)), revoked)
  await refused(listed(at), revoked)
  await refused(at.server.call('DeleteWebAuthnCredential', { AccessToken: at.token, CredentialId: 'AAAA' }), revoked)
})

test('a user whose password must be reset registers none', async (t) => {
  const at = await start(t)
  const options = await begin(at)
  const jane = { UserPoolId: at.UserPoolId, Username: 'jane' }
  const UserAttributes = [
    { Name: 'email', Value: 'jane@example.com' },
    { Name: 'email_verified', Value: 'true' },
  ]
  await at.server.call('AdminUpdateUserAttributes', { ...jane, UserAttributes })
  await at.server.call('AdminResetUserPassword', jane)
  const due = 'PasswordResetRequiredException: Password reset required for the user'
  await refused(begin(at), due)
  await refused(complete(at, softPasskey().create(options)), due)
})

/** A pool with one user, who is signed in. */
const onPool = async (app: TestApp): Promise<PoolUnderTest & { token: string }> => {
  const { UserPool } = await app.call('CreateUserPool', { PoolName: 'pool', ...withPasskeys })
  const { UserPoolClient } = await app.call('CreateUserPoolClient', {
    UserPoolId: UserPool?.Id ?? '',
    ClientName: 'app',
    ExplicitAuthFlows: everyFlow,
  })
  const at = poolOn(app, UserPool?.Id ?? '', UserPoolClient?.ClientId ?? '')
  await addUser(at, 'jane')
  return { ...at, token: (await signIn(at, 'jane')).AccessToken }
}

onBothDatabases('of fifty answers to one registration challenge, one wins', async (startServers) => {
  const [one, two] = await startServers(2)
  assert.ok(one && two)
  const { token } = await onPool(one)
  const options = await begin({ server: one, token })
  const race = await raceOfFifty([one, two], (server) => complete({ server, token }, softPasskey().create(options)))
  assert.equal(race.won.length, 1)
  assert.deepEqual(new Set(race.refused.map(said)), new Set([challengeGone]))
  assert.equal((await listed({ server: one, token })).length, 1)
})

onBothDatabases(
  'fifty registrations of a user who has room for two leave twenty passkeys at most',
  async (startServers) => {
    const [one, two] = await startServers(2)
    assert.ok(one && two)
    const { server, token } = await onPool(one)
    for (let made = 0; made < 18; made += 1) await register({ server, token })
    const race = await raceOfFifty([one, two], (node) => register({ server: node, token }))
    assert.ok(race.won.length <= 2)
    assert.deepEqual(
      race.refused.map(said).filter((refusal) => refusal !== challengeGone && refusal !== limit),
      [],
    )
    assert.equal((await listed({ server: one, token })).length, 18 + race.won.length)
  },
)
