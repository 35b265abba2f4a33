// The doors of the server, in one table, and the edge at which their refusals become answers (requirements 91, 99).
import { extensions } from './api/extensions.ts'
import { operations } from './api/index.ts'
import { withShares } from './api/shares.ts'
import type { Settings } from './config.ts'
import type { Context, RequestContext } from './context.ts'
import { devDoor, type DevControls } from './dev/routes.ts'
import { internalError, ServiceError } from './errors.ts'
import type { Answer, Exchange, Incoming } from './http/exchange.ts'
import { routed, type Door, type Place, type RouteRequest } from './http/routes.ts'
import { oauthDoor } from './oauth/index.ts'
import { healthDoor, type HealthParts } from './telemetry/health.ts'
import { networkOf } from './rules/source-address.ts'
import { wireDoor } from './wire/dispatch.ts'
import type { FindKey } from './wire/sigv4.ts'

/** What the doors need beside the context. */
export type DoorParts = {
  /** Looks up an access key for the wire door. */
  readonly findKey: FindKey
  readonly health: HealthParts
  /** What the development server moves; it alone has the door of them. */
  readonly dev?: DevControls
}

/** The doors of a server, in the order in which a request tries them. */
export const doorsOf = ({ mode }: Pick<Settings, 'mode'>, { findKey, health, dev }: DoorParts): Door[] => [
  healthDoor(health),
  wireDoor(withShares({ ...operations, ...extensions }), findKey),
  oauthDoor,
  ...(mode === 'dev' && dev ? [devDoor(dev)] : []),
]

/** The whole server without its socket. */
export type App = {
  /** Answers a request in plain values; the way of the HTTP server. */
  readonly exchange: Exchange
  /** Answers a Fetch request; the way of tests. */
  fetch(request: Request, caller?: { readonly remoteAddress?: string }): Promise<Response>
}

const userAgentCharacters = 1024

/**
 * Makes the server from its context and its doors.
 *
 * @returns functions that never reject
 */
export const makeApp = (context: Context, doors: readonly Door[]): App => {
  const exchange = routed(doors, (place, request) => answerAt(place, requestContext(context, request), request))
  return {
    exchange,
    fetch: async (request, caller) => responseFrom(await exchange(await incomingFrom(request, caller?.remoteAddress))),
  }
}

const requestContext = (context: Context, { remoteAddress, header }: Incoming): RequestContext => {
  const network = networkOf(remoteAddress)
  return {
    ...context,
    keys: context.keys.forSource({ signed: false, source: network }),
    requestId: context.random.uuid(),
    region: context.settings.region,
    remoteAddress,
    network,
    userAgent: header('user-agent')?.slice(0, userAgentCharacters),
  }
}

/** The edge: a refusal is logged with its reason, anything else thrown with its cause; the door words the answer. */
const answerAt = async ({ door, route }: Place, context: RequestContext, request: RouteRequest): Promise<Answer> => {
  try {
    return await route.answer(context, request)
  } catch (cause) {
    const { log, requestId } = context
    const named = { requestId, ...(door.named?.(request) ?? { route: route.path }) }
    if (!(cause instanceof ServiceError)) {
      log.error({ ...named, err: cause }, 'failed')
      return door.refuse(internalError(), context, request)
    }
    const { name: error, message, reason, limit } = cause
    log.info({ ...named, error, message, reason, ...(limit === undefined ? {} : { limit }) }, 'refused')
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

const responseFrom = ({ status, headers, cookies = [], body }: Answer): Response => {
  const all = new Headers(headers)
  for (const cookie of cookies) all.append('set-cookie', cookie)
  return new Response(status === 204 ? null : new Uint8Array(Buffer.from(body)), { status, headers: all })
}
