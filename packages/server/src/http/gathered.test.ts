import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { gather } from './gathered.ts'

test('what comes in pieces is whole again, in memory of twice its size at most, and no piece but the first is kept', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 60 }), (pieces) => {
      const gathered = gather()
      let size = 0
      for (const piece of pieces) {
        const isFirst = size === 0
        const sent = Uint8Array.from(piece)
        gathered.add(sent)
        size += sent.length
        assert.ok(gathered.heldBytes <= 2 * size)
        if (!isFirst) sent.fill(0)
      }
      assert.deepEqual(Buffer.from(gathered.whole()), Buffer.concat(pieces))
    }),
  )
})

test('a body of one piece is not copied', () => {
  const piece = Buffer.from('{}')
  const gathered = gather()
  gathered.add(piece)
  assert.equal(gathered.whole().buffer, piece.buffer)
})
