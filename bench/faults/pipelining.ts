// Pipelined requests: 50,000 on one connection, then on ten at once; first health checks, then operations. The server
// answers another connection quickly meanwhile.
import { once } from 'node:events'
import { connect } from 'node:net'
import { figure, watched } from './watched.ts'

const requests = 50_000
/** Two seconds, for a busy machine; on a quiet one it is a fraction of a second. */
const healthMilliseconds = 2000

const { port, rss, slowestHealth, stop } = await watched()

const operation = JSON.stringify({ AccessToken: 'a.b.c' })
const kinds = {
  'GET /healthz': 'GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n',
  'POST GetUser': `POST / HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/x-amz-json-1.1\r\nx-amz-target: AWSCognitoIdentityProviderService.GetUser\r\ncontent-length: ${operation.length}\r\n\r\n${operation}`,
}

/** Sends all requests at once on a connection. @returns the number of answers before the server finished or hung up */
const pipeline = async (request: string): Promise<number> => {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => socket.destroy())
  await once(socket, 'connect')
  let answered = 0
  let rest = ''
  socket.on('data', (chunk: Buffer) => {
    const text = rest + chunk.toString('latin1')
    answered += text.split('HTTP/1.1 ').length - 1
    rest = text.slice(-8)
    if (answered >= requests) socket.destroy()
  })
  const closed = new Promise((resolve) => socket.once('close', resolve))
  socket.write(request.repeat(requests))
  await closed
  return answered
}

let held = true
for (const [kind, request] of Object.entries(kinds)) {
  for (const connections of [1, 10]) {
    const before = rss()
    const sent = Promise.all(Array.from({ length: connections }, () => pipeline(request)))
    const slowest = await slowestHealth(sent)
    const answered = (await sent).reduce((sum, count) => sum + count, 0)
    const asked = `${requests * connections} requests on ${connections} ${connections === 1 ? 'connection' : 'connections'}`
    figure(`${kind}, ${asked}`, `${answered} answered, slowest /healthz elsewhere ${slowest.toFixed(0)} ms`)
    figure('memory', `${before.toFixed(0)} MiB before, ${rss().toFixed(0)} MiB after`)
    held &&= slowest < healthMilliseconds
  }
}
await stop()
process.exitCode = held ? 0 : 1
