// A lock that comes on one server while another is about to give something: nothing is given, it is said in the words
// of the lock, and after the lock the same session goes on (requirements 7, 37).
import assert from 'node:assert/strict'
import {
  addPool,
  addUser,
  everyFlow,
  goodPassword,
  onServer,
  type PoolChoice,
  type PoolUnderTest,
} from '../../../testing/pool.ts'
import { addUserWithApp, beginByPassword, respond } from '../../../testing/sign-in.ts'
import { appOf } from '../../../testing/authenticator-app.ts'
import { srpKeys, srpSignature, srpTimestamp } from '../../../../client/src/srp.ts'
import { onBothDatabases } from '../../../testing/databases.ts'
import { confirmedDevice, proveDevice, startWith } from '../../../testing/device.ts'
import { hookTriggers, type TestAnswers } from '../../../testing/functions.ts'
import { heldCommits } from '../../../testing/guesses.ts'
import type { Database } from '../../store/index.ts'

const locked = { name: 'NotAuthorizedException', message: 'Password attempts exceeded' }

const wrong = 'Wrong-horse-7'

/** The commits that give something: tokens, and a challenge. */
const givesTokens = /^insert into "sign_ins"/
const givesChallenge = /^insert into "sessions"/

/** A way that ends in something that is given, made ready up to its last request. */
type Way = {
  readonly name: string
  readonly options?: PoolChoice
  readonly gives: RegExp
  /** Wrong passwords that bring a lock beside it: one less where its own request is counted as well. */
  readonly wrongs: 4 | 5
  /** @returns sends the last request */
  readonly prepare: (at: PoolUnderTest) => Promise<() => Promise<unknown>>
}

const totp = (at: PoolUnderTest, code: () => string) => async (): Promise<() => Promise<unknown>> => {
  const { Session = '' } = await beginByPassword(at, 'jane')
  return () => respond(at, 'SOFTWARE_TOKEN_MFA', Session, { USERNAME: 'jane', SOFTWARE_TOKEN_MFA_CODE: code() })
}

const bySrp = async (at: PoolUnderTest): Promise<() => Promise<unknown>> => {
  const keys = srpKeys()
  const { ChallengeParameters = {} } = await at.server.call('InitiateAuth', {
    ClientId: at.ClientId,
    AuthFlow: 'USER_SRP_AUTH',
    AuthParameters: { USERNAME: 'jane', SRP_A: keys.A.toString(16) },
  })
  const { SALT: salt = '', SRP_B: B = '', SECRET_BLOCK: secretBlock = '' } = ChallengeParameters
  const poolName = at.UserPoolId.split('_')[1] ?? ''
  const timestamp = srpTimestamp(at.server.context.clock.now())
  const question = { keys, poolName, userId: 'jane', password: goodPassword, salt, B, secretBlock, timestamp }
  const responses = {
    USERNAME: 'jane',
    PASSWORD_CLAIM_SECRET_BLOCK: secretBlock,
    PASSWORD_CLAIM_SIGNATURE: await srpSignature(question),
    TIMESTAMP: timestamp,
  }
  const ClientId = at.ClientId
  return () =>
    at.server.call('RespondToAuthChallenge', {
      ClientId,
      ChallengeName: 'PASSWORD_VERIFIER',
      ChallengeResponses: responses,
    })
}

/** A sign-in that is asked to set up an authenticator app. @returns the Session of each step */
const setUp = async (at: PoolUnderTest): Promise<{ associated: string; verify: () => Promise<string> }> => {
  await addUser(at, 'jane')
  const { Session = '' } = await beginByPassword(at, 'jane')
  const { SecretCode = '', Session: associated = '' } = await at.server.call('AssociateSoftwareToken', { Session })
  const verify = async (): Promise<string> => {
    const UserCode = appOf(at, SecretCode).code()
    return (await at.server.call('VerifySoftwareToken', { Session: associated, UserCode })).Session ?? ''
  }
  return { associated, verify }
}

const userAuth: PoolChoice = { client: { ExplicitAuthFlows: [...everyFlow, 'ALLOW_USER_AUTH'] } }

const devices: PoolChoice = {
  pool: {
    DeviceConfiguration: { ChallengeRequiredOnNewDevice: true, DeviceOnlyRememberedOnUserPrompt: false },
  },
}

const ways: readonly Way[] = [
  {
    name: 'tokens for a password',
    gives: givesTokens,
    wrongs: 4,
    prepare: async (at) => {
      await addUser(at, 'jane')
      return () => beginByPassword(at, 'jane')
    },
  },
  {
    name: 'a challenge for a password',
    options: { mfa: 'OPTIONAL' },
    gives: givesChallenge,
    wrongs: 4,
    prepare: async (at) => {
      await addUserWithApp(at, 'jane')
      return () => beginByPassword(at, 'jane')
    },
  },
  {
    name: 'tokens for a proof by SRP',
    gives: givesTokens,
    wrongs: 4,
    prepare: async (at) => {
      await addUser(at, 'jane')
      return bySrp(at)
    },
  },
  {
    name: 'the challenge of SRP',
    gives: givesChallenge,
    wrongs: 5,
    prepare: async (at) => {
      await addUser(at, 'jane')
      return () => bySrp(at)
    },
  },
  {
    name: 'tokens for a code',
    options: { mfa: 'OPTIONAL' },
    gives: givesTokens,
    wrongs: 4,
    prepare: async (at) => {
      const app = await addUserWithApp(at, 'jane')
      return totp(at, app.code)()
    },
  },
  {
    name: 'tokens for a new password',
    gives: givesTokens,
    wrongs: 5,
    prepare: async (at) => {
      const TemporaryPassword = 'Temporary-horse-1'
      const user = { UserPoolId: at.UserPoolId, Username: 'jane', TemporaryPassword }
      await at.server.call('AdminCreateUser', { ...user, MessageAction: 'SUPPRESS' })
      const { Session = '' } = await beginByPassword(at, 'jane', TemporaryPassword)
      return () => respond(at, 'NEW_PASSWORD_REQUIRED', Session, { USERNAME: 'jane', NEW_PASSWORD: goodPassword })
    },
  },
  {
    name: 'the secret of a set-up',
    options: { mfa: 'ON' },
    gives: givesChallenge,
    wrongs: 5,
    prepare: async (at) => {
      await addUser(at, 'jane')
      const { Session = '' } = await beginByPassword(at, 'jane')
      return () => at.server.call('AssociateSoftwareToken', { Session })
    },
  },
  {
    name: 'the Session of a set-up',
    options: { mfa: 'ON' },
    gives: givesChallenge,
    wrongs: 4,
    prepare: async (at) => (await setUp(at)).verify,
  },
  {
    name: 'tokens for a set-up',
    options: { mfa: 'ON' },
    gives: givesTokens,
    wrongs: 5,
    prepare: async (at) => {
      const Session = await (await setUp(at)).verify()
      return () => respond(at, 'MFA_SETUP', Session, { USERNAME: 'jane' })
    },
  },
  {
    name: 'a list of first factors',
    options: userAuth,
    gives: givesChallenge,
    wrongs: 5,
    prepare: async (at) => {
      await addUser(at, 'jane')
      const AuthParameters = { USERNAME: 'jane' }
      return () => at.server.call('InitiateAuth', { ClientId: at.ClientId, AuthFlow: 'USER_AUTH', AuthParameters })
    },
  },
  {
    name: 'tokens for the password of a choice',
    options: userAuth,
    gives: givesTokens,
    wrongs: 4,
    prepare: async (at) => {
      await addUser(at, 'jane')
      const AuthParameters = { USERNAME: 'jane' }
      const call = { ClientId: at.ClientId, AuthFlow: 'USER_AUTH', AuthParameters } as const
      const { Session = '' } = await at.server.call('InitiateAuth', call)
      return () => respond(at, 'PASSWORD', Session, { USERNAME: 'jane', PASSWORD: goodPassword })
    },
  },
  {
    name: 'tokens for an answer to a custom challenge',
    options: { client: { ExplicitAuthFlows: [...everyFlow, 'ALLOW_CUSTOM_AUTH'] } },
    gives: givesTokens,
    wrongs: 4,
    prepare: async (at) => {
      await addUser(at, 'jane')
      const AuthParameters = { USERNAME: 'jane' }
      const call = { ClientId: at.ClientId, AuthFlow: 'CUSTOM_AUTH', AuthParameters } as const
      const { Session } = await at.server.call('InitiateAuth', call)
      return () => respond(at, 'CUSTOM_CHALLENGE', Session, { USERNAME: 'jane', ANSWER: 'the word' })
    },
  },
  {
    name: 'tokens for the proof of a device',
    options: devices,
    gives: givesTokens,
    wrongs: 4,
    prepare: async (at) => {
      await addUser(at, 'jane')
      const { device } = await confirmedDevice(at, 'jane')
      const proof = await proveDevice(at, await startWith(at, 'jane', device.key), device)
      return () => at.server.call('RespondToAuthChallenge', proof)
    },
  },
]

/** Asks for a word, once. */
const custom: TestAnswers = {
  DefineAuthChallenge_Authentication: ({ request, response }) => {
    const right = (request['session'] as { challengeResult: boolean }[]).at(-1)?.challengeResult
    Object.assign(response, right ? { issueTokens: true } : { challengeName: 'CUSTOM_CHALLENGE' })
  },
  CreateAuthChallenge_Authentication: ({ response }) => {
    Object.assign(response, { publicChallengeParameters: {}, privateChallengeParameters: {} })
  },
  VerifyAuthChallengeResponse_Authentication: ({ request, response }) => {
    response['answerCorrect'] = request['challengeAnswer'] === 'the word'
  },
}

for (const { name, options, gives, wrongs, prepare } of ways) {
  onBothDatabases(`req 7, 37: a lock that comes meanwhile holds back ${name}`, async (start, t) => {
    const { wrapDatabase, holdNext } = heldCommits()
    const hook = await hookTriggers(t, custom)
    const databases: Database[] = []
    const [slow] = await start(1, {
      triggers: hook.triggers,
      wrapDatabase: (database) => {
        databases.push(database)
        return wrapDatabase(database)
      },
    })
    const LambdaConfig = Object.fromEntries(
      Object.entries(hook.lambdaConfig).filter(
        ([trigger]) => trigger.endsWith('Challenge') || trigger.startsWith('Verify'),
      ),
    )
    const at = await addPool(slow, { ...options, pool: { LambdaConfig, ...options?.pool } })
    const send = await prepare(at)
    const [other] = await start(1)
    // The clock of the other server goes with that of the first, which may have been moved.
    other.advance((slow.context.clock.now() - other.context.clock.now()) / 1000)
    const elsewhere = onServer(other, at)
    const waiting = holdNext(gives)
    const given = send().then(
      () => 'given',
      ({ message }: Error) => message,
    )
    const letGo = await waiting
    for (let made = 0; made < wrongs; made += 1) {
      await assert.rejects(beginByPassword(elsewhere, 'jane', wrong), { message: 'Incorrect username or password.' })
    }
    letGo()
    assert.equal(await given, locked.message)
    for (const node of [at, elsewhere]) await assert.rejects(beginByPassword(node, 'jane'), locked)
    // Nothing is left of the answer by which a right one could be told.
    const [row] =
      (await databases[0]?.read({
        sql: 'select max(attempts) as most from sessions where ended_at is null',
        parameters: [],
      })) ?? []
    assert.equal(Number(row?.['most'] ?? 0), 0)
    slow.advance(1)
    await send()
  })
}
