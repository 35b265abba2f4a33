// Cookies (RFC 6265): every cookie of the service is HttpOnly, has a path and says how it travels between sites.
import { parse, serialize } from 'hono/utils/cookie'
import { isStorable } from '../rules/text.ts'
import type { Incoming } from './exchange.ts'

/** How a browser keeps a cookie. */
export type CookieOptions = {
  readonly path: string
  /** Whether it is sent over TLS alone; required for a name that begins with `__Host-` or `__Secure-`. */
  readonly secure: boolean
  /** Whether requests that another site causes carry it (RFC 6265bis, section 5.6.7). */
  readonly sameSite: 'Strict' | 'Lax' | 'None'
  /** How long it is kept, in whole seconds; until the browser closes where absent. */
  readonly lifetimeSeconds?: number
}

/**
 * The value of Set-Cookie that gives a browser a cookie.
 *
 * @param value - percent-encoded where it needs to be
 * @throws Error when the name is not a token, or when the options break the rules of its prefix
 */
export const setCookie = (
  name: string,
  value: string,
  { path, secure, sameSite, lifetimeSeconds }: CookieOptions,
): string =>
  serialize(name, value, {
    path,
    secure,
    sameSite,
    httpOnly: true,
    ...(lifetimeSeconds === undefined ? {} : { maxAge: lifetimeSeconds }),
  })

/** The value of Set-Cookie that takes a cookie away again; `options` are those it was set with. */
export const endCookie = (name: string, options: CookieOptions): string =>
  setCookie(name, '', { ...options, lifetimeSeconds: 0 })

/**
 * The value of a request's cookie.
 *
 * @returns undefined when it is absent, when it holds text that no database could keep, and when it was sent more than
 * once: one of them was then set by another host
 */
export const cookieOf = (request: Pick<Incoming, 'header'>, name: string): string | undefined => {
  const header = request.header('cookie')
  if (header === undefined) return undefined
  const sent = header.split(';').filter((pair) => pair.slice(0, pair.indexOf('=')).trim() === name)
  const value = sent.length === 1 ? parse(sent[0] ?? '', name)[name] : undefined
  return value !== undefined && isStorable(value) ? value : undefined
}
