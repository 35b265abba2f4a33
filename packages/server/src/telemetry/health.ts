// Whether the server can work: it is not on its way out, and its database takes writes (protocol/requirements, section
// c).
import { setTimeout as pause } from 'node:timers/promises'
import { jsonAnswer } from '../http/exchange.ts'
import type { Door } from '../http/routes.ts'

/** The health of a server. */
export type Health = {
  /** Resolves when the server should be sent requests, rejects when it should not. */
  ready(): Promise<void>
  /** Says that the server stops: from now on it is not ready. */
  drain(): void
}

/** What health is made of. */
export type HealthOptions = {
  /** Resolves when the database takes writes. */
  readonly probe: () => Promise<void>
  /** How long the database may take, in milliseconds. */
  readonly timeoutMilliseconds?: number
  /** How long an answer holds, in milliseconds: anybody may ask, and no oftener than this is the database asked. */
  readonly freshMilliseconds?: number
}

/** Makes the health of a server. */
export const makeHealth = ({ probe, timeoutMilliseconds = 2000, freshMilliseconds = 1000 }: HealthOptions): Health => {
  let draining = false
  let probed: Promise<void> | undefined
  const stale = (): void => void (probed = undefined)
  // One at a time, also while the database is silent.
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

/** What the health door tells. */
export type HealthParts = {
  /** Resolves when the server can do its work, rejects while it cannot. */
  readonly ready: () => Promise<void>
  /** Settings of the database under which an acknowledged write may be lost; none unless said. */
  readonly weaknesses?: readonly string[]
}

/** The health door: /healthz tells whether the process lives, /readyz whether requests should be sent to it. */
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
