// For tests: the whole server on an in-memory SQLite, with real keys, a clock that the test moves, and a log that it
// can read.
import type { TestContext } from 'node:test'
import { closing } from './closing.ts'
import { lightArgon2, noShareLimits, type Settings } from '../src/config.ts'
import type { Clock } from '../src/clock.ts'
import type { Context, Log, RequestContext } from '../src/context.ts'
import { doorsOf, makeApp, type App } from '../src/app.ts'
import { makeShares } from '../src/flows/callers/shares.ts'
import { readCommonPasswords } from '../src/keys/common-passwords.ts'
import { makeKeys, type Keys } from '../src/keys/index.ts'
import { makeSealRing, newSealKey, readSealKeys } from '../src/keys/seal.ts'
import { systemRandom } from '../src/random.ts'
import { migrate } from '../src/store/database/migrate.ts'
import { openSqlite } from '../src/store/database/sqlite.ts'
import { openStore, type Database } from '../src/store/index.ts'
import { sealedPlaces } from '../src/store/sealed-places.ts'
import { noTriggers } from './functions.ts'
import type { Triggers } from '../src/triggers/index.ts'
import type { Inputs, OperationName, Outputs } from '../src/wire/model.gen.ts'
import { targetOf } from '../src/wire/target.ts'

/** A line of the log. */
export type LogLine = { readonly level: string; readonly fields: Record<string, unknown>; readonly message: string }

/** A refusal as a client sees it. */
export class Refused extends Error {
  override readonly name: string
  readonly status: number
  readonly body: Record<string, unknown>

  constructor(name: string, message: string, status: number, body: Record<string, unknown>) {
    super(message)
    this.name = name
    this.status = status
    this.body = body
  }
}

/** A server under test. */
export type TestApp = {
  readonly app: App
  readonly context: Context
  readonly log: readonly LogLine[]
  /** Calls an operation as a client would. @throws Refused */
  call<Name extends OperationName>(name: Name, input: Inputs[Name]): Promise<Outputs[Name]>
  /** The same calls from an address; without one, a caller has none. */
  from(remoteAddress: string): Pick<TestApp, 'call'>
  /** Moves the clock. */
  advance(seconds: number): void
  /** The newest message to an address, opened. */
  mail(address: string): Promise<{ subject: string; body: string }>
  /** The newest code sent to an address. */
  code(address: string): Promise<string>
  /** Closes it before the test ends. */
  close(): Promise<void>
}

/** A database in memory. `commits` gives how many lists were written since it was last asked. */
export const countedDatabase = (): { database: Database; commits: () => number } => {
  const sqlite = openSqlite(':memory:')
  let made = 0
  const database: Database = {
    ...sqlite,
    commit: (writes) => {
      made += 1
      return sqlite.commit(writes)
    },
  }
  const commits = (): number => {
    const counted = made
    made = 0
    return counted
  }
  return { database, commits }
}

/** What a test may choose. */
export type TestOptions = {
  readonly settings?: Partial<Settings>
  readonly database?: Database
  readonly triggers?: Triggers
  /** The key ring, as POOLKEEPER_SEAL_KEYS has it; one that all servers of a run share by default. */
  readonly sealKeys?: string
  /** Where the clock begins; at `testStart` by default. */
  readonly startAt?: number
  /** Puts something around the clock that `advance` moves. */
  readonly clock?: (system: Clock) => Clock
  /** Puts something around the keys, to count what they check or to hold it up. */
  readonly keys?: (keys: Keys) => Keys
  /** Puts something around the database, to hold commits up. */
  readonly wrapDatabase?: (database: Database) => Database
}

/** 2026-01-02T03:04:05.000Z, where every test begins. */
export const testStart = 1_767_323_045_000

/** The settings of a server under test. */
export const testSettings: Settings = {
  mode: 'dev',
  host: '127.0.0.1',
  port: 0,
  tls: undefined,
  metrics: undefined,
  drainSeconds: 0,
  publicUrl: 'http://127.0.0.1:9229',
  issuerMode: 'own',
  allowedOrigins: [],
  region: 'zz-local-1',
  accountId: '000000000000',
  dataFolder: undefined,
  database: ':memory:',
  databasePoolSize: 4,
  smtpUrl: undefined,
  smtpRequireTls: false,
  mailFrom: 'no-reply@example.com',
  sms: undefined,
  argon2: lightArgon2,
  hashQueueLimit: 1000,
  shareLimits: noShareLimits,
  trustedProxies: undefined,
  triggersFile: undefined,
  passwordListFile: undefined,
}

const freshKeys = makeKeys({
  sealKeys: readSealKeys(newSealKey()),
  argon2: lightArgon2,
  hashQueueLimit: 1000,
  signingStock: 0,
})

/** Key pairs that the servers of a run share: making one takes longer than most tests. Eight pools have keys apart. */
const pairsOfARun = 16

const sharedPairs = (take: Keys['signing']['take']): Keys['signing']['take'] => {
  const pairs: ReturnType<typeof take>[] = []
  let turn = 0
  return () => (pairs[(turn += 1) % pairsOfARun] ??= take())
}

const signing = { ...freshKeys.signing, take: sharedPairs(freshKeys.signing.take) }

const testKeys: Keys = {
  ...freshKeys,
  signing,
  forSource: (share) => ({ ...freshKeys.forSource(share), signing }),
}

const recorder = (): { log: Log; lines: LogLine[] } => {
  const lines: LogLine[] = []
  const level = (name: string) => (fields: Record<string, unknown>, message: string) =>
    void lines.push({ level: name, fields, message })
  const log = { debug: level('debug'), info: level('info'), warn: level('warn'), error: level('error') }
  return { log, lines }
}

/** A signature that the development server takes: it accepts any, and reads the Region from it. */
const signature =
  'AWS4-HMAC-SHA256 Credential=test/20260102/zz-local-1/cognito-idp/aws4_request, SignedHeaders=host, Signature=0'

/** The context of a request, for tests that call a flow by itself. */
export const requestContextOf = (context: Context): RequestContext => ({
  ...context,
  subject: {},
  requestId: 'r',
  region: 'zz-local-1',
  remoteAddress: undefined,
  network: '',
  userAgent: undefined,
})

/** Starts a server without a socket; it and its database are closed after the test. */
export const makeTestApp = async (t: TestContext, options: TestOptions = {}): Promise<TestApp> => {
  const database = options.database ?? openSqlite(':memory:')
  let closed: Promise<void> | undefined
  const close = (): Promise<void> => (closed ??= database.close())
  closing(t, close)
  let now = options.startAt ?? testStart
  const system: Clock = { now: () => now }
  await migrate(database, () => now)
  const { log, lines } = recorder()
  const seal = options.sealKeys && makeSealRing(readSealKeys(options.sealKeys))
  const chosen = (given: Keys): Keys => {
    const sealing = seal ? { ...given, seal } : given
    return options.keys?.(sealing) ?? sealing
  }
  const keys: Keys = { ...chosen(testKeys), forSource: (share) => chosen(testKeys.forSource(share)) }
  const store = openStore(options.wrapDatabase?.(database) ?? database)
  const context: Context = {
    store,
    clock: options.clock?.(system) ?? system,
    random: systemRandom,
    keys,
    commonPasswords: readCommonPasswords(options.settings?.passwordListFile),
    triggers: options.triggers ?? noTriggers,
    log,
    shares: makeShares(options.settings?.shareLimits ?? noShareLimits),
    settings: { ...testSettings, ...options.settings },
  }
  const findKey = async (): Promise<undefined> => undefined
  const app = makeApp(context, doorsOf(context.settings, { findKey, health: { ready: store.probe } }))

  const callFrom = async <Name extends OperationName>(
    caller: { readonly remoteAddress?: string },
    name: Name,
    input: Inputs[Name],
  ): Promise<Outputs[Name]> => {
    const response = await app.fetch(
      new Request('http://127.0.0.1:9229/', {
        method: 'POST',
        headers: {
          'content-type': 'application/x-amz-json-1.1',
          'x-amz-target': targetOf(name),
          authorization: signature,
        },
        body: JSON.stringify(input),
      }),
      caller,
    )
    const body = (await response.json()) as Record<string, unknown>
    if (response.ok) return body as Outputs[Name]
    throw new Refused(String(body['__type']), String(body['message'] ?? body['Message']), response.status, body)
  }
  const mail: TestApp['mail'] = async (address) => {
    const [message] = await store.outbox.newest(address, 1)
    if (!message) throw new Error(`nothing was sent to ${address}`)
    return JSON.parse(keys.seal.openRow(message.content, sealedPlaces.message(message)).toString('utf8')) as {
      subject: string
      body: string
    }
  }
  return {
    app,
    context,
    log: lines,
    call: (name, input) => callFrom({}, name, input),
    from: (remoteAddress) => ({ call: (name, input) => callFrom({ remoteAddress }, name, input) }),
    mail,
    advance: (seconds) => void (now += seconds * 1000),
    code: async (address) => /\d{6,8}/.exec((await mail(address)).body)?.[0] ?? '',
    close,
  }
}
