// Hosts and origins of this machine. The development server accepts any credentials; by these checks it refuses pages of
// other sites that the developer's browser has open.

const localHost = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/

/** Whether a Host header names this machine. A foreign name that resolves to it (DNS rebinding) does not. */
export const isLocalHost = (host: string): boolean => localHost.test(host)

/** Whether an Origin header is a page that this machine serves, on any port (RFC 6454). */
export const isLocalOrigin = (origin: string): boolean => {
  const [scheme, host = ''] = origin.split('://', 2)
  return (scheme === 'http' || scheme === 'https') && isLocalHost(host)
}
