// Connections: how many there are, how far each is ahead of its answers, and how they end.
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** How often a server that is crowded, or that closes, closes idle connections. */
const roomMilliseconds = 100

/** Bounds connections. Idle ones are closed when nearly as many are open as can be, so that a new one finds room. */
export const keepRoom = (server: Server, connections: number): void => {
  const crowded = Math.floor((connections * 7) / 8)
  let open = 0
  let resting = false
  server.maxConnections = connections
  // Before the listener that makes the new connection one of those that can be idle.
  server.prependListener('connection', (socket: Socket) => {
    open += 1
    socket.once('close', () => (open -= 1))
    if (open < crowded || resting) return
    server.closeIdleConnections()
    resting = true
    setTimeout(() => (resting = false), roomMilliseconds).unref()
  })
}

/**
 * Counts how far each connection is ahead of its answers.
 *
 * @returns whether a request may be read; one too many ends its connection
 */
export const makeAhead = (pipelined: number): ((request: IncomingMessage, response: ServerResponse) => boolean) => {
  const ahead = new WeakMap<Socket, number>()
  return ({ socket }, response) => {
    const count = (ahead.get(socket) ?? 0) + 1
    if (socket.destroyed || count > pipelined) {
      socket.destroy()
      return false
    }
    ahead.set(socket, count)
    response.once('close', () => ahead.set(socket, (ahead.get(socket) ?? 1) - 1))
    return true
  }
}

/**
 * Takes no new connections, and resolves when the last is gone.
 *
 * @param graceMilliseconds - how long requests in flight have to finish; then they are cut off
 */
export const closeServer = (server: Server, graceMilliseconds: number): Promise<void> =>
  new Promise((resolve) => {
    const hangUp = setTimeout(() => server.closeAllConnections(), graceMilliseconds)
    // A connection whose answer left after the server began to close is idle only then.
    const sweeping = setInterval(() => server.closeIdleConnections(), roomMilliseconds)
    server.close(() => {
      clearTimeout(hangUp)
      clearInterval(sweeping)
      resolve()
    })
  })
