// Relying parties: which names a pool may use for passkeys, and which origins belong to one (W3C Web Authentication, 5.1.2
// and 13.4.9; protocol/authentication 7.2.5).

const label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/

/**
 * Whether a name can be a relying party: a domain of two labels or more in lower case, or `localhost`, but no top-level
 * domain and no IP address. Browsers refuse longer public suffixes, because they have the list of them.
 */
export const isRelyingParty = (name: string): boolean => {
  if (name === 'localhost') return true
  const labels = name.split('.')
  const top = labels.at(-1) ?? ''
  // A last label of digits alone, or a hexadecimal one, makes an IP address (WHATWG URL, 3.5).
  return labels.length >= 2 && labels.every((part) => label.test(part)) && !/^(\d+|0x[0-9a-f]*)$/.test(top)
}

const isOf = (host: string, relyingParty: string): boolean => host === relyingParty || host.endsWith(`.${relyingParty}`)

/**
 * Whether pages of an origin may use the passkeys of a relying party: https on its domain and subdomains, at any port, and
 * http on `localhost` if that is the relying party. Other origins, such as the key hash of an Android app, may not.
 *
 * @param origin - the origin in the client data, as a browser writes it
 */
export const isOriginOf = (origin: string, relyingParty: string): boolean => {
  if (!URL.canParse(origin)) return false
  const url = new URL(origin)
  // Nothing but an origin, written in the one way.
  if (url.origin !== origin) return false
  if (url.protocol === 'http:') return relyingParty === 'localhost' && url.hostname === 'localhost'
  return url.protocol === 'https:' && isOf(url.hostname, relyingParty)
}
