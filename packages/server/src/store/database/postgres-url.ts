// Reads PostgreSQL URLs with several hosts, as libpq does (PostgreSQL manual, "Connection URIs"). The driver only takes
// URLs with one host, so one URL becomes several.
import { ConfigError } from '../../errors.ts'

/** The hosts of a PostgreSQL database. */
export type PostgresPlaces = {
  /** A URL for each host, in the order in which they are tried; never empty. */
  readonly urls: readonly string[]
  /** Whether a host that takes no writes is skipped. */
  readonly writable: boolean
  /** The time limit for connecting, when the URL has one. */
  readonly connectMilliseconds: number | undefined
}

/**
 * Reads a URL.
 *
 * @param url - `postgres://user:password@host:port,host:port/database?target_session_attrs=read-write`, or hosts and
 * ports as lists in the query
 * @throws ConfigError when the URL asks for a server that takes no writes, its ports do not match its hosts, or a time
 * limit is not a number of milliseconds
 */
export const postgresPlaces = (url: string): PostgresPlaces => {
  const { scheme, user, hosts, path, query } = partsOf(url)
  const attributes = query.get('target_session_attrs') ?? undefined
  if (attributes !== undefined && !knownAttributes.includes(attributes)) throw new ConfigError(unusableAttributes)
  checkTimeLimits(query)
  const places = query.has('host') ? placesOfQuery(query) : hosts.map((host): Place => ({ host, more: {} }))
  const urls = places.map(({ host, more }) => {
    const own = new URLSearchParams(query)
    for (const name of ['target_session_attrs', 'connect_timeout']) own.delete(name)
    for (const [name, value] of Object.entries(more)) own.set(name, value)
    if (isVerified(own)) own.set('sslmode', 'verify-full')
    return `${scheme}${user}${host}${path}${own.size > 0 ? `?${own.toString()}` : ''}`
  })
  return {
    urls,
    writable: urls.length > 1 || attributes === 'read-write' || attributes === 'primary',
    connectMilliseconds: connectTimeout(query.get('connect_timeout')),
  }
}

// The driver reads only the digits at the beginning, so a unit would be ignored. 0 means no limit, and a request could
// then wait for ever.
const checkTimeLimits = (query: URLSearchParams): void => {
  for (const name of ['lock_timeout', 'statement_timeout', 'idle_in_transaction_session_timeout']) {
    const value = query.get(name)
    if (value !== null && !/^[1-9]\d{0,8}$/.test(value))
      throw new ConfigError(`${name} in the URL of the database is a number of milliseconds, such as 3000.`)
  }
}

// The driver verifies the certificate in these modes too, and prints a long warning that a later version will not.
const isVerified = (query: URLSearchParams): boolean =>
  ['prefer', 'require', 'verify-ca'].includes(query.get('sslmode') ?? '') && query.get('uselibpqcompat') !== 'true'

const knownAttributes = ['any', 'read-write', 'primary']

const unusableAttributes =
  'The database must take writes: target_session_attrs in its URL may be read-write, primary or any.'

type Parts = {
  readonly scheme: string
  readonly user: string
  readonly hosts: readonly string[]
  readonly path: string
  readonly query: URLSearchParams
}

// A password may contain an @: the last @ ends it.
const partsOf = (url: string): Parts => {
  const [, scheme = '', authority = '', path = '', query = ''] =
    /^([a-z]+:\/\/)([^/?#]*)([^?#]*)(?:\?([^#]*))?/i.exec(url) ?? []
  const at = authority.lastIndexOf('@') + 1
  return {
    scheme,
    user: authority.slice(0, at),
    hosts: authority.slice(at).split(','),
    path,
    query: new URLSearchParams(query),
  }
}

/** A host, and the additional query parameters of its URL. */
type Place = { readonly host: string; readonly more: Readonly<Record<string, string>> }

const placesOfQuery = (query: URLSearchParams): Place[] => {
  const hosts = (query.get('host') ?? '').split(',')
  const ports = (query.get('port') ?? '').split(',')
  if (ports.length > 1 && ports.length !== hosts.length)
    throw new ConfigError('The URL of the database must name one port, or as many ports as hosts.')
  return hosts.map((host, index) => {
    const port = ports[index] ?? ports[0] ?? ''
    return { host: '', more: { host, ...(port === '' ? {} : { port }) } }
  })
}

// The URL gives seconds, as for libpq; 0 would mean no limit, which is not allowed here.
const connectTimeout = (seconds: string | null): number | undefined => {
  const number = Number(seconds)
  return Number.isFinite(number) && number > 0 ? number * 1000 : undefined
}
