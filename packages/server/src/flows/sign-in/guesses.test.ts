// Guesses in parallel, by every way in and over two servers on one database: of 300 at once, the right one at a random
// place among them, no more are looked at than the lock allows, no answer tells the right one, nothing is let in during
// the lock, and after it the owner goes on with the same session (requirements 6, 7, 20, 37, 121, 122).
import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import type { TestContext } from 'node:test'
import {
  addPool,
  addUser,
  everyFlow,
  goodPassword,
  onServer,
  type PoolChoice,
  type PoolUnderTest,
} from '../../../testing/pool.ts'
import { addUserWithApp, beginByAdmin, beginByPassword, respond, signIn } from '../../../testing/sign-in.ts'
import { appOf, enrol } from '../../../testing/authenticator-app.ts'
import { srpKeys, srpSignature, srpTimestamp } from '../../../../client/src/srp.ts'
import { onBothDatabases, type StartServers } from '../../../testing/databases.ts'
import { answerDeviceSrp, confirmedDevice, proofOf, startWith } from '../../../testing/device.ts'
import { hookTriggers } from '../../../testing/functions.ts'
import { softPasskey } from '../../../testing/passkey.ts'
import { assertHeld, countedChecks, flood, floodSize, type Flood } from '../../../testing/guesses.ts'
import type { Authenticator } from '../../../testing/authenticator-app.ts'
import type { Inputs } from '../../wire/model.gen.ts'

type NewCredential = Inputs['CompleteWebAuthnRegistration']['Credential']

const wrong = (index: number): string => `Wrong-horse-${index}`

/** A way in: how a guess is sent to a server, right or wrong. */
type Way = {
  guess(at: PoolUnderTest, index: number, isRight: boolean): Promise<unknown>
  /** The owner, after the lock; in the same session where there is one. */
  goOn(at: PoolUnderTest, rightPlace: number): Promise<unknown>
}

/** Two servers on one database, as one pool sees them, and what their checks were. */
type Pair = {
  readonly servers: readonly [PoolUnderTest, ...PoolUnderTest[]]
  readonly checks: () => number
  advance(seconds: number): void
  addOwner(username: string): Promise<Authenticator>
}

const startPair = async (
  start: StartServers,
  options: PoolChoice = {},
  more: Parameters<StartServers>[1] = {},
): Promise<Pair> => {
  const { keys, checks } = countedChecks()
  const apps = await start(2, { ...more, keys })
  const at = await addPool(apps[0], { ...options, client: { AuthSessionValidity: 15, ...options.client } })
  const others = apps.slice(1)
  const advance = (seconds: number): void => {
    for (const app of apps) app.advance(seconds)
  }
  const servers = [at, ...others.map((app) => onServer(app, at))] as const
  const addOwner = async (username: string): Promise<Authenticator> => {
    const app = await addUserWithApp(servers[0], username)
    // The first server's clock was moved; the others follow it.
    for (const other of others) other.advance(30)
    return app
  }
  return { servers, checks, advance, addOwner }
}

/**
 * Sends the flood and holds it to what is promised.
 *
 * @param right - the place of the right guess; at random if not given
 * @param looks - how many of the counted checks one guess takes; 0 where they are not counted
 */
const tryOut = async (pair: Pair, way: Way, looks: number, right: number = randomInt(floodSize)): Promise<Flood> => {
  const before = pair.checks()
  const came = await flood(pair.servers, (at, index) => way.guess(at, index, index === right))
  assertHeld(came, right)
  if (looks > 0) {
    const made = pair.checks() - before
    const seen = came.refusedOnSight + came.letIn
    const most = (seen + (came.letIn === 0 ? 1 : 0)) * looks
    assert.ok(made > 0 && made <= most, `${made} checks for ${seen} answers`)
  }
  // Who was let in needs no other way.
  if (came.letIn > 0) return came
  const [first, second = first] = pair.servers
  for (const at of [first, second]) {
    await assert.rejects(way.goOn(at, right), { message: 'Password attempts exceeded' }, 'while the lock holds')
  }
  pair.advance(2)
  await way.goOn(second, right)
  return came
}

type Run = (start: StartServers, t: TestContext) => Promise<{ pair: Pair; way: Way }>

/** Runs a flood by a way in on both databases, the right guess at a random place. */
const onWay = (name: string, looks: number, run: Run): void => {
  onBothDatabases(`req 121, 122: 300 guesses at once by ${name}`, async (start, t) => {
    const { pair, way } = await run(start, t)
    await tryOut(pair, way, looks)
  })
}

/** The same, and once more with the right guess among the first, where it may be let in. */
const onWayTwice = (name: string, looks: number, run: Run): void => {
  onWay(name, looks, run)
  onBothDatabases(`req 121: 300 guesses at once by ${name}, the right one among the first`, async (start, t) => {
    const { pair, way } = await run(start, t)
    await tryOut(pair, way, looks, randomInt(5))
  })
}

onWay('password', 1, async (start) => {
  const pair = await startPair(start)
  await addUser(pair.servers[0], 'jane')
  const guess: Way['guess'] = (at, index, isRight) => beginByPassword(at, 'jane', isRight ? goodPassword : wrong(index))
  return { pair, way: { guess, goOn: (at) => beginByPassword(at, 'jane') } }
})

onWayTwice('password of a user with a second factor', 1, async (start) => {
  const pair = await startPair(start, { mfa: 'OPTIONAL' })
  await pair.addOwner('jane')
  const guess: Way['guess'] = (at, index, isRight) => beginByPassword(at, 'jane', isRight ? goodPassword : wrong(index))
  return { pair, way: { guess, goOn: (at) => beginByPassword(at, 'jane') } }
})

onWay('password of the Admin operations', 1, async (start) => {
  const pair = await startPair(start)
  await addUser(pair.servers[0], 'jane')
  const guess: Way['guess'] = (at, index, isRight) => beginByAdmin(at, 'jane', isRight ? goodPassword : wrong(index))
  return { pair, way: { guess, goOn: (at) => beginByAdmin(at, 'jane') } }
})

onWay('password of a choice', 1, async (start) => {
  const client = { ExplicitAuthFlows: [...everyFlow, 'ALLOW_USER_AUTH' as const] }
  const pair = await startPair(start, { client })
  await addUser(pair.servers[0], 'jane')
  const send = ({ server: { call }, ClientId: clientId }: PoolUnderTest, PASSWORD: string) =>
    call('InitiateAuth', {
      ClientId: clientId,
      AuthFlow: 'USER_AUTH',
      AuthParameters: { USERNAME: 'jane', PREFERRED_CHALLENGE: 'PASSWORD', PASSWORD },
    })
  const guess: Way['guess'] = (at, index, isRight) => send(at, isRight ? goodPassword : wrong(index))
  return { pair, way: { guess, goOn: (at) => send(at, goodPassword) } }
})

onWayTwice('SRP proof', 0, async (start) => {
  const pair = await startPair(start, { mfa: 'OPTIONAL' })
  const [first] = pair.servers
  await pair.addOwner('jane')
  const keys = srpKeys()
  const { ChallengeParameters = {} } = await first.server.call('InitiateAuth', {
    ClientId: first.ClientId,
    AuthFlow: 'USER_SRP_AUTH',
    AuthParameters: { USERNAME: 'jane', SRP_A: keys.A.toString(16) },
  })
  const { SALT: salt = '', SRP_B: B = '', SECRET_BLOCK: secretBlock = '' } = ChallengeParameters
  const poolName = first.UserPoolId.split('_')[1] ?? ''
  const timestamp = srpTimestamp(first.server.context.clock.now())
  const question = { keys, poolName, userId: 'jane', salt, B, secretBlock, timestamp }
  const right = await srpSignature({ ...question, password: goodPassword })
  const send = ({ server: { call }, ClientId: clientId }: PoolUnderTest, PASSWORD_CLAIM_SIGNATURE: string) =>
    call('RespondToAuthChallenge', {
      ClientId: clientId,
      ChallengeName: 'PASSWORD_VERIFIER',
      ChallengeResponses: {
        USERNAME: 'jane',
        PASSWORD_CLAIM_SECRET_BLOCK: secretBlock,
        PASSWORD_CLAIM_SIGNATURE,
        TIMESTAMP: timestamp,
      },
    })
  const otherProof = (index: number): string => {
    const bytes = Buffer.from(right, 'base64')
    bytes.writeUInt16BE((bytes.readUInt16BE() + index + 1) % 65_536)
    return bytes.toString('base64')
  }
  const guess: Way['guess'] = (at, index, isRight) => send(at, isRight ? right : otherProof(index))
  return { pair, way: { guess, goOn: (at) => send(at, right) } }
})

/** Sessions in which a user who gave the password is asked for a second factor. */
const waitingSessions = async (at: PoolUnderTest, count: number): Promise<(index: number) => string> => {
  const sessions: string[] = []
  for (let made = 0; made < count; made += 1) sessions.push((await beginByPassword(at, 'jane')).Session ?? '')
  return (index) => sessions[index % count] ?? ''
}

onWayTwice('code of an authenticator app, over 30 sessions', 1, async (start) => {
  const pair = await startPair(start, { mfa: 'OPTIONAL' })
  const [first] = pair.servers
  const app = await pair.addOwner('jane')
  const sessionOf = await waitingSessions(first, 30)
  const send = (at: PoolUnderTest, index: number, code: string) =>
    respond(at, 'SOFTWARE_TOKEN_MFA', sessionOf(index), { USERNAME: 'jane', SOFTWARE_TOKEN_MFA_CODE: code })
  const guess: Way['guess'] = (at, index, isRight) => send(at, index, app.code(isRight ? 0 : 10 + index))
  return { pair, way: { guess, goOn: (at, place) => send(at, place, app.code()) } }
})

const emailPool = {
  EmailConfiguration: { EmailSendingAccount: 'DEVELOPER', SourceArn: 'arn:aws:ses:zz-local-1:0:identity/a' },
} as const

/** Adds jane, whose second factor is a code by e-mail. */
const addUserByMail = async (at: PoolUnderTest): Promise<void> => {
  const {
    server: { call },
    UserPoolId,
  } = at
  await call('SetUserPoolMfaConfig', { UserPoolId, MfaConfiguration: 'OPTIONAL', EmailMfaConfiguration: {} })
  await addUser(at, 'jane')
  const user = { UserPoolId, Username: 'jane' }
  const UserAttributes = [
    { Name: 'email', Value: 'jane@example.com' },
    { Name: 'email_verified', Value: 'true' },
  ]
  await call('AdminUpdateUserAttributes', { ...user, UserAttributes })
  await call('AdminSetUserMFAPreference', { ...user, EmailMfaSettings: { Enabled: true, PreferredMfa: true } })
}

onWay('code by e-mail, over 15 sessions', 1, async (start) => {
  const pair = await startPair(start, { pool: emailPool })
  const [first] = pair.servers
  await addUserByMail(first)
  const waiting: { session: string; code: string }[] = []
  for (let made = 0; made < 15; made += 1) {
    const { Session = '' } = await beginByPassword(first, 'jane')
    waiting.push({ session: Session, code: await first.server.code('jane@example.com') })
  }
  const heldAt = (index: number) => waiting[index % waiting.length] ?? assert.fail()
  const send = (at: PoolUnderTest, index: number, EMAIL_OTP_CODE: string) =>
    respond(at, 'EMAIL_OTP', heldAt(index).session, { USERNAME: 'jane', EMAIL_OTP_CODE })
  const otherCode = (index: number): string =>
    String((Number(heldAt(index).code) + 1 + index) % 1_000_000).padStart(6, '0')
  const guess: Way['guess'] = (at, index, isRight) => send(at, index, isRight ? heldAt(index).code : otherCode(index))
  return { pair, way: { guess, goOn: (at, place) => send(at, place, heldAt(place).code) } }
})

onWay('first code of an authenticator app', 1, async (start) => {
  const pair = await startPair(start, { mfa: 'OPTIONAL' })
  const [first] = pair.servers
  await addUser(first, 'jane')
  const { AccessToken } = await signIn(first, 'jane')
  const { SecretCode = '' } = await first.server.call('AssociateSoftwareToken', { AccessToken })
  const app = appOf(first, SecretCode)
  const send = ({ server: { call } }: PoolUnderTest, UserCode: string) =>
    call('VerifySoftwareToken', { AccessToken, UserCode })
  const guess: Way['guess'] = (at, index, isRight) => send(at, app.code(isRight ? 0 : 10 + index))
  return { pair, way: { guess, goOn: (at) => send(at, app.code()) } }
})

onWay('signature of a passkey', 0, async (start) => {
  const pair = await startPair(start, {
    pool: { Policies: { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD', 'WEB_AUTHN'] } } },
    client: { ExplicitAuthFlows: [...everyFlow, 'ALLOW_USER_AUTH'] },
  })
  const [first] = pair.servers
  await addUser(first, 'jane')
  const { AccessToken } = await signIn(first, 'jane')
  const { CredentialCreationOptions } = await first.server.call('StartWebAuthnRegistration', { AccessToken })
  const passkey = softPasskey()
  const Credential = passkey.create(CredentialCreationOptions) as unknown as NewCredential
  await first.server.call('CompleteWebAuthnRegistration', { AccessToken, Credential })
  const begin = async () => {
    const AuthParameters = { USERNAME: 'jane', PREFERRED_CHALLENGE: 'WEB_AUTHN' }
    const call = { ClientId: first.ClientId, AuthFlow: 'USER_AUTH', AuthParameters } as const
    const { Session = '', ChallengeParameters = {} } = await first.server.call('InitiateAuth', call)
    const options = JSON.parse(ChallengeParameters['CREDENTIAL_REQUEST_OPTIONS'] ?? '') as Record<string, unknown>
    return { session: Session, options }
  }
  // A session bears twelve answers.
  const waiting: Awaited<ReturnType<typeof begin>>[] = []
  while (waiting.length < 30) waiting.push(await begin())
  const send = (at: PoolUnderTest, index: number, forged: boolean) => {
    const { session, options } = waiting[index % waiting.length] ?? assert.fail()
    const CREDENTIAL = JSON.stringify(passkey.get(options, { forged }))
    return respond(at, 'WEB_AUTHN', session, { USERNAME: 'jane', CREDENTIAL })
  }
  const guess: Way['guess'] = (at, index, isRight) => send(at, index, !isRight)
  return { pair, way: { guess, goOn: (at, place) => send(at, place, false) } }
})

/** Codes that a user has at once: each guess is compared with all of them. */
const recoveryCodes = 10

onWay('recovery code, over 30 sessions', recoveryCodes, async (start) => {
  const pair = await startPair(start, { mfa: 'OPTIONAL' })
  const [first] = pair.servers
  await first.server.call('SetUserPoolRecoveryCodeConfiguration', { UserPoolId: first.UserPoolId, Enabled: true })
  await addUser(first, 'jane')
  const { AccessToken } = await signIn(first, 'jane')
  await enrol(first, AccessToken)
  const SoftwareTokenMfaSettings = { Enabled: true, PreferredMfa: true }
  await first.server.call('SetUserMFAPreference', { AccessToken, SoftwareTokenMfaSettings })
  const { RecoveryCodes } = await first.server.call('CreateRecoveryCodes', { AccessToken })
  const sessionOf = await waitingSessions(first, 30)
  const send = ({ server: { call }, ClientId: clientId }: PoolUnderTest, index: number, RecoveryCode: string) =>
    call('RespondWithRecoveryCode', {
      ClientId: clientId,
      Username: 'jane',
      Session: sessionOf(index),
      RecoveryCode,
    })
  const right = RecoveryCodes[3] ?? ''
  const other = (index: number): string => `AAAA-AAAA-A${String(index).padStart(3, '0')}`
  const guess: Way['guess'] = (at, index, isRight) => send(at, index, isRight ? right : other(index))
  return { pair, way: { guess, goOn: (at, place) => send(at, place, right) } }
})

onWay('proof of a device', 0, async (start) => {
  const DeviceConfiguration = { ChallengeRequiredOnNewDevice: true, DeviceOnlyRememberedOnUserPrompt: false }
  const pair = await startPair(start, { pool: { DeviceConfiguration } })
  const [first] = pair.servers
  await addUser(first, 'jane')
  const { device } = await confirmedDevice(first, 'jane')
  const asked = await startWith(first, 'jane', device.key)
  const keys = srpKeys()
  const proof = await proofOf(first, await answerDeviceSrp(first, asked, device, keys), device, keys)
  const { ChallengeResponses = {} } = proof
  const right = ChallengeResponses['PASSWORD_CLAIM_SIGNATURE'] ?? ''
  const send = ({ server: { call } }: PoolUnderTest, PASSWORD_CLAIM_SIGNATURE: string) =>
    call('RespondToAuthChallenge', {
      ...proof,
      ChallengeResponses: { ...ChallengeResponses, PASSWORD_CLAIM_SIGNATURE },
    })
  const otherProof = (index: number): string => {
    const bytes = Buffer.from(right, 'base64')
    bytes.writeUInt16BE((bytes.readUInt16BE() + index + 1) % 65_536)
    return bytes.toString('base64')
  }
  const guess: Way['guess'] = (at, index, isRight) => send(at, isRight ? right : otherProof(index))
  return { pair, way: { guess, goOn: (at) => send(at, right) } }
})

onBothDatabases('req 121, 122: 300 answers at once to custom challenges', async (start, t) => {
  const looked: unknown[] = []
  const hook = await hookTriggers(t, {
    DefineAuthChallenge_Authentication: ({ request, response }) => {
      const results = request['session'] as { challengeResult: boolean }[]
      if (results.at(-1)?.challengeResult) response['issueTokens'] = true
      else if (results.length > 0) response['failAuthentication'] = true
      else response['challengeName'] = 'CUSTOM_CHALLENGE'
    },
    CreateAuthChallenge_Authentication: ({ response }) => {
      response['publicChallengeParameters'] = {}
      response['privateChallengeParameters'] = { answer: 'five-is-right' }
    },
    VerifyAuthChallengeResponse_Authentication: ({ request, response }) => {
      looked.push(request['challengeAnswer'])
      response['answerCorrect'] = request['challengeAnswer'] === 'five-is-right'
    },
  })
  const pair = await startPair(
    start,
    { pool: { LambdaConfig: hook.lambdaConfig }, client: { ExplicitAuthFlows: ['ALLOW_CUSTOM_AUTH'] } },
    { triggers: hook.triggers },
  )
  const [first] = pair.servers
  await addUser(first, 'jane')
  const begin = async (): Promise<string> => {
    const AuthParameters = { USERNAME: 'jane' }
    const call = { ClientId: first.ClientId, AuthFlow: 'CUSTOM_AUTH', AuthParameters } as const
    return (await first.server.call('InitiateAuth', call)).Session ?? ''
  }
  // A session takes one answer.
  const sessions: string[] = []
  while (sessions.length < floodSize) sessions.push(...(await Promise.all(Array.from({ length: 50 }, begin))))
  const send = (at: PoolUnderTest, index: number, ANSWER: string) =>
    respond(at, 'CUSTOM_CHALLENGE', sessions[index] ?? '', { USERNAME: 'jane', ANSWER })
  const guess: Way['guess'] = (at, index, isRight) => send(at, index, isRight ? 'five-is-right' : wrong(index))
  const goOn: Way['goOn'] = (at, place) => send(at, place, 'five-is-right')
  const { letIn, refusedOnSight } = await tryOut(pair, { guess, goOn }, 0)
  // Where a lock held the right answer back, it came to the function twice: in the flood, and when the lock was over.
  const most = refusedOnSight + letIn + (letIn === 0 ? 2 : 0)
  assert.ok(looked.length <= most, `${looked.length} answers came to the function`)
})

/** A flood in which two of three guesses are right, and the same. @returns how many were let in */
const floodOfRightOnes = async (
  { servers }: Pair,
  send: (at: PoolUnderTest, index: number, isRight: boolean) => Promise<unknown>,
): Promise<number> => (await flood(servers, (at, index) => send(at, index, index % 3 !== 0))).letIn

onBothDatabases(
  'req 17, 121: of 200 right codes of an app among 100 wrong ones no more than one opens',
  async (start) => {
    const pair = await startPair(start, { mfa: 'OPTIONAL' })
    const app = await pair.addOwner('jane')
    const sessionOf = await waitingSessions(pair.servers[0], 30)
    const opened = await floodOfRightOnes(pair, (at, index, isRight) => {
      const code = app.code(isRight ? 0 : 10 + index)
      return respond(at, 'SOFTWARE_TOKEN_MFA', sessionOf(index), { USERNAME: 'jane', SOFTWARE_TOKEN_MFA_CODE: code })
    })
    assert.ok(opened <= 1, `${opened} were opened`)
  },
)

onBothDatabases(
  'req 35, 121: of 200 right answers to one session among 100 wrong ones no more than one opens',
  async (start) => {
    const pair = await startPair(start, { pool: emailPool })
    const [first] = pair.servers
    await addUserByMail(first)
    const { Session = '' } = await beginByPassword(first, 'jane')
    const right = await first.server.code('jane@example.com')
    const opened = await floodOfRightOnes(pair, (at, index, isRight) => {
      const other = String((Number(right) + 1 + index) % 1_000_000).padStart(6, '0')
      return respond(at, 'EMAIL_OTP', Session, { USERNAME: 'jane', EMAIL_OTP_CODE: isRight ? right : other })
    })
    assert.ok(opened <= 1, `${opened} were opened`)
  },
)

onBothDatabases(
  'req 11, 121: 300 guesses at once about an unknown name are answered like those about a user',
  async (start) => {
    const pair = await startPair(start, { client: { PreventUserExistenceErrors: 'ENABLED' } })
    await addUser(pair.servers[0], 'jane')
    const toldAbout = async (name: string): Promise<readonly string[]> =>
      (await flood(pair.servers, (at, index) => beginByPassword(at, name, wrong(index)))).answers.toSorted()
    const known = await toldAbout('jane')
    assert.equal(new Set(known).size, 2)
    assert.deepEqual(await toldAbout('nobody'), known)
  },
)

onBothDatabases('right passwords that come together are all let in, also over three servers', async (start) => {
  const apps = await start(3)
  const at = await addPool(apps[0], { mfa: 'OPTIONAL' })
  await addUser(at, 'june')
  await addUserWithApp(at, 'jane')
  for (const other of apps.slice(1)) other.advance(30)
  const nodes = apps.map((app) => onServer(app, at))
  for (const name of ['june', 'jane']) {
    const { letIn } = await flood(nodes, (node, index) =>
      index < 30 ? beginByPassword(node, name) : Promise.resolve(),
    )
    assert.equal(letIn, floodSize)
  }
})

for (const hiding of ['ENABLED', 'LEGACY'] as const) {
  onBothDatabases(
    `req 121: 300 passwords at once of a user who may come over, users hidden: ${hiding}`,
    async (start, t) => {
      const looked: unknown[] = []
      const hook = await hookTriggers(t, {
        UserMigration_Authentication: ({ request, response }) => {
          looked.push(request['password'])
          if (request['password'] !== goodPassword) throw new Error('wrong')
          Object.assign(response, { userAttributes: { email: 'jane@example.com' }, finalUserStatus: 'CONFIRMED' })
        },
      })
      const { UserMigration = '' } = hook.lambdaConfig
      const pair = await startPair(
        start,
        { pool: { LambdaConfig: { UserMigration } }, client: { PreventUserExistenceErrors: hiding } },
        { triggers: hook.triggers },
      )
      const guess: Way['guess'] = (server, index, isRight) =>
        beginByPassword(server, 'jane', isRight ? goodPassword : wrong(index))
      const { letIn } = await tryOut(pair, { guess, goOn: (server) => beginByPassword(server, 'jane') }, 0)
      assert.ok(looked.length <= (letIn === 0 ? 6 : 5), `${looked.length} passwords came to the function`)
    },
  )
}
