// For tests: trigger functions that are really there, as module files in a temporary folder or behind a URL on this
// machine, and pools that name them.
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { folderOf } from './folders.ts'
import { closing } from './closing.ts'
import { systemClock } from '../src/clock.ts'
import { defaultPoolSettings } from '../src/rules/pool-settings.ts'
import type { Pool } from '../src/store/index.ts'
import type { TriggerFunction } from '../src/triggers/function.ts'
import { httpFunction } from '../src/triggers/http.ts'
import { localModule } from '../src/triggers/local-module.ts'
import type { TriggerCall, Triggers } from '../src/triggers/index.ts'
import { makeTriggers, type MappedTriggers } from '../src/triggers/mapped.ts'

/** How long a function of a test may take: a busy machine is no failure. */
export const patientMilliseconds = 60_000

/** A server that has no functions. */
export const noTriggers: Triggers = makeTriggers(new Map())

/** The ARN of a function of this name. */
export const arnOf = (name: string): string => `arn:aws:lambda:zz-local-1:000000000000:function:${name}`

/** A pool that names functions. */
export const poolNaming = (lambdaConfig: Pool['settings']['lambdaConfig']): Pool => ({
  id: 'zz-local-1_a',
  region: 'zz-local-1',
  name: 'p',
  settings: { ...defaultPoolSettings(), lambdaConfig },
  version: 1,
  createdAt: 0,
  updatedAt: 0,
})

/** A call of PreSignUp. */
export const signUpCall = (pool: Pool): TriggerCall => ({
  pool,
  clientId: 'client',
  username: 'ann',
  source: 'SignUp',
  request: { userAttributes: { email: 'ann@example.com' }, validationData: {}, clientMetadata: { a: 'b' } },
  response: { autoConfirmUser: false, autoVerifyEmail: false, autoVerifyPhone: false },
})

/** Modules in a folder of their own. */
export type Modules = {
  /** Writes a module. @returns its path */
  write(file: string, text: string): string
  /** A function in a module that is written now. */
  made(text: string, options?: { file?: string }): TriggerFunction
  /** What the functions printed. */
  printed(): string
}

/** Makes a folder for modules; removed after the test. */
export const makeModules = (t: TestContext): Modules => {
  const folder = folderOf(t)
  const printed: Uint8Array[] = []
  let count = 0
  const write: Modules['write'] = (file, text) => {
    const path = join(folder, file)
    writeFileSync(path, text)
    return path
  }
  return {
    write,
    made: (text, { file = `function-${(count += 1)}.mjs` } = {}) =>
      localModule({
        arn: arnOf('f'),
        path: write(file, text),
        environment: { GREETING: 'hello' },
        print: (chunk) => void printed.push(chunk),
        timeoutMilliseconds: patientMilliseconds,
      }),
    printed: () => Buffer.concat(printed).toString('utf8'),
  }
}

/** A request as a function behind a URL saw it. */
export type Seen = { readonly body: string; readonly signature: string }

/** A function behind a URL. */
export type Hook = {
  readonly url: string
  readonly seen: Seen[]
  close(): Promise<void>
}

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}

/** Starts a server that answers each request by `answer`; closed after the test. */
export const startHook = async (
  t: TestContext,
  answer: (event: string, response: ServerResponse, index: number) => void,
): Promise<Hook> => {
  const seen: Seen[] = []
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      seen.push({ body, signature: String(request.headers['x-poolkeeper-signature']) })
      answer(body, response, seen.length - 1)
    })
  })
  server.listen(0, '127.0.0.1')
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.closeAllConnections()
      server.close(() => resolve())
    })
  closing(t, close)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}/hook`, seen, close }
}

/** Whether a receiver that knows the secret believes a request, by the time of its own clock. */
export const believes = (secret: string, { body, signature }: Seen): boolean => {
  const [, seconds, mac] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(signature) ?? []
  const expected = createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')
  return mac === expected && Math.abs(systemClock.now() / 1000 - Number(seconds)) < 300
}

/** An event as a function sees it, to be changed in place. */
export type TestEvent = {
  readonly version: string
  readonly triggerSource: string
  readonly userName: string
  readonly callerContext: { readonly clientId: string }
  readonly request: Record<string, unknown>
  response: Record<string, unknown>
}

/** What a function does for each triggerSource; others get their event back. */
export type TestAnswers = Record<string, (event: TestEvent) => void>

/** Triggers by one function behind a URL, which answers for every trigger of a pool and keeps what it was told. */
export type HookedTriggers = {
  readonly triggers: MappedTriggers
  readonly lambdaConfig: Record<string, string>
  readonly events: TestEvent[]
  /** May be changed while the test runs. */
  readonly answers: TestAnswers
  /** The sources of the events since the last time, in order. */
  told(): string[]
}

const everyTrigger = [
  ...['PreSignUp', 'PostConfirmation', 'PreAuthentication', 'PostAuthentication', 'PreTokenGeneration'],
  ...['DefineAuthChallenge', 'CreateAuthChallenge', 'VerifyAuthChallengeResponse', 'CustomMessage', 'UserMigration'],
]

/** Starts such a function; closed after the test. */
export const hookTriggers = async (t: TestContext, answers: TestAnswers = {}): Promise<HookedTriggers> => {
  const events: TestEvent[] = []
  let seen = 0
  const hook = await startHook(t, (text, response) => {
    events.push(JSON.parse(text) as TestEvent)
    const event = JSON.parse(text) as TestEvent
    try {
      answers[event.triggerSource]?.(event)
      response.end(JSON.stringify(event))
    } catch (error) {
      response.end(JSON.stringify({ errorMessage: error instanceof Error ? error.message : String(error) }))
    }
  })
  const called = httpFunction({
    url: hook.url,
    secret: 'a secret of thirty-two characters',
    clock: systemClock,
    timeoutMilliseconds: patientMilliseconds,
  })
  const triggers = makeTriggers(new Map([[arnOf('f'), called]]))
  return {
    triggers,
    lambdaConfig: Object.fromEntries(everyTrigger.map((name) => [name, arnOf('f')])),
    events,
    answers,
    told: () => {
      const sources = events.slice(seen).map(({ triggerSource }) => triggerSource)
      seen = events.length
      return sources
    },
  }
}

/** A function that throws. */
export const throwing =
  (message: string): TestAnswers[string] =>
  () => {
    throw new Error(message)
  }
