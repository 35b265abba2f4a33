import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { openOutbox, mailTo, startMailServer } from '../../testing/delivery.ts'
import { Unreachable, type Transport } from './transport.ts'

const address = 'ann@example.com'

/** A transport that does as a test says, for what no mail server can be made to do. */
const transportOf = (send: Transport['send']): Transport => ({ send, close: () => {} })

test('req 108: a message is sent once and noted', async (t) => {
  const outbox = await openOutbox(t)
  const server = await startMailServer(t)
  const email = mailTo(t, server)
  const worker = outbox.worker({ email })
  const id = await outbox.add(address)
  await worker.run()
  await worker.run()
  assert.equal(server.received.length, 1)
  assert.equal(server.received[0]?.messageId, `<${id}@example.com>`)
  assert.deepEqual(server.received[0]?.to, [address])
  assert.equal(await outbox.waiting(), 0)
})

test('req 108, 110: while the mail server is down nothing is lost, and nothing is doubled when it is back', async (t) => {
  const outbox = await openOutbox(t)
  const first = await startMailServer(t)
  const email = mailTo(t, first)
  await first.close()
  const worker = outbox.worker({ email })
  const ids = await Promise.all(Array.from({ length: 20 }, (_, n) => outbox.add(`u${n}@example.com`)))
  for (let minute = 0; minute < 30; minute += 1) {
    await worker.run()
    outbox.app.advance(60)
  }
  assert.equal(await outbox.waiting(), 20)
  const second = await startMailServer(t, { port: first.port })
  for (let tries = 0; tries < 3; tries += 1) {
    await worker.run()
    outbox.app.advance(400)
  }
  assert.deepEqual(
    second.received.map(({ messageId }) => messageId).sort(),
    ids.map((id) => `<${id}@example.com>`).sort(),
  )
  assert.equal(await outbox.waiting(), 0)
})

test('a way that is down is tried by one message at a time, after ever longer pauses', async (t) => {
  const outbox = await openOutbox(t)
  let tries = 0
  const down = transportOf(async () => {
    tries += 1
    throw new Unreachable('down')
  })
  const worker = outbox.worker({ email: down })
  for (let n = 0; n < 50; n += 1) await outbox.add(`u${n}@example.com`)
  await worker.run()
  assert.ok(tries <= 5, `${tries} tries at first`)
  await worker.run()
  assert.ok(tries <= 5, 'no try while it rests')
  const before = tries
  for (let second = 0; second < 600; second += 1) {
    outbox.app.advance(1)
    await worker.run()
  }
  assert.ok(tries - before >= 600 / 37.5 - 1, `${tries - before} tries in ten minutes`)
  assert.ok(tries - before < 60, `${tries - before} tries in ten minutes`)
})

test('req 110: a message is tried again after pauses that grow, and given up only after its code has expired', async (t) => {
  const outbox = await openOutbox(t)
  const at: number[] = []
  const outcomes: string[] = []
  const worker = outbox.worker(
    {
      email: transportOf(async () => {
        at.push(outbox.app.context.clock.now())
        throw new Error('refused')
      }),
    },
    { noted: (channel, outcome) => outcomes.push(`${channel} ${outcome}`) },
  )
  await outbox.add(address, { seconds: 3600 })
  for (let second = 0; second < 3599; second += 1) {
    await worker.run()
    outbox.app.advance(1)
  }
  const pauses = at.slice(1).map((instant, n) => (instant - (at[n] ?? 0)) / 1000)
  for (const [n, pause] of pauses.entries()) {
    const middle = Math.min(300, 2 ** n)
    assert.ok(pause >= middle * 0.75 - 1 && pause <= middle * 1.25 + 1, `pause ${n} is ${pause} s`)
  }
  assert.ok(pauses.length > 12)
  assert.equal(await outbox.waiting(), 1)
  assert.ok(!outcomes.includes('email given up'))
  outbox.app.advance(700)
  await worker.run()
  assert.equal(await outbox.waiting(), 0)
  assert.equal(outcomes.at(-1), 'email given up')
  assert.equal(at.length, pauses.length + 1)
  const [line] = outbox.app.log.filter(({ message }) => message.includes('given up'))
  assert.equal(line?.level, 'warn')
})

test('req 109: a worker that dies between DATA and the note leaves a lease; the next sends with the same Message-ID', async (t) => {
  const outbox = await openOutbox(t)
  const server = await startMailServer(t)
  const email = mailTo(t, server)
  let taken = (): void => {}
  const handedOver = new Promise<void>((resolve) => {
    taken = resolve
  })
  // Sends, and does not come back to note it while the test runs: what a kill -9 leaves behind.
  const dying = outbox.worker(
    {
      email: transportOf(async (message, signal) => {
        await email.send(message, signal)
        taken()
        await once(signal, 'abort')
      }),
    },
    { graceMilliseconds: 0 },
  )
  const id = await outbox.add(address)
  void dying.run()
  await handedOver
  const next = outbox.worker({ email })
  await next.run()
  assert.equal(server.received.length, 1, 'the lease holds')
  outbox.app.advance(59)
  await next.run()
  assert.equal(server.received.length, 1, 'the lease holds for a minute')
  outbox.app.advance(2)
  await next.run()
  await next.run()
  assert.deepEqual(
    server.received.map(({ messageId }) => messageId),
    [`<${id}@example.com>`, `<${id}@example.com>`],
  )
  assert.equal(await outbox.waiting(), 0)
})

test('req 109: two workers race for fifty messages, and each is sent once', async (t) => {
  const outbox = await openOutbox(t)
  const server = await startMailServer(t)
  const emails = [mailTo(t, server), mailTo(t, server)]
  const workers = emails.map((email) => outbox.worker({ email }))
  const ids = await Promise.all(Array.from({ length: 50 }, (_, n) => outbox.add(`u${n}@example.com`)))
  await Promise.all(workers.flatMap((worker) => [worker.run(), worker.run()]))
  assert.deepEqual(
    server.received.map(({ messageId }) => messageId).sort(),
    ids.map((id) => `<${id}@example.com>`).sort(),
  )
  assert.equal(await outbox.waiting(), 0)
  await Promise.all(workers.map((worker) => worker.stop()))
  for (const email of emails) email.close()
})

test('a message that was sent and could not be noted is noted later, and not sent again', async (t) => {
  const outbox = await openOutbox(t)
  const { context } = outbox.app
  let sends = 0
  let broken = false
  const store = {
    ...context.store,
    commit: async (writes: Parameters<typeof context.store.commit>[0]) => {
      if (broken) throw new Error('the database is restarting')
      return context.store.commit(writes)
    },
  }
  const email = transportOf(async () => {
    sends += 1
    broken = true
  })
  const worker = outbox.worker({ email }, { context: { ...context, store } })
  await outbox.add(address)
  await worker.run()
  outbox.app.advance(50)
  await worker.run()
  assert.equal(await outbox.waiting(), 1)
  broken = false
  await worker.run()
  outbox.app.advance(61)
  await worker.run()
  assert.equal(sends, 1)
  assert.equal(await outbox.waiting(), 0)
})

test('a message that never gets an answer holds up no other, whatever the clock does', async (t) => {
  const outbox = await openOutbox(t)
  const sent: string[] = []
  const worker = outbox.worker(
    {
      email: transportOf(async ({ to }, signal) => {
        sent.push(to)
        if (to !== 'stuck@example.com') return
        await new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(new Error('ended')))
        })
      }),
    },
    { graceMilliseconds: 1 },
  )
  await outbox.add('stuck@example.com')
  const stuck = worker.run()
  for (let n = 0; n < 30; n += 1) await outbox.add(`u${n}@example.com`)
  outbox.app.advance(3000)
  void worker.run()
  while (sent.length < 31) await new Promise((resolve) => setImmediate(resolve))
  assert.equal(sent.filter((to) => to === 'stuck@example.com').length, 1)
  await worker.stop()
  await stuck
  assert.equal(await outbox.waiting(), 1)
})

test('stopping gives back what cannot be finished in time, and takes nothing more', async (t) => {
  const outbox = await openOutbox(t)
  const { store, clock } = outbox.app.context
  const sent: string[] = []
  const worker = outbox.worker(
    {
      email: transportOf(async ({ to }, signal) => {
        sent.push(to)
        await new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(new Error('ended')))
        })
      }),
    },
    { graceMilliseconds: 1 },
  )
  for (let n = 0; n < 8; n += 1) await outbox.add(`u${n}@example.com`)
  const running = worker.run()
  while (sent.length < 5) await new Promise((resolve) => setImmediate(resolve))
  await worker.stop()
  await running
  assert.equal(sent.length, 5)
  assert.equal((await store.outbox.due('email', clock.now(), 20)).length, 8)
  await worker.run()
  assert.equal(sent.length, 5)
})

test('a message of a channel that has no transport waits, and the log says so once', async (t) => {
  const outbox = await openOutbox(t)
  const worker = outbox.worker({})
  await outbox.add('+15550100', { channel: 'sms' })
  await worker.run()
  await worker.run()
  assert.equal(await outbox.waiting(), 1)
  const warned = outbox.app.log.filter(({ level }) => level === 'warn')
  assert.deepEqual(
    warned.map(({ message }) => message),
    ['messages wait: this server has no way to send SMS'],
  )
})

test('a message sealed under a lost key is a fault of that message alone', async (t) => {
  const outbox = await openOutbox(t)
  const { store, clock } = outbox.app.context
  const sent: string[] = []
  const worker = outbox.worker({ email: transportOf(async ({ to }) => void sent.push(to)) })
  const lost = {
    id: 'lost',
    poolId: 'p',
    userId: 'u',
    channel: 'email',
    recipient: address,
    content: 'gone.AAAA',
  } as const
  await store.commit([store.outbox.add({ ...lost, createdAt: clock.now(), expiresAt: clock.now() + 1000 })])
  await outbox.add('bob@example.com')
  await worker.run()
  assert.deepEqual(sent, ['bob@example.com'])
  assert.equal(await outbox.waiting(), 1)
})

test('req 112: the log of delivery names no address and no code', async (t) => {
  const outbox = await openOutbox(t)
  const server = await startMailServer(t, {
    accept: async ({ to }) => {
      throw Object.assign(new Error(`550 no such user ${to.join()}`), { responseCode: 550 })
    },
  })
  const email = mailTo(t, server)
  const worker = outbox.worker({ email })
  await outbox.add(address)
  await worker.run()
  outbox.app.advance(4000)
  await worker.run()
  const text = JSON.stringify(outbox.app.log.map((line) => [line.message, line.fields, String(line.fields['err'])]))
  assert.match(text, /not sent yet/)
  assert.match(text, /550/)
  assert.match(text, /given up/)
  assert.doesNotMatch(text, /ann@|123456/)
})
