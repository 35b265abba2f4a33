import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { doorsOf, makeApp, type App } from '../app.ts'
import { movableClock, type MovableClock } from '../clock.ts'
import { makeTestApp, type TestApp } from '../../testing/app.ts'
import { sealedPlaces } from '../store/sealed-places.ts'

type Dev = { readonly app: App; readonly under: TestApp; readonly clock: MovableClock; readonly resets: () => number }

const startDev = async (t: TestContext, mode: 'dev' | 'serve' = 'dev'): Promise<Dev> => {
  const under = await makeTestApp(t, { settings: { mode } })
  const clock = movableClock()
  let resets = 0
  const reset = async (): Promise<void> => {
    resets += 1
  }
  const health = { ready: under.context.store.probe }
  const doors = doorsOf({ mode }, { findKey: async () => undefined, health, dev: { clock, reset } })
  return { app: makeApp(under.context, doors), under, clock, resets: () => resets }
}

type Asked = { readonly method?: string; readonly headers?: Record<string, string>; readonly body?: string }

const ask = ({ app }: Dev, path: string, { method = 'GET', headers = {}, body }: Asked = {}): Promise<Response> =>
  app.fetch(
    new Request(`http://127.0.0.1:9229/_poolkeeper/${path}`, {
      method,
      headers: { host: '127.0.0.1:9229', ...headers },
      body: body ?? null,
    }),
  )

const deliver = async (
  { under }: Dev,
  of: { to: string; subject?: string; body?: string; channel?: 'email' | 'sms'; head?: object },
): Promise<void> => {
  const { store, keys, clock, random } = under.context
  const { to, subject = 'Hello', body = 'Your code is 123456. ', channel = 'email', head = {} } = of
  const place = { id: random.uuid(), poolId: 'p', userId: 'u' }
  const content = keys.seal.sealRow(JSON.stringify({ subject, body, ...head }), sealedPlaces.message(place))
  const message = { ...place, channel, recipient: to, content }
  await store.commit([store.outbox.add({ ...message, createdAt: clock.now(), expiresAt: clock.now() + 1000 })])
  under.advance(1)
}

test('the mailbox is JSON for scripts: newest first, of one address or of all', async (t) => {
  const dev = await startDev(t)
  await deliver(dev, { to: 'ann+x@example.com', subject: 'First' })
  await deliver(dev, { to: 'bob@example.com' })
  await deliver(dev, { to: 'ann+x@example.com', subject: 'Second' })
  await deliver(dev, { to: '+15550100', subject: '', channel: 'sms' })
  const all = (await (await ask(dev, 'mailbox')).json()) as { to: string }[]
  assert.deepEqual(
    all.map(({ to }) => to),
    ['+15550100', 'ann+x@example.com', 'bob@example.com', 'ann+x@example.com'],
  )
  // Whether the plus is escaped or not.
  for (const to of ['ann%2Bx%40example.com', 'ann+x@example.com']) {
    const answer = await ask(dev, `mailbox?to=${to}`)
    assert.match(answer.headers.get('content-type') ?? '', /^application\/json/)
    assert.deepEqual(await answer.json(), [
      {
        to: 'ann+x@example.com',
        subject: 'Second',
        body: 'Your code is 123456. ',
        channel: 'email',
        sentAt: '2026-01-02T03:04:07.000Z',
      },
      {
        to: 'ann+x@example.com',
        subject: 'First',
        body: 'Your code is 123456. ',
        channel: 'email',
        sentAt: '2026-01-02T03:04:05.000Z',
      },
    ])
  }
  const sms = (await (await ask(dev, 'mailbox?to=+15550100')).json()) as { channel: string }[]
  assert.deepEqual(
    sms.map(({ channel }) => channel),
    ['sms'],
  )
  assert.deepEqual(await (await ask(dev, 'mailbox?to=nobody@example.com')).json(), [])
})

test('the mailbox tells the sender and the address for answers that a pool names, and escapes them', async (t) => {
  const dev = await startDev(t)
  const from = { name: '<b>Shop', address: 'shop@example.com' }
  await deliver(dev, { to: 'ann@example.com', head: { from, replyTo: 'help@example.com' } })
  const [mail] = (await (await ask(dev, 'mailbox')).json()) as Record<string, unknown>[]
  assert.deepEqual([mail?.['from'], mail?.['replyTo']], ['<b>Shop <shop@example.com>', 'help@example.com'])
  const page = await (await ask(dev, '', { headers: { accept: 'text/html' } })).text()
  assert.match(
    page,
    /to ann@example\.com, from &lt;b&gt;Shop &lt;shop@example\.com&gt;, answers to help@example\.com, <time/,
  )
})

test('req 113: the mailbox is a page for browsers, without script, and escapes what came', async (t) => {
  const dev = await startDev(t)
  await deliver(dev, { to: '"><script>1</script>@x', subject: '<script>2</script>', body: '<img src=x onerror=3>' })
  for (const path of ['mailbox', '', 'mailbox?to="><script>4</script>', '?to="><script>4</script>']) {
    const answer = await ask(dev, path, { headers: { accept: 'text/html,*/*;q=0.8' } })
    assert.equal(answer.status, 200)
    assert.match(answer.headers.get('content-type') ?? '', /^text\/html/)
    assert.match(answer.headers.get('content-security-policy') ?? '', /default-src 'none'/)
    assert.equal(answer.headers.get('x-content-type-options'), 'nosniff')
    const page = await answer.text()
    assert.doesNotMatch(page, /<script|<img|"></)
    if (!path.includes('to=')) assert.match(page, /&lt;img src=x onerror=3&gt;/)
  }
})

test('the clock is shown and moved forward', async (t) => {
  const dev = await startDev(t)
  const before = dev.clock.now()
  const answer = await ask(dev, 'clock', { method: 'POST', body: '{"advanceSeconds":31}' })
  assert.equal(answer.status, 200)
  const { now, aheadSeconds } = (await answer.json()) as { now: string; aheadSeconds: number }
  assert.equal(aheadSeconds, 31)
  assert.ok(Date.parse(now) >= before + 31_000)
  assert.ok(Date.parse(now) < before + 41_000)
  const shown = (await (await ask(dev, 'clock')).json()) as { now: string; aheadSeconds: number }
  assert.ok(Date.parse(shown.now) >= Date.parse(now))
  assert.equal(shown.aheadSeconds, 31)
  const { fields, message } = dev.under.log.at(-1) ?? {}
  assert.deepEqual([message, fields?.['aheadSeconds']], ['the clock was moved', 31])
  const page = await (await ask(dev, '', { headers: { accept: 'text/html' } })).text()
  assert.match(page, /The clock of this server is 31 s ahead of real time\./)
})

test('a browser at / is sent to the mailbox; a program is told that / takes POST', async (t) => {
  const dev = await startDev(t)
  const root = (accept: string) => ask(dev, '../', { headers: { accept } })
  const browser = await root('text/html,application/xhtml+xml,*/*;q=0.8')
  assert.deepEqual([browser.status, browser.headers.get('location')], [303, '/_poolkeeper/'])
  for (const accept of ['*/*', 'application/json']) {
    const program = await root(accept)
    assert.deepEqual([program.status, program.headers.get('allow')], [405, 'POST, OPTIONS'])
    assert.equal(((await program.json()) as { code: string }).code, 'MethodNotAllowed')
  }
  const unended = await ask(dev, '../_poolkeeper')
  assert.deepEqual([unended.status, unended.headers.get('location')], [303, '/_poolkeeper/'])
  const foreign = await ask(dev, '../', { headers: { accept: 'text/html', host: 'evil.example' } })
  assert.equal(foreign.status, 403)
})

const refusedMoves = [
  '',
  '{}',
  'null',
  '[]',
  '31',
  '{"advanceSeconds":-1}',
  '{"advanceSeconds":"31"}',
  '{"advanceSeconds":1e300}',
  '{"advanceSeconds":315360001}',
  '{"advanceSeconds":null}',
]

test('the clock goes neither back nor astray', async (t) => {
  const dev = await startDev(t)
  const before = dev.clock.now()
  for (const body of refusedMoves) {
    const answer = await ask(dev, 'clock', { method: 'POST', body })
    assert.equal(answer.status, 400, body)
    assert.equal(((await answer.json()) as { __type: string }).__type, 'InvalidParameterException')
  }
  assert.ok(dev.clock.now() < before + 10_000)
  dev.clock.advance(251_500_000_000)
  const far = await ask(dev, 'clock', { method: 'POST', body: '{"advanceSeconds":315360000}' })
  assert.equal(far.status, 400)
  assert.equal((await ask(dev, 'clock')).status, 200)
})

test('reset is by POST alone', async (t) => {
  const dev = await startDev(t)
  assert.equal((await ask(dev, 'reset')).status, 405)
  assert.equal(dev.resets(), 0)
  assert.equal((await ask(dev, 'reset', { method: 'POST' })).status, 200)
  assert.equal(dev.resets(), 1)
})

const foreign: readonly Record<string, string>[] = [
  { host: 'evil.example' },
  { host: 'evil.example:9229' },
  { host: '127.0.0.1.evil.example' },
  { host: 'localhost.evil.example:9229' },
  { host: '' },
  { origin: 'https://evil.example' },
  { origin: 'null' },
  { origin: 'http://127.0.0.1:3000' },
  { origin: 'http://localhost:9229' },
]

test('req 127: other sites reach nothing: neither by a name that points here nor by a form', async (t) => {
  const dev = await startDev(t)
  await deliver(dev, { to: 'ann@example.com' })
  const asked: readonly [string, Asked][] = [
    ['reset', { method: 'POST' }],
    ['clock', { method: 'POST', body: '{"advanceSeconds":31}' }],
    ['mailbox', {}],
    ['', {}],
    ['clock', {}],
  ]
  for (const headers of foreign) {
    for (const [path, asking] of asked) {
      const answer = await ask(dev, path, { ...asking, headers })
      assert.equal(answer.status, 403, `${path} ${JSON.stringify(headers)}`)
      assert.doesNotMatch(await answer.text(), /123456/)
    }
  }
  assert.equal(dev.resets(), 0)
  for (const host of ['localhost:9229', '127.0.0.1', '[::1]:9229'])
    assert.equal((await ask(dev, 'clock', { headers: { host, origin: `http://${host}` } })).status, 200)
})

test('serve answers none of it', async (t) => {
  const dev = await startDev(t, 'serve')
  for (const path of ['', 'mailbox', 'clock', 'style.css']) assert.equal((await ask(dev, path)).status, 404)
  for (const path of ['clock', 'reset']) assert.equal((await ask(dev, path, { method: 'POST' })).status, 404)
  assert.equal(dev.resets(), 0)
})
