import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeConnectionShares } from './shares.ts'

const late = (): Error => new Error('late')

/** Work that ends when the test says so, and how much of it runs. */
const heldWork = () => {
  const ends: (() => void)[] = []
  const work = (): Promise<void> => new Promise((resolve) => void ends.push(resolve))
  return { work, running: () => ends.length, end: () => ends.splice(0).forEach((end) => end()) }
}

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))

test('work about one subject runs two at once, in the order in which it came; other subjects are not held up', async () => {
  const { work, running, end } = heldWork()
  const shares = makeConnectionShares(2, 90_000, late)
  const order: number[] = []
  const all = Array.from({ length: 5 }, (_, index) => shares.run(['jane'], work).then(() => order.push(index)))
  await turn()
  assert.equal(running(), 2)
  await shares.run(['anna'], async () => {})
  for (const left of [2, 1, 0]) {
    end()
    await turn()
    assert.equal(running(), left)
  }
  await Promise.all(all)
  assert.deepEqual(order, [0, 1, 2, 3, 4])
})

test('work that waits in vain is refused, and holds no place', async () => {
  const { work, end } = heldWork()
  const shares = makeConnectionShares(1, 10, late)
  const held = shares.run(['b'], work)
  await assert.rejects(shares.run(['a', 'b'], work), /late/)
  await shares.run(['a'], async () => {})
  end()
  await held
  await assert.rejects(
    shares.run(['b'], () => Promise.reject(new Error('failed'))),
    /failed/,
  )
  await shares.run(['b', 'a'], async () => {})
})

test('work about the same subjects in other orders does not wait for itself', async () => {
  const shares = makeConnectionShares(1, 90_000, late)
  const run = (...subjects: string[]): Promise<void> => shares.run(subjects, turn)
  await Promise.all([run('a', 'b'), run('b', 'a'), run('c', 'a', 'b'), run('b', 'c'), run('a', 'c')])
})
