import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { foldSearch } from './search-fold.ts'

test('values that differ in case alone fold to the same text', () => {
  for (const [one, other] of [
    ['Jane@Example.COM', 'jANE@eXAMPLE.com'],
    ['ÄÖÜ', 'äöü'],
    ['ОЛЬГА', 'ольга'],
    ['ΟΔΥΣΣΕΥΣ', 'οδυσσευς'],
    ['𐐀𐐁', '𐐨𐐩'],
    ['+15555550100', '+15555550100'],
  ] as const) {
    assert.equal(foldSearch(one), foldSearch(other))
  }
  assert.notEqual(foldSearch('jané'), foldSearch('jane'))
})

test('folding twice is folding once, and a prefix folds to a prefix', () => {
  const text = fc.string({ unit: 'binary', maxLength: 40 })
  fc.assert(
    fc.property(text, text, (start, end) => {
      const whole = foldSearch(start + end)
      assert.equal(foldSearch(whole), whole)
      assert.ok(whole.startsWith(foldSearch(start)))
    }),
    { numRuns: 2000 },
  )
})
