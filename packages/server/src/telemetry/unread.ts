// Logs requests whose bodies were refused before they reached a door, and counts their limits in the metrics, like
// refusals of doors.
import type { Log } from '../context.ts'
import type { ServiceError } from '../errors.ts'

/** Logs and counts refused bodies. */
export type UnreadWatch = {
  /** Notes a refusal. @param source - the source address of the request */
  refused(error: ServiceError, source: string | undefined): void
  /** Counts refusals by a limit from now on. @param count - called with the limit's name */
  countBy(count: (limit: string) => void): void
}

/** Makes a watch. It logs at once; it counts as soon as there are metrics, which start after the first connection. */
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
