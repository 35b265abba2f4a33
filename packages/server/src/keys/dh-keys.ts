// Diffie-Hellman keys of the group of SRP as OpenSSL reads and writes them: DER (X.690) of PKCS #8 and
// SubjectPublicKeyInfo with dhKeyAgreement parameters (PKCS #3). The prime is that of RFC 3526, group 15; g is 2.
import { getDiffieHellman } from 'node:crypto'

/** The prime, 384 bytes big-endian. */
export const prime: Buffer = getDiffieHellman('modp15').getPrime()

const lengthOf = (length: number): Buffer => {
  if (length < 0x80) return Buffer.from([length])
  return length < 0x100 ? Buffer.from([0x81, length]) : Buffer.from([0x82, length >> 8, length & 0xff])
}

// A tag, a length, the contents.
const der = (tag: number, ...contents: Uint8Array[]): Buffer => {
  const body = Buffer.concat(contents)
  return Buffer.concat([Buffer.from([tag]), lengthOf(body.length), body])
}

const integer = (bytes: Uint8Array): Buffer => {
  const first = bytes.findIndex((byte) => byte !== 0)
  const minimal = first < 0 ? Buffer.alloc(1) : Buffer.from(bytes.subarray(first))
  return der(2, (minimal[0] ?? 0) & 0x80 ? Buffer.concat([Buffer.alloc(1), minimal]) : minimal)
}

const algorithm = der(
  0x30,
  Buffer.from('06092a864886f70d010301', 'hex'),
  der(0x30, integer(prime), integer(Buffer.from([2]))),
)

/** A private key, PKCS #8. */
export const privateKeyOf = (exponent: Uint8Array): Buffer =>
  der(0x30, integer(Buffer.alloc(1)), algorithm, der(4, integer(exponent)))

/** A public key, SubjectPublicKeyInfo. */
export const publicKeyOf = (value: Uint8Array): Buffer => der(0x30, algorithm, der(3, Buffer.alloc(1), integer(value)))

// The contents of the value that begins at `at`.
const contentsAt = (bytes: Buffer, at: number): Buffer => {
  const first = bytes.readUInt8(at + 1)
  const more = first < 0x80 ? 0 : first & 0x7f
  const length = more === 0 ? first : bytes.readUIntBE(at + 2, more)
  return bytes.subarray(at + 2 + more, at + 2 + more + length)
}

/** The value of a public key in SubjectPublicKeyInfo, big-endian, as long as the prime. */
export const publicValueOf = (key: Buffer): Buffer => {
  const body = contentsAt(key, 0)
  const parameters = contentsAt(body, 0)
  const bits = contentsAt(body, parameters.byteOffset - body.byteOffset + parameters.length)
  // Behind the count of unused bits, which is zero. A set top bit is preceded by a zero byte.
  const value = contentsAt(bits, 1).subarray(-prime.length)
  return Buffer.concat([Buffer.alloc(prime.length - value.length), value])
}
