// The door of the development server, under /_poolkeeper/: the mailbox (a page for browsers, JSON for scripts), the
// clock, and a reset. A browser at / is redirected there. Pages of other sites are refused: the Host must name this
// machine, and the Origin must be the same.
import type { Context } from '../context.ts'
import { invalidParameter, ServiceError } from '../errors.ts'
import { pageHeaders, stylesheet } from '../html/layout.ts'
import { jsonAnswer, type HttpAnswer } from '../http/exchange.ts'
import { isLocalHost } from '../http/origins.ts'
import { plainRefusal, type Door, type Route, type RouteRequest } from '../http/routes.ts'
import { mailboxPage, readMailbox } from './mailbox.ts'

/** The parts of the server that the routes control. */
export type DevControls = {
  readonly clock: { now(): number; advance(seconds: number): void; aheadSeconds(): number }
  /** Empties the database, sets the clock back to real time and makes the ready pool again. */
  reset(): Promise<void>
}

/** The door of the development server. */
export const devDoor = (controls: DevControls): Door => ({
  routes: devRoutes(controls).map((route) => ({ ...route, answer: guarded(route.answer) })),
  refuse: ({ status, name, message }) => jsonAnswer(status, { __type: name, message }),
})

const devRoutes = ({ clock, reset }: DevControls): Route[] => [
  { method: 'GET', path: '/', answer: async (_, request) => sendToMailbox(request) },
  { method: 'GET', path: '/_poolkeeper', answer: async () => toMailbox },
  {
    method: 'GET',
    path: '/_poolkeeper/mailbox',
    answer: async (context, request) => {
      const to = addressOf(request)
      if (wantsPage(request)) return showMailbox(context, to, clock.aheadSeconds())
      const answer = json(await readMailbox(context, to))
      return { ...answer, headers: { ...answer.headers, vary: 'accept' } }
    },
  },
  {
    method: 'GET',
    path: '/_poolkeeper/',
    answer: (context, request) => showMailbox(context, addressOf(request), clock.aheadSeconds()),
  },
  {
    method: 'GET',
    path: '/_poolkeeper/style.css',
    answer: async () => ({ status: 200, headers: { 'content-type': 'text/css; charset=utf-8' }, body: stylesheet }),
  },
  { method: 'GET', path: '/_poolkeeper/clock', answer: async () => json(clockShape(clock)) },
  {
    method: 'POST',
    path: '/_poolkeeper/clock',
    answer: async ({ log }, request) => {
      clock.advance(secondsOf(request, clock.now()))
      log.info({ aheadSeconds: clock.aheadSeconds() }, 'the clock was moved')
      return json(clockShape(clock))
    },
  },
  {
    method: 'POST',
    path: '/_poolkeeper/reset',
    answer: async () => {
      await reset()
      return json({})
    },
  },
]

const json = (value: unknown): HttpAnswer => ({
  status: 200,
  headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
  body: `${JSON.stringify(value)}\n`,
})

const forbidden = (reason: string): ServiceError =>
  new ServiceError('ForbiddenException', 'Only this machine may ask.', reason)

// A foreign host name may resolve to this machine (DNS rebinding), and another site may hold a form that posts here.
const requireLocal = (request: RouteRequest): void => {
  const host = request.header('host') ?? ''
  if (!isLocalHost(host)) throw forbidden('the Host header names another machine')
  const origin = request.header('origin')
  if (origin !== undefined && origin !== `http://${host}`) throw forbidden('the request came from another origin')
}

const guarded =
  (answer: Route['answer']): Route['answer'] =>
  async (context, request) => {
    requireLocal(request)
    return answer(context, request)
  }

// An address never holds a space, but often a plus. An unescaped plus in a query reads as a space: put it back.
const addressOf = (request: RouteRequest): string | undefined =>
  new URLSearchParams(request.query).get('to')?.replaceAll(' ', '+') || undefined

const wantsPage = (request: RouteRequest): boolean => /\btext\/html\b/.test(request.header('accept') ?? '')

const showMailbox = async (
  context: Context,
  to: string | undefined,
  clockAheadSeconds: number,
): Promise<HttpAnswer> => {
  const body = String(await mailboxPage(await readMailbox(context, to), { to, clockAheadSeconds }))
  return { status: 200, headers: { ...pageHeaders, vary: 'accept' }, body }
}

const tenYearsSeconds = 315_360_000

/** 9999-12-31: the last year that ISO 8601 writes with four digits. */
const endOfTime = 253_402_214_400_000

const bodyOf = (request: RouteRequest): unknown => {
  try {
    return JSON.parse(Buffer.from(request.body).toString('utf8'))
  } catch {
    return undefined
  }
}

const secondsOf = (request: RouteRequest, now: number): number => {
  const seconds = (bodyOf(request) as { advanceSeconds?: unknown } | null | undefined)?.advanceSeconds
  const fits = typeof seconds === 'number' && seconds >= 0 && seconds <= tenYearsSeconds
  if (fits && now + seconds * 1000 < endOfTime) return seconds
  throw invalidParameter('Send {"advanceSeconds": N}, with N from 0 to 315360000. The clock goes forward only.')
}

const clockShape = ({ now, aheadSeconds }: DevControls['clock']): unknown => ({
  now: new Date(now()).toISOString(),
  aheadSeconds: aheadSeconds(),
})

const toMailbox: HttpAnswer = { status: 303, headers: { location: '/_poolkeeper/', vary: 'accept' }, body: '' }

// Only browsers are redirected: for programs, / is the API.
const sendToMailbox = (request: RouteRequest): HttpAnswer => {
  if (wantsPage(request)) return toMailbox
  const refused = plainRefusal(405, 'MethodNotAllowed', 'This path does not take this method.')
  return { ...refused, headers: { ...refused.headers, allow: 'POST, OPTIONS', vary: 'accept' } }
}
