import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { number, power, prime } from '../../../testing/powers.ts'
import { firstPlace, makeMontgomery, montgomeryFactor, numberBytes, paddingBytes, selectable } from './montgomery.ts'

const { put, get, multiply, select } = makeMontgomery()
const [a, b, result] = [0, 1, 2].map((index) => firstPlace + index * (numberBytes + paddingBytes)) as [
  number,
  number,
  number,
]
const inverse = power(montgomeryFactor, prime - 2n)

const hold = (one: bigint, other: bigint): void => {
  put(a, one)
  put(b, other)
  multiply(a, b, result)
  const product = get(result)
  assert.equal(product % prime, (one * other * inverse) % prime, `${one.toString(16)} · ${other.toString(16)}`)
  assert.ok(product < 2n * prime)
  assert.deepEqual([get(a), get(b)], [one, other])
}

test('a number that is written is read again', () => {
  for (const value of [0n, 1n, prime - 1n, prime, 2n * prime - 1n, number(randomBytes(384))]) {
    put(a, value)
    assert.equal(get(a), value)
  }
})

test('products are those of BigInt, for numbers at the bounds and any between', () => {
  const bounds = [0n, 1n, 2n, (1n << 28n) - 1n, 1n << 3071n, prime - 1n, prime, prime + 1n, 2n * prime - 1n]
  for (const one of bounds) for (const other of bounds) hold(one, other)
  for (let turn = 0; turn < 500; turn += 1) hold(number(randomBytes(384)), number(randomBytes(384)) % (2n * prime))
})

test('limbs of ones alone, which make the largest columns, lose nothing', () => {
  for (let bits = 1n; bits <= 3072n; bits += 61n) hold((1n << bits) - 1n, (1n << 3072n) - 1n)
})

test('a product may take the place of what it is made of', () => {
  const [one, other] = [number(randomBytes(384)), number(randomBytes(384))]
  for (const place of [a, b]) {
    put(a, one)
    put(b, other)
    multiply(a, b, place)
    assert.equal(get(place) % prime, (one * other * inverse) % prime)
  }
  put(b, one)
  multiply(b, b, b)
  assert.equal(get(b) % prime, (one * one * inverse) % prime)
})

test('each of the numbers can be selected', () => {
  const from = result + numberBytes
  const numbers = Array.from({ length: selectable }, () => number(randomBytes(384)))
  for (const [index, value] of numbers.entries()) put(from + index * numberBytes, value)
  for (const [index, value] of numbers.entries()) {
    select(from, index, result)
    assert.equal(get(result), value)
  }
})
