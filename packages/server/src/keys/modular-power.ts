// Powers modulo the 3072-bit prime of RFC 3526, group 15, by OpenSSL: a Diffie-Hellman agreement is such a power.
// docs/decisions/modular-arithmetic.md says what it costs beside BigInt.
import { createPrivateKey, createPublicKey, diffieHellman, getDiffieHellman, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'

/** Powers modulo N, off the event loop where OpenSSL allows. */
export type ModularPower = {
  /** N, big-endian. */
  readonly prime: Buffer
  /** g^exponent mod N for g = 2, 384 bytes big-endian. */
  generatorPower(exponent: Uint8Array): Promise<Buffer>
  /** base^exponent mod N, 384 bytes big-endian. @throws Error for a base of 0, 1, N-1 or more */
  power(base: Uint8Array, exponent: Uint8Array): Promise<Buffer>
}

const prime = getDiffieHellman('modp15').getPrime()

const lengthOf = (length: number): Buffer => {
  if (length < 0x80) return Buffer.from([length])
  return length < 0x100 ? Buffer.from([0x81, length]) : Buffer.from([0x82, length >> 8, length & 0xff])
}

// DER (X.690): a tag, a length, the contents.
const der = (tag: number, ...contents: Uint8Array[]): Buffer => {
  const body = Buffer.concat(contents)
  return Buffer.concat([Buffer.from([tag]), lengthOf(body.length), body])
}

const integer = (bytes: Uint8Array): Buffer => {
  const first = bytes.findIndex((byte) => byte !== 0)
  const minimal = first < 0 ? Buffer.alloc(1) : Buffer.from(bytes.subarray(first))
  return der(2, (minimal[0] ?? 0) & 0x80 ? Buffer.concat([Buffer.alloc(1), minimal]) : minimal)
}

// dhKeyAgreement with the parameters p and g (PKCS #3).
const algorithm = der(
  0x30,
  Buffer.from('06092a864886f70d010301', 'hex'),
  der(0x30, integer(prime), integer(Buffer.from([2]))),
)

const privateKey = (exponent: Uint8Array): KeyObject =>
  createPrivateKey({
    key: der(0x30, integer(Buffer.alloc(1)), algorithm, der(4, integer(exponent))),
    format: 'der',
    type: 'pkcs8',
  })

const publicKey = (base: Uint8Array): KeyObject =>
  createPublicKey({ key: der(0x30, algorithm, der(3, Buffer.alloc(1), integer(base))), format: 'der', type: 'spki' })

const agree = promisify(diffieHellman)

const generator = publicKey(Buffer.from([2]))

/** Powers modulo the prime of group 15. */
export const modularPower: ModularPower = {
  prime,
  generatorPower: (exponent) => agree({ privateKey: privateKey(exponent), publicKey: generator }),
  power: (base, exponent) => agree({ privateKey: privateKey(exponent), publicKey: publicKey(base) }),
}
