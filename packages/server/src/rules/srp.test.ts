import assert from 'node:assert/strict'
import { createHash, getDiffieHellman } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import {
  claimSignature,
  minimalHex,
  padHex,
  readPublicValue,
  readTimestamp,
  scrambler,
  secretBase,
  serverPublicValue,
  sharedKey,
  srpExponent,
  srpPrimeHex,
} from './srp.ts'
import { bytes, number, power, prime } from '../../testing/powers.ts'

type Vectors = {
  constants: { N: string; k: string }
  padHex: { integerHex: string; padded: string }[]
  vectors: {
    name: string
    input: Record<string, string>
    intermediate: Record<string, string>
    expected: Record<string, string>
    wire: Record<string, Record<string, unknown>>
  }[]
}

const vectors = JSON.parse(readFileSync('model/vectors/srp.json', 'utf8')) as Vectors

test('the prime is that of RFC 3526, group 15', () => {
  assert.equal(srpPrimeHex, getDiffieHellman('modp15').getPrime('hex'))
  assert.equal(srpPrimeHex, vectors.constants.N.toLowerCase())
  assert.equal(createHash('sha256').update(padHex(srpPrimeHex)).update(padHex('02')).digest('hex'), vectors.constants.k)
})

test('numbers are padded as clients pad them', () => {
  for (const { integerHex, padded } of vectors.padHex) assert.equal(padHex(integerHex).toString('hex'), padded)
})

for (const { name, input, intermediate, expected } of vectors.vectors) {
  test(`vector ${name}: every value of the exchange, and the signature`, () => {
    const { poolNamePart: poolName = '', userIdForSrp: username = '', password = '', saltHex = '' } = input
    const { A = '', v = '', B = '', u = '' } = intermediate
    const salt = minimalHex(Buffer.from(saltHex.padStart(saltHex.length + (saltHex.length % 2), '0'), 'hex'))
    const x = srpExponent({ poolName, username, password }, salt)
    assert.equal(number(x), number(intermediate['x'] ?? ''))
    assert.equal(power(2n, number(x)).toString(16), v)
    assert.equal(readPublicValue(A), number(A).toString(16))
    assert.equal(serverPublicValue(v, power(2n, number(input['b'] ?? ''))), number(B).toString(16))
    const scrambled = scrambler(number(A).toString(16), number(B).toString(16))
    assert.ok(scrambled)
    assert.equal(number(scrambled), number(u))
    const base = secretBase(A, bytes(power(number(v), number(u))))
    const secret = power(number(base), number(input['b'] ?? ''))
    assert.equal(secret.toString(16), number(intermediate['S'] ?? '').toString(16))
    const key = sharedKey(bytes(secret), scrambled)
    assert.equal(key.toString('hex'), intermediate['hkdfKey16'])
    const secretBlock = Buffer.from(input['secretBlockBase64'] ?? '', 'base64')
    const timestamp = expected['timestamp'] ?? ''
    assert.equal(readTimestamp(timestamp), Math.floor(Number(input['nowEpochMs']) / 1000) * 1000)
    const claim = { poolName, username, secretBlock, timestamp }
    assert.equal(claimSignature(key, claim).toString('base64'), expected['passwordClaimSignature'])
    for (const changed of [
      { ...claim, timestamp: timestamp.replace('UTC', 'UTD') },
      { ...claim, username: `${username}x` },
      { ...claim, secretBlock: Buffer.concat([secretBlock.subarray(1), Buffer.of(1)]) },
    ]) {
      assert.notEqual(claimSignature(key, changed).toString('base64'), expected['passwordClaimSignature'])
    }
  })
}

test('req 28, 29: public values that must be refused', () => {
  const hundred = 'a'.repeat(100_000)
  for (const bad of ['', '0', '00', srpPrimeHex, (prime * 2n).toString(16), '-1', '0x1', 'xyz', ' 1', hundred]) {
    assert.equal(readPublicValue(bad), undefined, bad.slice(0, 20))
  }
  assert.equal(readPublicValue('0002'), '2')
})

test('a time in another form is refused', () => {
  for (const bad of ['', '2026-03-05T07:08:09Z', 'Thu Mrz 5 07:08:09 UTC 2026', 'Thu Mar 5 07:08:09 CET 2026']) {
    assert.equal(readTimestamp(bad), undefined)
  }
})
