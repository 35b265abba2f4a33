import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { passkeyName } from './passkey-names.ts'
import { isOriginOf, isRelyingParty } from './relying-party.ts'

test('a relying party is a domain of its own', () => {
  for (const name of ['localhost', 'example.com', 'login.example.co.uk', 'xn--bcher-kva.example', 'a-b.c1']) {
    assert.ok(isRelyingParty(name), name)
  }
  const none = [
    '',
    'com',
    'example',
    '10.0.0.1',
    '1.2',
    'a.0x7f',
    '::1',
    '[::1]',
    'Example.com',
    'example.com.',
    '.com',
  ]
  const others = [
    'a..b',
    '-a.com',
    'a-.com',
    'a b.com',
    'https://a.com',
    'a.com:443',
    'a.com/',
    'bücher.example',
    '*.a.com',
  ]
  for (const name of [...none, ...others, `${'a'.repeat(64)}.com`]) assert.ok(!isRelyingParty(name), name)
})

const origins: readonly (readonly [origin: string, relyingParty: string, allowed: boolean])[] = [
  ['https://example.com', 'example.com', true],
  ['https://a.b.example.com', 'example.com', true],
  ['https://example.com:8443', 'example.com', true],
  ['http://localhost', 'localhost', true],
  ['http://localhost:5173', 'localhost', true],
  ['https://localhost:5173', 'localhost', true],
  ['http://example.com', 'example.com', false],
  ['https://com', 'example.com', false],
  ['https://notexample.com', 'example.com', false],
  ['https://example.com.evil.example', 'example.com', false],
  ['https://example.com@evil.example', 'example.com', false],
  ['https://evil.example/example.com', 'example.com', false],
  ['https://EXAMPLE.com', 'example.com', false],
  ['https://example.com:443', 'example.com', false],
  ['https://example.com/', 'example.com', false],
  ['http://localhost:5173', 'example.com', false],
  ['http://127.0.0.1:5173', 'localhost', false],
  ['http://app.localhost:5173', 'localhost', false],
  ['android:apk-key-hash:47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU', 'example.com', false],
  ['null', 'localhost', false],
  ['', 'localhost', false],
]

for (const [origin, relyingParty, allowed] of origins) {
  test(`${origin || 'nothing'} ${allowed ? 'speaks' : 'does not speak'} for ${relyingParty}`, () => {
    assert.equal(isOriginOf(origin, relyingParty), allowed)
  })
}

test('no other site speaks for a domain', () => {
  fc.assert(
    fc.property(fc.webUrl(), (url) => {
      const { origin, hostname } = new URL(url)
      const own = hostname === 'example.com' || hostname.endsWith('.example.com')
      assert.equal(isOriginOf(origin, 'example.com'), own && origin.startsWith('https:'))
    }),
  )
})

test('any text is an answer, never an exception', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (origin, name) => {
      assert.equal(typeof isOriginOf(origin, name), 'boolean')
      assert.equal(typeof isRelyingParty(name), 'boolean')
    }),
  )
})

test('passkeys are named by their provider, else by where they live', () => {
  assert.equal(passkeyName('fbfc3007-154e-4ecc-8c0b-6e020557d7bd', 'platform'), 'iCloud Keychain')
  const unknown = '00000000-0000-0000-0000-000000000000'
  assert.equal(passkeyName(unknown, 'platform'), 'Passkey of a device')
  assert.equal(passkeyName(unknown, 'cross-platform'), 'Security key')
  assert.equal(passkeyName(unknown, undefined), 'Passkey')
  assert.equal(passkeyName('constructor', '__proto__'), 'Passkey')
})
