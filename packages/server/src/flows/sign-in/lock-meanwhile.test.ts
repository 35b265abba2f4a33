// A lock that comes on one server while another is about to give something: nothing is given, it is said in the words
// of the lock, and after the lock the same session goes on (requirements 7, 37).
import assert from 'node:assert/strict'
import { srpKeys, srpSignature, srpTimestamp } from '../../../../client/src/srp.ts'
import { onBothDatabases } from '../../../testing/databases.ts'
import { confirmedDevice, proveDevice, startWith } from '../../../testing/device.ts'
import { heldCommits } from '../../../testing/guesses.ts'
import {
  addSignInPool,
  everyFlow,
  password,
  signInServer,
  type SignInOptions,
  type SignInServer,
} from '../../../testing/sign-in.ts'

const locked = { name: 'NotAuthorizedException', message: 'Password attempts exceeded' }

const wrong = 'Wrong-horse-7'

/** The commits that give something: tokens, and a challenge. */
const givesTokens = /^insert into "sign_ins"/
const givesChallenge = /^insert into "sessions"/

/** A way that ends in something that is given, made ready up to its last request. */
type Way = {
  readonly name: string
  readonly options?: SignInOptions
  readonly gives: RegExp
  /** Wrong passwords that bring a lock beside it: one less where its own request is counted as well. */
  readonly wrongs: 4 | 5
  /** @returns sends the last request */
  readonly prepare: (server: SignInServer) => Promise<() => Promise<unknown>>
}

const totp = (server: SignInServer, code: () => string) => async (): Promise<() => Promise<unknown>> => {
  const { Session = '' } = await server.start('jane')
  return () => server.answer('SOFTWARE_TOKEN_MFA', Session, { USERNAME: 'jane', SOFTWARE_TOKEN_MFA_CODE: code() })
}

const bySrp = async (server: SignInServer): Promise<() => Promise<unknown>> => {
  const keys = srpKeys()
  const { ChallengeParameters = {} } = await server.call('InitiateAuth', {
    ClientId: server.clientId,
    AuthFlow: 'USER_SRP_AUTH',
    AuthParameters: { USERNAME: 'jane', SRP_A: keys.A.toString(16) },
  })
  const { SALT: salt = '', SRP_B: B = '', SECRET_BLOCK: secretBlock = '' } = ChallengeParameters
  const poolName = server.poolId.split('_')[1] ?? ''
  const timestamp = srpTimestamp(server.context.clock.now())
  const question = { keys, poolName, userId: 'jane', password, salt, B, secretBlock, timestamp }
  const responses = {
    USERNAME: 'jane',
    PASSWORD_CLAIM_SECRET_BLOCK: secretBlock,
    PASSWORD_CLAIM_SIGNATURE: await srpSignature(question),
    TIMESTAMP: timestamp,
  }
  const ClientId = server.clientId
  return () =>
    server.call('RespondToAuthChallenge', {
      ClientId,
      ChallengeName: 'PASSWORD_VERIFIER',
      ChallengeResponses: responses,
    })
}

/** A sign-in that is asked to set up an authenticator app. @returns the Session of each step */
const setUp = async (server: SignInServer): Promise<{ associated: string; verify: () => Promise<string> }> => {
  await server.addUser('jane')
  const { Session = '' } = await server.start('jane')
  const { SecretCode = '', Session: associated = '' } = await server.call('AssociateSoftwareToken', { Session })
  const verify = async (): Promise<string> => {
    const UserCode = server.appOf(SecretCode).code()
    return (await server.call('VerifySoftwareToken', { Session: associated, UserCode })).Session ?? ''
  }
  return { associated, verify }
}

const userAuth: SignInOptions = { client: { ExplicitAuthFlows: [...everyFlow, 'ALLOW_USER_AUTH'] } }

const devices: SignInOptions = {
  pool: {
    DeviceConfiguration: { ChallengeRequiredOnNewDevice: true, DeviceOnlyRememberedOnUserPrompt: false },
  },
}

const ways: readonly Way[] = [
  {
    name: 'tokens for a password',
    gives: givesTokens,
    wrongs: 4,
    prepare: async (server) => {
      await server.addUser('jane')
      return () => server.start('jane')
    },
  },
  {
    name: 'a challenge for a password',
    options: { mfa: 'OPTIONAL' },
    gives: givesChallenge,
    wrongs: 4,
    prepare: async (server) => {
      await server.addUserWithApp('jane')
      return () => server.start('jane')
    },
  },
  {
    name: 'tokens for a proof by SRP',
    gives: givesTokens,
    wrongs: 4,
    prepare: async (server) => {
      await server.addUser('jane')
      return bySrp(server)
    },
  },
  {
    name: 'the challenge of SRP',
    gives: givesChallenge,
    wrongs: 5,
    prepare: async (server) => {
      await server.addUser('jane')
      return () => bySrp(server)
    },
  },
  {
    name: 'tokens for a code',
    options: { mfa: 'OPTIONAL' },
    gives: givesTokens,
    wrongs: 4,
    prepare: async (server) => {
      const app = await server.addUserWithApp('jane')
      return totp(server, app.code)()
    },
  },
  {
    name: 'tokens for a new password',
    gives: givesTokens,
    wrongs: 5,
    prepare: async (server) => {
      const TemporaryPassword = 'Temporary-horse-1'
      const user = { UserPoolId: server.poolId, Username: 'jane', TemporaryPassword }
      await server.call('AdminCreateUser', { ...user, MessageAction: 'SUPPRESS' })
      const { Session = '' } = await server.start('jane', TemporaryPassword)
      return () => server.answer('NEW_PASSWORD_REQUIRED', Session, { USERNAME: 'jane', NEW_PASSWORD: password })
    },
  },
  {
    name: 'the secret of a set-up',
    options: { mfa: 'ON' },
    gives: givesChallenge,
    wrongs: 5,
    prepare: async (server) => {
      await server.addUser('jane')
      const { Session = '' } = await server.start('jane')
      return () => server.call('AssociateSoftwareToken', { Session })
    },
  },
  {
    name: 'the Session of a set-up',
    options: { mfa: 'ON' },
    gives: givesChallenge,
    wrongs: 4,
    prepare: async (server) => (await setUp(server)).verify,
  },
  {
    name: 'tokens for a set-up',
    options: { mfa: 'ON' },
    gives: givesTokens,
    wrongs: 5,
    prepare: async (server) => {
      const Session = await (await setUp(server)).verify()
      return () => server.answer('MFA_SETUP', Session, { USERNAME: 'jane' })
    },
  },
  {
    name: 'a list of first factors',
    options: userAuth,
    gives: givesChallenge,
    wrongs: 5,
    prepare: async (server) => {
      await server.addUser('jane')
      const AuthParameters = { USERNAME: 'jane' }
      return () => server.call('InitiateAuth', { ClientId: server.clientId, AuthFlow: 'USER_AUTH', AuthParameters })
    },
  },
  {
    name: 'tokens for the password of a choice',
    options: userAuth,
    gives: givesTokens,
    wrongs: 4,
    prepare: async (server) => {
      await server.addUser('jane')
      const AuthParameters = { USERNAME: 'jane' }
      const call = { ClientId: server.clientId, AuthFlow: 'USER_AUTH', AuthParameters } as const
      const { Session = '' } = await server.call('InitiateAuth', call)
      return () => server.answer('PASSWORD', Session, { USERNAME: 'jane', PASSWORD: password })
    },
  },
  {
    name: 'tokens for the proof of a device',
    options: devices,
    gives: givesTokens,
    wrongs: 4,
    prepare: async (server) => {
      await server.addUser('jane')
      const { device } = await confirmedDevice(server, 'jane')
      const proof = await proveDevice(server, await startWith(server, 'jane', device.key), device)
      return () => server.call('RespondToAuthChallenge', proof)
    },
  },
]

for (const { name, options, gives, wrongs, prepare } of ways) {
  onBothDatabases(`req 7, 37: a lock that comes meanwhile holds back ${name}`, async (start) => {
    const { wrapDatabase, holdNext } = heldCommits()
    const [slow] = await start(1, { wrapDatabase })
    const server = await addSignInPool(slow, options)
    const send = await prepare(server)
    const [other] = await start(1)
    // The clock of the other server goes with that of the first, which may have been moved.
    other.advance((slow.context.clock.now() - other.context.clock.now()) / 1000)
    const elsewhere = signInServer(other, server.poolId, server.clientId)
    const waiting = holdNext(gives)
    const given = send().then(
      () => 'given',
      ({ message }: Error) => message,
    )
    const letGo = await waiting
    for (let made = 0; made < wrongs; made += 1) {
      await assert.rejects(elsewhere.start('jane', wrong), { message: 'Incorrect username or password.' })
    }
    letGo()
    assert.equal(await given, locked.message)
    for (const node of [server, elsewhere]) await assert.rejects(node.start('jane'), locked)
    slow.advance(1)
    await send()
  })
}
