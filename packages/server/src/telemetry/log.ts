// The log: JSON lines by pino, secrets redacted by name; on the terminal of the development server one readable line
// for each refusal, with its true reason (requirements 99, 112).
import pino, { type DestinationStream } from 'pino'
import type { Log } from '../context.ts'

/** Fields whose values never reach the log, at whatever depth they are nested up to two. */
const secretFields = [
  'password',
  'secret',
  'code',
  'token',
  'session',
  'authorization',
  'accessToken',
  'idToken',
  'refreshToken',
  'clientSecret',
  'secretAccessKey',
  'address',
  'recipient',
  'to',
]

const paths = secretFields.flatMap((field) => [field, `*.${field}`, `*.*.${field}`])

/** A log of JSON lines. */
export const jsonLog = (destination?: DestinationStream): Log =>
  pino({ redact: { paths, censor: '[secret]' }, base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination)

type Line = {
  readonly level: number
  readonly time: string
  readonly msg: string
  readonly operation?: string
  readonly error?: string
  readonly message?: string
  readonly reason?: string
  readonly err?: { readonly stack?: string }
}

const readable = (text: string): string => {
  const line = JSON.parse(text) as Line
  const time = line.time.slice(11, 19)
  const { operation, error, message, reason, err, msg } = line
  if (error) return `  ${time}  ${operation ?? ''} refused: ${error}: ${message ?? ''}${reason ? `  (${reason})` : ''}\n`
  return `  ${time}  ${msg}${operation ? ` ${operation}` : ''}${err?.stack ? `\n${err.stack}` : ''}\n`
}

/** A log for people: what was refused and why. @param write - takes finished lines */
export const terminalLog = (write: (line: string) => void): Log =>
  jsonLog({ write: (text: string) => write(readable(text)) })
