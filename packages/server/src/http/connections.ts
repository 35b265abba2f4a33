// Connections: limits their number and the requests that each sends ahead of its answers, and ends them.
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** The pause between two closings of idle connections, while the server is crowded or stopping. */
const roomMilliseconds = 100

/** Limits the number of connections. Near the limit, idle connections are closed, so that a new one finds room. */
export const keepRoom = (server: Server, connections: number): void => {
  const crowded = Math.floor((connections * 7) / 8)
  let open = 0
  let resting = false
  server.maxConnections = connections
  // This listener must run first: the server's own listener makes the new connection count as idle.
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
 * Counts the requests of each connection that are not answered yet.
 *
 * @param pipelined - how many a connection may have; one more ends the connection
 * @returns a function that says whether a request may be read
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
 * Stops taking connections, and resolves when the last one has ended.
 *
 * @param graceMilliseconds - how long requests in flight have to finish; then they are cut off
 */
export const closeServer = (server: Server, graceMilliseconds: number): Promise<void> =>
  new Promise((resolve) => {
    const hangUp = setTimeout(() => server.closeAllConnections(), graceMilliseconds)
    // A connection becomes idle when its last answer has left, which may be after the closing began.
    const sweeping = setInterval(() => server.closeIdleConnections(), roomMilliseconds)
    server.close(() => {
      clearTimeout(hangUp)
      clearInterval(sweeping)
      resolve()
    })
  })
