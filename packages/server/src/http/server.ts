// The HTTP server: turns sockets into plain requests, and plain answers into bytes (requirements 96 to 99). It limits
// connections, pipelined requests and bytes in flight, so that slow or malformed requests never delay those of others.
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerOptions, ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { internalError, type ServiceError } from '../errors.ts'
import { inTurn } from '../turns.ts'
import { receiveBody } from './body.ts'
import { makeBudget, type BudgetLimits } from './budget.ts'
import type { Certificate } from './certificate.ts'
import { closeServer, keepRoom, makeAhead } from './connections.ts'
import type { HttpAnswer, Exchange, Incoming } from './exchange.ts'
import { refuseBody, refuseConnection, tooLarge, type Refuse } from './refusals.ts'

/** The limits on requests and connections. */
export type HttpLimits = BudgetLimits & {
  /** The largest body of one request. */
  readonly bodyBytes: number
  readonly headerBytes: number
  /** Open connections. Near the limit, idle ones are closed; at the limit, a new one is hung up on. */
  readonly connections: number
  /** Requests of one connection that may wait for their answers; one more ends the connection. */
  readonly pipelined: number
}

/** Decides which address a request comes from. */
export type SourceOf = (socketAddress: string | undefined, forwardedFor: string | undefined) => string | undefined

/** The address to listen on, and the settings of the server. Port 0 takes a free port. */
export type HttpOptions = {
  readonly host: string
  readonly port: number
  readonly limits: HttpLimits
  /** Words the refusal of a request that never reaches a door. */
  readonly refuse: Refuse
  /** Told of each body that was refused, and of the address that it came from. */
  readonly refused?: (error: ServiceError, source: string | undefined) => void
  /** Finds the source address from the socket and X-Forwarded-For; absent, the socket's address counts. */
  readonly sourceOf?: SourceOf
  /** The certificate for TLS 1.2 or later; absent, the server speaks plain HTTP. */
  readonly certificate?: Certificate
  /** How long `close` waits for requests in flight, in milliseconds; 10,000 when absent. */
  readonly graceMilliseconds?: number
  /** The time-outs; `patience` when absent. */
  readonly patience?: HttpPatience
}

/** The time-outs of a connection (requirement 97). */
export type HttpPatience = {
  /** For sending a header. */
  readonly headersMilliseconds: number
  /** For sending a whole request. */
  readonly requestMilliseconds: number
  /** For silence in both directions: longer than any operation takes. It ends clients that do not read their answer. */
  readonly stillMilliseconds: number
}

/** The time-outs of every server. */
export const patience: HttpPatience = {
  headersMilliseconds: 5000,
  requestMilliseconds: 20_000,
  stillMilliseconds: 120_000,
}

/** A server that listens. */
export type HttpServer = {
  readonly port: number
  /** Uses another certificate for all later connections. */
  renew(certificate: Certificate): void
  /** From now on each answer ends its connection; the server still takes new connections and requests. */
  drain(): void
  /** Stops taking connections, finishes the requests in flight, and resolves when the last connection has ended. */
  close(): Promise<void>
}

const oldestTls = 'TLSv1.2'
const keepAliveMilliseconds = 65_000
const checkMilliseconds = 500
/** Answers up to this size are written in one call: the operating system takes them at once. */
const wholeBytes = 65_536
const graceMilliseconds = 10_000

/**
 * Listens, and answers each request by `exchange`.
 *
 * @param exchange - may be a promise while the server starts: requests then wait for it
 * @returns once the port is open
 * @throws Error when the port cannot be opened
 */
export const serveHttp = async (options: HttpOptions, exchange: Exchange | Promise<Exchange>): Promise<HttpServer> => {
  const { limits, refuse, refused = () => {}, sourceOf = (socketAddress) => socketAddress } = options
  const refuseUnread = (error: ServiceError, request: IncomingMessage): HttpAnswer => {
    refused(error, sourceAddress(request, sourceOf))
    return refuse(error)
  }
  const bounds = { bodyBytes: limits.bodyBytes, begin: makeBudget(limits), refuse: refuseUnread }
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
      refuseBody(request, response, refuseUnread(tooLarge('body'), request))
      return
    }
    const work = (body: Uint8Array): Promise<void> =>
      answer(incomingOf(request, body, sourceOf), response).catch(() => send(response, refuse(internalError()), true))
    const begin = (body: Uint8Array): Promise<void> =>
      new Promise((resolve) => {
        // Health checks and documents are quick: they do not wait for their turn.
        if (request.method === 'GET') resolve(work(body))
        else inTurn(() => resolve(work(body)))
      })
    receiveBody(request, response, bounds, begin)
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

/** The address that a request comes from, or undefined where its socket has closed. */
const sourceAddress = ({ socket, headers }: IncomingMessage, sourceOf: SourceOf): string | undefined =>
  sourceOf(socket.remoteAddress, headers['x-forwarded-for']?.toString())

const incomingOf = (request: IncomingMessage, body: Uint8Array, sourceOf: SourceOf): Incoming => {
  const url = request.url ?? '/'
  const mark = url.indexOf('?')
  return {
    method: request.method ?? 'GET',
    path: mark === -1 ? url : url.slice(0, mark),
    query: mark === -1 ? '' : url.slice(mark + 1),
    header: (name) => {
      // A signature may name any header, even `constructor`: only headers that were sent count.
      const value = Object.hasOwn(request.headers, name) ? request.headers[name] : undefined
      return Array.isArray(value) ? value.join(', ') : value
    },
    body,
    remoteAddress: sourceAddress(request, sourceOf),
  }
}

const send = (response: ServerResponse, { status, headers, cookies, body }: HttpAnswer, last: boolean): void => {
  if (response.destroyed) return
  const length = typeof body === 'string' ? Buffer.byteLength(body) : body.length
  const connection = last ? { connection: 'close' } : {}
  const size = status === 204 ? {} : { 'content-length': String(length) }
  const setCookies = cookies === undefined ? {} : { 'set-cookie': [...cookies] }
  response.writeHead(status, { ...headers, ...setCookies, ...size, ...connection })
  // Node counts a connection as idle once its answer has ended, so a large answer ends only after it was written.
  if (length > wholeBytes) response.write(body, () => response.end())
  else response.end(body)
}

/**
 * Makes a function that waits for the end of this turn of the event loop. Answers that are ready by then leave together,
 * so that the reading process wakes once; waking it can cost more than making an answer.
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

/** A Node server for HTTP or TLS, with its time-outs and limits. */
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
