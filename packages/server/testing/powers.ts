// What the tests of SRP compute with: BigInt alone, beside the native powers of the program.
import { padHex, srpPrime } from '../src/rules/srp.ts'

/** The prime N (RFC 3526, group 15). */
export const prime: bigint = srpPrime

/** A power modulo the prime. */
export const power = (base: bigint, exponent: bigint): bigint => {
  let result = 1n
  for (let b = base % prime, e = exponent; e > 0n; e >>= 1n, b = (b * b) % prime)
    if (e & 1n) result = (result * b) % prime
  return result
}

/** A number as the bytes that clients hash. */
export const bytes = (value: bigint): Buffer => padHex(value.toString(16))

/** The number that hexadecimal digits or big-endian bytes stand for. */
export const number = (hex: string | Uint8Array): bigint =>
  BigInt(`0x${typeof hex === 'string' ? hex : Buffer.from(hex).toString('hex')}`)
