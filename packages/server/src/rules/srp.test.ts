import assert from 'node:assert/strict'
import { createHash, getDiffieHellman } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { srpTimestamp } from '../../../client/src/srp.ts'
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
    const at = Math.floor(Number(input['nowEpochMs']) / 1000) * 1000
    assert.deepEqual(readTimestamp(timestamp), { at, canonical: true })
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

test('the time of a claim is read, whatever instant it names', () => {
  assert.deepEqual(readTimestamp('Thu Mar 5 07:08:09 UTC 2026'), { at: Date.UTC(2026, 2, 5, 7, 8, 9), canonical: true })
  const instants = fc.integer({ min: Date.UTC(1970, 0, 1) / 1000, max: Date.UTC(9999, 11, 31) / 1000 })
  fc.assert(
    fc.property(instants, (seconds) => {
      const at = seconds * 1000
      assert.deepEqual(readTimestamp(srpTimestamp(at)), { at, canonical: true })
    }),
  )
})

test('a time in another text than the service signs is told apart', () => {
  for (const text of [
    'Thu Mar 05 07:08:09 UTC 2026',
    'Wed Mar 5 07:08:09 UTC 2026',
    'Thu Mar 5 7:08:09 UTC 2026',
    'Thu Mar 5 07:8:09 UTC 2026',
    'Thu Mar 5 07:08:9 UTC 2026',
    'Thu Mar 5 07:08:09 GMT 2026',
    'Thu Mar 5 07:08:09 CET 2026',
    'Mon Mar 5 31:08:09 UTC 2026',
    'Thu Mar 5 06:68:09 UTC 2026',
    'Thu Mar 5 07:07:69 UTC 2026',
    'Thu Mar 0 07:08:09 UTC 2026',
    'Sat Feb 29 07:08:09 UTC 2026',
    'Sun Mar 32 07:08:09 UTC 2026',
    'Thu Mar 5 24:00:00 UTC 2026',
    'Thu Mar 5 07:08:09 UTC 0026',
  ]) {
    assert.equal(readTimestamp(text)?.canonical, false, text)
  }
})

test('a text that is no time is none', () => {
  for (const text of [
    '',
    ' Thu Mar 5 07:08:09 UTC 2026',
    'Thu Mar 5 07:08:09 UTC 2026 ',
    'Thu Mar 5 07:08:09 UTC 2026\n',
    'Thu  Mar 5 07:08:09 UTC 2026',
    'Thu Mar  5 07:08:09 UTC 2026',
    'Thu, Mar 5 07:08:09 UTC 2026',
    'thu Mar 5 07:08:09 UTC 2026',
    'Thu mar 5 07:08:09 UTC 2026',
    'Don Mrz 5 07:08:09 UTC 2026',
    'Thursday Mar 5 07:08:09 UTC 2026',
    'Thu March 5 07:08:09 UTC 2026',
    'Mar 5 07:08:09 UTC 2026',
    'Thu Mar -5 07:08:09 UTC 2026',
    'Thu Mar ٥ 07:08:09 UTC 2026',
    'Thu Mar 5 07:08 UTC 2026',
    'Thu Mar 5 07:08:09.123 UTC 2026',
    'Thu Mar 5 07:08:09 2026',
    'Thu Mar 5 07:08:09 +01:00 2026',
    'Thu Mar 5 07:08:09 UTC 26',
    'Thu Mar 5 07:08:09 UTC 12026',
    '2026-03-05T07:08:09Z',
    '1772694489',
  ]) {
    assert.equal(readTimestamp(text), undefined, text)
  }
})
