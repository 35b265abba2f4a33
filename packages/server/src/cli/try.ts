// poolkeeper try: shows the whole flow in the terminal, from sign-up to verified tokens, with each request and answer. It
// creates a pool and removes it afterwards, so that it can run against any deployment.
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createInterface, type Interface } from 'node:readline/promises'
import { Command } from 'commander'
import qrcode from 'qrcode'
import { openPool, PoolError, type State, type States, type UserPool } from '@poolkeeper/client'
import { callerCredentials, ConfigError, endpointOf, regionToTry } from '../config.ts'
import { decodeBase32 } from '../rules/base32.ts'
import { totpCode, totpStep } from '../rules/totp.ts'
import { tryEndpoint } from './options.ts'
import { verifiedClaims } from './verify-token.ts'

type TryOptions = { readonly endpoint: string; readonly region?: string; readonly yes?: boolean }

/** The parts of one walk through the flow. */
type Walk = {
  readonly endpoint: string
  readonly region: string
  /** Whether the endpoint is a development server, which has a mailbox and a movable clock. */
  readonly development: boolean
  readonly say: (text: string) => void
  /** Whether a person sits at the terminal. */
  readonly asks: boolean
  /** Waits for the person to answer; with --yes it does not wait. @returns the typed text */
  readonly ask: (question: string) => Promise<string>
  /** The code of the authenticator app. A code works once, so each call returns the code of a later time step. */
  readonly totpCode: (secret: string) => Promise<string>
}

/** The command. */
export const tryCommand: Command = new Command('try')
  .description('walk through the whole flow, from sign-up to verified tokens, and see every request')
  .option('--endpoint <url>', 'the server to try', tryEndpoint)
  .option('--region <name>', 'Region to sign for; zz-local-1 unless said (env: POOLKEEPER_REGION)')
  .option('--yes', 'do not ask: a smoke test')
  .addHelpText(
    'after',
    '\nIt makes a user pool of its own and removes it at the end. Beyond the development server it\nneeds an access key in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.',
  )
  .action(async (options: TryOptions) => {
    const terminal = options.yes ? undefined : createInterface({ input: process.stdin, output: process.stdout })
    try {
      await runTry(options, terminal ? askerAt(terminal) : async () => '')
    } catch (error) {
      if (!(error instanceof ReaderGone)) throw inWords(error)
    } finally {
      terminal?.close()
    }
  })

const runTry = async (options: TryOptions, ask: Walk['ask']): Promise<void> => {
  const endpoint = endpointOf(options.endpoint)
  const region = regionToTry(options.region)
  const development = await developmentAt(endpoint)
  const codeOf = authenticator(() => serverNow({ endpoint, development }))
  const say = sayer()
  const run: Walk = { endpoint, region, development, say, asks: !options.yes, ask, totpCode: codeOf }
  const ids = await makePool(run)
  const admin = openFor(run, ids, false)
  await flow(run, ids).finally(() => admin.call('DeleteUserPool', { UserPoolId: ids.poolId }))
  say('\n  Everything held. The pool that was made for this is gone again.')
}

const flow = async (run: Walk, ids: { poolId: string; clientId: string }): Promise<void> => {
  const { say, ask } = run
  const pool = openFor(run, ids, true)
  const username = `jane-${randomBytes(3).toString('hex')}@example.com`
  const password = `${randomBytes(9).toString('base64url')}-Aa7`
  const step = async (number: number, title: string): Promise<void> => {
    say(`\n  ${number}. ${title}`)
    await ask('     Enter goes on. ')
  }
  await step(1, `Sign up ${username}`)
  const unconfirmed = expect(await pool.signUp({ username, password }), 'confirm-sign-up')
  await step(2, 'Confirm with the code from the e-mail, and sign in: MFA is required, so a challenge comes')
  const setUp = expect(await confirm(run, pool, ids.poolId, unconfirmed, password), 'set-up-totp')
  await step(3, 'Put the secret into an authenticator app')
  say(`\n${await qrcode.toString(setUp.uri, { type: 'terminal', small: true })}\n    ${setUp.uri}`)
  await step(4, 'Verify the first code; its Session finishes this sign-in')
  const signedIn = expect(await answerTotp(run, pool, setUp, setUp.secret), 'signed-in')
  await step(5, 'Sign in again')
  say('    A code serves once: this sign-in takes the next one, which the server accepts up to 30 s early.')
  const enter = expect(await pool.signIn({ username, password }), 'enter-totp')
  const again = expect(await answerTotp(run, pool, enter, setUp.secret), 'signed-in')
  await step(6, 'Verify the tokens against the key set of the pool')
  await verifyTokens(run, signedIn.tokens, ids)
  await verifyTokens(run, again.tokens, ids)
  await step(7, 'Who am I?')
  await pool.getUser(again)
}

const secretMembers =
  /^(Password|PASSWORD|NEW_PASSWORD|Session|SecretCode|SecretHash|AccessToken|IdToken|RefreshToken)$/

// Requests and answers are shown in full, except for secret and long values.
const shown = (value: unknown): string =>
  JSON.stringify(
    value,
    (key, member: unknown) =>
      secretMembers.test(key) && typeof member === 'string' ? `${member.slice(0, 6)}…` : member,
    2,
  ).replaceAll('\n', '\n      ')

const showingFetch =
  (say: Walk['say']): typeof fetch =>
  async (input, init) => {
    const operation = new Headers(init?.headers).get('x-amz-target')?.split('.')[1] ?? ''
    const response = await fetch(input, init)
    const answer: unknown = await response.clone().json()
    const { __type: error, message } = answer as { __type?: string; message?: string }
    say(`    → ${operation} ${shown(JSON.parse(String(init?.body)))}`)
    say(error ? `    ← ${response.status} ${error}: ${message ?? ''}` : `    ← ${response.status} ${shown(answer)}`)
    return response
  }

const credentialsFor = (development: boolean): { accessKeyId: string; secretAccessKey: string } => {
  const credentials = callerCredentials() ?? (development ? { accessKeyId: 'try', secretAccessKey: 'try' } : undefined)
  if (credentials) return credentials
  throw new ConfigError(
    'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to an access key of the deployment: poolkeeper keys create makes one.',
  )
}

const openFor = (run: Walk, pool: { poolId: string; clientId: string }, show: boolean): UserPool =>
  openPool({
    userPoolId: pool.poolId,
    clientId: pool.clientId,
    endpoint: run.endpoint,
    credentials: credentialsFor(run.development),
    issuer: 'Poolkeeper',
    ...(show ? { fetch: showingFetch(run.say) } : {}),
  })

const makePool = async (run: Walk): Promise<{ poolId: string; clientId: string }> => {
  const admin = openFor(run, { poolId: `${run.region}_none`, clientId: 'none' }, false)
  const { UserPool } = await admin.call<{ UserPool: { Id: string } }>('CreateUserPool', {
    PoolName: 'poolkeeper-try',
    UsernameAttributes: ['email'],
    AutoVerifiedAttributes: ['email'],
  })
  const UserPoolId = UserPool.Id
  await admin.call('SetUserPoolMfaConfig', {
    UserPoolId,
    MfaConfiguration: 'ON',
    SoftwareTokenMfaConfiguration: { Enabled: true },
  })
  const { UserPoolClient } = await admin.call<{ UserPoolClient: { ClientId: string } }>('CreateUserPoolClient', {
    UserPoolId,
    ClientName: 'poolkeeper-try',
    ExplicitAuthFlows: ['ALLOW_ADMIN_USER_PASSWORD_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
  })
  return { poolId: UserPoolId, clientId: UserPoolClient.ClientId }
}

const expect = <Step extends State['step']>(state: State, step: Step): States[Step] => {
  if (state.step === step) return state as States[Step]
  throw new ConfigError(
    `The flow stands at ${state.step}, not at ${step}${state.refused ? `: ${state.refused.message}` : ''}.`,
  )
}

const codeFromMailbox = async (run: Walk, address: string): Promise<string> => {
  const response = await fetch(`${run.endpoint}/_poolkeeper/mailbox?to=${encodeURIComponent(address)}`)
  const [mail] = (await response.json()) as { subject: string; body: string }[]
  run.say(`    The mailbox has: ${mail?.subject ?? 'nothing'} / ${mail?.body ?? ''}`)
  return /\d{6}/.exec(mail?.body ?? '')?.[0] ?? ''
}

const confirm = async (
  run: Walk,
  pool: UserPool,
  poolId: string,
  state: States['confirm-sign-up'],
  password: string,
): Promise<State> => {
  if (run.development) {
    return pool.answer(state, { code: await codeFromMailbox(run, state.username), password })
  }
  run.say('    This deployment has no mailbox to read, so an administrator confirms.')
  await pool.call('AdminConfirmSignUp', { UserPoolId: poolId, Username: state.username })
  return pool.signIn({ username: state.username, password })
}

/** The time of the server, so that codes are right also when its clock was moved. */
const serverNow = async ({ endpoint, development }: Pick<Walk, 'endpoint' | 'development'>): Promise<number> => {
  const response = await fetch(`${endpoint}/healthz`)
  if (!development) return Date.parse(response.headers.get('date') ?? '') || Date.now()
  const clock = (await (await fetch(`${endpoint}/_poolkeeper/clock`)).json()) as { now: string }
  return Date.parse(clock.now)
}

/** Plays the authenticator app. The server accepts the code of the next time step too, so there is no need to wait. */
const authenticator = (now: () => Promise<number>): Walk['totpCode'] => {
  let last = 0
  return async (secret) => {
    const current = totpStep(await now())
    last = last < current ? current : current + 1
    return totpCode(decodeBase32(secret), last)
  }
}

const totpCodeOf = async (run: Walk, secret: string): Promise<string> => {
  const typed = await run.ask('     Code of the app, or Enter and it is computed here: ')
  const computed = await run.totpCode(secret)
  return typed || computed
}

/** Answers with a code of the app, and again if the code was refused: it may be mistyped or used. */
const answerTotp = async (
  run: Walk,
  pool: UserPool,
  asked: States['set-up-totp'] | States['enter-totp'],
  secret: string,
): Promise<State> => {
  const code = await totpCodeOf(run, secret)
  const next = asked.step === 'set-up-totp' ? await pool.answer(asked, { code }) : await pool.answer(asked, { code })
  if (!run.asks || !next.refused || (next.step !== 'set-up-totp' && next.step !== 'enter-totp')) return next
  run.say('     That code was not taken. The next one that the app shows may be.')
  return answerTotp(run, pool, next, secret)
}

const verifyTokens = async (
  run: Walk,
  tokens: States['signed-in']['tokens'],
  pool: { poolId: string; clientId: string },
): Promise<void> => {
  const response = await fetch(`${run.endpoint}/${pool.poolId}/.well-known/jwks.json`)
  const { keys } = (await response.json()) as { keys: Record<string, unknown>[] }
  const { clientId } = pool
  const access = verifiedClaims(tokens.accessToken, keys, { use: 'access', clientId })
  const id = verifiedClaims(tokens.idToken, keys, { use: 'id', clientId })
  run.say(`    access token holds: ${shown(access)}`)
  run.say(`    ID token holds: ${shown(id)}`)
}

const developmentAt = async (endpoint: string): Promise<boolean> => {
  const health = await fetch(`${endpoint}/healthz`).catch((error: unknown) => {
    throw new ConfigError(unansweredWords(endpoint, error))
  })
  if (!health.ok) throw new ConfigError(`What answers at ${endpoint} is no Poolkeeper: /healthz says ${health.status}.`)
  return (await fetch(`${endpoint}/_poolkeeper/clock`)).ok
}

const unansweredWords = (endpoint: string, error: unknown): string => {
  const { code, message } = ((error as Error).cause ?? error) as NodeJS.ErrnoException
  if (code === 'ECONNREFUSED')
    return `Nothing answers at ${endpoint}. Start a server: poolkeeper dev, or poolkeeper serve.`
  if (/CERT|SIGNATURE/.test(code ?? ''))
    return `The certificate at ${endpoint} is not trusted (${message}). Name its authority by NODE_EXTRA_CA_CERTS.`
  return `There is no answer from ${endpoint}: ${message}.`
}

/** Thrown when the reader of the output, such as `head`, has closed the pipe. */
class ReaderGone extends Error {}

/** Prints lines. @throws ReaderGone once the reader of the pipe has gone */
const sayer = (): Walk['say'] => {
  let gone = false
  process.stdout.once('error', () => (gone = true))
  return (text) => {
    if (gone) throw new ReaderGone('the reader of the output has gone')
    process.stdout.write(`${text}\n`)
  }
}

/** Asks at a terminal. @throws ConfigError when the input has ended: after Ctrl+C, or without a terminal */
const askerAt = (terminal: Interface): Walk['ask'] => {
  const closed = once(terminal, 'close')
  return async (question) => {
    const typed = await Promise.race([terminal.question(question), closed.then(() => undefined)]).catch(() => undefined)
    if (typeof typed === 'string') return typed.trim()
    process.stdout.write('\n')
    throw new ConfigError('The input ended before the flow did. With --yes nothing is asked.')
  }
}

/** The sentence for an unexpected refusal or a lost connection. */
const inWords = (error: unknown): unknown => {
  if (error instanceof PoolError) return new ConfigError(`The server refused: ${error.name}: ${error.message}`)
  const { code } = ((error as Error).cause ?? {}) as NodeJS.ErrnoException
  return code === undefined ? error : new ConfigError(`The connection to the server was lost: ${code}.`)
}
