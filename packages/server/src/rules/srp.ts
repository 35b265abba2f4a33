// Secure Remote Password in Cognito's form: the hashes around the modular powers (protocol/authentication 4; RFC 5054
// with another padding; HKDF by RFC 5869).
import { createHash, createHmac, hkdfSync } from 'node:crypto'

/** The 3072-bit prime of RFC 3526, group 15, in hexadecimal. */
export const srpPrimeHex: string =
  'ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74020bbea63b139b22514a08798e3404ddef9519b3cd3a431b' +
  '302b0a6df25f14374fe1356d6d51c245e485b576625e7ec6f44c42e9a637ed6b0bff5cb6f406b7edee386bfb5a899fa5ae9f24117c4b1fe6' +
  '49286651ece45b3dc2007cb8a163bf0598da48361c55d39a69163fa8fd24cf5f83655d23dca3ad961c62f356208552bb9ed529077096966d' +
  '670c354e4abc9804f1746c08ca18217c32905e462e36ce3be39e772c180e86039b2783a2ec07a28fb5c55df06f4c52c9de2bcbf695581718' +
  '3995497cea956ae515d2261898fa051015728e5a8aaac42dad33170d04507a33a85521abdf1cba64ecfb850458dbef0a8aea71575d060c7d' +
  'b3970f85a6e1e4c7abf5ae8cdb0933d71e8c94e04a25619dcee3d2261ad2ee6bf12ffa06d98a0864d87602733ec86a64521f2b18177b200c' +
  'bbe117577a615d6c770988c0bad946e208e24fa074e5ab3143db5bfce0fd108e4b82d120a93ad2caffffffffffffffff'

/** The same prime as a number. */
export const srpPrime: bigint = BigInt(`0x${srpPrimeHex}`)

const sha256 = (...parts: Uint8Array[]): Buffer => createHash('sha256').update(Buffer.concat(parts)).digest()

/** A number in hexadecimal without leading zero digits (protocol/authentication 4.2). */
export const minimalHex = (bytes: Uint8Array): string =>
  Buffer.from(bytes)
    .toString('hex')
    .replace(/^0+(?=.)/, '')

/**
 * The bytes of a number for hashing: an even number of digits, and a zero byte before a set top bit
 * (protocol/authentication 4, `pad`; 4.4).
 */
export const padHex = (hex: string): Buffer => {
  const even = hex.length % 2 === 0 ? hex : `0${hex}`
  return Buffer.from(/^[89a-f]/i.test(even) ? `00${even}` : even, 'hex')
}

const numberOf = (bytes: Uint8Array | string): bigint =>
  BigInt(`0x${typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString('hex') || '0'}`)

const bytesOf = (number: bigint): Buffer => padHex(number.toString(16))

const multiplier = numberOf(sha256(padHex(srpPrimeHex), padHex('02')))

/** The private exponent x of a password (protocol/authentication 4). */
export const srpExponent = (
  identity: { readonly poolName: string; readonly username: string; readonly password: string },
  salt: string,
): Buffer => sha256(padHex(salt), sha256(Buffer.from(`${identity.poolName}${identity.username}:${identity.password}`)))

/**
 * Reads a client's A: hexadecimal, no longer than N, and not a multiple of N (protocol/authentication 4.3; RFC 5054,
 * 2.5.4).
 *
 * @returns A without leading zero digits; undefined if it must be refused
 */
export const readPublicValue = (hex: string): string | undefined => {
  if (hex.length === 0 || hex.length > srpPrimeHex.length + 2 || !/^[0-9a-f]+$/i.test(hex)) return undefined
  const value = numberOf(hex)
  if (value % srpPrime === 0n || value >= srpPrime) return undefined
  return value.toString(16)
}

/**
 * The server's public value B = k·v + g^b mod N.
 *
 * @param verifier - v in hexadecimal
 * @param power - g^b mod N
 * @returns hexadecimal; undefined when B mod N is 0 and another b must be drawn
 */
export const serverPublicValue = (verifier: string, power: bigint): string | undefined => {
  const value = (multiplier * numberOf(verifier) + power) % srpPrime
  return value === 0n ? undefined : value.toString(16)
}

/**
 * Whether the verifier of a device, which the client made, is valid: greater than 1 and less than N − 1. With 0, 1 or
 * N − 1 a proof would need no secret.
 *
 * @param hex - v in hexadecimal, without leading zero digits
 */
export const isVerifier = (hex: string): boolean => {
  if (hex.length === 0 || hex.length > srpPrimeHex.length || !/^[0-9a-f]+$/i.test(hex)) return false
  const value = numberOf(hex)
  return value > 1n && value < srpPrime - 1n
}

/** The scrambling parameter u; undefined if it is 0, when the exchange must be refused. */
export const scrambler = (clientPublic: string, serverPublic: string): Buffer | undefined => {
  const u = sha256(padHex(clientPublic), padHex(serverPublic))
  return u.some((byte) => byte !== 0) ? u : undefined
}

/** The base A·v^u mod N of the server's secret. */
export const secretBase = (clientPublic: string, verifierPower: Uint8Array): Buffer =>
  bytesOf((numberOf(clientPublic) * numberOf(verifierPower)) % srpPrime)

const keyInfo = 'Caldera Derived Key'

/** The shared key K: HKDF-SHA256 over S, salted by u, 16 bytes. */
export const sharedKey = (secret: Uint8Array, u: Uint8Array): Buffer => {
  const keyMaterial = padHex(minimalHex(secret))
  const salt = padHex(minimalHex(u))
  return Buffer.from(hkdfSync('sha256', keyMaterial, salt, keyInfo, 16))
}

/**
 * The data that both sides sign. For a device, `poolName` is its group key and `username` its device key
 * (protocol/authentication 4.A).
 */
export type Claim = {
  readonly poolName: string
  readonly username: string
  readonly secretBlock: Uint8Array
  readonly timestamp: string
}

/** The signature that proves the password. */
export const claimSignature = (key: Uint8Array, { poolName, username, secretBlock, timestamp }: Claim): Buffer =>
  createHmac('sha256', key).update(poolName).update(username).update(secretBlock).update(timestamp).digest()

const weekdays = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

const timestampForm = new RegExp(
  `^(?:${weekdays.join('|')}) (${months.join('|')}) ([0-9]{1,2}) ([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2}) [A-Z]{3,4} ([0-9]{4})$`,
)

const twoDigits = (number: number): string => String(number).padStart(2, '0')

// The canonical text of an instant: `Thu Mar 5 07:08:09 UTC 2026`, the day without a leading zero.
const timestampOf = (at: number): string => {
  const date = new Date(at)
  const time = [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()].map(twoDigits).join(':')
  const day = `${weekdays[date.getUTCDay()]} ${months[date.getUTCMonth()]} ${date.getUTCDate()}`
  return `${day} ${time} UTC ${date.getUTCFullYear()}`
}

/** The time of a claim. */
export type ClaimTime = {
  /** Epoch milliseconds. */
  readonly at: number
  /** Whether the text is the canonical one, which the service signs; a claim over any other text proves nothing. */
  readonly canonical: boolean
}

/**
 * Reads the time of a claim: `Thu Mar 5 07:08:09 UTC 2026`. The service signs the canonical text of the instant, so a
 * leading zero in the day, a wrong weekday or another time zone never matches (protocol/authentication 4.7).
 *
 * @returns the time, or undefined for any other text
 */
export const readTimestamp = (text: string): ClaimTime | undefined => {
  const found = timestampForm.exec(text)
  if (!found) return undefined
  const [day, hours, minutes, seconds, year] = found.slice(2).map(Number)
  const at = Date.UTC(year ?? 0, months.indexOf(found[1] ?? ''), day, hours, minutes, seconds)
  return { at, canonical: timestampOf(at) === text }
}
