// The log: JSON lines written by pino, without secrets. On the terminal, the development server prints one readable line
// for each refusal, with its true reason (requirements 99, 112).
import pino, { type DestinationStream } from 'pino'
import type { Log } from '../context.ts'
import { redactedFields } from './redact.ts'

/** A log of JSON lines, to standard output unless a destination is given. */
export const jsonLog = (destination?: DestinationStream): Log =>
  pino(
    {
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      // `redactedFields` handles errors too; pino's serializer would keep all their properties.
      serializers: { err: (error: unknown) => error },
      formatters: { log: (fields) => redactedFields(fields), level: (label) => ({ level: label }) },
    },
    destination,
  )

/** The log line that reports how many lines were lost. @param at - epoch milliseconds */
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

/** Replaces characters that control a terminal: the name of an operation comes from the request. */
const printable = (text: string): string => text.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '\u{FFFD}')

const indented = (stack: string): string =>
  stack
    .split('\n')
    .map((line) => `            ${printable(line)}\n`)
    .join('')

/** The other fields of a line, as text. */
const rest = ({ level: _level, time: _time, msg: _msg, operation: _operation, err: _err, ...fields }: Line): string => {
  const { requestId: _requestId, ...shown } = fields as Record<string, unknown>
  return Object.entries(shown)
    .map(([name, value]) => ` ${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join('')
}

const refusalLine = ({ operation, route, error, message, reason }: Line): string =>
  `${operation ?? route ?? ''} refused: ${error}${message ? `: ${message}` : ''}${reason ? `  (${reason})` : ''}`

/** Turns a JSON line into a readable one. */
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
 * A readable log: it shows each refusal with its reason.
 *
 * @param write - writes a finished line
 * @param aheadSeconds - how far the server's clock is ahead of real time; each line says so
 */
export const terminalLog = (write: (line: string) => void, aheadSeconds: () => number = () => 0): Log =>
  jsonLog({ write: (text: string) => write(readable(text, aheadSeconds())) })
