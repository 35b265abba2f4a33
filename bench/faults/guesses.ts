// Guesses in parallel, over two servers on one PostgreSQL: of 300 at once, the right one at a random place among them,
// no more are looked at than the lock allows, no answer tells the right one, and its owner goes on after the lock.
import { randomInt } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import * as sdk from '@aws-sdk/client-cognito-identity-provider'
import { limits } from '../../packages/server/src/config.ts'
import { decodeBase32 } from '../../packages/server/src/rules/base32.ts'
import { totpCode, totpStep } from '../../packages/server/src/rules/totp.ts'
import { startPostgres } from '../../packages/server/testing/postgres.ts'
import { runCommand, startProcess, type ServerProcess } from '../../test/server.ts'

const guesses = 300
const sessions = 30
const password = 'Correct-horse-7'
const exceeded = 'Password attempts exceeded'

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
    ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
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

const toldBy = (error: unknown): string => (error instanceof Error ? `${error.name}: ${error.message}` : String(error))

/** Sends all guesses at once, by turns to both servers. @returns what each was answered */
const sendAll = (send: (client: Client, index: number) => Promise<unknown>): Promise<string[]> =>
  Promise.all(
    Array.from({ length: guesses }, (_, index) =>
      send(clients[index % clients.length] ?? first, index).then(() => 'let in', toldBy),
    ),
  )

let held = true

/** Prints what came of a flood, and whether it held. */
const judge = (what: string, answers: readonly string[], right: number): void => {
  const looked = answers.filter((told) => !told.endsWith(exceeded)).length
  const alone = answers.filter((told) => told === answers[right]).length === 1
  const told = answers[right]
  // The right one may be among those that the lock allows: then it is let in, as it should be.
  const tells = alone && told !== 'let in'
  held &&= looked <= limits.failuresBeforeLock && !tells
  const place = `the right one (number ${right + 1}) was answered “${told}”`
  process.stdout.write(`  ${what}: ${looked} of ${guesses} looked at, ${place}\n`)
}

/** The owner tries until the lock has ended. */
const goOn = async (what: string, attempt: () => Promise<unknown>): Promise<void> => {
  const begun = performance.now()
  for (;;) {
    const told = await attempt().then(() => undefined, toldBy)
    if (told === undefined) break
    held &&= told.endsWith(exceeded)
    if (performance.now() - begun > 20_000) {
      held = false
      break
    }
    await pause(100)
  }
  process.stdout.write(`  ${what}: the owner was in after ${((performance.now() - begun) / 1000).toFixed(1)} s\n`)
}

await addUser('anna')
const right = randomInt(guesses)
judge('passwords', await sendAll((client, i) => start(client, 'anna', i === right ? password : `Wrong-${i}`)), right)
await goOn('passwords', () => start(first, 'anna', password))

const secret = await addUserWithApp('berta')
const code = (): string => totpCode(secret, totpStep(Date.now()))
const waiting: string[] = []
for (let made = 0; made < sessions; made += 1) {
  waiting.push((await start(first, 'berta', password)).Session ?? '')
}
const place = randomInt(guesses)
const sessionOf = (index: number): string => waiting[index % sessions] ?? ''
const wrongCode = (index: number): string => totpCode(secret, totpStep(Date.now()) + 10 + index)
judge(
  'codes of an app over 30 sessions',
  await sendAll((client, i) => answer(client, sessionOf(i), 'berta', i === place ? code() : wrongCode(i))),
  place,
)
await goOn('codes of an app, in the session of the right one', () => answer(first, sessionOf(place), 'berta', code()))

for (const client of clients) client.destroy()
await Promise.all(servers.map((server) => server.stop()))
process.exitCode = held ? 0 : 1
