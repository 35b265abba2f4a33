// What a request is handed. Types only: everything here is made in main.ts and passed along, so that tests put in
// their own clock, randomness and database.
import type { Clock } from './clock.ts'
import type { Settings } from './config.ts'
import type { CommonPasswords } from './keys/common-passwords.ts'
import type { Shares } from './flows/callers/shares.ts'
import type { Keys } from './keys/index.ts'
import type { Random } from './random.ts'
import type { Store } from './store/index.ts'
import type { Triggers } from './triggers/index.ts'

/** The log. Fields named in telemetry/log.ts are redacted whatever they hold. */
export type Log = {
  debug(fields: Record<string, unknown>, message: string): void
  info(fields: Record<string, unknown>, message: string): void
  warn(fields: Record<string, unknown>, message: string): void
  error(fields: Record<string, unknown>, message: string): void
}

/** What every door hands to flows and operations. */
export type Context = {
  readonly store: Store
  readonly clock: Clock
  readonly random: Random
  readonly keys: Keys
  readonly commonPasswords: CommonPasswords
  readonly triggers: Triggers
  readonly log: Log
  /** What sources, clients and pools have asked for of late. */
  readonly shares: Shares
  readonly settings: Settings
}

/**
 * Whose a request is, for the lines of the log about it: found out on the way, and noted where it is found. Ids alone,
 * which name nobody to a reader who has no access to the data.
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

/** One request: the context, and what is known of its caller. */
export type RequestContext = Context & {
  /** Whose the request is. Each line of its log says it, with the request's id, name and source. */
  readonly subject: Subject
  /** The id that the answer carries as x-amzn-RequestId. */
  readonly requestId: string
  /** The Region of the signing scope, or the server's own when the request is unsigned. */
  readonly region: string
  /** The caller's address, as far as the door knows it. */
  readonly remoteAddress: string | undefined
  /** The network of that address, by which the caller has its shares; '' where it is not known. */
  readonly network: string
  /** The caller's User-Agent header, cut to 1,024 characters. */
  readonly userAgent: string | undefined
}
