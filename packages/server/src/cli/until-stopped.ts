// Runs a server until the system asks it to stop, and then finishes what is in flight.
import { once } from 'node:events'
import type { RunningServer } from '../main.ts'

/** Resolves when SIGTERM or SIGINT came and the server has stopped. */
export const untilStopped = async (server: RunningServer): Promise<void> => {
  const signals = new AbortController()
  const { signal } = signals
  await Promise.race([once(process, 'SIGTERM', { signal }), once(process, 'SIGINT', { signal })])
  signals.abort()
  await server.stop()
}
