// Every path the server answers, in one table. A door is tried in the order it stands here; what no door takes is
// answered 404 in JSON (spec: endpoints 6.2, requirements 91).
import { extensions } from './api/extensions.ts'
import { operations } from './api/index.ts'
import type { Context, RequestContext } from './context.ts'
import { ServiceError } from './errors.ts'
import { corsHeaders, preflightHeaders } from './http/cors.ts'
import { makeDispatch } from './wire/dispatch.ts'
import type { Answer, Exchange, Incoming } from './http/exchange.ts'
import { internalError, plainRefusal, refusal } from './wire/refusal.ts'
import type { FindKey } from './wire/sigv4.ts'

/** A request at a route: what came, and the parts of the path that the route names. */
export type RouteRequest = Incoming & { readonly params: Readonly<Record<string, string>> }

/** A path, and what answers it. */
export type Route = {
  readonly method: string
  /** Segments between slashes: text, `{name}` for any one segment, a last `*` for any rest. */
  readonly path: string
  /** Whether pages of other origins may read the answer. */
  readonly cors?: boolean
  /** Answers the request. ServiceError is a refusal; anything else thrown is a fault of the service. */
  readonly answer: (context: RequestContext, request: RouteRequest) => Promise<Answer>
}

/** What main mounts. */
export type Doors = {
  /** Looks up an access key for the wire door. */
  readonly findKey: FindKey
  /** Resolves when the server can do its work, rejects while it cannot. */
  readonly ready: () => Promise<void>
  /** Settings of the database under which an acknowledged write may be lost; none unless said. */
  readonly weaknesses?: readonly string[]
  /** Routes of the OAuth, page and console doors. */
  readonly routes: readonly Route[]
  /** Routes under /_poolkeeper/, mounted on the development server alone. */
  readonly dev: readonly Route[]
}

/** The whole server without its socket. */
export type App = {
  /** Answers a request in plain values; the way of the HTTP server. */
  readonly exchange: Exchange
  /** Answers a Fetch request; the way of tests. */
  fetch(request: Request, caller?: { readonly remoteAddress?: string }): Promise<Response>
}

const json = (status: number, value: unknown): Answer => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(value),
})

const healthRoutes = ({ ready, weaknesses = [] }: Doors): Route[] => [
  { method: 'GET', path: '/healthz', answer: async () => json(200, { status: 'ok' }) },
  {
    method: 'GET',
    path: '/readyz',
    answer: () =>
      ready().then(
        () => json(200, { status: 'ready', durable: weaknesses.length === 0, weaknesses }),
        () => json(503, { status: 'not ready' }),
      ),
  },
]

const decodeSegment = (segment: string): string | undefined => {
  try {
    return decodeURIComponent(segment)
  } catch {
    return undefined
  }
}

/** The named parts of `path` when it fits `pattern`, else undefined. */
const match = (pattern: readonly string[], path: readonly string[]): Record<string, string> | undefined => {
  const open = pattern.at(-1) === '*'
  const fixed = open ? pattern.slice(0, -1) : pattern
  if (open ? path.length < pattern.length : path.length !== pattern.length) return undefined
  const params: Record<string, string> = {}
  for (const [index, expected] of fixed.entries()) {
    const segment = path[index] ?? ''
    if (!expected.startsWith('{')) {
      if (segment !== expected) return undefined
      continue
    }
    const value = decodeSegment(segment)
    if (!value) return undefined
    params[expected.slice(1, -1)] = value
  }
  return params
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

/**
 * Makes the server from its context and its doors.
 *
 * @returns functions that never reject
 */
export const makeApp = (context: Context, doors: Doors): App => {
  const { log, random, settings } = context
  const dispatch = makeDispatch(context, { ...operations, ...extensions }, doors.findKey)

  const routes = [...healthRoutes(doors), ...doors.routes, ...(settings.mode === 'dev' ? doors.dev : [])].map(
    (route) => ({ ...route, pattern: route.path.split('/') }),
  )

  const answerRoute = async (route: Route, request: RouteRequest): Promise<Answer> => {
    const requestId = random.uuid()
    const { remoteAddress } = request
    const userAgent = request.header('user-agent')?.slice(0, 1024)
    try {
      return await route.answer({ ...context, requestId, region: settings.region, remoteAddress, userAgent }, request)
    } catch (cause) {
      const known = cause instanceof ServiceError
      if (known) log.info({ requestId, route: route.path, error: cause.name, reason: cause.reason }, 'refused')
      else log.error({ requestId, route: route.path, err: cause }, 'failed')
      return refusal(known ? cause : internalError(), requestId)
    }
  }

  const withCors = (route: Route, answer: Answer): Answer =>
    route.cors ? { ...answer, headers: { ...answer.headers, ...corsHeaders } } : answer

  const routed: Exchange = async (incoming) => {
    const path = incoming.path.split('/')
    const fitting = routes.flatMap((route) => {
      const params = match(route.pattern, path)
      return params ? [{ route, params }] : []
    })
    if (fitting.length === 0) return plainRefusal(404, 'NotFound', 'There is nothing at this path.')
    const chosen = fitting.find(({ route }) => route.method === incoming.method)
    if (chosen) return withCors(chosen.route, await answerRoute(chosen.route, { ...incoming, params: chosen.params }))
    const methods = [...new Set(fitting.map(({ route }) => route.method))].join(', ')
    if (incoming.method === 'OPTIONS' && fitting.some(({ route }) => route.cors))
      return { status: 204, headers: preflightHeaders(methods), body: '' }
    return methodRefusal(methods)
  }

  const exchange: Exchange = async (incoming) => {
    if (incoming.path !== '/') return routed(incoming)
    if (incoming.method === 'POST') return dispatch(incoming)
    if (incoming.method === 'OPTIONS') return { status: 204, headers: preflightHeaders('POST'), body: '' }
    return methodRefusal('POST, OPTIONS')
  }

  return {
    exchange,
    fetch: async (request, caller) => {
      const { status, headers, body } = await exchange(await incomingFrom(request, caller?.remoteAddress))
      return new Response(status === 204 ? null : new Uint8Array(Buffer.from(body)), { status, headers })
    },
  }
}

const methodRefusal = (allow: string): Answer => {
  const answer = plainRefusal(405, 'MethodNotAllowed', 'This path does not take this method.')
  return { ...answer, headers: { ...answer.headers, allow } }
}
