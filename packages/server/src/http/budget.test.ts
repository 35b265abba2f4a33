import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { makeBudget } from './budget.ts'

test('small bodies are not counted, larger ones share what there is', () => {
  const begin = makeBudget({ smallBodyBytes: 10, bodiesBytes: 100 })
  const [first, second, third] = [begin(), begin(), begin()]
  assert.equal(first.grow(110), true)
  assert.equal(second.grow(10), true)
  assert.equal(second.grow(1), false)
  first.release()
  first.release()
  assert.equal(second.grow(1), true)
  assert.equal(third.grow(109), true)
  assert.equal(third.grow(1), false)
  third.release()
  second.release()
  assert.equal(begin().grow(110), true)
})

test('whatever is taken and given back, the bodies never hold more than they may, and nothing is lost', () => {
  const step = fc.record({ body: fc.nat(4), bytes: fc.nat(60), release: fc.boolean() })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const begin = makeBudget({ smallBodyBytes: 5, bodiesBytes: 100 })
      const bodies = Array.from({ length: 5 }, () => ({ share: begin(), size: 0 }))
      const counted = () => bodies.reduce((sum, { size }) => sum + Math.max(0, size - 5), 0)
      for (const { body: index, bytes, release } of steps) {
        const body = bodies[index] ?? assert.fail()
        if (release) {
          body.share.release()
          body.size = 0
        } else if (body.share.grow(bytes)) body.size += bytes
        else assert.ok(counted() + Math.max(0, body.size + bytes - 5) - Math.max(0, body.size - 5) > 100)
        assert.ok(counted() <= 100)
      }
      for (const { share } of bodies) share.release()
      assert.equal(begin().grow(105), true)
    }),
  )
})
