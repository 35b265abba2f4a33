// Hosts and origins of this machine: how the development server, which takes any credentials, tells its own developer
// from the page of another site that the developer's browser has open.

const localHost = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/

/** Whether a Host header names this machine. A name that was pointed at it (DNS rebinding) does not. */
export const isLocalHost = (host: string): boolean => localHost.test(host)

/** Whether an Origin header is a page that this machine serves, on any port (RFC 6454). */
export const isLocalOrigin = (origin: string): boolean => {
  const [scheme, host = ''] = origin.split('://', 2)
  return (scheme === 'http' || scheme === 'https') && isLocalHost(host)
}
