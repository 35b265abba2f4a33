// RSA keys and RS256 signatures (RFC 7515, RFC 7518 3.3). Keys are made off the event loop and ahead of need; tokens
// are verified against the keys of one pool and by no word of their own header (requirements 40, 41).
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  sign as signBytes,
  verify as verifyBytes,
  type KeyObject,
} from 'node:crypto'
import { promisify } from 'node:util'

/** A fresh key pair. */
export type SigningKeyPair = {
  readonly kid: string
  /** The public key as a JWK, with kid, alg and use. */
  readonly publicJwk: Readonly<Record<string, unknown>>
  /** PKCS #8 in Base64. */
  readonly privateKey: string
}

/** Makes keys, signs and verifies. */
export type SigningKeys = {
  /** A key that nobody else was given: one made ahead, or a new one. */
  take(): Promise<SigningKeyPair>
  /** The private key of a kid, read once; `read` gives PKCS #8 in Base64. */
  importPrivate(kid: string, read: () => string): KeyObject
  /** The public key of a kid, read once; `read` gives a JWK. */
  importPublic(kid: string, read: () => Readonly<Record<string, unknown>>): KeyObject
  /** @returns a compact JWS whose header is kid and alg, no more. Members that are undefined are left out */
  sign(key: KeyObject, kid: string, claims: Readonly<Record<string, unknown>>): Promise<string>
  /** @returns the payload, or undefined when the token is not signed by the key that `keyOf` gives for its kid */
  verify(token: string, keyOf: (kid: string) => KeyObject | undefined): Readonly<Record<string, unknown>> | undefined
  /** Makes keys ahead until `stock` are there. */
  fill(): void
  close(): void
}

const generate = promisify(generateKeyPair)

const signAsync = promisify(signBytes)

const makePair = async (): Promise<SigningKeyPair> => {
  const { publicKey, privateKey } = await generate('rsa', { modulusLength: 2048 })
  const { n, e } = publicKey.export({ format: 'jwk' })
  const kid = createHash('sha256').update(String(n)).digest('base64')
  return {
    kid,
    publicJwk: { alg: 'RS256', e, kid, kty: 'RSA', n, use: 'sig' },
    privateKey: privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64'),
  }
}

const base64url = /^[A-Za-z0-9_-]+$/

const parsed = (part: string): Record<string, unknown> | undefined => {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}

/** Keys kept in memory at most; one more empties the cache. */
const cacheLimit = 1000

const cached = (): ((kid: string, make: () => KeyObject) => KeyObject) => {
  const keys = new Map<string, KeyObject>()
  return (kid, make) => {
    const known = keys.get(kid)
    if (known) return known
    const key = make()
    if (keys.size >= cacheLimit) keys.clear()
    keys.set(kid, key)
    return key
  }
}

/**
 * Makes the signing of a server.
 *
 * @param stock - keys that are kept ready
 */
export const makeSigningKeys = (stock: number): SigningKeys => {
  const ready: SigningKeyPair[] = []
  let making = false
  let closed = false
  const fill = async (): Promise<void> => {
    if (making) return
    making = true
    while (!closed && ready.length < stock) ready.push(await makePair())
    making = false
  }
  const privateKeys = cached()
  const publicKeys = cached()
  return {
    take: async () => {
      const key = ready.shift() ?? (await makePair())
      if (!closed) void fill()
      return key
    },
    importPrivate: (kid, read) =>
      privateKeys(kid, () => createPrivateKey({ key: Buffer.from(read(), 'base64'), format: 'der', type: 'pkcs8' })),
    importPublic: (kid, read) => publicKeys(kid, () => createPublicKey({ key: { ...read() }, format: 'jwk' })),
    sign: async (key, kid, claims) => {
      const input = [{ kid, alg: 'RS256' }, claims].map((part) =>
        Buffer.from(JSON.stringify(part)).toString('base64url'),
      )
      const signature = await signAsync('sha256', Buffer.from(input.join('.')), key)
      return `${input.join('.')}.${signature.toString('base64url')}`
    },
    verify: (token, keyOf) => {
      const parts = token.split('.')
      const [header = '', payload = '', signature = ''] = parts
      if (parts.length !== 3 || !parts.every((part) => base64url.test(part))) return undefined
      const { alg, kid, crit } = parsed(header) ?? {}
      if (alg !== 'RS256' || typeof kid !== 'string' || crit !== undefined) return undefined
      const key = keyOf(kid)
      const signed = Buffer.from(`${header}.${payload}`)
      if (!key || !verifyBytes('sha256', signed, key, Buffer.from(signature, 'base64url'))) return undefined
      return parsed(payload)
    },
    fill: () => void fill(),
    close: () => {
      closed = true
    },
  }
}
