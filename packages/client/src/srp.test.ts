import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { toHex } from './bytes.ts'
import { padded, srpKeys, srpSignature, srpTimestamp, type SrpQuestion } from './srp.ts'

type Vector = {
  name: string
  input: Record<'poolNamePart' | 'userIdForSrp' | 'password' | 'saltHex' | 'a' | 'secretBlockBase64', string> & {
    nowEpochMs: number
  }
  intermediate: Record<'A' | 'B', string>
  expected: Record<'timestamp' | 'passwordClaimSignature', string>
}
type Vectors = {
  constants: { N: string }
  padHex: { integerHex: string; padded: string }[]
  vectors: Vector[]
}

const { constants, padHex, vectors } = JSON.parse(
  readFileSync(new URL('../../../model/vectors/srp.json', import.meta.url), 'utf8'),
) as Vectors

const questionOf = ({ input, intermediate }: Vector): SrpQuestion => ({
  keys: srpKeys(BigInt(`0x${input.a}`)),
  poolName: input.poolNamePart,
  userId: input.userIdForSrp,
  password: input.password,
  salt: input.saltHex,
  B: intermediate.B,
  secretBlock: input.secretBlockBase64,
  timestamp: srpTimestamp(input.nowEpochMs),
})

const [basic] = vectors
assert.ok(basic)

test('all nine positive vectors are here', () => assert.equal(vectors.length, 9))

for (const vector of vectors) {
  test(`the client proves the password of vector ${vector.name}`, async () => {
    const question = questionOf(vector)
    assert.equal(question.keys.A.toString(16), vector.intermediate.A)
    assert.equal(question.timestamp, vector.expected.timestamp)
    assert.equal(await srpSignature(question), vector.expected.passwordClaimSignature)
  })
}

test('integers are padded as the service pads them', () => {
  for (const { integerHex, padded: expected } of padHex) {
    assert.equal(toHex(padded(BigInt(`0x${integerHex}`))), expected)
  }
})

test('another password, time or user gives another signature', async () => {
  const question = questionOf(basic)
  const others = [
    { password: 'Correct-Horse-7-Batterz' },
    { timestamp: 'Thu Mar 5 07:08:10 UTC 2026' },
    { userId: 'joe' },
  ]
  for (const other of others) {
    assert.notEqual(await srpSignature({ ...question, ...other }), basic.expected.passwordClaimSignature)
  }
})

test('a URL-safe secret block gives the same signature', async () => {
  const question = questionOf(basic)
  const secretBlock = question.secretBlock.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
  assert.equal(await srpSignature({ ...question, secretBlock }), basic.expected.passwordClaimSignature)
})

test('a B that is a multiple of N is refused', async () => {
  const twice = (2n * BigInt(`0x${constants.N}`)).toString(16)
  for (const B of ['0', constants.N, twice]) {
    await assert.rejects(srpSignature({ ...questionOf(basic), B }), /give the password away/)
  }
})

test('every sign-in has a private value of its own, of 256 bits', () => {
  const [one, two] = [srpKeys(), srpKeys()]
  assert.notEqual(one.a, two.a)
  assert.ok(one.a > 1n << 200n && one.a < 1n << 256n)
})
