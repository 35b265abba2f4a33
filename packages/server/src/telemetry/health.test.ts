import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeHealth, type Health } from './health.ts'

/** Asks until the answer is of this kind: an answer holds for a moment. */
const becomes = async (health: Health, expected: 'ready' | RegExp): Promise<void> => {
  for (;;) {
    const told = await health.ready().then(
      () => 'ready',
      (error: Error) => error.message,
    )
    if (typeof expected === 'string' ? told === expected : expected.test(told)) return
    await new Promise((resolve) => void setImmediate(resolve))
  }
}

test('a server is ready while its database takes writes and it is not stopping', async () => {
  let up = true
  const health = makeHealth({
    freshMilliseconds: 0,
    probe: async () => {
      if (!up) throw new Error('down')
    },
  })
  await health.ready()
  up = false
  await becomes(health, /down/)
  up = true
  await becomes(health, 'ready')
  health.drain()
  await assert.rejects(health.ready(), /stopping/)
})

test('a database that never answers is not waited for, and is asked once', async () => {
  let asked = 0
  const probe = (): Promise<void> => {
    asked += 1
    return new Promise(() => {})
  }
  const health = makeHealth({ probe, timeoutMilliseconds: 1, freshMilliseconds: 0 })
  for (let time = 0; time < 3; time += 1) await assert.rejects(health.ready(), /does not answer/)
  assert.equal(asked, 1)
})

test('however many ask, the database is asked once in a while', async () => {
  let asked = 0
  const health = makeHealth({ probe: async () => void (asked += 1), freshMilliseconds: 600_000 })
  await Promise.all(Array.from({ length: 50 }, () => health.ready()))
  await health.ready()
  assert.equal(asked, 1)
})
