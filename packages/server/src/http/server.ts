// The HTTP server: sockets and time-outs on the outside, plain requests and answers on the inside (requirements 96 to
// 99). Connections, requests ahead of their answers and bytes in flight are bounded; slow and wrong senders keep nobody
// else from being answered.
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerOptions, ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { internalError } from '../errors.ts'
import { inTurn } from '../turns.ts'
import { receiveBody } from './body.ts'
import { makeBudget, type BudgetLimits } from './budget.ts'
import type { Certificate } from './certificate.ts'
import { closeServer, keepRoom, makeAhead } from './connections.ts'
import type { HttpAnswer, Exchange, Incoming } from './exchange.ts'
import { refuseBody, refuseConnection, tooLarge, type Refuse } from './refusals.ts'

/** How much is taken from senders. */
export type HttpLimits = BudgetLimits & {
  /** Of the body of one request. */
  readonly bodyBytes: number
  readonly headerBytes: number
  /** Connections at once. Near the bound idle ones are closed, at the bound the next is hung up on. */
  readonly connections: number
  /** How many requests a connection may be ahead of its answers; one that is further ahead is hung up on. */
  readonly pipelined: number
}

/** Decides which address a request comes from. */
export type SourceOf = (socketAddress: string | undefined, forwardedFor: string | undefined) => string | undefined

/** Where to listen, and how. Port 0 takes a free one. */
export type HttpOptions = {
  readonly host: string
  readonly port: number
  readonly limits: HttpLimits
  /** Words the refusal of a request that no door sees. */
  readonly refuse: Refuse
  /** The address that a request comes from, by its socket's and by X-Forwarded-For; the socket's when absent. */
  readonly sourceOf?: SourceOf
  /** Speaks TLS 1.2 or later by this certificate; without one, HTTP as it is. */
  readonly certificate?: Certificate
  /** How long `close` waits for requests in flight, in milliseconds; 10,000 when absent. */
  readonly graceMilliseconds?: number
  /** How long a sender may take; `patience` when absent. */
  readonly patience?: HttpPatience
}

/** How long the other side may take (requirement 97). */
export type HttpPatience = {
  /** To send a header. */
  readonly headersMilliseconds: number
  /** To send a whole request. */
  readonly requestMilliseconds: number
  /** Without a byte in either direction: longer than any operation takes, it ends those who do not read their answer. */
  readonly stillMilliseconds: number
}

/** The patience of every server. */
export const patience: HttpPatience = {
  headersMilliseconds: 5000,
  requestMilliseconds: 20_000,
  stillMilliseconds: 120_000,
}

/** A server that listens. */
export type HttpServer = {
  readonly port: number
  /** Uses another certificate for the connections that come from now on. */
  renew(certificate: Certificate): void
  /** From now on each answer is the last of its connection; the server takes requests as before. */
  drain(): void
  /** Takes no new connections, finishes what is in flight, and resolves when the last connection is gone. */
  close(): Promise<void>
}

const oldestTls = 'TLSv1.2'
const keepAliveMilliseconds = 65_000
const checkMilliseconds = 500
/** Answers up to here leave whole: the system takes them at once. */
const wholeBytes = 65_536
const graceMilliseconds = 10_000

const incomingOf = (request: IncomingMessage, body: Uint8Array, sourceOf: SourceOf): Incoming => {
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
    remoteAddress: sourceOf(request.socket.remoteAddress, request.headers['x-forwarded-for']?.toString()),
  }
}

const send = (response: ServerResponse, { status, headers, cookies, body }: HttpAnswer, last: boolean): void => {
  if (response.destroyed) return
  const length = typeof body === 'string' ? Buffer.byteLength(body) : body.length
  const connection = last ? { connection: 'close' } : {}
  const size = status === 204 ? {} : { 'content-length': String(length) }
  const setCookies = cookies === undefined ? {} : { 'set-cookie': [...cookies] }
  response.writeHead(status, { ...headers, ...setCookies, ...size, ...connection })
  // An answer that has ended counts as sent, and its connection as idle: a large one ends when it has left.
  if (length > wholeBytes) response.write(body, () => response.end())
  else response.end(body)
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

/** A server of Node, for HTTP or for TLS, with its bounds of time and number. */
const makeServer = (options: HttpOptions): { server: Server } & Pick<HttpServer, 'renew'> => {
  const { limits, certificate } = options
  const { headersMilliseconds, requestMilliseconds, stillMilliseconds } = options.patience ?? patience
  const settings: ServerOptions = {
    maxHeaderSize: limits.headerBytes,
    headersTimeout: headersMilliseconds,
    requestTimeout: requestMilliseconds,
    keepAliveTimeout: keepAliveMilliseconds,
    connectionsCheckingInterval: checkMilliseconds,
    insecureHTTPParser: false,
    noDelay: true,
  }
  const secure =
    certificate &&
    createSecureServer({ ...settings, ...certificate, minVersion: oldestTls, handshakeTimeout: headersMilliseconds })
  const server: Server = secure ?? createServer(settings)
  server.timeout = stillMilliseconds
  keepRoom(server, limits.connections)
  return { server, renew: (renewed) => secure?.setSecureContext({ ...renewed, minVersion: oldestTls }) }
}

/**
 * Listens, and answers each request by `exchange`.
 *
 * @param exchange - a promise where it is still being made: requests wait for it
 * @returns once the port is open
 * @throws Error when the port cannot be opened
 */
export const serveHttp = async (options: HttpOptions, exchange: Exchange | Promise<Exchange>): Promise<HttpServer> => {
  const { limits, refuse, sourceOf = (socketAddress) => socketAddress } = options
  const bounds = { bodyBytes: limits.bodyBytes, begin: makeBudget(limits), refuse }
  const mayRead = makeAhead(limits.pipelined)
  const turnEnds = makeTurnEnds()
  let draining = false

  const answer = async (incoming: Incoming, response: ServerResponse): Promise<void> => {
    const made = await (await exchange)(incoming)
    await turnEnds()
    send(response, made, draining)
  }

  const isTooLarge = ({ headers }: IncomingMessage): boolean =>
    Number(headers['content-length'] ?? 0) > limits.bodyBytes

  const read = (request: IncomingMessage, response: ServerResponse): void => {
    request.on('error', () => request.destroy())
    response.on('error', () => response.destroy())
    if (isTooLarge(request)) {
      refuseBody(request, response, refuse(tooLarge('body')))
      return
    }
    receiveBody(request, response, bounds, (body) => {
      const begin = (): void =>
        void answer(incomingOf(request, body, sourceOf), response).catch(() =>
          send(response, refuse(internalError()), true),
        )
      // What only asks how the server is, or for a document, waits for nobody.
      if (request.method === 'GET') begin()
      else inTurn(begin)
    })
  }

  const { server, renew } = makeServer(options)
  server.on('request', (request, response) => {
    if (mayRead(request, response)) read(request, response)
  })
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    if (!mayRead(request, response)) return
    if (!isTooLarge(request)) response.writeContinue()
    read(request, response)
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
    renew,
    drain: () => {
      draining = true
    },
    close: () => {
      draining = true
      return closeServer(server, options.graceMilliseconds ?? graceMilliseconds)
    },
  }
}
