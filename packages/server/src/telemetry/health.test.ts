import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeHealth } from './health.ts'

test('a server is ready while its database answers and it is not stopping', async () => {
  let up = true
  const health = makeHealth({
    ping: async () => {
      if (!up) throw new Error('down')
    },
  })
  await health.ready()
  up = false
  await assert.rejects(health.ready(), /down/)
  up = true
  await health.ready()
  health.drain()
  await assert.rejects(health.ready(), /stopping/)
})

test('a database that never answers is not waited for', async () => {
  const health = makeHealth({ ping: () => new Promise(() => {}), timeoutMilliseconds: 1 })
  await assert.rejects(health.ready(), /does not answer/)
})
