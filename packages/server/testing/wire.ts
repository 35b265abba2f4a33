// For the tests of this folder: a context whose clock, settings and log a test can see. The wire door hands store,
// keys and triggers on without using them, so they are absent here.
import { randomBytes, randomUUID } from 'node:crypto'
import { lightArgon2, noShareLimits } from '../src/config.ts'
import type { Settings } from '../src/config.ts'
import type { Keys, JobSource } from '../src/keys/index.ts'
import type { Context } from '../src/context.ts'
import { makeApp } from '../src/app.ts'
import { wireDoor, type OperationTable } from '../src/wire/dispatch.ts'
import type { FindKey } from '../src/wire/sigv4.ts'
import type { Exchange, Incoming } from '../src/http/exchange.ts'
import { operationShapes } from '../src/wire/model.gen.ts'
import type { OperationName } from '../src/wire/model.gen.ts'
import { targetOf } from '../src/wire/target.ts'

/** A line of the log. */
export type Line = { readonly level: string; readonly fields: Record<string, unknown>; readonly message: string }

/** 2026-01-02T03:04:05Z */
export const noon = 1_767_323_045_000

/** The settings of a server under test. */
export const settingsFor = (mode: 'dev' | 'serve'): Settings => ({
  mode,
  host: '127.0.0.1',
  port: 0,
  tls: undefined,
  metrics: undefined,
  drainSeconds: 0,
  publicUrl: 'http://127.0.0.1',
  issuerMode: 'own',
  allowedOrigins: [],
  region: 'local-1',
  accountId: '000000000000',
  dataFolder: undefined,
  database: ':memory:',
  databasePoolSize: 1,
  smtpUrl: undefined,
  smtpRequireTls: false,
  mailFrom: 'no-reply@example.com',
  sms: undefined,
  argon2: lightArgon2,
  hashQueueLimit: 1,
  shareLimits: noShareLimits,
  trustedProxies: undefined,
  triggersFile: undefined,
  passwordListFile: undefined,
})

/** A context, the lines that are logged to it, and the sources whose keys were asked for. */
export const testContext = (
  mode: 'dev' | 'serve',
  now: () => number = () => noon,
): { context: Context; lines: Line[]; sources: JobSource[] } => {
  const lines: Line[] = []
  const level = (name: string) => (fields: Record<string, unknown>, message: string) => {
    lines.push({ level: name, fields, message })
  }
  const sources: JobSource[] = []
  const keys: Pick<Keys, 'forSource'> = {
    forSource: (share) => {
      sources.push(share)
      return keys as Keys
    },
  }
  const seen = {
    keys,
    clock: { now },
    random: { bytes: randomBytes, uuid: () => randomUUID(), digits: () => '', text: () => '' },
    log: { debug: level('debug'), info: level('info'), warn: level('warn'), error: level('error') },
    settings: settingsFor(mode),
  }
  return { context: seen as unknown as Context, lines, sources }
}

/** A table in which everything is `later` but what is given. */
const tableWith = (some: Partial<OperationTable>): OperationTable => {
  const later = Object.fromEntries(Object.keys(operationShapes).map((name) => [name, 'later'])) as OperationTable
  return { ...later, ...some }
}

/** A server that has the wire door alone. */
export const wireExchange = (context: Context, some: Partial<OperationTable>, findKey: FindKey): Exchange =>
  makeApp(context, [wireDoor(tableWith(some), findKey)]).exchange

/** A request to the API. */
export const apiRequest = (
  operation: OperationName | (string & {}),
  body: unknown,
  headers: Record<string, string> = {},
): Incoming => {
  const all: Record<string, string> = {
    host: 'localhost',
    'content-type': 'application/x-amz-json-1.1',
    'x-amz-target': targetOf(operation),
    ...headers,
  }
  const bytes = body instanceof Uint8Array ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
  return {
    method: 'POST',
    path: '/',
    query: '',
    header: (name) => (Object.hasOwn(all, name) ? all[name] : undefined),
    body: bytes,
    remoteAddress: '127.0.0.1',
  }
}

/** The JSON of an answer. */
export const jsonOf = (body: string | Uint8Array): Record<string, unknown> => JSON.parse(Buffer.from(body).toString())
