import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { otpauthUri } from './otpauth.ts'

type Vector = Record<'issuer' | 'account' | 'secret' | 'uri', string>

const { otpauthUri: vectors } = JSON.parse(
  readFileSync(new URL('../../../model/vectors/totp.json', import.meta.url), 'utf8'),
) as { otpauthUri: Vector[] }

test('the URI is that of the vectors', () => {
  for (const vector of vectors) assert.equal(otpauthUri(vector), vector.uri)
})

test('names cannot break out of their place', () => {
  const uri = new URL(otpauthUri({ issuer: 'A & B/C', account: 'x?secret=evil&y', secret: 'ABCDEFGH' }))
  assert.deepEqual(
    [...uri.searchParams],
    [
      ['secret', 'ABCDEFGH'],
      ['issuer', 'A & B/C'],
    ],
  )
})
