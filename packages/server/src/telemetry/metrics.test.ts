import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { closing } from '../../testing/closing.ts'
import { makeTestApp } from '../../testing/app.ts'
import { makeMetrics, measured, metricsServer } from './metrics.ts'

const asks = (target: string | undefined) => ({
  header: (name: string) => (name === 'x-amz-target' ? target : undefined),
})

const prefix = 'AWSCognitoIdentityProviderService.'

test('requests are counted by operation and exception, and a caller cannot make labels up', async (t) => {
  const app = await makeTestApp(t)
  const metrics = makeMetrics(app.context)
  const count = (target: string | undefined, status: number, exception?: string) => {
    const headers: Record<string, string> = exception ? { 'x-amzn-errortype': `${exception}:` } : {}
    const exchange = async (_: ReturnType<typeof asks>) => ({ status, headers })
    return measured(exchange, metrics, new Set(['SignUp']))(asks(target))
  }
  await count(`${prefix}SignUp`, 200)
  await count(`${prefix}SignUp`, 400, 'UsernameExistsException')
  await count(`${prefix}Evil${'x'.repeat(1000)}`, 400, 'UnknownOperationException')
  await count(undefined, 404)
  const text = await metrics.text()
  assert.match(text, /^poolkeeper_requests_total\{operation="SignUp",error=""\} 1$/m)
  assert.match(text, /^poolkeeper_requests_total\{operation="SignUp",error="UsernameExistsException"\} 1$/m)
  assert.match(text, /^poolkeeper_requests_total\{operation="other",error="UnknownOperationException"\} 1$/m)
  assert.match(text, /^poolkeeper_requests_total\{operation="other",error="404"\} 1$/m)
  assert.match(text, /^poolkeeper_request_seconds_count\{operation="SignUp"\} 2$/m)
  assert.doesNotMatch(text, /Evil/)
})

test('req 110: the outbox is told by depth and age, and what was given up is counted', async (t) => {
  const app = await makeTestApp(t)
  const { store, clock } = app.context
  const metrics = makeMetrics(app.context)
  const message = {
    id: 'm',
    poolId: 'p',
    userId: 'u',
    channel: 'email',
    recipient: 'ann@example.com',
    content: '',
  } as const
  await store.commit([store.outbox.add({ ...message, createdAt: clock.now(), expiresAt: clock.now() + 1000 })])
  app.advance(90)
  metrics.delivered('email', 'given up')
  const text = await metrics.text()
  assert.match(text, /^poolkeeper_outbox_waiting 1$/m)
  assert.match(text, /^poolkeeper_outbox_oldest_seconds 90$/m)
  assert.match(text, /^poolkeeper_password_checks_waiting 0$/m)
  assert.match(text, /^poolkeeper_messages_total\{channel="email",outcome="given up"\} 1$/m)
  assert.doesNotMatch(text, /ann@/)
})

test('the sweep is told by rows removed and by how long the oldest row is overdue', async (t) => {
  const app = await makeTestApp(t)
  const { store, clock } = app.context
  const metrics = makeMetrics(app.context)
  const owner = { poolId: 'p', userId: 'u', clientId: 'c' }
  const session = { ...owner, id: 's', step: 'x', state: '{}', credentialsAt: 0, expiresAt: clock.now() + 180_000 }
  await store.commit([store.sessions.add(session)])
  app.advance(180)
  assert.match(await metrics.text(), /^poolkeeper_sweep_overdue_seconds\{table="sessions"\} 0$/m)
  app.advance(90)
  metrics.removed('ended', 'codes', 200)
  metrics.removed('ended', 'codes', 3)
  const text = await metrics.text()
  assert.match(text, /^poolkeeper_sweep_overdue_seconds\{table="sessions"\} 90$/m)
  assert.match(text, /^poolkeeper_sweep_overdue_seconds\{table="sign_ins"\} 0$/m)
  assert.match(text, /^poolkeeper_rows_removed_total\{why="ended",table="codes"\} 203$/m)
})

test('F8: steps of the clock are counted', async (t) => {
  const app = await makeTestApp(t)
  let back = 0
  const metrics = makeMetrics(app.context, { clockSteps: () => ({ back, forward: 2 }) })
  for (back of [0, 1, 1]) {
    const text = await metrics.text()
    assert.match(text, new RegExp(`^poolkeeper_clock_steps_total\\{direction="back"\\} ${back}$`, 'm'))
    assert.match(text, /^poolkeeper_clock_steps_total\{direction="forward"\} 2$/m)
  }
})

test('two servers in a process count for themselves', async (t) => {
  const app = await makeTestApp(t)
  const metrics = makeMetrics(app.context)
  makeMetrics(app.context).answered('SignUp', '', 1)
  assert.doesNotMatch(await metrics.text(), /SignUp/)
})

test('while the database is down the other figures are told', async (t) => {
  const app = await makeTestApp(t)
  const broken = { ...app.context.store.outbox, waiting: () => Promise.reject(new Error('down')) }
  const metrics = makeMetrics({ ...app.context, store: { ...app.context.store, outbox: broken } })
  metrics.answered('SignUp', 'InternalErrorException', 1)
  const text = await metrics.text()
  assert.match(text, /InternalErrorException/)
  assert.doesNotMatch(text, /^poolkeeper_outbox_waiting /m)
})

test('figures are served at /metrics and nowhere else', async (t) => {
  const app = await makeTestApp(t)
  const server = metricsServer(makeMetrics(app.context)).listen(0, '127.0.0.1')
  closing(t, () => {
    server.closeAllConnections()
    server.close()
  })
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const answer = await fetch(`${url}/metrics`)
  assert.equal(answer.status, 200)
  assert.match(answer.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/)
  assert.match(await answer.text(), /poolkeeper_outbox_waiting 0/)
  for (const path of ['/', '/_poolkeeper/mailbox', '/healthz']) assert.equal((await fetch(url + path)).status, 404)
  assert.equal((await fetch(`${url}/metrics`, { method: 'POST' })).status, 404)
})
