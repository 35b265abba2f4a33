import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { ConfigError } from '../config.ts'
import { makeSealRing, newSealKey, readSealKeys, sealKeyFile } from './seal.ts'

const [older, newer] = [readSealKeys(newSealKey()), readSealKeys(newSealKey())]
const ring = makeSealRing(older)

/** Every text that differs from this one in one character. */
const changed = (text: string): string[] =>
  Array.from(text, (character, index) => text.slice(0, index) + (character === 'A' ? 'B' : 'A') + text.slice(index + 1))

test('req 103: what is sealed says its key id, hides the plain text and opens again', () => {
  for (const plain of ['', 'JBSWY3DPEHPK3PXP', 'ünïcode \0 text', 'x'.repeat(5000)]) {
    const sealed = ring.seal(plain, 'software-token')
    assert.match(sealed, new RegExp(`^${ring.activeKeyId}\\.[A-Za-z0-9_-]+$`))
    assert.equal(ring.open(sealed, 'software-token').toString('utf8'), plain)
    if (plain) assert.ok(!Buffer.from(sealed.split('.')[1] ?? '', 'base64url').includes(plain))
  }
  const bytes = Uint8Array.from({ length: 256 }, (_, index) => index)
  assert.deepEqual(ring.open(ring.seal(bytes, 'signing-key'), 'signing-key'), Buffer.from(bytes))
})

test('the same text is never sealed alike: each has a nonce of its own', () => {
  const sealed = Array.from({ length: 200 }, () => ring.seal('same', 'purpose').split('.')[1]?.slice(0, 16))
  assert.equal(new Set(sealed).size, 200)
})

test('req 103: what was sealed for one purpose does not open for another', () => {
  const sealed = ring.seal('secret value', 'client-secret')
  for (const purpose of ['', 'client-secre', 'client-secret ', 'signing-key']) {
    assert.throws(() => ring.open(sealed, purpose))
  }
})

test('changed, cut and foreign texts are refused, and the error tells no secret', () => {
  const secret = 'secret value'
  const sealed = ring.seal(secret, 'purpose')
  const others = [
    ...changed(sealed),
    ...Array.from({ length: sealed.length }, (_, length) => sealed.slice(0, length)),
    `${sealed}A`,
    `${sealed}=`,
    `${sealed}.`,
    `.${sealed}`,
    sealed.replace('.', '.\n'),
    makeSealRing(newer).seal(secret, 'purpose'),
    secret,
  ]
  const key = older[0]?.key.toString('base64') ?? ''
  for (const other of others) {
    assert.throws(
      () => ring.open(other, 'purpose'),
      (error: Error) => !error.message.includes(secret) && !error.message.includes(key),
      other,
    )
  }
})

test('the ring turns: a new key seals, the old one still opens, and once it is gone nothing does', () => {
  const sealed = ring.seal('kept', 'purpose')
  const mac = ring.mac('data', 'purpose')
  const turned = makeSealRing([...newer, ...older])
  assert.equal(turned.activeKeyId, newer[0]?.id)
  assert.equal(turned.open(sealed, 'purpose').toString('utf8'), 'kept')
  assert.ok(turned.macMatches('data', 'purpose', mac))
  assert.ok(turned.seal('kept', 'purpose').startsWith(`${newer[0]?.id}.`))
  const alone = makeSealRing(newer)
  assert.throws(() => alone.open(sealed, 'purpose'), /does not have/)
  assert.equal(alone.macMatches('data', 'purpose', mac), false)
})

test('a key of the same id and other bytes opens nothing', () => {
  const [{ id } = { id: '' }] = older
  const impostor = makeSealRing(readSealKeys(`${id}:${newSealKey().split(':')[1]}`))
  assert.throws(() => impostor.open(ring.seal('kept', 'purpose'), 'purpose'))
  assert.equal(impostor.macMatches('data', 'purpose', ring.mac('data', 'purpose')), false)
})

test('a keyed hash is of one text and one purpose', () => {
  const mac = ring.mac('123456', 'code')
  assert.ok(ring.macMatches('123456', 'code', mac))
  assert.equal(ring.mac('123456', 'code'), mac)
  assert.equal(ring.macMatches('123457', 'code', mac), false)
  assert.equal(ring.macMatches('123456', 'session', mac), false)
  assert.equal(ring.macMatches('6', 'code12345', mac), false)
  for (const other of [...changed(mac), '', '.', mac.slice(0, -1), `${mac}A`, `${mac}=`, `${mac}.`, `x${mac}`]) {
    assert.equal(ring.macMatches('123456', 'code', other), false, other)
  }
})

test('a ring of text is read in order, and told wrong without being shown', () => {
  const [first, second] = [newSealKey(), newSealKey()]
  const ids = [first, second].map((key) => key.split(':')[0])
  assert.deepEqual(
    readSealKeys(` ${first}, ${second}`).map(({ id }) => id),
    ids,
  )
  const base64 = first.split(':')[1] ?? ''
  const malformed = [
    '',
    ',',
    base64,
    `a:${base64.slice(0, 40)}`,
    `a:${base64}AAAA`,
    `a:${base64.slice(0, 20)}!${base64.slice(20)}`,
    `a b:${base64}`,
    `:${base64}`,
    `${first},`,
    `${first},${first}`,
    `a:${Buffer.from(base64, 'base64').toString('hex')}`,
  ]
  for (const text of malformed) {
    assert.throws(
      () => readSealKeys(text),
      (error: Error) =>
        error instanceof ConfigError &&
        error.message.startsWith('POOLKEEPER_SEAL_KEYS ') &&
        !error.message.includes(base64.slice(0, 20)),
      text,
    )
  }
  assert.throws(() => makeSealRing([]), ConfigError)
})

test('the key file is made once, for its owner alone', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'seal-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'seal.key')
  const made = sealKeyFile(path)
  assert.deepEqual(sealKeyFile(path), made)
  assert.deepEqual(readdirSync(folder), ['seal.key'])
  assert.equal(statSync(path).mode & 0o777, 0o600)
  assert.deepEqual(readSealKeys(readFileSync(path, 'utf8').trim()), made)
  for (const mode of [0o640, 0o604, 0o660, 0o644]) {
    chmodSync(path, mode)
    assert.throws(() => sealKeyFile(path), ConfigError)
  }
  chmodSync(path, 0o600)
  writeFileSync(path, 'nonsense')
  assert.throws(
    () => sealKeyFile(path),
    (error: Error) => error instanceof ConfigError && error.message.startsWith(path),
  )
})
