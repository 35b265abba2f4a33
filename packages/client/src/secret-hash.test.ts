import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { secretHash } from './secret-hash.ts'

type Vector = Record<'username' | 'clientId' | 'clientSecret' | 'secretHash', string>

const { vectors } = JSON.parse(
  readFileSync(new URL('../../../model/vectors/secret-hash.json', import.meta.url), 'utf8'),
) as { vectors: Vector[] }

for (const vector of vectors) {
  test(`the secret hash of ${vector.username}`, async () => {
    assert.equal(await secretHash(vector), vector.secretHash)
    assert.notEqual(await secretHash({ ...vector, username: `${vector.username}x` }), vector.secretHash)
  })
}
