import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { modularPower } from '../keys/modular-power.ts'
import { srpPrimeHex } from './srp.ts'

test('the prime is that of RFC 3526, group 15', () => {
  assert.equal(srpPrimeHex, modularPower.prime.toString('hex'))
  const { constants } = JSON.parse(readFileSync('model/vectors/srp.json', 'utf8')) as { constants: { N: string } }
  assert.equal(srpPrimeHex, constants.N.toLowerCase())
})
