// Doors and their routes: finds the route that answers a request. If no route fits, the answer is 404 or 405 in JSON
// (protocol/endpoints 6.2, requirement 91).
import type { RequestContext } from '../context.ts'
import type { ServiceError } from '../errors.ts'
import { corsHeaders, preflightHeaders } from './cors.ts'
import { isStorable } from '../rules/text.ts'
import { jsonAnswer, type HttpAnswer, type Exchange, type Incoming } from './exchange.ts'

/** A request at a route, with the named segments of its path. */
export type RouteRequest = Incoming & { readonly params: Readonly<Record<string, string>> }

/** A path, and the function that answers it. */
export type Route = {
  readonly method: string
  /** Segments separated by slashes: text, `{name}` for any one segment, a final `*` for any rest. */
  readonly path: string
  /** Whether pages of other origins may read the answer. */
  readonly cors?: boolean
  /** Answers the request. A thrown ServiceError is a refusal; any other error is a fault of the service. */
  readonly answer: (context: RequestContext, request: RouteRequest) => Promise<HttpAnswer>
}

/** A way into the service: its routes and the wording of its refusals. */
export type Door = {
  readonly routes: readonly Route[]
  /** Words a refusal. For a fault of the service, `error` is an InternalErrorException that gives no detail. */
  readonly refuse: (error: ServiceError, context: RequestContext, request: RouteRequest) => HttpAnswer
  /** The fields by which the log names a request; absent, it names the path of the route. */
  readonly named?: (request: RouteRequest) => Readonly<Record<string, string>>
}

/** A route that fits a request, and its door. */
export type FoundRoute = { readonly door: Door; readonly route: Route }

/**
 * The answer to a request that has no route: an unknown path, or a method that the path does not take.
 *
 * @param code - a word for programs, such as `NotFound`
 */
export const plainRefusal = (status: number, code: string, message: string): HttpAnswer =>
  jsonAnswer(status, { code, message, type: 'client' })

/**
 * Makes the exchange that finds the route of each request. It tries doors and routes in their order.
 *
 * @param answerAt - answers a request at its route; never rejects
 */
export const routed = (
  doors: readonly Door[],
  answerAt: (place: FoundRoute, request: RouteRequest) => Promise<HttpAnswer>,
): Exchange => {
  const places = doors.flatMap((door) =>
    door.routes.map((route) => ({ door, route, pattern: route.path.split('/') }) as const),
  )

  return async (incoming) => {
    const path = incoming.path.split('/')
    const methods = new Set<string>()
    let cors = false
    for (const place of places) {
      const params = match(place.pattern, path)
      if (!params) continue
      const { route } = place
      if (route.method === incoming.method) return withCors(route, await answerAt(place, { ...incoming, params }))
      methods.add(route.method)
      cors ||= route.cors === true
    }
    if (methods.size === 0) return plainRefusal(404, 'NotFound', 'There is nothing at this path.')
    const allow = [...methods].join(', ')
    return incoming.method === 'OPTIONS' && cors ? preflight(allow) : methodRefusal(allow)
  }
}

/** The answer to a preflight request, by which a page of another origin asks for the methods it may use. */
export const preflight = (methods: string): HttpAnswer => ({
  status: 204,
  headers: preflightHeaders(methods),
  body: '',
})

const withCors = (route: Route, answer: HttpAnswer): HttpAnswer =>
  route.cors ? { ...answer, headers: { ...answer.headers, ...corsHeaders } } : answer

const methodRefusal = (allow: string): HttpAnswer => {
  const answer = plainRefusal(405, 'MethodNotAllowed', 'This path does not take this method.')
  return { ...answer, headers: { ...answer.headers, allow } }
}

/** The named segments of `path` if it fits `pattern`, else undefined. */
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

const decodeSegment = (segment: string): string | undefined => {
  try {
    const text = decodeURIComponent(segment)
    return isStorable(text) ? text : undefined
  } catch {
    return undefined
  }
}
