// The HTTP server: sockets and time-outs on the outside, plain requests and answers on the inside (spec: requirements
// 96 to 99). It reads no more of a body than may be used, and bears senders who are slow or wrong.
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { limits } from '../config.ts'
import { ServiceError } from '../errors.ts'
import { inTurn } from '../turns.ts'
import type { Answer, Exchange, Incoming } from './exchange.ts'
import { contentType, internalError, refusalBody } from '../wire/refusal.ts'

/** Where to listen. Port 0 takes a free one. */
export type HttpOptions = {
  readonly host: string
  readonly port: number
  /** How long `close` waits for requests in flight, in milliseconds; 10,000 when absent. */
  readonly graceMilliseconds?: number
  /** How long a sender may take; `patience` when absent. */
  readonly patience?: Patience
}

/** How long a sender may take over the header, and over the whole request (spec: requirements 97). */
export type Patience = { readonly headersMilliseconds: number; readonly requestMilliseconds: number }

/** The patience of every server. */
export const patience: Patience = { headersMilliseconds: 5000, requestMilliseconds: 20_000 }

/** A server that listens. */
export type HttpServer = {
  readonly port: number
  /** Takes no new connections, finishes what is in flight, and resolves when the last connection is gone. */
  close(): Promise<void>
}

const keepAliveMilliseconds = 65_000
const checkMilliseconds = 500
const drainMilliseconds = 2000

const tooLarge: Answer = {
  status: 413,
  headers: { 'content-type': contentType, 'x-amzn-errortype': 'RequestEntityTooLargeException:' },
  body: refusalBody(new ServiceError('RequestEntityTooLargeException', 'The request body is too large.')),
}

/** What is sent when an answer cannot be, such as one whose header holds a line break. */
const failed: Answer = {
  status: 500,
  headers: { 'content-type': contentType, 'x-amzn-errortype': 'InternalErrorException:' },
  body: refusalBody(internalError()),
}

const incomingOf = (request: IncomingMessage, body: Uint8Array): Incoming => {
  const url = request.url ?? '/'
  const mark = url.indexOf('?')
  return {
    method: request.method ?? 'GET',
    path: mark === -1 ? url : url.slice(0, mark),
    query: mark === -1 ? '' : url.slice(mark + 1),
    header: (name) => {
      const value = request.headers[name]
      return Array.isArray(value) ? value.join(', ') : value
    },
    body,
    remoteAddress: request.socket.remoteAddress,
  }
}

const send = (response: ServerResponse, { status, headers, body }: Answer, last: boolean): void => {
  if (response.destroyed) return
  const length = typeof body === 'string' ? Buffer.byteLength(body) : body.length
  const connection = last ? { connection: 'close' } : {}
  const size = status === 204 ? {} : { 'content-length': String(length) }
  response.writeHead(status, { ...headers, ...size, ...connection })
  response.end(body)
}

/**
 * Makes what waits for the end of this turn of the event loop. Answers that are ready by then leave together: whoever
 * reads them is woken once, and waking a process can cost more than making an answer.
 */
const makeTurnEnds = (): (() => Promise<void>) => {
  let end: Promise<void> | undefined
  return () =>
    (end ??= new Promise((resolve) => {
      setImmediate(() => {
        end = undefined
        resolve()
      })
    }))
}

/** Answers 413 at once, throws away what still comes for a moment so that the sender can read it, then hangs up. */
const refuseSize = (request: IncomingMessage, response: ServerResponse): void => {
  if (response.headersSent) return
  const { status, headers, body } = tooLarge
  response.writeHead(status, { ...headers, 'content-length': String(body.length), connection: 'close' })
  response.write(body)
  request.resume()
  request.once('end', () => response.end())
  const hangUp = setTimeout(() => request.socket.destroy(), drainMilliseconds)
  request.socket.once('close', () => clearTimeout(hangUp))
}

/** What a connection is told whose request could not be read as HTTP. */
const connectionRefusal = (code: string | undefined): string => {
  const timedOut = code === 'ERR_HTTP_REQUEST_TIMEOUT'
  const overflow = code === 'HPE_HEADER_OVERFLOW'
  const status = timedOut ? '408 Request Timeout' : overflow ? '431 Request Header Fields Too Large' : '400 Bad Request'
  const body = refusalBody(
    overflow
      ? new ServiceError('RequestEntityTooLargeException', 'The request header is too large.')
      : new ServiceError(
          'SerializationException',
          timedOut ? 'The request took too long.' : 'The request is not HTTP.',
        ),
  )
  const head = [`HTTP/1.1 ${status}`, `content-type: ${contentType}`, `content-length: ${Buffer.byteLength(body)}`]
  return `${[...head, 'connection: close'].join('\r\n')}\r\n\r\n${body}`
}

const refuseConnection = (error: NodeJS.ErrnoException, socket: Socket): void => {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  socket.end(connectionRefusal(error.code))
  socket.resume()
  const hangUp = setTimeout(() => socket.destroy(), drainMilliseconds)
  socket.once('close', () => clearTimeout(hangUp))
}

/**
 * Listens, and answers each request by `exchange`.
 *
 * @returns once the port is open
 * @throws Error when the port cannot be opened
 */
export const serveHttp = async (options: HttpOptions, exchange: Exchange): Promise<HttpServer> => {
  const { headersMilliseconds, requestMilliseconds } = options.patience ?? patience
  const turnEnds = makeTurnEnds()
  let closing = false

  const answer = async (incoming: Incoming, response: ServerResponse): Promise<void> => {
    const made = await exchange(incoming)
    await turnEnds()
    send(response, made, closing)
  }

  const receive = (request: IncomingMessage, response: ServerResponse): void => {
    const chunks: Buffer[] = []
    let size = 0
    request.on('error', () => request.destroy())
    response.on('error', () => response.destroy())
    request.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size > limits.bodyBytes) refuseSize(request, response)
      else chunks.push(chunk)
    })
    request.on('end', () => {
      if (size > limits.bodyBytes) return
      const [first] = chunks
      const body = chunks.length === 1 && first ? first : Buffer.concat(chunks)
      const begin = (): void =>
        void answer(incomingOf(request, body), response).catch(() => send(response, failed, true))
      // What only asks how the server is, or for a document, waits for nobody.
      if (request.method === 'GET') begin()
      else inTurn(begin)
    })
  }

  const accept = (request: IncomingMessage, response: ServerResponse): void => {
    if (Number(request.headers['content-length'] ?? 0) > limits.bodyBytes) refuseSize(request, response)
    else receive(request, response)
  }

  const server = createServer(
    {
      maxHeaderSize: limits.headerBytes,
      headersTimeout: headersMilliseconds,
      requestTimeout: requestMilliseconds,
      keepAliveTimeout: keepAliveMilliseconds,
      connectionsCheckingInterval: checkMilliseconds,
      insecureHTTPParser: false,
      noDelay: true,
    },
    accept,
  )
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    if (Number(request.headers['content-length'] ?? 0) <= limits.bodyBytes) response.writeContinue()
    accept(request, response)
  })
  server.on('clientError', refuseConnection)

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, options.host, resolve)
  })
  // Listening on a port, not on a pipe.
  const { port } = server.address() as AddressInfo

  return {
    port,
    close: () => {
      closing = true
      return new Promise((resolve) => {
        const hangUp = setTimeout(() => server.closeAllConnections(), options.graceMilliseconds ?? 10_000)
        server.close(() => {
          clearTimeout(hangUp)
          resolve()
        })
      })
    },
  }
}
