// The lines of the log about a request: each says which request it was and whose, as far as is known by then.
import type { Log } from '../context.ts'

/** A log whose every line bears the fields of a request. @param fields - asked for at each line */
export const requestLog = (log: Log, fields: () => Record<string, unknown>): Log => ({
  debug: (more, message) => log.debug({ ...fields(), ...more }, message),
  info: (more, message) => log.info({ ...fields(), ...more }, message),
  warn: (more, message) => log.warn({ ...fields(), ...more }, message),
  error: (more, message) => log.error({ ...fields(), ...more }, message),
})
