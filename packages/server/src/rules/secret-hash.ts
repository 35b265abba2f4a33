// The proof that a caller holds an app client's secret (protocol/authentication 2.5; model/vectors/secret-hash.json).
import { createHmac, timingSafeEqual } from 'node:crypto'

/** Base64 of HMAC-SHA-256 over user name and client id, keyed by the client secret; all UTF-8. */
export const secretHash = (username: string, clientId: string, clientSecret: string): string =>
  createHmac('sha256', clientSecret).update(username).update(clientId).digest('base64')

const same = (a: string, b: string): boolean => {
  const left = Buffer.from(a)
  const right = Buffer.from(b)
  return left.length === right.length && timingSafeEqual(left, right)
}

/** Whether a given secret is one of the client's. It compares all of them, in constant time. */
export const matchesSecret = (secrets: readonly string[], given: string | undefined): boolean =>
  given !== undefined && secrets.map((secret) => same(secret, given)).includes(true)

/** A secret hash, and the values to check it against. */
export type SecretHashCheck = {
  readonly clientId: string
  /** The client's present secrets; none for a public client. */
  readonly secrets: readonly string[]
  /** The name that the hash must be over (protocol/authentication 2.5.2, 2.5.4). */
  readonly username: string
  readonly given: string | undefined
}

/**
 * Checks that a caller holds the secret of a confidential client. Any hash is wrong for a public client.
 *
 * @returns the fault of the hash; undefined if it is right (protocol/authentication 2.5.5 to 2.5.7)
 */
export const faultOfSecretHash = ({
  clientId,
  secrets,
  username,
  given,
}: SecretHashCheck): 'missing' | 'wrong' | undefined => {
  if (given === undefined) return secrets.length === 0 ? undefined : 'missing'
  const hashes = secrets.map((secret) => secretHash(username, clientId, secret))
  return matchesSecret(hashes, given) ? undefined : 'wrong'
}
