// Whether the server can work: it is not on its way out, and its database answers (requirements, section c).
import { setTimeout as pause } from 'node:timers/promises'

/** The health of a server. */
export type Health = {
  /** Resolves when the server should be sent requests, rejects when it should not. */
  ready(): Promise<void>
  /** Says that the server stops: from now on it is not ready. */
  drain(): void
}

/** What health is made of. */
export type HealthOptions = {
  /** Resolves when the database answers. */
  readonly ping: () => Promise<void>
  /** How long the database may take, in milliseconds. */
  readonly timeoutMilliseconds?: number
}

/** Makes the health of a server. */
export const makeHealth = ({ ping, timeoutMilliseconds = 2000 }: HealthOptions): Health => {
  let draining = false
  const tooLate = async (signal: AbortSignal): Promise<void> => {
    await pause(timeoutMilliseconds, undefined, { signal })
    throw new Error('the database does not answer')
  }
  return {
    ready: async () => {
      if (draining) throw new Error('the server is stopping')
      const answered = new AbortController()
      const late = tooLate(answered.signal)
      await Promise.race([ping(), late]).finally(() => {
        answered.abort()
        late.catch(() => {})
      })
    },
    drain: () => {
      draining = true
    },
  }
}
