import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeTurns } from './turns.ts'

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Pieces of work that take some time each, and the order in which they and what they lead to were done. */
const pieces = (count: number, milliseconds: number) => {
  let now = 0
  const done: string[] = []
  const inTurn = makeTurns(() => now)
  const begin = (index: number): void => {
    done.push(`begins ${index}`)
    void Promise.resolve().then(() => {
      now += milliseconds
      done.push(`ends ${index}`)
    })
  }
  return { done, ask: () => Array.from({ length: count }, (_, index) => inTurn(() => begin(index))) }
}

const whole = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => [`begins ${index}`, `ends ${index}`]).flat()

test('the first piece begins at once, the others in their order, each when the one before has ended', async () => {
  const { done, ask } = pieces(5, 0.1)
  ask()
  assert.deepEqual(done, ['begins 0'])
  await turn()
  await turn()
  assert.deepEqual(done, whole(5))
})

test('a turn begins no more when its time is gone, and every piece has its turn', async () => {
  const { done, ask } = pieces(6, 0.6)
  ask()
  const begun = [1]
  while (done.length < 12) {
    await turn()
    begun.push(done.filter((text) => text.startsWith('begins')).length)
  }
  assert.deepEqual(done, whole(6))
  for (const [index, count] of begun.slice(1).entries()) assert.ok(count - (begun[index] ?? 0) <= 2, String(begun))
})

test('a piece that takes too long has a turn for itself, and those that come later stay behind those that wait', async () => {
  const { done, ask } = pieces(3, 5)
  ask()
  await turn()
  ask()
  while (done.length < 12) await turn()
  const begun = done.filter((text) => text.startsWith('begins')).map((text) => text.slice(7))
  assert.deepEqual(begun, ['0', '1', '2', '0', '1', '2'])
})

test('what a piece throws keeps no other from its turn', async () => {
  let now = 0
  const inTurn = makeTurns(() => now)
  let others = 0
  assert.throws(() =>
    inTurn(() => {
      throw new Error('it fails')
    }),
  )
  inTurn(() => {
    others += 1
    now += 5
  })
  inTurn(() => (others += 1))
  await turn()
  await turn()
  await turn()
  assert.equal(others, 2)
})
