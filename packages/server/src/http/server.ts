// The HTTP server: sockets and time-outs on the outside, plain requests and answers on the inside (spec: requirements
// 96 to 99). It reads no more of a body than may be used, and bears senders who are slow or wrong.
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { internalError, ServiceError } from '../errors.ts'
import { inTurn } from '../turns.ts'
import type { Answer, Exchange, Incoming } from './exchange.ts'

/** How much of a request is read. */
export type HttpLimits = { readonly bodyBytes: number; readonly headerBytes: number }

/** Where to listen, and how. Port 0 takes a free one. */
export type HttpOptions = {
  readonly host: string
  readonly port: number
  readonly limits: HttpLimits
  /** Words the refusal of a request that no door sees: too large, too slow, not HTTP. */
  readonly refuse: (error: ServiceError) => Answer
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

const incomingOf = (request: IncomingMessage, body: Uint8Array): Incoming => {
  const url = request.url ?? '/'
  const mark = url.indexOf('?')
  return {
    method: request.method ?? 'GET',
    path: mark === -1 ? url : url.slice(0, mark),
    query: mark === -1 ? '' : url.slice(mark + 1),
    header: (name) => {
      // A caller chooses the names that a signature covers: `constructor` is a header only where it was sent.
      const value = Object.hasOwn(request.headers, name) ? request.headers[name] : undefined
      return Array.isArray(value) ? value.join(', ') : value
    },
    body,
    remoteAddress: request.socket.remoteAddress,
  }
}

const send = (response: ServerResponse, { status, headers, cookies, body }: Answer, last: boolean): void => {
  if (response.destroyed) return
  const length = typeof body === 'string' ? Buffer.byteLength(body) : body.length
  const connection = last ? { connection: 'close' } : {}
  const size = status === 204 ? {} : { 'content-length': String(length) }
  const setCookies = cookies === undefined ? {} : { 'set-cookie': [...cookies] }
  response.writeHead(status, { ...headers, ...setCookies, ...size, ...connection })
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
const refuseSize = (request: IncomingMessage, response: ServerResponse, { status, headers, body }: Answer): void => {
  if (response.headersSent) return
  response.writeHead(status, { ...headers, 'content-length': String(Buffer.byteLength(body)), connection: 'close' })
  response.write(body)
  request.resume()
  request.once('end', () => response.end())
  const hangUp = setTimeout(() => request.socket.destroy(), drainMilliseconds)
  request.socket.once('close', () => clearTimeout(hangUp))
}

const tooLarge = (what: string): ServiceError =>
  new ServiceError('RequestEntityTooLargeException', `The request ${what} is too large.`)

/** The status line and the error for a connection whose request could not be read as HTTP, by the fault's code. */
const faultOf = (code: string | undefined): { status: string; error: ServiceError } => {
  if (code === 'HPE_HEADER_OVERFLOW')
    return { status: '431 Request Header Fields Too Large', error: tooLarge('header') }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return {
      status: '408 Request Timeout',
      error: new ServiceError('SerializationException', 'The request took too long.'),
    }
  return {
    status: '400 Bad Request',
    error: new ServiceError('SerializationException', 'The request is not HTTP.'),
  }
}

const connectionRefusal = (code: string | undefined, refuse: HttpOptions['refuse']): string => {
  const { status, error } = faultOf(code)
  const { headers, body } = refuse(error)
  const all = { ...headers, 'content-length': String(Buffer.byteLength(body)), connection: 'close' }
  const head = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  return `HTTP/1.1 ${status}\r\n${head.join('')}\r\n${Buffer.from(body).toString('utf8')}`
}

const refuseConnection = (error: NodeJS.ErrnoException, socket: Socket, refuse: HttpOptions['refuse']): void => {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  socket.end(connectionRefusal(error.code, refuse))
  socket.resume()
  const hangUp = setTimeout(() => socket.destroy(), drainMilliseconds)
  socket.once('close', () => clearTimeout(hangUp))
}

/**
 * Listens, and answers each request by `exchange`.
 *
 * @param exchange - a promise where it is still being made: requests wait for it
 * @returns once the port is open
 * @throws Error when the port cannot be opened
 */
export const serveHttp = async (options: HttpOptions, exchange: Exchange | Promise<Exchange>): Promise<HttpServer> => {
  const { headersMilliseconds, requestMilliseconds } = options.patience ?? patience
  const { limits, refuse } = options
  const turnEnds = makeTurnEnds()
  let closing = false

  const answer = async (incoming: Incoming, response: ServerResponse): Promise<void> => {
    const made = await (await exchange)(incoming)
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
      if (size > limits.bodyBytes) refuseSize(request, response, refuse(tooLarge('body')))
      else chunks.push(chunk)
    })
    request.on('end', () => {
      if (size > limits.bodyBytes) return
      const [first] = chunks
      const body = chunks.length === 1 && first ? first : Buffer.concat(chunks)
      const begin = (): void =>
        void answer(incomingOf(request, body), response).catch(() => send(response, refuse(internalError()), true))
      // What only asks how the server is, or for a document, waits for nobody.
      if (request.method === 'GET') begin()
      else inTurn(begin)
    })
  }

  const accept = (request: IncomingMessage, response: ServerResponse): void => {
    if (Number(request.headers['content-length'] ?? 0) > limits.bodyBytes)
      refuseSize(request, response, refuse(tooLarge('body')))
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
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => refuseConnection(error, socket, refuse))

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
