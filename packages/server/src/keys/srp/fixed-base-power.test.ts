import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { number, power as expected } from '../../../testing/powers.ts'
import { fixedBasePower } from './fixed-base-power.ts'

const hold = (exponent: Uint8Array): void =>
  assert.equal(fixedBasePower(exponent), expected(2n, number(exponent)), Buffer.from(exponent).toString('hex'))

test('powers by the table are those of BigInt, for exponents of every length', () => {
  for (let length = 1; length <= 32; length += 1) for (let turn = 0; turn < 4; turn += 1) hold(randomBytes(length))
  for (const byte of [0x00, 0xff]) for (const length of [1, 31, 32]) hold(Buffer.alloc(length, byte))
})

test('every entry of the table is its power: each bit of the exponent by itself, each value of a digit in each row', () => {
  for (let bit = 0n; bit < 256n; bit += 1n) hold(Buffer.from((1n << bit).toString(16).padStart(64, '0'), 'hex'))
  for (let digit = 1n; digit < 64n; digit += 1n) {
    const digits = Array.from({ length: 42 }, (_, row) => ((digit + BigInt(row)) % 64n) << (6n * BigInt(row)))
    const exponent = digits.reduce((sum, part) => sum + part, 0n)
    hold(Buffer.from(exponent.toString(16).padStart(64, '0'), 'hex'))
  }
})

test('a longer exponent is refused', () => {
  assert.throws(() => fixedBasePower(Buffer.alloc(33)), /the exponent is too long/)
})
