// Powers of the generator by a table, for the one power of an SRP exchange whose base is the same in each: 42
// multiplications in place of the 330 of a power of any base. docs/decisions/modular-arithmetic.md says what it is worth.
import { srpPrime as prime } from '../rules/srp.ts'

const primeBits = 3072n
const primeBytes = 384

/** Bits of a digit of the exponent: a row of the table for each digit, an entry for each of its values. */
const digitBits = 6
const rowEntries = 1 << digitBits
const exponentBits = 256
const rows = Math.ceil(exponentBits / digitBits)

const reciprocal = (1n << (2n * primeBits)) / prime

// Barrett's reduction (Handbook of Applied Cryptography, 14.42): two multiplications instead of a division. The
// remainder is less than three primes.
const reduced = (product: bigint): bigint => {
  const quotient = ((product >> (primeBits - 1n)) * reciprocal) >> (primeBits + 1n)
  let remainder = product - quotient * prime
  while (remainder >= prime) remainder -= prime
  return remainder
}

const bytesOf = (value: bigint): Buffer => Buffer.from(value.toString(16).padStart(2 * primeBytes, '0'), 'hex')

// The bytes at one place of all entries of a row lie side by side, in one or two lines of the cache. So an entry is
// read by touching the same lines whichever it is, as OpenSSL reads its tables, and the caches tell nobody the exponent.
const placeOf = (row: number, entry: number): number => row * primeBytes * rowEntries + entry

const makeTable = (): Uint8Array => {
  const table = new Uint8Array(rows * primeBytes * rowEntries)
  let base = 2n
  for (let row = 0; row < rows; row += 1) {
    let power = 1n
    for (let entry = 0; entry < rowEntries; entry += 1) {
      for (const [index, byte] of bytesOf(power).entries()) table[placeOf(row, entry) + index * rowEntries] = byte
      power = reduced(power * base)
    }
    base = power
  }
  return table
}

const entryBytes = Buffer.alloc(primeBytes)

const entryOf = (table: Uint8Array, row: number, entry: number): bigint => {
  let place = placeOf(row, entry)
  for (let index = 0; index < primeBytes; index += 1) {
    entryBytes[index] = table[place] ?? 0
    place += rowEntries
  }
  return BigInt(`0x${entryBytes.toString('hex')}`)
}

/** The digits of an exponent, the least first. Three bytes are four of them. */
const digitsOf = (exponent: Uint8Array): number[] => {
  const whole = Buffer.alloc(Math.ceil(exponentBits / 24) * 3)
  whole.set(exponent, whole.length - exponent.length)
  return Array.from({ length: rows }, (_, row) => {
    const group = whole.readUIntBE(whole.length - 3 * (Math.floor(row / 4) + 1), 3)
    return (group >> (digitBits * (row % 4))) & (rowEntries - 1)
  })
}

let kept: Uint8Array | undefined

/**
 * g^exponent mod N for g = 2, with N the prime of SRP. The first call makes the table, in some 30 ms.
 *
 * @param exponent - 32 bytes at most, big-endian
 * @throws Error for a longer exponent
 */
export const fixedBasePower = (exponent: Uint8Array): bigint => {
  if (exponent.length > exponentBits / 8) throw new Error('the exponent is too long')
  const table = (kept ??= makeTable())
  const [first = 0, ...others] = digitsOf(exponent)
  let power = entryOf(table, 0, first)
  for (const [index, digit] of others.entries()) power = reduced(power * entryOf(table, index + 1, digit))
  return power
}
