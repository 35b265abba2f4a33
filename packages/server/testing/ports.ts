// Ports on loopback for what a test starts.
import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })

// Below those that a system gives to outgoing connections (Linux from 32,768): none can take one before its server does.
const [lowestPort, highestPort] = [16_384, 32_767]

const givenPorts = new Set<number>()

/** A port that nothing listens on, given once. */
export const freePort = async (): Promise<number> => {
  const port = randomInt(lowestPort, highestPort)
  if (givenPorts.has(port) || !(await isFree(port))) return freePort()
  givenPorts.add(port)
  return port
}
