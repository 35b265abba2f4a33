import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { faultOfSecretHash, matchesSecret, secretHash } from './secret-hash.ts'

type Vector = { username: string; clientId: string; clientSecret: string; secretHash: string }

const { vectors } = JSON.parse(
  readFileSync(new URL('../../../../model/vectors/secret-hash.json', import.meta.url), 'utf8'),
) as { vectors: Vector[] }

for (const vector of vectors) {
  test(`the hash of ${vector.username}`, () =>
    assert.equal(secretHash(vector.username, vector.clientId, vector.clientSecret), vector.secretHash))
}

const clientId = 'client'
const [one, two] = ['secret-one', 'secret-two']
const hash = (username: string, secret: string): string => secretHash(username, clientId, secret)
const check = (given: string | undefined, secrets: readonly string[] = [one, two]) =>
  faultOfSecretHash({ clientId, secrets, username: 'jane', given })

test('req 52: every living secret of a client is good', () => {
  assert.equal(check(hash('jane', one)), undefined)
  assert.equal(check(hash('jane', two)), undefined)
  assert.equal(check(undefined, []), undefined)
})

test('req 52: a missing hash is said to be missing', () => assert.equal(check(undefined), 'missing'))

const foreign: readonly [what: string, given: string, secrets?: readonly string[]][] = [
  ['of another secret', hash('jane', 'another')],
  ['of another name', hash('Jane', one)],
  ['of another client', secretHash('jane', 'other', one)],
  ['the secret itself', one],
  ['cut', hash('jane', one).slice(0, -1)],
  ['longer', `${hash('jane', one)}=`],
  ['empty', ''],
  ['for a public client', hash('jane', one), []],
  ['for a public client, keyed by nothing', hash('jane', ''), []],
]

for (const [what, given, secrets] of foreign) {
  test(`req 52: a hash that is ${what} is refused`, () => assert.equal(check(given, secrets), 'wrong'))
}

test('no secret matches nothing', () => {
  assert.equal(matchesSecret([], undefined), false)
  assert.equal(matchesSecret([one], undefined), false)
  assert.equal(matchesSecret([], ''), false)
  assert.equal(matchesSecret([one, two], two), true)
})
