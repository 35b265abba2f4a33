// The context of a request. Types only: main.ts makes the values and passes them on, so that tests can use another
// clock, randomness and database.
import type { Clock } from './clock.ts'
import type { Settings } from './config.ts'
import type { CommonPasswords } from './keys/common-passwords.ts'
import type { Shares } from './flows/callers/shares.ts'
import type { Keys } from './keys/index.ts'
import type { Random } from './random.ts'
import type { Store } from './store/index.ts'
import type { Triggers } from './triggers/index.ts'

/** The log. Fields are redacted by telemetry/redact.ts. */
export type Log = {
  debug(fields: Record<string, unknown>, message: string): void
  info(fields: Record<string, unknown>, message: string): void
  warn(fields: Record<string, unknown>, message: string): void
  error(fields: Record<string, unknown>, message: string): void
}

/** The parts of the server that doors pass to flows and operations. */
export type Context = {
  readonly store: Store
  readonly clock: Clock
  readonly random: Random
  readonly keys: Keys
  readonly commonPasswords: CommonPasswords
  readonly triggers: Triggers
  readonly log: Log
  /** The recent requests of sources, clients and pools, counted. */
  readonly shares: Shares
  readonly settings: Settings
}

/**
 * The subject of a request, for its log lines. Each part is noted when it becomes known. It holds ids only, which mean
 * nothing to a reader without access to the data.
 */
export type Subject = {
  /** The id of the pool. */
  pool?: string
  /** The id of the app client. */
  client?: string
  /** The `sub` of the user. */
  user?: string
  /** The access key that the signature names, valid or not. */
  accessKeyId?: string
}

/** The context of one request, with the facts about its caller. */
export type RequestContext = Context & {
  /** The subject of the request. Each log line names it, with the request's id, name and source. */
  readonly subject: Subject
  /** The id that the answer carries as x-amzn-RequestId. */
  readonly requestId: string
  /** The Region of the signature's scope; for an unsigned request, the server's Region. */
  readonly region: string
  /** The caller's address, if the door knows it. */
  readonly remoteAddress: string | undefined
  /** The network of that address, which has a share of the limits; '' if it is not known. */
  readonly network: string
  /** The caller's User-Agent header, cut to 1,024 characters. */
  readonly userAgent: string | undefined
}
