// Powers of the SRP generator by a precomputed table: 43 products instead of the 330 that a power of any base takes.
// One power of each SRP exchange has this base. docs/decisions/modular-arithmetic.md says how much time this saves.
import { srpPrime as prime } from '../../rules/srp.ts'
import {
  firstPlace,
  makeMontgomery,
  montgomeryFactor,
  numberBytes,
  paddingBytes,
  selectable,
  type Montgomery,
} from './montgomery.ts'

/** The bits of one digit of the exponent. The table has a row for each digit, and an entry for each value of a digit. */
const digitBits = 6
const rowEntries = selectable
const exponentBits = 256
const rows = Math.ceil(exponentBits / digitBits)

// Places in the memory of montgomery.wat.
const one = firstPlace
const power = one + numberBytes + paddingBytes
const entry = power + numberBytes + paddingBytes
const table = entry + numberBytes
const rowBytes = rowEntries * numberBytes

let kept: Montgomery | undefined

/**
 * Computes g^exponent mod N for g = 2, with N the prime of SRP. The first call makes the table, in some 30 ms.
 *
 * @param exponent - up to 32 bytes, big-endian
 * @throws Error for a longer exponent
 */
export const fixedBasePower = (exponent: Uint8Array): bigint => {
  if (exponent.length > exponentBits / 8) throw new Error('the exponent is too long')
  const { get, multiply, select } = (kept ??= makeTable())
  for (const [row, digit] of digitsOf(exponent).entries()) {
    select(table + row * rowBytes, digit, entry)
    multiply(entry, row === 0 ? one : power, power)
  }
  return get(power) % prime
}

/** The arithmetic with the table in its memory. Entry d of row r is R·2^(d·64^r); the factor R undoes the division by R. */
const makeTable = (): Montgomery => {
  const montgomery = makeMontgomery()
  const { put, multiply } = montgomery
  const base = power
  put(base, (2n * montgomeryFactor) % prime)
  for (let row = table; row < table + rows * rowBytes; row += rowBytes) {
    const last = row + rowBytes - numberBytes
    put(row, montgomeryFactor % prime)
    for (let place = row; place < last; place += numberBytes) multiply(place, base, place + numberBytes)
    multiply(last, base, base)
  }
  put(one, 1n)
  return montgomery
}

/** The digits of an exponent, the least significant first. Three bytes hold four digits. */
const digitsOf = (exponent: Uint8Array): number[] => {
  const whole = Buffer.alloc(Math.ceil(exponentBits / 24) * 3)
  whole.set(exponent, whole.length - exponent.length)
  return Array.from({ length: rows }, (_, row) => {
    const group = whole.readUIntBE(whole.length - 3 * (Math.floor(row / 4) + 1), 3)
    return (group >> (digitBits * (row % 4))) & (rowEntries - 1)
  })
}
