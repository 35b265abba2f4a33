import assert from 'node:assert/strict'
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { folderOf } from '../../testing/folders.ts'
import { ConfigError } from '../config.ts'
import { makeSealRing, newSealKey, readSealKeys, sealKeyFile, type SealedPlace, type TokenPurpose } from './seal.ts'

const [older, newer] = [readSealKeys(newSealKey()), readSealKeys(newSealKey())]
const ring = makeSealRing(older)

const place: SealedPlace = { purpose: 'software-token', row: ['pool', 'user'] }

/** Every text that differs from this one in one character. */
const changed = (text: string): string[] =>
  Array.from(text, (character, index) => text.slice(0, index) + (character === 'A' ? 'B' : 'A') + text.slice(index + 1))

test('req 103: what is sealed says its key id, hides the plain text and opens again', () => {
  for (const plain of ['', 'JBSWY3DPEHPK3PXP', 'ünïcode \0 text', 'x'.repeat(5000)]) {
    const sealed = ring.seal(plain, 'session')
    assert.match(sealed, new RegExp(`^${ring.activeKeyId}\\.[A-Za-z0-9_-]+$`))
    assert.equal(ring.open(sealed, 'session').toString('utf8'), plain)
    const inRow = ring.sealRow(plain, place)
    assert.match(inRow, new RegExp(`^${ring.activeKeyId}\\.row\\.[A-Za-z0-9_-]+$`))
    assert.equal(ring.openRow(inRow, place).toString('utf8'), plain)
    for (const text of [sealed, inRow])
      if (plain) assert.ok(!Buffer.from(text.split('.').at(-1) ?? '', 'base64url').includes(plain))
  }
  const bytes = Uint8Array.from({ length: 256 }, (_, index) => index)
  assert.deepEqual(ring.open(ring.seal(bytes, 'page'), 'page'), Buffer.from(bytes))
  assert.deepEqual(ring.openRow(ring.sealRow(bytes, place), place), Buffer.from(bytes))
})

test('the same text is never sealed alike: each has a nonce of its own', () => {
  const sealed = Array.from({ length: 200 }, () => ring.seal('same', 'page').split('.')[1]?.slice(0, 16))
  assert.equal(new Set(sealed).size, 200)
})

test('req 103: what was sealed for one purpose does not open for another', () => {
  const sealed = ring.seal('secret value', 'session')
  for (const purpose of ['', 'sessio', 'session ', 'page']) {
    assert.throws(() => ring.open(sealed, purpose as TokenPurpose))
  }
})

const elsewhere: readonly SealedPlace[] = [
  { ...place, purpose: 'device-verifier' },
  { ...place, purpose: '' },
  { ...place, row: ['pool', 'another'] },
  { ...place, row: ['another', 'user'] },
  { ...place, row: ['pool'] },
  { ...place, row: [] },
  { ...place, row: ['pool', 'user', ''] },
  { ...place, row: ['pool', 'user', 'more'] },
  { ...place, row: ['pool","user'] },
  { ...place, row: ['user', 'pool'] },
  { purpose: 'pool', row: ['software-token', 'user'] },
]

test('req 103: what was sealed in one row opens in no other, nor for another purpose, nor as a token', () => {
  const sealed = ring.sealRow('secret value', place)
  for (const other of elsewhere) assert.throws(() => ring.openRow(sealed, other), JSON.stringify(other))
  const bare = sealed.replace('.row.', '.')
  for (const text of [sealed, bare]) assert.throws(() => ring.open(text, place.purpose as TokenPurpose))
  assert.throws(() => ring.openRow(bare, place), 'without its mark it is no value of before')
  assert.throws(() => ring.openRow(ring.seal('secret value', 'session'), place))
})

test('what was sealed before rows were bound opens for its purpose, until it is sealed anew', () => {
  const former = ring.seal('secret value', place.purpose as TokenPurpose)
  assert.equal(ring.openRow(former, place).toString('utf8'), 'secret value')
  assert.throws(() => ring.openRow(former, { ...place, purpose: 'device-verifier' }))
  const again = ring.sealAgain(former, place) ?? ''
  assert.equal(ring.openRow(again, place).toString('utf8'), 'secret value')
  for (const other of elsewhere) assert.throws(() => ring.openRow(again, other))
  assert.equal(ring.sealAgain(again, place), undefined)
  assert.throws(() => ring.sealAgain(former, { ...place, purpose: 'device-verifier' }))
})

test('changed, cut and foreign texts are refused, and the error tells no secret', () => {
  const secret = 'secret value'
  const sealed = ring.sealRow(secret, place)
  const others = [
    ...changed(sealed),
    ...Array.from({ length: sealed.length }, (_, length) => sealed.slice(0, length)),
    `${sealed}A`,
    `${sealed}=`,
    `${sealed}.`,
    `.${sealed}`,
    sealed.replace('.', '.\n'),
    sealed.replace('.row.', '.row.row.'),
    makeSealRing(newer).sealRow(secret, place),
    secret,
  ]
  const key = older[0]?.key.toString('base64') ?? ''
  for (const other of others) {
    assert.throws(
      () => ring.openRow(other, place),
      (error: Error) => !error.message.includes(secret) && !error.message.includes(key),
      other,
    )
  }
})

test('the ring turns: a new key seals, the old one still opens, and once it is gone nothing does', () => {
  const sealed = ring.sealRow('kept', place)
  const mac = ring.mac('data', 'purpose')
  const turned = makeSealRing([...newer, ...older])
  assert.equal(turned.activeKeyId, newer[0]?.id)
  assert.equal(turned.openRow(sealed, place).toString('utf8'), 'kept')
  assert.ok(turned.macMatches('data', 'purpose', mac))
  assert.ok(turned.sealRow('kept', place).startsWith(`${newer[0]?.id}.`))
  const alone = makeSealRing(newer)
  const again = turned.sealAgain(sealed, place) ?? ''
  assert.equal(alone.openRow(again, place).toString('utf8'), 'kept')
  assert.throws(() => alone.openRow(sealed, place), /does not have/)
  assert.equal(alone.macMatches('data', 'purpose', mac), false)
})

test('a key of the same id and other bytes opens nothing', () => {
  const [{ id } = { id: '' }] = older
  const impostor = makeSealRing(readSealKeys(`${id}:${newSealKey().split(':')[1]}`))
  assert.throws(() => impostor.openRow(ring.sealRow('kept', place), place))
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
  const folder = folderOf(t)
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
