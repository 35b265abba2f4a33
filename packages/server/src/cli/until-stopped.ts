// Runs a server until the system asks it to stop, and then lets it finish.
import { once } from 'node:events'
import type { RunningServer } from '../main.ts'

/**
 * Waits for SIGTERM or SIGINT, stops the server, and ends the process: lines that wait for a reader who has stopped
 * would keep it alive. A second signal ends the time to drain.
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
