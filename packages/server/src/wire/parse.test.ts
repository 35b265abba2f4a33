import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ServiceError } from '../errors.ts'
import { parseBody } from './parse.ts'

const refused = (bytes: Uint8Array | string): void => {
  assert.throws(() => parseBody(Buffer.from(bytes)), { name: 'SerializationException' })
}

test('req 89: malformed and incomplete JSON is refused', () => {
  for (const text of ['', ' ', '{', '{"a":', '{"a":1,}', "{'a':1}", '{"a":1}x', 'undefined', '\ufeff{}', '{"a":01}'])
    refused(text)
})

test('req 89: what is no object is refused', () => {
  for (const text of ['null', '[]', '[{}]', '"text"', '1', 'true']) refused(text)
})

test('req 92: invalid UTF-8 is refused', () => {
  for (const bytes of [[0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82]])
    refused(Buffer.concat([Buffer.from('{"a":"'), Buffer.from(bytes), Buffer.from('"}')]))
})

test('req 92: half a surrogate pair is refused, in values and in names, at any depth', () => {
  for (const text of ['{"a":"\\ud800"}', '{"a":"\\udc00\\ud800"}', '{"\\ud800":1}', '{"a":[{"b":"x\\uDFFF"}]}'])
    refused(text)
})

test('req 92: valid UTF-8 is kept byte for byte', () => {
  const text = 'e\u0301 é \u0000 \u2028 😀 \ufffd \ufeff'
  assert.equal(parseBody(Buffer.from(JSON.stringify({ text })))['text'], text)
  assert.equal(parseBody(Buffer.from('{"text":"\\ud83d\\ude00"}'))['text'], '😀')
})

test('req 96: 64 levels are read, 65 and 100,000 are refused', () => {
  const nested = (depth: number) => `${'{"a":'.repeat(depth - 1)}{}${'}'.repeat(depth - 1)}`
  assert.ok(parseBody(Buffer.from(nested(64))))
  refused(nested(65))
  refused(nested(100_000))
  refused(`{"a":${'['.repeat(100_000)}`)
})

test('req 92: half a pair beside sound text is refused as well', () => {
  for (const text of [
    '{"a":["x","\\ud800"]}',
    '{"a":["\\ud800","x"]}',
    '{"a":"x","b":"\\udc00"}',
    '{"a":{"b":"\\udc00","c":1}}',
  ])
    refused(text)
})

test('req 96: brackets inside strings are no depth', () => {
  for (const hidden of [`"${'['.repeat(100)}`, `\\"${'{'.repeat(100)}`, `\\`])
    assert.equal(parseBody(Buffer.from(JSON.stringify({ hidden })))['hidden'], hidden)
  const text = `${'[{'.repeat(100)}\\" \\`
  assert.equal(parseBody(Buffer.from(JSON.stringify({ text })))['text'], text)
})

test('req 90: runtime names are plain names', () => {
  const body = parseBody(Buffer.from('{"__proto__":{"polluted":1},"constructor":2,"a":1,"a":2}'))
  assert.equal(Object.getPrototypeOf(body), Object.prototype)
  assert.deepEqual(Object.keys(body), ['__proto__', 'constructor', 'a'])
  assert.equal(body['a'], 2)
  assert.equal(Object.hasOwn(Object.prototype, 'polluted'), false)
})

test('any bytes are read or refused with a known error', () => {
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array(), fc.json().map(Buffer.from), fc.string().map(Buffer.from)), (bytes) => {
      try {
        parseBody(bytes)
      } catch (error) {
        assert.ok(error instanceof ServiceError)
      }
    }),
  )
})

test('any object is read as it was written', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue({ maxDepth: 5 })), (value) => {
      const text = JSON.stringify(value)
      assert.equal(JSON.stringify(parseBody(Buffer.from(text))), JSON.stringify(JSON.parse(text)))
    }),
  )
})
