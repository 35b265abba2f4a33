// Certificates for tests of TLS: made on the spot, signed by themselves, for localhost and 127.0.0.1 (RFC 5280).
import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto'

/** A certificate and its key, in PEM. */
export type TestCertificate = { readonly cert: string; readonly key: string }

/** Makes a certificate that is valid from yesterday for a year, with a key on P-256. */
export const testCertificate = (): TestCertificate => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const name = sequence(set(sequence(commonName, utf8('localhost'))))
  const day = 86_400_000
  const validity = sequence(utcTime(Date.now() - day), utcTime(Date.now() + 365 * day))
  const alternatives = sequence(
    context(2, Buffer.from('localhost'), false),
    context(7, Buffer.from([127, 0, 0, 1]), false),
  )
  const authority = sequence(basicConstraints, tag(1, Buffer.from([255])), octets(sequence(tag(1, Buffer.from([255])))))
  const extensions = context(3, sequence(sequence(subjectAltName, octets(alternatives)), authority))
  const body = sequence(
    context(0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    sequence(ecdsaWithSha256),
    name,
    validity,
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    extensions,
  )
  const signature = bits(sign('sha256', body, privateKey))
  const certificate = sequence(body, sequence(ecdsaWithSha256), signature)
  return { cert: pem(certificate), key: privateKey.export({ type: 'pkcs8', format: 'pem' }) }
}

/** The SHA-256 fingerprint of a certificate, as a TLS socket gives it. */
export const fingerprintOf = ({ cert }: TestCertificate): string => {
  const der = Buffer.from(cert.replaceAll(/-----[A-Z ]+-----|\s/g, ''), 'base64')
  const hex = createHash('sha256').update(der).digest('hex').toUpperCase()
  return hex.match(/../g)?.join(':') ?? ''
}

// DER: a tag, a length, the content.
const tag = (number: number, content: Buffer): Buffer =>
  Buffer.concat([Buffer.from([number]), length(content), content])

const length = ({ length: size }: Buffer): Buffer =>
  Buffer.from(size < 128 ? [size] : size < 256 ? [0x81, size] : [0x82, size >> 8, size & 255])

const sequence = (...parts: Buffer[]): Buffer => tag(0x30, Buffer.concat(parts))
const set = (...parts: Buffer[]): Buffer => tag(0x31, Buffer.concat(parts))
const integer = (content: Buffer): Buffer => tag(2, content)
const bits = (content: Buffer): Buffer => tag(3, Buffer.concat([Buffer.from([0]), content]))
const octets = (content: Buffer): Buffer => tag(4, content)
const utf8 = (text: string): Buffer => tag(12, Buffer.from(text))
const context = (number: number, content: Buffer, constructed = true): Buffer =>
  tag((constructed ? 0xa0 : 0x80) + number, content)

const utcTime = (at: number): Buffer =>
  tag(23, Buffer.from(`${new Date(at).toISOString().slice(2, 19).replaceAll(/[-T:]/g, '')}Z`))

const objectId = (hex: string): Buffer => tag(6, Buffer.from(hex, 'hex'))
const commonName = objectId('550403')
const basicConstraints = objectId('551d13')
const subjectAltName = objectId('551d11')
const ecdsaWithSha256 = objectId('2a8648ce3d040302')

const pem = (der: Buffer): string =>
  `-----BEGIN CERTIFICATE-----\n${der.toString('base64').replaceAll(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`
