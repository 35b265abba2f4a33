// Cookies (RFC 6265): every cookie of the service is HttpOnly, has a path and says how it travels between sites.
import { parse, serialize } from 'hono/utils/cookie'
import { isStorable } from '../rules/text.ts'
import type { Incoming } from './exchange.ts'

/** The attributes of a cookie. */
export type CookieOptions = {
  readonly path: string
  /** Whether browsers send it over TLS only; required for a name that begins with `__Host-` or `__Secure-`. */
  readonly secure: boolean
  /** Whether requests caused by another site carry the cookie (RFC 6265bis, section 5.6.7). */
  readonly sameSite: 'Strict' | 'Lax' | 'None'
  /** The lifetime in whole seconds; absent, the cookie lasts until the browser closes. */
  readonly lifetimeSeconds?: number
}

/**
 * The Set-Cookie value that sets a cookie.
 *
 * @param value - any text; it is percent-encoded where necessary
 * @throws Error when the name is not a token, or the options break the rules of the name's prefix
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

/** The Set-Cookie value that removes a cookie; `options` are those it was set with. */
export const endCookie = (name: string, options: CookieOptions): string =>
  setCookie(name, '', { ...options, lifetimeSeconds: 0 })

/**
 * The value of a request's cookie.
 *
 * @returns undefined when the cookie is absent, when it holds text that a database cannot store, and when it was sent
 * more than once, because another host must have set one of the two
 */
export const cookieOf = (request: Pick<Incoming, 'header'>, name: string): string | undefined => {
  const header = request.header('cookie')
  if (header === undefined) return undefined
  const sent = header.split(';').filter((pair) => pair.slice(0, pair.indexOf('=')).trim() === name)
  const value = sent.length === 1 ? parse(sent[0] ?? '', name)[name] : undefined
  return value !== undefined && isStorable(value) ? value : undefined
}
