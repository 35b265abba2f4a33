// The client's half of USER_SRP_AUTH, which proves the password without sending it (RFC 5054 in Cognito's variant: the
// 3072-bit group of RFC 3526 with g = 2, minimal padding, HKDF; protocol/authentication 4).
import { fromBase64, fromHex, hmac, join, sha256, toBase64, toHex, utf8, type Bytes } from './bytes.ts'

// RFC 3526, group 15.
const N = BigInt(
  '0xffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74020bbea63b139b22514a08798e3404dd' +
    'ef9519b3cd3a431b302b0a6df25f14374fe1356d6d51c245e485b576625e7ec6f44c42e9a637ed6b0bff5cb6f406b7ed' +
    'ee386bfb5a899fa5ae9f24117c4b1fe649286651ece45b3dc2007cb8a163bf0598da48361c55d39a69163fa8fd24cf5f' +
    '83655d23dca3ad961c62f356208552bb9ed529077096966d670c354e4abc9804f1746c08ca18217c32905e462e36ce3b' +
    'e39e772c180e86039b2783a2ec07a28fb5c55df06f4c52c9de2bcbf6955817183995497cea956ae515d2261898fa0510' +
    '15728e5a8aaac42dad33170d04507a33a85521abdf1cba64ecfb850458dbef0a8aea71575d060c7db3970f85a6e1e4c7' +
    'abf5ae8cdb0933d71e8c94e04a25619dcee3d2261ad2ee6bf12ffa06d98a0864d87602733ec86a64521f2b18177b200c' +
    'bbe117577a615d6c770988c0bad946e208e24fa074e5ab3143db5bfce0fd108e4b82d120a93ad2caffffffffffffffff',
)
const g = 2n
const k = 0x538282c4354742d7cbbde2359fcf67f9f5b3a6b08791e5011b43b8a5b66d9ee6n

/** A key pair for one sign-in: `a` stays here, `A` is sent. */
export type SrpKeys = { readonly a: bigint; readonly A: bigint }

/** The parameters of the challenge PASSWORD_VERIFIER, and the values that answer it. */
export type SrpQuestion = {
  readonly keys: SrpKeys
  /** The part of the pool id after the underscore. */
  readonly poolName: string
  /** USER_ID_FOR_SRP: the user name in the service. */
  readonly userId: string
  readonly password: string
  /** SALT and SRP_B, hex as received. */
  readonly salt: string
  readonly B: string
  /** SECRET_BLOCK, Base64 as received. */
  readonly secretBlock: string
  readonly timestamp: string
}

const power = (base: bigint, exponent: bigint): bigint => {
  let result = 1n
  for (let square = base % N, rest = exponent; rest > 0n; rest >>= 1n, square = (square * square) % N) {
    if (rest & 1n) result = (result * square) % N
  }
  return result
}

const integer = (bytes: Bytes): bigint => BigInt(`0x${toHex(bytes)}`)

/** Minimal big-endian bytes, with a zero byte in front when the top bit is set, as Java writes integers. */
export const padded = (value: bigint): Bytes => {
  const hex = value.toString(16)
  return fromHex(hex.length % 2 === 1 ? `0${hex}` : /^[89a-f]/.test(hex) ? `00${hex}` : hex)
}

/** Makes a key pair from a private value; absent, from 256 random bits. */
export const srpKeys = (a: bigint = integer(crypto.getRandomValues(new Uint8Array(32)))): SrpKeys => ({
  a,
  A: power(g, a),
})

/** An instant in the form of TIMESTAMP: English, UTC, the day without a leading zero (`Thu Mar 5 07:08:09 UTC 2026`). */
export const srpTimestamp = (now: number): string => {
  const [day, date, month, year, time] = new Date(now).toUTCString().replace(',', '').split(' ')
  return `${day} ${month} ${Number(date)} ${time} UTC ${year}`
}

const sessionKey = async ({ keys, poolName, userId, password, salt, B: B_ }: SrpQuestion): Promise<Bytes> => {
  const B = BigInt(`0x${B_}`)
  const u = integer(await sha256(join(padded(keys.A), padded(B))))
  if (B % N === 0n || u === 0n) throw new Error('The service sent an SRP value that would give the password away.')
  const identity = await sha256(utf8(`${poolName}${userId}:${password}`))
  const x = integer(await sha256(join(padded(BigInt(`0x${salt}`)), identity)))
  const base = (((B - k * power(g, x)) % N) + N) % N
  const S = power(base, keys.a + u * x)
  const material = await crypto.subtle.importKey('raw', padded(S), 'HKDF', false, ['deriveBits'])
  const how = { name: 'HKDF', hash: 'SHA-256', salt: padded(u), info: utf8('Caldera Derived Key') }
  return new Uint8Array(await crypto.subtle.deriveBits(how, material, 128))
}

/**
 * PASSWORD_CLAIM_SIGNATURE.
 *
 * @throws Error for values that no honest service sends (RFC 5054, 2.5.4 and 2.6)
 */
export const srpSignature = async (question: SrpQuestion): Promise<string> => {
  const { poolName, userId, secretBlock, timestamp } = question
  const claim = join(poolName, userId, fromBase64(secretBlock), timestamp)
  return toBase64(await hmac(await sessionKey(question), claim))
}
