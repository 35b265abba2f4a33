import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { shapes } from './model.gen.ts'
import { patternTest } from './pattern.ts'

const patterns = [
  ...new Set(Object.values(shapes).flatMap((shape) => ('pattern' in shape && shape.pattern ? [shape.pattern] : []))),
]

/** The pattern as the model writes it. */
const asWritten = (pattern: string): RegExp =>
  pattern.startsWith('(?s)') ? new RegExp(`^(?:${pattern.slice(4)})$`, 'su') : new RegExp(`^(?:${pattern})$`, 'u')

const pieces = [
  'a',
  '1',
  ' ',
  '\n',
  '@',
  '@@',
  '{',
  '}',
  '#',
  '##',
  '{##',
  '##}',
  '{####}',
  '-',
  '_',
  ':',
  'é',
  '😀',
  '\u0000',
]

test('every pattern takes the same values as the model wrote it', () => {
  const value = fc.oneof(
    fc.array(fc.constantFrom(...pieces), { maxLength: 8 }).map((some) => some.join('')),
    fc.string(),
  )
  for (const pattern of patterns) {
    const written = asWritten(pattern)
    const matches = patternTest(pattern)
    fc.assert(
      fc.property(value, (text) => matches(text) === written.test(text)),
      { numRuns: 300 },
    )
  }
})

test('a pattern covers the whole value', () => {
  const digits = patternTest('[0-9]+')
  assert.equal(digits('123456'), true)
  for (const value of ['', '123456\n', ' 123456', '1a']) assert.equal(digits(value), false)
})

test('req 93: outer spaces of a password are refused, inner ones taken', () => {
  const password = patternTest('^[\\S]+.*[\\S]+$')
  for (const value of ['ab', 'a b', 'correct horse battery']) assert.equal(password(value), true)
  for (const value of ['', 'a', ' ab', 'ab ', '\tab', 'ab\n']) assert.equal(password(value), false)
})

test('req 96: no pattern of an unbounded shape takes long over a long value', () => {
  const unbounded = Object.values(shapes).flatMap((shape) =>
    shape.t === 'string' && shape.pattern && (shape.max ?? Infinity) > 2048
      ? [{ ...shape, pattern: shape.pattern }]
      : [],
  )
  assert.ok(unbounded.length > 5)
  const begun = process.cpuUsage()
  for (const { pattern, max } of unbounded) {
    const matches = patternTest(pattern)
    for (const piece of ['@', 'a', '{####}', '{##', '##}', 'a@', 'en-', ':', '.'])
      matches(`${piece.repeat(Math.min(max ?? Infinity, 400_000) / piece.length - 1)}\u0000`)
  }
  // Quadratic time over 400,000 characters would be minutes.
  assert.ok(process.cpuUsage(begun).user < 10_000_000)
})
