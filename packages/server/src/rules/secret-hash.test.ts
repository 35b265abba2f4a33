import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { checkSecretHash, matchesSecret, secretHash } from './secret-hash.ts'

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
const check = (given: string | undefined, secrets: readonly string[] = [one, two], refresh = false): void =>
  checkSecretHash({ clientId, secrets, username: 'jane', given, refresh })
const refusal = (message: string): object => ({ name: 'NotAuthorizedException', message })
const unverified = refusal('Unable to verify secret hash for client client')

test('req 52: every living secret of a client is good', () => {
  check(hash('jane', one))
  check(hash('jane', two))
  check(undefined, [])
})

test('req 52: a missing hash is said to be missing', () => {
  assert.throws(
    () => check(undefined),
    refusal('Client client is configured with secret but SECRET_HASH was not received'),
  )
})

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
  test(`req 52: a hash that is ${what} is refused`, () => assert.throws(() => check(given, secrets), unverified))
}

test('req 52: in a refresh a wrong hash is refused in other words', () => {
  assert.throws(
    () => check(hash('john', one), [one], true),
    refusal('SecretHash does not match for the client: client'),
  )
})

test('no secret matches nothing', () => {
  assert.equal(matchesSecret([], undefined), false)
  assert.equal(matchesSecret([one], undefined), false)
  assert.equal(matchesSecret([], ''), false)
  assert.equal(matchesSecret([one, two], two), true)
})
