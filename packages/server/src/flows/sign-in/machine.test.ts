// Every way through the sign-in machine: walks over pools, users, flows and answers, right and wrong, in any order and
// with any session, held against a model of its own that knows only what was truly proved and what must be.
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import fc from 'fast-check'
import { closing } from '../../../testing/closing.ts'
import { beginByAdmin, payloadOf, respond } from '../../../testing/sign-in.ts'
import { addUser, goodPassword, poolOn, type PoolUnderTest } from '../../../testing/pool.ts'
import { appOf, enrol } from '../../../testing/authenticator-app.ts'
import { srpKeys, srpSignature, srpTimestamp, type SrpKeys } from '../../../../client/src/srp.ts'
import type { UserStatus } from '../../store/index.ts'
import { makeTestApp, Refused, type TestApp } from '../../../testing/app.ts'
import { confirmedDevice, proofOf, type TestDevice } from '../../../testing/device.ts'
import { softPasskey, type SoftPasskey } from '../../../testing/passkey.ts'
import type { Triggers } from '../../triggers/index.ts'
import type { Authenticator } from '../../../testing/authenticator-app.ts'
import type { Inputs, InitiateAuthResponse } from '../../wire/model.gen.ts'

const newPassword = 'Another-horse-8'

/** The second factors by the names of the wire, and those of the store. */
const stored = { SOFTWARE_TOKEN_MFA: 'software-token', SMS_MFA: 'sms', EMAIL_OTP: 'email' } as const

type SecondFactor = keyof typeof stored

/** A pool and a user, as a walk finds them. */
type World = {
  readonly mfa: 'OFF' | 'OPTIONAL' | 'ON'
  readonly offered: readonly SecondFactor[]
  readonly devicesReplaceMfa: boolean
  readonly firstFactors: readonly ('EMAIL_OTP' | 'SMS_OTP' | 'WEB_AUTHN')[]
  readonly passkeyIsTwoFactors: boolean
  readonly recoveryCodes: boolean
  readonly status: UserStatus
  readonly enabled: boolean
  readonly hasEmail: boolean
  readonly hasPhone: boolean
  readonly hasToken: boolean
  readonly hasPasskey: boolean
  readonly deviceRemembered: boolean
  readonly chosen: readonly SecondFactor[]
  readonly preferred: SecondFactor | undefined
  readonly choosesPasskey: boolean
}

const factors = ['SOFTWARE_TOKEN_MFA', 'SMS_MFA', 'EMAIL_OTP'] as const

const often = fc.constantFrom(true, true, true, false)

const worlds: fc.Arbitrary<World> = fc.record({
  mfa: fc.constantFrom('OFF', 'OPTIONAL', 'ON'),
  offered: fc.subarray([...factors]),
  devicesReplaceMfa: fc.boolean(),
  firstFactors: fc.subarray(['EMAIL_OTP', 'SMS_OTP', 'WEB_AUTHN']),
  passkeyIsTwoFactors: fc.boolean(),
  recoveryCodes: fc.boolean(),
  status: fc.constantFrom(
    'CONFIRMED',
    'CONFIRMED',
    'CONFIRMED',
    'CONFIRMED',
    'UNCONFIRMED',
    'FORCE_CHANGE_PASSWORD',
    'RESET_REQUIRED',
  ),
  enabled: fc.constantFrom(true, true, true, true, true, true, true, false),
  hasEmail: often,
  hasPhone: fc.boolean(),
  hasToken: fc.boolean(),
  hasPasskey: fc.boolean(),
  deviceRemembered: fc.boolean(),
  chosen: fc.subarray([...factors]),
  preferred: fc.constantFrom(undefined, ...factors),
  choosesPasskey: fc.boolean(),
})

/** What a walker has truly proved on the way to a session. */
type Fact =
  | 'password'
  | 'custom'
  | 'email as first factor'
  | 'phone as first factor'
  | 'passkey'
  | 'app'
  | 'email'
  | 'phone'
  | 'device'
  | 'recovery code'
  | 'new password'

// The model. It knows nothing of steps: only what a user who gets tokens must have proved, and how the user must stand.
const mayHaveTokens = (world: World, facts: ReadonlySet<Fact>): boolean => {
  const { mfa } = world
  const byCode =
    (facts.has('email as first factor') && world.firstFactors.includes('EMAIL_OTP')) ||
    (facts.has('phone as first factor') && world.firstFactors.includes('SMS_OTP'))
  const byPasskey = facts.has('passkey') && world.firstFactors.includes('WEB_AUTHN')
  if (!world.enabled || world.status === 'RESET_REQUIRED') return false
  if (world.status === 'UNCONFIRMED' && !byCode) return false
  const choosesPassword = facts.has('password') || facts.has('custom')
  if (world.status === 'FORCE_CHANGE_PASSWORD' && !(choosesPassword && facts.has('new password'))) return false
  if (!facts.has('password') && !facts.has('custom') && !byCode && !byPasskey) return false
  const passkeyIsBoth = byPasskey && world.passkeyIsTwoFactors && world.choosesPasskey
  const second =
    facts.has('app') ||
    facts.has('email') ||
    facts.has('phone') ||
    (facts.has('recovery code') && world.recoveryCodes) ||
    (facts.has('device') && world.devicesReplaceMfa && world.deviceRemembered) ||
    passkeyIsBoth
  const usable: Readonly<Record<SecondFactor, boolean>> = {
    SOFTWARE_TOKEN_MFA: world.hasToken,
    SMS_MFA: world.hasPhone && world.offered.includes('SMS_MFA'),
    EMAIL_OTP: world.hasEmail && world.offered.includes('EMAIL_OTP'),
  }
  const demanded = mfa === 'ON' || (mfa === 'OPTIONAL' && world.chosen.some((factor) => usable[factor]))
  return second || !demanded
}

// Whether a user who answers everything rightly, beginning with the password, comes to tokens.
const mustComeIn = (world: World): boolean => {
  if (!world.enabled || (world.status !== 'CONFIRMED' && world.status !== 'FORCE_CHANGE_PASSWORD')) return false
  if (world.mfa !== 'ON') return true
  const canSetUp = world.offered.includes('SOFTWARE_TOKEN_MFA')
  const has =
    world.hasToken ||
    (world.hasPhone && world.offered.includes('SMS_MFA')) ||
    (world.hasEmail && world.offered.includes('EMAIL_OTP'))
  return has || canSetUp
}

/** A session that the machine gave, with all that its challenge told, and what was proved on the way to it. */
type Held = {
  readonly session: string
  /** The challenge that it was given for. */
  readonly step: string
  readonly told: InitiateAuthResponse
  readonly facts: ReadonlySet<Fact>
  readonly srp: SrpKeys | undefined
  readonly secret: string | undefined
  /** The password that was the user's when the session was given. */
  readonly secretWord: string
  used: boolean
}

/** What a walk has: the user's things, and what it was given. */
type Walk = {
  readonly at: PoolUnderTest
  readonly username: string
  readonly sub: string
  readonly passkey: SoftPasskey
  readonly device: TestDevice
  readonly recoveryCodes: readonly string[]
  readonly held: Held[]
  /** What the walk itself changes: a status, a password, an authenticator app. */
  world: World
  secretWord: string
  app: Authenticator
  /** The last answer that was taken, which must not be taken again. */
  taken: Move | undefined
}

const email = (username: string): string => `${username}@example.com`
const phone = (username: string): string => `+1555${username.replaceAll(/\D/g, '').padStart(7, '0')}`

const openPool: Partial<Inputs['CreateUserPool']> = {
  Policies: { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD', 'EMAIL_OTP', 'SMS_OTP', 'WEB_AUTHN'] } },
  DeviceConfiguration: { ChallengeRequiredOnNewDevice: false, DeviceOnlyRememberedOnUserPrompt: false },
}

const makePool = async (app: TestApp): Promise<PoolUnderTest> => {
  const { UserPool } = await app.call('CreateUserPool', { PoolName: 'walks', ...openPool })
  const UserPoolId = UserPool?.Id ?? ''
  const { UserPoolClient } = await app.call('CreateUserPoolClient', {
    UserPoolId,
    ClientName: 'walks',
    ExplicitAuthFlows: [
      'ALLOW_USER_PASSWORD_AUTH',
      'ALLOW_ADMIN_USER_PASSWORD_AUTH',
      'ALLOW_USER_SRP_AUTH',
      'ALLOW_USER_AUTH',
      'ALLOW_CUSTOM_AUTH',
    ],
  })
  return poolOn(app, UserPoolId, UserPoolClient?.ClientId ?? '')
}

/** Puts pool and user into the state of a world, whatever the operations would say of it. */
const become = async (at: PoolUnderTest, username: string, world: World): Promise<void> => {
  const { store, clock } = at.server.context
  const pool = await store.pools.get(at.UserPoolId)
  const settings = {
    ...pool.settings,
    mfaConfiguration: world.mfa,
    softwareTokenMfaConfiguration: { enabled: world.offered.includes('SOFTWARE_TOKEN_MFA') },
    smsMfaConfiguration: world.offered.includes('SMS_MFA') ? {} : undefined,
    emailMfaConfiguration: world.offered.includes('EMAIL_OTP') ? {} : undefined,
    deviceConfiguration: { challengeRequiredOnNewDevice: world.devicesReplaceMfa },
    policies: {
      ...pool.settings.policies,
      signInPolicy: { allowedFirstAuthFactors: ['PASSWORD' as const, ...world.firstFactors] },
    },
    webAuthnConfiguration: {
      ...pool.settings.webAuthnConfiguration,
      factorConfiguration: world.passkeyIsTwoFactors
        ? ('MULTI_FACTOR_WITH_USER_VERIFICATION' as const)
        : ('SINGLE_FACTOR' as const),
    },
    recoveryCodes: { enabled: world.recoveryCodes },
  }
  await store.commit([store.pools.change(pool, { name: pool.name, settings }, clock.now())])
  const user = await store.users.find(at.UserPoolId, username)
  if (!user) throw new Error('the user is gone')
  const to = {
    status: world.status,
    enabled: world.enabled,
    temporaryUntil: clock.now() + 86_400_000,
    mfa: {
      enabled: world.chosen.map((factor) => stored[factor]),
      preferred: world.preferred && stored[world.preferred],
      webAuthn: world.choosesPasskey,
    },
  }
  await store.commit(store.users.change(user, to, clock.now()))
}

const wholeWorld: World = {
  mfa: 'OFF',
  offered: ['SOFTWARE_TOKEN_MFA'],
  devicesReplaceMfa: false,
  firstFactors: ['EMAIL_OTP', 'SMS_OTP', 'WEB_AUTHN'],
  passkeyIsTwoFactors: false,
  recoveryCodes: true,
  status: 'CONFIRMED',
  enabled: true,
  hasEmail: true,
  hasPhone: true,
  hasToken: true,
  hasPasskey: true,
  deviceRemembered: true,
  chosen: [],
  preferred: undefined,
  choosesPasskey: false,
}

const registerPasskey = async (
  { server: { call } }: PoolUnderTest,
  AccessToken: string,
  passkey: SoftPasskey,
): Promise<void> => {
  const { CredentialCreationOptions } = await call('StartWebAuthnRegistration', { AccessToken })
  const Credential = passkey.create(CredentialCreationOptions) as unknown
  await call('CompleteWebAuthnRegistration', {
    AccessToken,
    Credential: Credential as Inputs['CompleteWebAuthnRegistration']['Credential'],
  })
}

let walks = 0

/** A user with everything that the world gives them, by the operations that give it. */
const prepare = async (at: PoolUnderTest, world: World): Promise<Walk> => {
  const username = `walker${(walks += 1)}`
  const {
    server: { call },
  } = at
  const sub = await addUser(at, username)
  await become(at, username, wholeWorld)
  const attributes = [
    ...(world.hasEmail ? [{ Name: 'email', Value: email(username) }] : []),
    ...(world.hasPhone ? [{ Name: 'phone_number', Value: phone(username) }] : []),
  ]
  const ids = { UserPoolId: at.UserPoolId, Username: username }
  if (attributes.length > 0) await call('AdminUpdateUserAttributes', { ...ids, UserAttributes: attributes })
  const { device, tokens } = await confirmedDevice(at, username)
  const { AccessToken } = tokens
  if (!world.deviceRemembered) {
    const status = { AccessToken, DeviceKey: device.key, DeviceRememberedStatus: 'not_remembered' } as const
    await call('UpdateDeviceStatus', status)
  }
  const app = world.hasToken ? await enrol(at, AccessToken) : appOf(at, 'A'.repeat(52))
  const passkey = softPasskey()
  if (world.hasPasskey) await registerPasskey(at, AccessToken, passkey)
  const { RecoveryCodes } = await call('CreateRecoveryCodes', { AccessToken })
  at.server.advance(60)
  await become(at, username, world)
  return {
    at,
    world,
    username,
    sub,
    app,
    passkey,
    device,
    recoveryCodes: [...RecoveryCodes],
    held: [],
    secretWord: goodPassword,
    taken: undefined,
  }
}

/** What is sent, and what it proves if it is right. */
type Move = {
  readonly send: () => Promise<InitiateAuthResponse>
  /** The session that it answers. */
  readonly from: Held | undefined
  /** Whether it is what the machine may take: the right answer, to the challenge that the session waits for. */
  readonly sound: boolean
  readonly proves: readonly Fact[]
  readonly srp?: SrpKeys
}

const answerOf =
  ({ at }: Walk, challenge: string, from: Held | undefined) =>
  (responses: Record<string, string>): Promise<InitiateAuthResponse> =>
    respond(at, challenge, from?.session ?? '', responses)

const codeOf = async ({ at }: Walk, address: string): Promise<string> => at.server.code(address).catch(() => '00000000')

const spoiled = (code: string): string => code.replaceAll(/\d/g, (digit) => String((Number(digit) + 1) % 10))

const appCode = (walk: Walk): string => {
  // A step serves once: the clock goes on for each code.
  walk.at.server.advance(30)
  return walk.app.code()
}

const srpAnswer = async (walk: Walk, { told, srp }: Held, secret: string): Promise<Record<string, string>> => {
  const asked = told.ChallengeParameters ?? {}
  const timestamp = srpTimestamp(walk.at.server.context.clock.now())
  const poolName = walk.at.UserPoolId.slice(walk.at.UserPoolId.indexOf('_') + 1)
  const secretBlock = asked['SECRET_BLOCK'] ?? ''
  const question = { keys: srp ?? srpKeys(), salt: asked['SALT'] ?? '1', B: asked['SRP_B'] ?? '2', secretBlock }
  const signature = await srpSignature({ ...question, poolName, userId: walk.username, password: secret, timestamp })
  return {
    PASSWORD_CLAIM_SECRET_BLOCK: secretBlock,
    PASSWORD_CLAIM_SIGNATURE: signature,
    TIMESTAMP: timestamp,
  }
}

/** The answers of each challenge, right or wrong, and what a right one proves. */
const responsesTo: Readonly<
  Record<
    string,
    (
      walk: Walk,
      from: Held,
      right: boolean,
    ) => Promise<{ responses: Record<string, string>; proves: Fact[]; srp?: SrpKeys }>
  >
> = {
  PASSWORD_VERIFIER: async (walk, from, right) => ({
    responses: await srpAnswer(walk, from, right ? walk.secretWord : 'Wrong-horse-9'),
    proves: ['password'],
  }),
  NEW_PASSWORD_REQUIRED: async (walk, _, right) => ({
    responses: { NEW_PASSWORD: right ? newPassword : 'short' },
    proves: ['new password'],
  }),
  SOFTWARE_TOKEN_MFA: async (walk, _, right) => ({
    responses: { SOFTWARE_TOKEN_MFA_CODE: right ? appCode(walk) : spoiled(walk.app.code()) },
    proves: ['app'],
  }),
  SMS_MFA: async (walk, _, right) => {
    const code = await codeOf(walk, phone(walk.username))
    return { responses: { SMS_MFA_CODE: right ? code : spoiled(code) }, proves: ['phone'] }
  },
  SMS_OTP: async (walk, _, right) => {
    const code = await codeOf(walk, phone(walk.username))
    return { responses: { SMS_OTP_CODE: right ? code : spoiled(code) }, proves: ['phone as first factor'] }
  },
  EMAIL_OTP: async (walk, from, right) => {
    const code = await codeOf(walk, email(walk.username))
    // The same name for a first and a second factor: which it is shows by what came before.
    const isFirst = from.facts.size === 0
    return {
      responses: { EMAIL_OTP_CODE: right ? code : spoiled(code) },
      proves: [isFirst ? 'email as first factor' : 'email'],
    }
  },
  CUSTOM_CHALLENGE: async (_walk, _, right) => ({
    responses: { ANSWER: right ? 'the word' : 'a word' },
    proves: ['custom'],
  }),
  WEB_AUTHN: async (walk, { told }, right) => {
    const text = told.ChallengeParameters?.['CREDENTIAL_REQUEST_OPTIONS']
    const options: unknown = text ? JSON.parse(text) : { challenge: 'AAAA', rpId: 'localhost' }
    const credential = walk.passkey.get(options, right ? {} : { forged: true })
    return { responses: { CREDENTIAL: JSON.stringify(credential) }, proves: ['passkey'] }
  },
  SELECT_MFA_TYPE: async (walk, { told }, right) => {
    const choices = JSON.parse(told.ChallengeParameters?.['MFAS_CAN_CHOOSE'] ?? '[]') as string[]
    return { responses: { ANSWER: right ? (choices[0] ?? 'SMS_MFA') : 'PASSWORD' }, proves: [] }
  },
  SELECT_CHALLENGE: async (walk, { told }, right) => {
    const srp = srpKeys()
    const offered = told.AvailableChallenges ?? []
    const choice = offered[walk.held.length % Math.max(1, offered.length)] ?? 'PASSWORD'
    const more = { PASSWORD: right ? walk.secretWord : 'Wrong-horse-9', SRP_A: srp.A.toString(16) }
    return {
      responses: { ANSWER: choice === 'PASSWORD' || right ? choice : 'SOFTWARE_TOKEN', ...more },
      proves: choice === 'PASSWORD' ? ['password'] : [],
      srp,
    }
  },
  PASSWORD: async (walk, _, right) => ({
    responses: { PASSWORD: right ? walk.secretWord : 'Wrong-horse-9' },
    proves: ['password'],
  }),
  PASSWORD_SRP: async (_walk, _, right) => {
    const srp = srpKeys()
    return { responses: { SRP_A: right ? srp.A.toString(16) : '0' }, proves: [], srp }
  },
  DEVICE_SRP_AUTH: async (walk, _, right) => {
    const srp = srpKeys()
    return { responses: { DEVICE_KEY: walk.device.key, SRP_A: right ? srp.A.toString(16) : '0' }, proves: [], srp }
  },
  DEVICE_PASSWORD_VERIFIER: async (walk, { told, srp }, right) => {
    const device = right ? walk.device : { ...walk.device, password: 'another' }
    // Another challenge's session told none of this.
    const ChallengeParameters = { USERNAME: walk.username, SALT: '1', SRP_B: '2', ...told.ChallengeParameters }
    const asked = { ...told, ChallengeParameters }
    const { ChallengeResponses = {} } = await proofOf(walk.at, asked, device, srp ?? srpKeys())
    return { responses: ChallengeResponses, proves: ['device'] }
  },
  // Answered with the Session of VerifySoftwareToken alone.
  MFA_SETUP: async (_walk, { step }, right) => ({
    responses: right ? {} : { ANSWER: 'please' },
    proves: step === 'MFA_SETUP/VERIFIED' ? ['app'] : [],
  }),
}

const challengeNames = Object.keys(responsesTo)

/** Where a challenge's answer is taken beside its own name. */
const answeredAt = (challenge: string): readonly string[] => {
  if (challenge === 'PASSWORD' || challenge === 'PASSWORD_SRP') return ['SELECT_CHALLENGE']
  return challenge === 'MFA_SETUP' ? ['MFA_SETUP/VERIFIED'] : [challenge]
}

const moveOf = async (walk: Walk, from: Held, challenge: string, right: boolean): Promise<Move> => {
  const make = responsesTo[challenge]
  if (!make) throw new Error(`no answer to ${challenge}`)
  const { responses, proves, srp } = await make(walk, from, right)
  const checks = challenge !== 'MFA_SETUP'
  return {
    send: () => answerOf(walk, challenge, from)({ USERNAME: walk.username, ...responses }),
    from,
    sound: answeredAt(challenge).includes(from.step) && (right || !checks),
    proves,
    ...(srp ? { srp } : {}),
  }
}

const initiate =
  ({ at, username }: Walk) =>
  (AuthFlow: Inputs['InitiateAuth']['AuthFlow'], parameters: Record<string, string>): Promise<InitiateAuthResponse> =>
    at.server.call('InitiateAuth', {
      ClientId: at.ClientId,
      AuthFlow,
      AuthParameters: { USERNAME: username, ...parameters },
    })

/** The flows that a walk begins with, right or wrong. */
const starts: Readonly<Record<string, (walk: Walk, right: boolean) => Move>> = {
  password: (walk, right) => ({
    send: () => initiate(walk)('USER_PASSWORD_AUTH', { PASSWORD: right ? walk.secretWord : 'Wrong-horse-9' }),
    from: undefined,
    sound: right,
    proves: ['password'],
  }),
  'password and device': (walk, right) => ({
    send: () =>
      initiate(walk)('USER_PASSWORD_AUTH', {
        PASSWORD: right ? walk.secretWord : 'Wrong-horse-9',
        DEVICE_KEY: walk.device.key,
      }),
    from: undefined,
    sound: right,
    proves: ['password'],
  }),
  admin: (walk, right) => ({
    send: () => beginByAdmin(walk.at, walk.username, right ? walk.secretWord : 'Wrong-horse-9'),
    from: undefined,
    sound: right,
    proves: ['password'],
  }),
  srp: (walk, right) => {
    const srp = srpKeys()
    return {
      send: () =>
        initiate(walk)('USER_SRP_AUTH', { SRP_A: right ? srp.A.toString(16) : '0', DEVICE_KEY: walk.device.key }),
      from: undefined,
      sound: right,
      proves: [],
      srp,
    }
  },
  custom: (walk) => ({ send: () => initiate(walk)('CUSTOM_AUTH', {}), from: undefined, sound: true, proves: [] }),
  'custom after srp': (walk, right) => {
    const srp = srpKeys()
    const SRP_A = right ? srp.A.toString(16) : '0'
    return {
      send: () => initiate(walk)('CUSTOM_AUTH', { CHALLENGE_NAME: 'SRP_A', SRP_A }),
      from: undefined,
      sound: right,
      proves: [],
      srp,
    }
  },
  choice: (walk) => ({ send: () => initiate(walk)('USER_AUTH', {}), from: undefined, sound: true, proves: [] }),
  'choice of a level': (walk, right) => ({
    send: () =>
      initiate(walk)('USER_AUTH', {
        PREFERRED_CHALLENGE: 'PASSWORD',
        PASSWORD: right ? walk.secretWord : 'Wrong-horse-9',
        TARGET_ACR_VALUES: 'urn:cognito:loa:3 urn:cognito:loa:2 urn:cognito:loa:1',
      }),
    from: undefined,
    sound: right,
    proves: ['password'],
  }),
  'choice of e-mail': (walk) => ({
    send: () => initiate(walk)('USER_AUTH', { PREFERRED_CHALLENGE: 'EMAIL_OTP' }),
    from: undefined,
    sound: true,
    proves: [],
  }),
  'choice of a text message': (walk) => ({
    send: () => initiate(walk)('USER_AUTH', { PREFERRED_CHALLENGE: 'SMS_OTP' }),
    from: undefined,
    sound: true,
    proves: [],
  }),
  'choice of a passkey': (walk) => ({
    send: () => initiate(walk)('USER_AUTH', { PREFERRED_CHALLENGE: 'WEB_AUTHN' }),
    from: undefined,
    sound: true,
    proves: [],
  }),
}

// Holds what came of a move against the model.
const judge = async (walk: Walk, move: Move): Promise<InitiateAuthResponse | undefined> => {
  const { send, from, sound, proves, srp } = move
  const said = await send().catch((error: unknown) => error)
  if (said instanceof Refused) {
    assert.ok(said.status < 500, said.message)
    return undefined
  }
  if (said instanceof Error) throw said
  const answer = said as InitiateAuthResponse
  const what = `${from?.step ?? 'start'} to ${answer.ChallengeName ?? 'tokens'}`
  assert.ok(sound, `a move that is not sound was taken: ${what}`)
  assert.ok(!from?.used, `a session was taken twice: ${what}`)
  assert.ok(!from || from.secretWord === walk.secretWord, `a session outlived the password: ${what}`)
  if (from) from.used = true
  if (from) walk.taken = move
  const facts = new Set<Fact>([...(from?.facts ?? []), ...proves])
  if (answer.AuthenticationResult) {
    assert.ok(mayHaveTokens(walk.world, facts), `tokens for ${[...facts].join(', ')}`)
    assert.equal(payloadOf(answer.AuthenticationResult.AccessToken ?? '')['sub'], walk.sub)
  }
  if (proves.includes('new password')) {
    walk.secretWord = newPassword
    walk.world = { ...walk.world, status: 'CONFIRMED' }
  }
  if (walk.world.status === 'UNCONFIRMED' && answer.AuthenticationResult)
    walk.world = { ...walk.world, status: 'CONFIRMED' }
  const { secretWord } = walk
  const held = { session: answer.Session ?? '', step: answer.ChallengeName ?? '', told: answer, facts, srp, secretWord }
  if (!answer.AuthenticationResult) walk.held.push({ ...held, secret: undefined, used: false })
  return answer
}

const refusedOr = async <Result>(request: Promise<Result>): Promise<Result | undefined> => {
  try {
    return await request
  } catch (error) {
    if (error instanceof Refused && error.status < 500) return undefined
    throw error
  }
}

const enrolStep = async (walk: Walk, from: Held, right: boolean): Promise<void> => {
  const { at } = walk
  const { call } = at.server
  if (from.step === 'MFA_SETUP/ASSOCIATED' && right) {
    const UserCode = appOf(at, from.secret ?? '').code()
    const verified = await refusedOr(call('VerifySoftwareToken', { Session: from.session, UserCode }))
    if (!verified) return
    assert.ok(!from.used, 'a session was verified twice')
    from.used = true
    walk.held.push({ ...from, session: verified.Session ?? '', step: 'MFA_SETUP/VERIFIED', used: false })
    walk.app = appOf(at, from.secret ?? '')
    walk.world = { ...walk.world, hasToken: true }
    return
  }
  const UserCode = '000000'
  const forged = await refusedOr(call('VerifySoftwareToken', { Session: from.session, UserCode }))
  assert.equal(forged, undefined, 'a code of another secret was verified')
  const associated = await refusedOr(call('AssociateSoftwareToken', { Session: from.session }))
  if (!associated) return
  assert.ok(from.step.startsWith('MFA_SETUP') && from.step !== 'MFA_SETUP/VERIFIED', `associated at ${from.step}`)
  assert.ok(!from.used, 'a session was associated twice')
  from.used = true
  const step = 'MFA_SETUP/ASSOCIATED'
  walk.held.push({ ...from, session: associated.Session ?? '', step, secret: associated.SecretCode, used: false })
}

const secondSteps = ['SOFTWARE_TOKEN_MFA', 'SMS_MFA', 'EMAIL_OTP', 'SELECT_MFA_TYPE']

const recoverStep = async (walk: Walk, from: Held, right: boolean): Promise<void> => {
  const RecoveryCode = right ? (walk.recoveryCodes[walk.held.length % 10] ?? '') : '0000-0000-0000'
  const {
    server: { call },
    ClientId,
  } = walk.at
  const { session: Session } = from
  await judge(walk, {
    send: () => call('RespondWithRecoveryCode', { ClientId, Username: walk.username, Session, RecoveryCode }),
    from,
    sound: right && walk.world.recoveryCodes && secondSteps.includes(from.step) && from.facts.size > 0,
    proves: ['recovery code'],
  })
}

/** One thing that a walk does. */
type Turn =
  | { readonly kind: 'start'; readonly flow: string; readonly right: boolean }
  /** Answers a session with what fits it, or with another challenge's answer. */
  | { readonly kind: 'answer'; readonly which: number; readonly challenge: string | undefined; readonly right: boolean }
  | { readonly kind: 'enrol'; readonly which: number; readonly right: boolean }
  | { readonly kind: 'recover'; readonly which: number; readonly right: boolean }
  /** Sends the last answer that was taken once more. */
  | { readonly kind: 'again' }

const which = fc.oneof({ arbitrary: fc.constant(0), weight: 3 }, { arbitrary: fc.nat(5), weight: 1 })

const turns: fc.Arbitrary<Turn> = fc.oneof(
  {
    arbitrary: fc.record({
      kind: fc.constant('start' as const),
      flow: fc.constantFrom(...Object.keys(starts)),
      right: often,
    }),
    weight: 3,
  },
  {
    arbitrary: fc.record({
      kind: fc.constant('answer' as const),
      which,
      challenge: fc.oneof(
        { arbitrary: fc.constant(undefined), weight: 4 },
        { arbitrary: fc.constantFrom(...challengeNames), weight: 1 },
      ),
      right: often,
    }),
    weight: 7,
  },
  {
    arbitrary: fc.oneof(
      fc.record({ kind: fc.constant('enrol' as const), which, right: often }),
      fc.record({ kind: fc.constant('recover' as const), which, right: often }),
      fc.record({ kind: fc.constant('again' as const) }),
    ),
    weight: 2,
  },
)

const nameFor = ({ step }: Held): string => (step.startsWith('MFA_SETUP') ? 'MFA_SETUP' : step)

const take = async (walk: Walk, turn: Turn): Promise<void> => {
  if (turn.kind === 'start') {
    const start = starts[turn.flow]
    if (start) await judge(walk, start(walk, turn.right))
    return
  }
  if (turn.kind === 'again') {
    if (walk.taken) await judge(walk, { ...walk.taken, sound: false })
    return
  }
  // The newest session first: old ones are tried too, and must be dead.
  const from = walk.held.at(-1 - (turn.which % Math.max(1, walk.held.length)))
  if (!from) return
  if (turn.kind === 'enrol') return enrolStep(walk, from, turn.right)
  if (turn.kind === 'recover') return recoverStep(walk, from, turn.right)
  await judge(walk, await moveOf(walk, from, turn.challenge ?? nameFor(from), turn.right))
}

type Step = { readonly challengeName: string; readonly challengeResult: boolean }

// The pool's own challenge: a word, after the password where a sign-in begins with SRP. One wrong word ends it.
const define = (steps: readonly Step[]): Record<string, unknown> => {
  const last = steps.at(-1)
  if (last?.challengeName === 'SRP_A') return { challengeName: 'PASSWORD_VERIFIER' }
  if (last?.challengeName !== 'CUSTOM_CHALLENGE') return { challengeName: 'CUSTOM_CHALLENGE' }
  return last.challengeResult ? { issueTokens: true } : { failAuthentication: true }
}

const functions: Triggers = {
  has: (_, name) => /AuthChallenge/.test(name),
  call: async (name, { request }) => {
    if (name === 'DefineAuthChallenge') return define(request['session'] as Step[])
    if (name === 'CreateAuthChallenge') return { privateChallengeParameters: { answer: 'the word' } }
    if (name !== 'VerifyAuthChallengeResponse') return undefined
    const { answer } = request['privateChallengeParameters'] as { answer: string }
    return { answerCorrect: request['challengeAnswer'] === answer }
  },
}

const makeServer = async (t: TestContext): Promise<PoolUnderTest> => {
  const at = await makePool(await makeTestApp(t, { triggers: functions }))
  closing(t, () => at.server.close())
  return at
}

test('req 25, 34, 35, 38: no walk comes to tokens without all that pool and user demand', async (t) => {
  const at = await makeServer(t)
  await fc.assert(
    fc.asyncProperty(worlds, fc.array(turns, { minLength: 3, maxLength: 12 }), async (world, list) => {
      const walk = await prepare(at, world)
      for (const turn of list) await take(walk, turn)
    }),
    { numRuns: 200 },
  )
})

/** Answers rightly until there are tokens, or no way on. @returns whether there are tokens */
const honest = async (walk: Walk, flow: 'password' | 'srp' | 'admin'): Promise<boolean> => {
  const start = starts[flow]
  let answer = start && (await judge(walk, start(walk, true)))
  for (let steps = 0; steps < 8; steps += 1) {
    if (!answer) return false
    if (answer.AuthenticationResult) return true
    if (answer.ChallengeName === 'MFA_SETUP') {
      for (let turn = 0; turn < 2; turn += 1) {
        const held = walk.held.at(-1)
        if (held) await enrolStep(walk, held, held.step === 'MFA_SETUP/ASSOCIATED')
      }
    }
    const from = walk.held.at(-1)
    answer = from && (await judge(walk, await moveOf(walk, from, nameFor(from), true)))
  }
  return false
}

test('who proves all that is demanded comes in, by every flow with a password', async (t) => {
  const at = await makeServer(t)
  await fc.assert(
    fc.asyncProperty(worlds, fc.constantFrom('password', 'srp', 'admin'), async (world, flow) => {
      const walk = await prepare(at, world)
      assert.equal(await honest(walk, flow), mustComeIn(world))
    }),
    { numRuns: 80 },
  )
})
