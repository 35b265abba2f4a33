// Tells of requests that no door sees, since their bodies were refused: each has its line in the log, and its limit a
// figure, as refusals of doors have.
import type { Log } from '../context.ts'
import type { ServiceError } from '../errors.ts'

/** What is told of refused bodies. */
export type UnreadWatch = {
  /** Notes a refusal. @param source - the address that the request came from */
  refused(error: ServiceError, source: string | undefined): void
  /** Has refusals by a limit counted from now on. @param count - called with the limit's name */
  countBy(count: (limit: string) => void): void
}

/** Makes a watch. Figures come later than the first connection, the log does not. */
export const watchUnread = (log: Log): UnreadWatch => {
  let counted: (limit: string) => void = () => {}
  return {
    refused: ({ name: error, message, reason, limit }, source) => {
      log.info({ source, error, message, reason, ...(limit === undefined ? {} : { limit }) }, 'refused')
      if (limit !== undefined) counted(limit)
    },
    countBy: (count) => {
      counted = count
    },
  }
}
