// Refusals of requests that never reach a door: too large, too many at once, too slow, or not HTTP. The sender gets the
// answer and two seconds to read it; then the connection ends.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { ServiceError } from '../errors.ts'
import type { HttpAnswer } from './exchange.ts'

/** Words a refusal in the way of the API, to which most requests belong. */
export type Refuse = (error: ServiceError) => HttpAnswer

const drainMilliseconds = 2000

/** The refusal of a request whose header or body is too large. */
export const tooLarge = (part: 'body' | 'header'): ServiceError =>
  new ServiceError('RequestEntityTooLargeException', `The request ${part} is too large.`)

/** Answers before the body has ended, discards the rest of the body for two seconds, then hangs up. */
export const refuseBody = (
  request: IncomingMessage,
  response: ServerResponse,
  { status, headers, body }: HttpAnswer,
): void => {
  if (response.headersSent) return
  response.writeHead(status, { ...headers, 'content-length': String(Buffer.byteLength(body)), connection: 'close' })
  response.write(body)
  request.resume()
  request.once('end', () => response.end())
  hangUpLater(request.socket)
}

/** Answers on a connection whose request is not HTTP or took too long. */
export const refuseConnection = (error: NodeJS.ErrnoException, socket: Socket, refuse: Refuse): void => {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  socket.end(connectionRefusal(error.code, refuse))
  socket.resume()
  hangUpLater(socket)
}

const hangUpLater = (socket: Socket): void => {
  const hangUp = setTimeout(() => socket.destroy(), drainMilliseconds)
  socket.once('close', () => clearTimeout(hangUp))
}

const connectionRefusal = (code: string | undefined, refuse: Refuse): string => {
  const { status, error } = faultOf(code)
  const { headers, body } = refuse(error)
  const all = { ...headers, 'content-length': String(Buffer.byteLength(body)), connection: 'close' }
  const head = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  return `HTTP/1.1 ${status}\r\n${head.join('')}\r\n${Buffer.from(body).toString('utf8')}`
}

/** The status line and the error for a fault of a connection, by its code. */
const faultOf = (code: string | undefined): { status: string; error: ServiceError } => {
  if (code === 'HPE_HEADER_OVERFLOW')
    return { status: '431 Request Header Fields Too Large', error: tooLarge('header') }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return {
      status: '408 Request Timeout',
      error: new ServiceError('SerializationException', 'The request took too long.'),
    }
  return { status: '400 Bad Request', error: new ServiceError('SerializationException', 'The request is not HTTP.') }
}
