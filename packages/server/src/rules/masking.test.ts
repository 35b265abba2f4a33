import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { maskDestination } from './masking.ts'

const { cases } = JSON.parse(
  readFileSync(new URL('../../../../model/vectors/masking.json', import.meta.url), 'utf8'),
) as { cases: { input: string; masked: string }[] }

for (const { input, masked } of cases) {
  test(`masked: ${masked}`, () => assert.equal(maskDestination(input), masked))
}

const others: readonly [address: string, masked: string][] = [
  ['a@b@c.example', 'a***@c***'],
  ['😀smile@😀.example', '😀***@😀***'],
  ['+12345', '+*2345'],
  ['+1234', '+****'],
  ['+1', '+*'],
]

for (const [address, masked] of others) {
  test(`masked: ${masked}`, () => assert.equal(maskDestination(address), masked))
}

test('of a number no more than the last four digits are told', () => {
  const digits = fc.array(fc.nat(9), { minLength: 1, maxLength: 15 }).map((found) => found.join(''))
  fc.assert(
    fc.property(digits, (number) => {
      const masked = maskDestination(`+${number}`)
      assert.equal(masked.length, number.length + 1)
      assert.equal(masked.replace(/^\+\**/, ''), number.length > 4 ? number.slice(-4) : '')
    }),
  )
})
