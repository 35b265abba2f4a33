// Runs a server until the system asks it to stop, and then lets it finish.
import { once } from 'node:events'
import type { RunningServer } from '../main.ts'

/** Resolves when SIGTERM or SIGINT came and the server has stopped. A second signal ends its time to drain. */
export const untilStopped = async (server: RunningServer): Promise<void> => {
  await asked()
  const hurry = new AbortController()
  void asked().then(() => hurry.abort())
  await server.stop(hurry.signal)
}

const asked = async (): Promise<void> => {
  const others = new AbortController()
  const { signal } = others
  await Promise.race([once(process, 'SIGTERM', { signal }), once(process, 'SIGINT', { signal })])
  others.abort()
}
