import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeBase32, encodeBase32 } from './base32.ts'

// RFC 4648, section 10, without the padding.
const published: readonly [text: string, base32: string][] = [
  ['', ''],
  ['f', 'MY'],
  ['fo', 'MZXQ'],
  ['foo', 'MZXW6'],
  ['foob', 'MZXW6YQ'],
  ['fooba', 'MZXW6YTB'],
  ['foobar', 'MZXW6YTBOI'],
]

for (const [text, base32] of published) {
  test(`RFC 4648: ${text} is ${base32}`, () => {
    assert.equal(encodeBase32(Buffer.from(text)), base32)
    assert.equal(Buffer.from(decodeBase32(base32)).toString(), text)
  })
}

test('whatever is written is read again', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      const text = encodeBase32(bytes)
      assert.match(text, /^[A-Z2-7]*$/)
      assert.equal(text.length, Math.ceil((bytes.length * 8) / 5))
      assert.deepEqual(decodeBase32(text), bytes)
    }),
  )
})

test('small letters, padding, other characters and bits of no byte are refused', () => {
  for (const bad of ['my', 'MY======', 'M0', 'M1', 'M8', 'M Y', 'MÜ', 'M', 'MZX', 'MZXW6Y', 'MZ']) {
    assert.throws(() => decodeBase32(bad), /not Base32/, bad)
  }
})
