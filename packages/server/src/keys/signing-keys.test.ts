import assert from 'node:assert/strict'
import { createHmac, generateKeyPairSync, sign as signBytes, type KeyObject } from 'node:crypto'
import { test } from 'node:test'
import { createLocalJWKSet, jwtVerify } from 'jose'
import { closing } from '../../testing/closing.ts'
import { makeSigningKeys } from './signing-keys.ts'

const signing = makeSigningKeys(0)

const [pair, other] = await Promise.all([signing.take(), signing.take()])
const privateKey = signing.importPrivate(pair.kid, () => pair.privateKey)
const publicKey = signing.importPublic(pair.kid, () => pair.publicJwk)

const keyOf = (kid: string): KeyObject | undefined => (kid === pair.kid ? publicKey : undefined)

const claims = { sub: 'jane', token_use: 'access', exp: 4_102_444_800, absent: undefined }

const token = await signing.sign(privateKey, pair.kid, claims)

const encoded = (part: unknown): string => Buffer.from(JSON.stringify(part)).toString('base64url')

/** A token that is properly signed by a key, whatever its header says. */
const signed = (header: unknown, key: KeyObject, payload: unknown = claims): string => {
  const input = `${encoded(header)}.${encoded(payload)}`
  return `${input}.${signBytes('sha256', Buffer.from(input), key).toString('base64url')}`
}

const refused = (text: string, why: string): void => assert.equal(signing.verify(text, keyOf), undefined, why)

test('req 41: a key is RSA of 2048 bits, its JWK has no private member, its kid is Base64', () => {
  assert.deepEqual(Object.keys(pair.publicJwk).toSorted(), ['alg', 'e', 'kid', 'kty', 'n', 'use'])
  const { alg, e, kid, kty, use } = pair.publicJwk
  assert.deepEqual({ alg, e, kid, kty, use }, { alg: 'RS256', e: 'AQAB', kid: pair.kid, kty: 'RSA', use: 'sig' })
  assert.match(pair.kid, /^[A-Za-z0-9+/]{43}=$/)
  assert.notEqual(pair.kid, other.kid)
  assert.equal(privateKey.asymmetricKeyDetails?.modulusLength, 2048)
})

test('req 41: a token has the header kid and alg, no more, and another library verifies it', async () => {
  assert.equal(
    Buffer.from(token.split('.')[0] ?? '', 'base64url').toString('utf8'),
    `{"kid":"${pair.kid}","alg":"RS256"}`,
  )
  const known = createLocalJWKSet({ keys: [other, pair].map(({ publicJwk }) => ({ ...publicJwk, kty: 'RSA' })) })
  const { payload } = await jwtVerify(token, known, { algorithms: ['RS256'] })
  assert.equal(payload.sub, 'jane')
  assert.equal('absent' in payload, false)
})

test('what was signed verifies', () => {
  const { sub, token_use, exp } = claims
  assert.deepEqual(signing.verify(token, keyOf), { sub, token_use, exp })
})

test('req 40: a changed payload or signature is refused, whichever character it is', () => {
  const [header = '', payload = '', signature = ''] = token.split('.')
  refused(`${header}.${encoded({ ...claims, sub: 'admin' })}.${signature}`, 'payload')
  refused(`${header}.${payload}.${Buffer.alloc(256).toString('base64url')}`, 'zeros')
  refused(`${header}.${payload}.`, 'no signature')
  for (let index = 0; index < token.length; index += 1) {
    const character = token[index] === 'A' ? 'B' : 'A'
    refused(token.slice(0, index) + character + token.slice(index + 1), `character ${index}`)
  }
})

test('req 40: alg none is refused', () => {
  for (const alg of ['none', 'None', 'NONE', '', undefined, null, ['RS256'], 'rs256', 'RS512', 'PS256']) {
    refused(`${encoded({ kid: pair.kid, alg })}.${encoded(claims)}.`, String(alg))
    refused(signed({ kid: pair.kid, alg }, privateKey), String(alg))
  }
})

test('req 40: HS256 with the public key as its secret is refused', () => {
  const secrets = [
    publicKey.export({ format: 'pem', type: 'spki' }),
    publicKey.export({ format: 'der', type: 'spki' }),
    publicKey.export({ format: 'pem', type: 'pkcs1' }),
    JSON.stringify(pair.publicJwk),
  ]
  for (const alg of ['HS256', 'RS256']) {
    const input = `${encoded({ kid: pair.kid, alg })}.${encoded(claims)}`
    for (const secret of secrets) {
      refused(`${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`, alg)
    }
  }
})

test('req 40: another key under the same kid, and the right key under another kid, are refused', () => {
  const otherKey = signing.importPrivate(other.kid, () => other.privateKey)
  refused(signed({ kid: pair.kid, alg: 'RS256' }, otherKey), 'other key')
  refused(signed({ kid: other.kid, alg: 'RS256' }, privateKey), 'other kid')
})

test('req 40: a key or an address of keys inside the token counts for nothing', () => {
  const attacker = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const jwk = attacker.publicKey.export({ format: 'jwk' })
  const headers = [
    { alg: 'RS256', jwk },
    { alg: 'RS256', kid: pair.kid, jwk },
    { alg: 'RS256', kid: pair.kid, jku: 'http://127.0.0.1/jwks.json' },
    { alg: 'RS256', kid: pair.kid, x5u: 'http://127.0.0.1/key.pem', x5c: ['AAAA'] },
  ]
  for (const header of headers) refused(signed(header, attacker.privateKey), JSON.stringify(header))
})

test('req 40: a path, an injection and anything but text as kid is refused', () => {
  const kids = ['/dev/null', '../../etc/passwd', "' or 1=1 --", '', '__proto__', 'constructor', null, 7, [pair.kid], {}]
  for (const kid of kids) refused(signed({ kid, alg: 'RS256' }, privateKey), JSON.stringify(kid))
  refused(signed({ alg: 'RS256' }, privateKey), 'no kid')
})

test('a critical member is refused, known or not (RFC 7515, 4.1.11)', () => {
  for (const crit of [['exp'], [], null, 'b64']) {
    refused(signed({ kid: pair.kid, alg: 'RS256', crit }, privateKey), JSON.stringify(crit))
  }
})

test('only three parts of strict Base64url are a token', () => {
  const [header = '', payload = '', signature = ''] = token.split('.')
  const texts = [
    '',
    '..',
    header,
    `${header}.${payload}`,
    `${token}.`,
    `${token}.${signature}`,
    `.${token}`,
    `${token}=`,
    `${token}\n`,
    ` ${token}`,
    `${header}.${payload}==.${signature}`,
    `${header}.${payload}.${Buffer.from(signature, 'base64url').toString('base64')}`,
    // The last character of a signature has four bits that say nothing.
    `${header}.${payload}.${signature.slice(0, -1)}${String.fromCharCode(signature.charCodeAt(341) + 1)}`,
  ]
  for (const text of texts) refused(text, JSON.stringify(text))
})

test('a payload that is no object is refused, properly signed as it may be', () => {
  for (const payload of [null, 'text', 7, true, [claims]]) {
    refused(signed({ kid: pair.kid, alg: 'RS256' }, privateKey, payload), JSON.stringify(payload))
  }
})

test('a key that is not RSA verifies nothing', () => {
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const forged = signed({ kid: pair.kid, alg: 'RS256' }, ec.privateKey)
  assert.equal(
    signing.verify(forged, () => ec.publicKey),
    undefined,
  )
})

test('a key is read once for its kid', () => {
  const again = signing.importPrivate(pair.kid, () => assert.fail('read a second time'))
  assert.equal(again, privateKey)
})

test('the event loop turns while a key is made', async () => {
  let made = false
  const key = signing.take().then(() => (made = true))
  for (let turn = 0; turn < 10; turn += 1) await new Promise(setImmediate)
  assert.equal(made, false)
  await key
})

test('keys made ahead are given out once each, and made up for', async (t) => {
  const ahead = makeSigningKeys(1)
  closing(t, ahead.close)
  ahead.fill()
  const taken = await Promise.all([ahead.take(), ahead.take(), ahead.take()])
  assert.equal(new Set(taken.map(({ kid }) => kid)).size, 3)
})
