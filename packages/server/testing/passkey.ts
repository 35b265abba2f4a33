// For tests of passkeys: an authenticator in software, with its browser. It makes real attestation objects and
// signatures, and what a test tells it to get wrong.
import { createHash, createPublicKey, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto'

/** CBOR, as far as authenticators need it (RFC 8949). */
type Cbor = number | string | Uint8Array | Map<number | string, Cbor> | readonly Cbor[]

const head = (major: number, length: number): Buffer => {
  if (length < 24) return Buffer.from([(major << 5) | length])
  if (length < 256) return Buffer.from([(major << 5) | 24, length])
  return Buffer.from([(major << 5) | 25, length >> 8, length & 255])
}

const cbor = (value: Cbor): Buffer => {
  if (typeof value === 'number') return value >= 0 ? head(0, value) : head(1, -1 - value)
  if (typeof value === 'string') return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)])
  if (value instanceof Uint8Array) return Buffer.concat([head(2, value.length), value])
  if (value instanceof Map) {
    const entries = [...value].flatMap(([key, member]) => [cbor(key), cbor(member)])
    return Buffer.concat([head(5, value.size), ...entries])
  }
  return Buffer.concat([head(4, value.length), ...value.map(cbor)])
}

/** The kinds of keys; the last is one that pools do not take. */
export type Algorithm = 'ES256' | 'RS256' | 'EdDSA'

const cose = (algorithm: Algorithm, key: KeyObject): Cbor => {
  const jwk = key.export({ format: 'jwk' })
  const part = (value: unknown): Buffer => Buffer.from(String(value), 'base64url')
  if (algorithm === 'RS256') {
    return new Map<number, Cbor>([
      [1, 3],
      [3, -257],
      [-1, part(jwk.n)],
      [-2, part(jwk.e)],
    ])
  }
  const point: [number, Cbor] = [-2, part(jwk.x)]
  if (algorithm === 'EdDSA') return new Map<number, Cbor>([[1, 1], [3, -8], [-1, 6], point])
  return new Map<number, Cbor>([[1, 2], [3, -7], [-1, 1], point, [-3, part(jwk.y)]])
}

const keysOf = (algorithm: Algorithm): { privateKey: KeyObject } => {
  if (algorithm === 'RS256') return generateKeyPairSync('rsa', { modulusLength: 2048 })
  return algorithm === 'ES256' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('ed25519')
}

const sha256 = (data: string | Uint8Array): Buffer => createHash('sha256').update(data).digest()

const base64url = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url')

/** What a test may have otherwise than it should be. */
export type Otherwise = {
  readonly origin?: string
  readonly relyingParty?: string
  readonly challenge?: string
  readonly type?: string
  readonly crossOrigin?: boolean
  readonly userVerified?: boolean
  readonly userPresent?: boolean
  readonly counter?: number
  readonly userHandle?: string
  /** Attestation format and statement. */
  readonly attestation?: { readonly format: string; readonly statement: Cbor }
  /** Answers under another id. */
  readonly id?: string
  /** Changes the signature. */
  readonly forged?: boolean
}

/** What creation options and request options have in common here. */
type Options = { readonly challenge: string; readonly rp?: { readonly id: string }; readonly rpId?: string }

type CreationOptions = Options & { readonly rp: { readonly id: string }; readonly user: { readonly id: string } }

/** A credential as JSON. */
export type CredentialJson = {
  readonly id: string
  readonly rawId: string
  readonly type: string
  readonly authenticatorAttachment: string
  readonly clientExtensionResults: Record<string, never>
  readonly response: Record<string, string | string[]>
}

/** A passkey, and the page that uses it. */
export type SoftPasskey = {
  readonly id: string
  /** The user handle that it was registered with. */
  userHandle(): string
  /** navigator.credentials.create() of these CredentialCreationOptions. */
  create(options: unknown, otherwise?: Otherwise): CredentialJson
  /** navigator.credentials.get() of these CREDENTIAL_REQUEST_OPTIONS. */
  get(options: unknown, otherwise?: Otherwise): CredentialJson
}

/** What a test chooses of a passkey. */
export type SoftPasskeyOptions = {
  readonly algorithm?: Algorithm
  readonly counts?: boolean
  readonly aaguid?: string
  readonly privateKey?: KeyObject
  readonly id?: string
  readonly userHandle?: string
}

/** What every test's page is. */
export const pageOrigin = 'http://localhost:5173'

/**
 * Makes a passkey that is not registered yet, or one that was registered before.
 *
 * @param options.counts - whether its signatures are counted; passkeys that are synchronised are not
 * @param options.privateKey - the key of one that was registered before, with its id and user handle
 */
export const softPasskey = (options: SoftPasskeyOptions = {}): SoftPasskey => {
  const { algorithm = 'ES256', counts = false, aaguid = '00000000-0000-0000-0000-000000000000' } = options
  const { privateKey = keysOf(algorithm).privateKey, id = base64url(randomBytes(32)) } = options
  const rawId = Buffer.from(id, 'base64url')
  let { userHandle = '' } = options
  let counted = 0

  const clientData = ({ challenge }: Options, type: string, otherwise: Otherwise): Buffer =>
    Buffer.from(
      JSON.stringify({
        type: otherwise.type ?? type,
        challenge: otherwise.challenge ?? challenge,
        origin: otherwise.origin ?? pageOrigin,
        crossOrigin: otherwise.crossOrigin ?? false,
      }),
    )
  const authenticatorData = ({ rp, rpId }: Options, otherwise: Otherwise, attested: Buffer | undefined): Buffer => {
    const { userVerified = true, userPresent = true } = otherwise
    if (counts) counted += 1
    const counter = Buffer.alloc(4)
    counter.writeUInt32BE(otherwise.counter ?? counted)
    const flags = (userPresent ? 1 : 0) | (userVerified ? 4 : 0) | (attested ? 64 : 0)
    const relyingParty = otherwise.relyingParty ?? rp?.id ?? rpId ?? ''
    return Buffer.concat([sha256(relyingParty), Buffer.from([flags]), counter, attested ?? Buffer.alloc(0)])
  }
  const json = (response: Record<string, string | string[]>, otherwise: Otherwise): CredentialJson => ({
    id: otherwise.id ?? id,
    rawId: otherwise.id ?? id,
    type: 'public-key',
    authenticatorAttachment: 'platform',
    clientExtensionResults: {},
    response,
  })
  return {
    id,
    userHandle: () => userHandle,
    create: (given, otherwise = {}) => {
      const creation = given as CreationOptions
      userHandle = creation.user.id
      const length = Buffer.from([rawId.length >> 8, rawId.length & 255])
      const model = Buffer.from(aaguid.replaceAll('-', ''), 'hex')
      const attested = Buffer.concat([model, length, rawId, cbor(cose(algorithm, createPublicKey(privateKey)))])
      const { format = 'none', statement = new Map() } = otherwise.attestation ?? {}
      const attestation = new Map<string, Cbor>([
        ['fmt', format],
        ['attStmt', statement],
        ['authData', authenticatorData(creation, otherwise, attested)],
      ])
      const response = {
        clientDataJSON: base64url(clientData(creation, 'webauthn.create', otherwise)),
        attestationObject: base64url(cbor(attestation)),
        transports: ['internal', 'hybrid'],
      }
      return json(response, otherwise)
    },
    get: (given, otherwise = {}) => {
      const request = given as Options
      const data = authenticatorData(request, otherwise, undefined)
      const client = clientData(request, 'webauthn.get', otherwise)
      const signed = Buffer.concat([data, sha256(otherwise.forged ? 'another' : client)])
      const response = {
        clientDataJSON: base64url(client),
        authenticatorData: base64url(data),
        signature: base64url(sign(algorithm === 'EdDSA' ? null : 'sha256', signed, privateKey)),
        userHandle: otherwise.userHandle ?? userHandle,
      }
      return json(response, otherwise)
    },
  }
}
