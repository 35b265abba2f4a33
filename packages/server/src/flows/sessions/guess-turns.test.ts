import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeTestApp } from '../../../testing/app.ts'
import { inTurnOf } from './guess-turns.ts'

const jane = { poolId: 'pool', id: 'jane' }
const june = { poolId: 'pool', id: 'june' }

/** Work that waits until it is told to end. */
const open = (): { work: () => Promise<void>; end: () => void } => {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { work: () => promise, end: resolve }
}

/** Lets everything go on that waits for nothing more. */
const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve()
}

test('guesses about one user take turns in their order, those about others do not wait', async (t) => {
  const { store } = (await makeTestApp(t)).context
  const done: string[] = []
  const first = open()
  const all = [
    inTurnOf(store, jane, () => first.work().then(() => done.push('first'))),
    inTurnOf(store, jane, async () => done.push('second')),
    inTurnOf(store, jane, async () => done.push('third')),
    inTurnOf(store, june, async () => done.push('june')),
  ]
  await turns()
  assert.deepEqual(done, ['june'])
  first.end()
  await Promise.all(all)
  assert.deepEqual(done, ['june', 'first', 'second', 'third'])
})

test('two stores, as of two servers, have turns of their own', async (t) => {
  const [one, two] = [(await makeTestApp(t)).context.store, (await makeTestApp(t)).context.store]
  const first = open()
  const waits = inTurnOf(one, jane, first.work)
  assert.equal(await inTurnOf(two, jane, async () => 'at once'), 'at once')
  first.end()
  await waits
})

test('work that fails gives its turn on', async (t) => {
  const { store } = (await makeTestApp(t)).context
  const failing = inTurnOf(store, jane, () => Promise.reject(new Error('wrong')))
  const next = inTurnOf(store, jane, async () => 'right')
  await assert.rejects(failing, { message: 'wrong' })
  assert.equal(await next, 'right')
})

test('work that waits for work on the same user does not wait for ever', async (t) => {
  const { store } = (await makeTestApp(t)).context
  const outer = inTurnOf(store, jane, () => inTurnOf(store, jane, async () => 'within'), 1)
  assert.equal(await outer, 'within')
  assert.equal(await inTurnOf(store, jane, async () => 'after'), 'after')
})
