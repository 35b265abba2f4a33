// The table of doors, and the edge at which errors become answers (requirements 91, 99).
import { extensions } from './api/extensions.ts'
import { operations } from './api/index.ts'
import { withShares } from './api/shares.ts'
import type { Settings } from './config.ts'
import type { Context, RequestContext, Subject } from './context.ts'
import { devDoor, type DevControls } from './dev/routes.ts'
import { internalError, ServiceError } from './errors.ts'
import type { HttpAnswer, Exchange, Incoming } from './http/exchange.ts'
import { routed, type Door, type FoundRoute, type RouteRequest } from './http/routes.ts'
import { oauthDoor } from './oauth/index.ts'
import { healthDoor, type HealthParts } from './telemetry/health.ts'
import { networkOf } from './rules/source-address.ts'
import { requestLog } from './telemetry/request-log.ts'
import { wireDoor } from './wire/dispatch.ts'
import type { FindKey } from './wire/sigv4.ts'

/** The parts that doors need in addition to the context. */
export type DoorParts = {
  /** Looks up an access key for the wire door. */
  readonly findKey: FindKey
  readonly health: HealthParts
  /** The controls of the development server, for its own door. */
  readonly dev?: DevControls
}

/** The doors of a server. A request tries them in this order. */
export const doorsOf = ({ mode }: Pick<Settings, 'mode'>, { findKey, health, dev }: DoorParts): Door[] => [
  healthDoor(health),
  wireDoor(withShares({ ...operations, ...extensions }), findKey),
  oauthDoor,
  ...(mode === 'dev' && dev ? [devDoor(dev)] : []),
]

/** The whole server without its socket. */
export type App = {
  /** Answers a request in plain values, for the HTTP server. */
  readonly exchange: Exchange
  /** Answers a Fetch request, for tests. */
  fetch(request: Request, caller?: { readonly remoteAddress?: string }): Promise<Response>
}

const userAgentCharacters = 1024

/** The events of requests that metrics count. */
export type Watch = {
  /** Called when a limit of this name refuses a request. */
  readonly refused: (limit: string) => void
}

/**
 * Makes the server from its context and its doors.
 *
 * @returns functions that never reject
 */
export const makeApp = (context: Context, doors: readonly Door[], watch: Watch = { refused: () => {} }): App => {
  const exchange = routed(doors, (place, request) =>
    answerAt(place, requestContext(context, place, request), request, watch),
  )
  return {
    exchange,
    fetch: async (request, caller) => responseFrom(await exchange(await incomingFrom(request, caller?.remoteAddress))),
  }
}

const requestContext = (context: Context, { door, route }: FoundRoute, request: RouteRequest): RequestContext => {
  const { remoteAddress, header } = request
  const network = networkOf(remoteAddress)
  const requestId = context.random.uuid()
  const subject: Subject = {}
  const fields = (): Record<string, unknown> => ({
    requestId,
    ...(door.named?.(request) ?? { route: route.path }),
    ...(remoteAddress === undefined ? {} : { source: remoteAddress }),
    ...subject,
  })
  return {
    ...context,
    log: requestLog(context.log, fields),
    keys: context.keys.forSource({ signed: false, source: network }),
    subject,
    requestId,
    region: context.settings.region,
    remoteAddress,
    network,
    userAgent: header('user-agent')?.slice(0, userAgentCharacters),
  }
}

/**
 * The edge: turns a thrown error into the door's answer, and writes the one log line about the end of a request: `refused`
 * with its true reason, `failed` with its cause, or `done` for a signed request. Successful requests of users are not
 * logged.
 */
const answerAt = async (
  { door, route }: FoundRoute,
  context: RequestContext,
  request: RouteRequest,
  watch: Watch,
): Promise<HttpAnswer> => {
  const { log, subject } = context
  try {
    const answer = await route.answer(context, request)
    if (subject.accessKeyId !== undefined) log.info({}, 'done')
    return answer
  } catch (cause) {
    if (!(cause instanceof ServiceError)) {
      log.error({ err: cause }, 'failed')
      return door.refuse(internalError(), context, request)
    }
    const { name: error, message, reason, limit } = cause
    log.info({ error, message, reason, ...(limit === undefined ? {} : { limit }) }, 'refused')
    if (limit !== undefined) watch.refused(limit)
    return door.refuse(cause, context, request)
  }
}

const incomingFrom = async (request: Request, remoteAddress: string | undefined): Promise<Incoming> => {
  const url = new URL(request.url)
  return {
    method: request.method,
    path: url.pathname,
    query: url.search.slice(1),
    header: (name) => request.headers.get(name) ?? (name === 'host' ? url.host : undefined),
    body: new Uint8Array(await request.arrayBuffer()),
    remoteAddress,
  }
}

const responseFrom = ({ status, headers, cookies = [], body }: HttpAnswer): Response => {
  const all = new Headers(headers)
  for (const cookie of cookies) all.append('set-cookie', cookie)
  return new Response(status === 204 ? null : new Uint8Array(Buffer.from(body)), { status, headers: all })
}
