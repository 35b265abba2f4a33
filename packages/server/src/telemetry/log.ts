// The log: JSON lines by pino, without secrets; on the terminal of the development server one readable line for each
// refusal, with its true reason (requirements 99, 112).
import pino, { type DestinationStream } from 'pino'
import type { Log } from '../context.ts'
import { redactedFields } from './redact.ts'

/** A log of JSON lines, to standard output unless a destination is given. */
export const jsonLog = (destination?: DestinationStream): Log =>
  pino(
    {
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      // Errors are made plain with the rest; pino's own way would keep all that their makers put on them.
      serializers: { err: (error: unknown) => error },
      formatters: { log: (fields) => redactedFields(fields), level: (label) => ({ level: label }) },
    },
    destination,
  )

/** The line that tells of lines for which there was no room. @param at - epoch milliseconds */
export const lostLines = (lost: number, at: number): string =>
  `${JSON.stringify({ level: 'warn', time: new Date(at).toISOString(), lost, msg: 'lines of the log were lost' })}\n`

type Line = {
  readonly level: string
  readonly time: string
  readonly msg: string
  readonly operation?: string
  readonly route?: string
  readonly error?: string
  readonly message?: string
  readonly reason?: string
  readonly err?: { readonly stack?: string; readonly message?: string }
}

/** Text that cannot steer a terminal: a request may name its operation as it likes. */
const printable = (text: string): string => text.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '\u{FFFD}')

const indented = (stack: string): string =>
  stack
    .split('\n')
    .map((line) => `            ${printable(line)}\n`)
    .join('')

/** Keeps what a line says beside its message. */
const rest = ({ level: _level, time: _time, msg: _msg, operation: _operation, err: _err, ...fields }: Line): string => {
  const { requestId: _requestId, ...shown } = fields as Record<string, unknown>
  return Object.entries(shown)
    .map(([name, value]) => ` ${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join('')
}

const refusalLine = ({ operation, route, error, message, reason }: Line): string =>
  `${operation ?? route ?? ''} refused: ${error}${message ? `: ${message}` : ''}${reason ? `  (${reason})` : ''}`

/** A line of the log of JSON as people read it. */
export const readable = (text: string, aheadSeconds = 0): string => {
  const line = JSON.parse(text) as Line
  const { time, level, operation, error, err, msg } = line
  const said = error
    ? refusalLine(line)
    : `${level === 'info' ? '' : `${level}: `}${msg}${operation ? ` ${operation}` : ''}${rest(line)}`
  const ahead = aheadSeconds > 0 ? `  (the clock is ${aheadSeconds} s ahead of real time)` : ''
  return `  ${time.slice(11, 19)}  ${printable(said)}${ahead}\n${err ? indented(err.stack ?? err.message ?? '') : ''}`
}

/**
 * A log for people: what was refused and why.
 *
 * @param write - takes finished lines
 * @param aheadSeconds - how far the server's clock stands ahead of real time; each line says so
 */
export const terminalLog = (write: (line: string) => void, aheadSeconds: () => number = () => 0): Log =>
  jsonLog({ write: (text: string) => write(readable(text, aheadSeconds())) })
