// Guesses in parallel, over two servers on one PostgreSQL: of 300 at once, the right one at a random place among them,
// no more are looked at than the lock allows, no answer tells the right one, and its owner goes on after the lock.
import { randomInt } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import * as sdk from '@aws-sdk/client-cognito-identity-provider'
import { srpKeys, srpSignature, srpTimestamp } from '../../packages/client/src/srp.ts'
import { limits } from '../../packages/server/src/config.ts'
import { decodeBase32 } from '../../packages/server/src/rules/base32.ts'
import { lockMilliseconds } from '../../packages/server/src/rules/lock.ts'
import { totpCode, totpStep } from '../../packages/server/src/rules/totp.ts'
import { startPostgres } from '../../packages/server/testing/postgres.ts'
import { runCommand, startProcess, type ServerProcess } from '../../packages/server/testing/server-process.ts'

const guesses = 300
const sessions = 30
const password = 'Correct-horse-7'
const exceeded = 'Password attempts exceeded'
/** The refusal of a session that the right answer has ended. */
const ended = 'session can only be used once.'

type Client = sdk.CognitoIdentityProviderClient

const startTwo = async (): Promise<readonly ServerProcess[]> => {
  const database = await (await startPostgres()).freshDatabase()
  const env = { POOLKEEPER_SEAL_KEYS: (await runCommand(['seal-key'])).stdout.trim() }
  const one = await startProcess(['dev', '--database', database], { env })
  return [one, await startProcess(['dev', '--database', database], { env })]
}

const clientOf = ({ url: endpoint }: ServerProcess): Client =>
  new sdk.CognitoIdentityProviderClient({
    endpoint,
    region: 'zz-local-1',
    credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
    maxAttempts: 1,
    requestHandler: { httpAgent: { maxSockets: guesses } },
  })

const servers = await startTwo()
const clients = servers.map(clientOf)
const [first] = clients
if (!first) throw new Error('no server')

const { UserPool } = await first.send(new sdk.CreateUserPoolCommand({ PoolName: 'guesses' }))
const UserPoolId = UserPool?.Id ?? ''
await first.send(
  new sdk.SetUserPoolMfaConfigCommand({
    UserPoolId,
    MfaConfiguration: 'OPTIONAL',
    SoftwareTokenMfaConfiguration: { Enabled: true },
  }),
)
const { UserPoolClient } = await first.send(
  new sdk.CreateUserPoolClientCommand({
    UserPoolId,
    ClientName: 'guesses',
    ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH', 'ALLOW_USER_SRP_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
    AuthSessionValidity: 15,
  }),
)
const ClientId = UserPoolClient?.ClientId ?? ''

const addUser = async (Username: string): Promise<void> => {
  await first.send(new sdk.AdminCreateUserCommand({ UserPoolId, Username, MessageAction: 'SUPPRESS' }))
  await first.send(new sdk.AdminSetUserPasswordCommand({ UserPoolId, Username, Password: password, Permanent: true }))
}

const start = (client: Client, USERNAME: string, PASSWORD: string): Promise<sdk.InitiateAuthCommandOutput> =>
  client.send(
    new sdk.InitiateAuthCommand({
      ClientId,
      AuthFlow: 'USER_PASSWORD_AUTH',
      AuthParameters: { USERNAME, PASSWORD },
    }),
  )

const answer = (
  client: Client,
  Session: string,
  USERNAME: string,
  SOFTWARE_TOKEN_MFA_CODE: string,
): Promise<sdk.RespondToAuthChallengeCommandOutput> =>
  client.send(
    new sdk.RespondToAuthChallengeCommand({
      ClientId,
      ChallengeName: 'SOFTWARE_TOKEN_MFA',
      Session,
      ChallengeResponses: { USERNAME, SOFTWARE_TOKEN_MFA_CODE },
    }),
  )

/** Adds a user who signs in by an authenticator app. @returns the secret of the app */
const addUserWithApp = async (Username: string): Promise<Uint8Array> => {
  await addUser(Username)
  const AccessToken = (await start(first, Username, password)).AuthenticationResult?.AccessToken
  const { SecretCode = '' } = await first.send(new sdk.AssociateSoftwareTokenCommand({ AccessToken }))
  const secret = decodeBase32(SecretCode)
  // A code of the step before: the one of now stays unspent.
  const UserCode = totpCode(secret, totpStep(Date.now()) - 1)
  await first.send(new sdk.VerifySoftwareTokenCommand({ AccessToken, UserCode }))
  const SoftwareTokenMfaSettings = { Enabled: true, PreferredMfa: true }
  await first.send(new sdk.SetUserMFAPreferenceCommand({ AccessToken, SoftwareTokenMfaSettings }))
  return secret
}

/** Begins by SRP. @returns sends a proof: the right one, or one of many wrong ones */
const bySrp = async (USERNAME: string): Promise<(client: Client, wrong: number | undefined) => Promise<unknown>> => {
  const keys = srpKeys()
  const AuthParameters = { USERNAME, SRP_A: keys.A.toString(16) }
  const { ChallengeParameters = {} } = await first.send(
    new sdk.InitiateAuthCommand({ ClientId, AuthFlow: 'USER_SRP_AUTH', AuthParameters }),
  )
  const { SALT: salt = '', SRP_B: B = '', SECRET_BLOCK: secretBlock = '' } = ChallengeParameters
  const timestamp = srpTimestamp(Date.now())
  const poolName = UserPoolId.split('_')[1] ?? ''
  const right = await srpSignature({ keys, poolName, userId: USERNAME, password, salt, B, secretBlock, timestamp })
  return (client, wrong) => {
    const signature = Buffer.from(right, 'base64')
    if (wrong !== undefined) signature.writeUInt16BE((signature.readUInt16BE() + 1 + wrong) % 65_536)
    return client.send(
      new sdk.RespondToAuthChallengeCommand({
        ClientId,
        ChallengeName: 'PASSWORD_VERIFIER',
        ChallengeResponses: {
          USERNAME,
          PASSWORD_CLAIM_SECRET_BLOCK: secretBlock,
          PASSWORD_CLAIM_SIGNATURE: signature.toString('base64'),
          TIMESTAMP: timestamp,
        },
      }),
    )
  }
}

const toldBy = (error: unknown): string => (error instanceof Error ? `${error.name}: ${error.message}` : String(error))

const letIn = 'let in'

/** The result of a flood: the answer to each guess, and the duration. */
type Flood = { readonly answers: readonly string[]; readonly seconds: number }

/** Sends all guesses at once, by turns to both servers. */
const sendAll = async (send: (client: Client, index: number) => Promise<unknown>): Promise<Flood> => {
  const begun = performance.now()
  const answers = await Promise.all(
    Array.from({ length: guesses }, (_, index) =>
      send(clients[index % clients.length] ?? first, index).then(() => letIn, toldBy),
    ),
  )
  return { answers, seconds: (performance.now() - begun) / 1000 }
}

/** How many guesses the rule allows in so many seconds: one more after each lock that ends meanwhile. */
const allowedIn = (seconds: number): number => {
  let count: number = limits.failuresBeforeLock
  let end = lockMilliseconds(limits, count) / 1000
  while (end <= seconds) {
    count += 1
    end += lockMilliseconds(limits, count) / 1000
  }
  return count
}

let held = true

const say = (line: string): void => void process.stdout.write(`  ${line}\n`)

/** Prints the result of a flood, and whether the service held. @returns whether the right guess was let in */
const judge = (what: string, { answers, seconds }: Flood, right: number): boolean => {
  const looked = answers.filter((told) => !told.endsWith(exceeded) && !told.endsWith(ended)).length
  const told = answers[right] ?? ''
  // One that is let in ends a row of wrong ones, and another may begin.
  const allowed = allowedIn(seconds) + (told === letIn ? limits.failuresBeforeLock : 0)
  const isTold = told !== letIn && answers.filter((other) => other === told).length === 1
  held &&= looked <= allowed && !isTold
  const time = `${allowed} allowed in ${seconds.toFixed(1)} s`
  say(`${what}: ${looked} of ${guesses} looked at, ${time}; the right one (number ${right + 1}): ${told}`)
  return told === letIn
}

/** The owner tries until the lock has ended. */
const goOn = async (what: string, attempt: () => Promise<unknown>): Promise<void> => {
  const begun = performance.now()
  for (;;) {
    const told = await attempt().then(() => undefined, toldBy)
    if (told === undefined) break
    held &&= told.endsWith(exceeded)
    if (!held || performance.now() - begun > 20_000) return say(`${what}: the owner is not in: ${told}`)
    await pause(100)
  }
  say(`${what}: the owner was in after ${((performance.now() - begun) / 1000).toFixed(1)} s`)
}

/**
 * Sends a flood with the right guess at a random place, judges it, and lets the owner go on.
 *
 * @param send - sends the right guess, or a wrong one; the place says by which session, where there are several
 */
const tryOut = async (
  what: string,
  send: (client: Client, isRight: boolean, place: number) => Promise<unknown>,
): Promise<void> => {
  const right = randomInt(guesses)
  const came = await sendAll((client, place) => send(client, place === right, place))
  if (judge(what, came, right)) return
  await goOn(`${what}, the same way`, () => send(first, true, right))
}

await addUser('anna')
await tryOut('passwords', (client, isRight, place) => start(client, 'anna', isRight ? password : `Wrong-${place}`))

await addUser('clara')
const srp = await bySrp('clara')
await tryOut('proofs by SRP of one exchange', (client, isRight, place) => srp(client, isRight ? undefined : place))

const secret = await addUserWithApp('berta')
const waiting: string[] = []
for (let made = 0; made < sessions; made += 1) {
  waiting.push((await start(first, 'berta', password)).Session ?? '')
}
const codeOf = (stepsAhead: number): string => totpCode(secret, totpStep(Date.now()) + stepsAhead)
await tryOut('codes of an app over 30 sessions', (client, isRight, place) =>
  answer(client, waiting[place % sessions] ?? '', 'berta', codeOf(isRight ? 0 : 10 + place)),
)

await addUser('dora')
const { answers: welcomed } = await sendAll((client) => start(client, 'dora', password))
const welcome = welcomed.filter((told) => told === letIn).length
held &&= welcome === guesses
say(`right passwords of one user at once: ${welcome} of ${guesses} let in`)

for (const client of clients) client.destroy()
await Promise.all(servers.map((server) => server.stop()))
process.exitCode = held ? 0 : 1
