// Runs a server until SIGTERM or SIGINT, and then lets it finish.
import { once } from 'node:events'
import type { RunningServer } from '../main.ts'

/**
 * Waits for SIGTERM or SIGINT, stops the server, and ends the process, which unread output would otherwise keep alive. A
 * second signal ends the drain period.
 */
export const untilStopped = async (server: RunningServer): Promise<void> => {
  await asked()
  const hurry = new AbortController()
  void asked().then(() => hurry.abort())
  await server.stop(hurry.signal)
  process.exit()
}

const asked = async (): Promise<void> => {
  const others = new AbortController()
  const { signal } = others
  await Promise.race([once(process, 'SIGTERM', { signal }), once(process, 'SIGINT', { signal })])
  others.abort()
}
