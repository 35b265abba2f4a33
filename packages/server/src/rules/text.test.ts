import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { cutText, isStorable, isStorableJson } from './text.ts'

test('text with U+0000 or half a surrogate pair cannot be kept, all other text can', () => {
  for (const text of ['', 'anna', 'é', '😀', '\u0001', '\u{10ffff}', '\ufffd']) assert.ok(isStorable(text), text)
  for (const text of ['\0', 'a\0b', '\ud83d', '\ude00\ud83d', 'a\ud83d b']) assert.ok(!isStorable(text))
  fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (text) => isStorable(text) === !text.includes('\0')))
})

test('text anywhere in a JSON value is looked at', () => {
  assert.ok(isStorableJson({ a: ['b', { c: 'd', e: null, f: 1, g: true }], h: [] }))
  for (const value of ['\0', ['\0'], { a: '\0' }, { '\0': 1 }, { a: [{ b: { '\ud83d': '' } }] }, [['\ude00']]])
    assert.ok(!isStorableJson(value), JSON.stringify(value))
})

test('text is cut between characters', () => {
  assert.equal(cutText('abc', 3), 'abc')
  assert.equal(cutText('abc', 2), 'ab')
  assert.equal(cutText('a😀b', 2), 'a')
  assert.equal(cutText('a😀b', 3), 'a😀')
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.nat(20), (text, length) => cutText(text, length).isWellFormed()),
  )
})
