// The health of the server: ready means that it is not stopping and that its database takes writes
// (protocol/requirements, section c).
import { setTimeout as pause } from 'node:timers/promises'
import { jsonAnswer } from '../http/exchange.ts'
import type { Door } from '../http/routes.ts'

/** The health of a server. */
export type Health = {
  /** Resolves when the server should be sent requests, rejects when it should not. */
  ready(): Promise<void>
  /** Notes that the server is stopping: from now on it is not ready. */
  drain(): void
}

/** The settings of the health check. */
export type HealthOptions = {
  /** Resolves when the database takes writes. */
  readonly probe: () => Promise<void>
  /** How long the database may take, in milliseconds. */
  readonly timeoutMilliseconds?: number
  /** How long an answer is reused, in milliseconds: anyone may ask, and the database is asked only this often. */
  readonly freshMilliseconds?: number
}

/** Makes the health of a server. */
export const makeHealth = ({ probe, timeoutMilliseconds = 2000, freshMilliseconds = 1000 }: HealthOptions): Health => {
  let draining = false
  let probed: Promise<void> | undefined
  const stale = (): void => void (probed = undefined)
  // Only one probe runs at a time, even if the database does not answer.
  const takesWrites = (): Promise<void> => {
    if (probed) return probed
    probed = probe()
    const grown = (): void => void setTimeout(stale, freshMilliseconds).unref()
    probed.then(grown, grown)
    return probed
  }
  const tooLate = async (signal: AbortSignal): Promise<void> => {
    await pause(timeoutMilliseconds, undefined, { signal })
    throw new Error('the database does not answer')
  }
  return {
    ready: async () => {
      if (draining) throw new Error('the server is stopping')
      const answered = new AbortController()
      const late = tooLate(answered.signal)
      await Promise.race([takesWrites(), late]).finally(() => {
        answered.abort()
        late.catch(() => {})
      })
    },
    drain: () => {
      draining = true
    },
  }
}

/** The sources of the health door's answers. */
export type HealthParts = {
  /** Resolves when the server is ready, rejects while it is not. */
  readonly ready: () => Promise<void>
  /** Settings of the database under which an acknowledged write may be lost; absent, there are none. */
  readonly weaknesses?: readonly string[]
}

/** The health door: /healthz says that the process is alive, /readyz whether it should receive requests. */
export const healthDoor = ({ ready, weaknesses = [] }: HealthParts): Door => ({
  routes: [
    { method: 'GET', path: '/healthz', answer: async () => jsonAnswer(200, { status: 'ok' }) },
    {
      method: 'GET',
      path: '/readyz',
      answer: () =>
        ready().then(
          () => jsonAnswer(200, { status: 'ready', durable: weaknesses.length === 0, weaknesses }),
          () => jsonAnswer(503, { status: 'not ready' }),
        ),
    },
  ],
  refuse: ({ status }) => jsonAnswer(status, { status: 'failed' }),
})
