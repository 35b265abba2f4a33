// The log of one request: every line names the request and its caller, as far as both are known at that moment.
import type { Log } from '../context.ts'

/** A log that adds the fields of a request to every line. @param fields - called for each line */
export const requestLog = (log: Log, fields: () => Record<string, unknown>): Log => ({
  debug: (more, message) => log.debug({ ...fields(), ...more }, message),
  info: (more, message) => log.info({ ...fields(), ...more }, message),
  warn: (more, message) => log.warn({ ...fields(), ...more }, message),
  error: (more, message) => log.error({ ...fields(), ...more }, message),
})
