import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import { closing } from '../../testing/closing.ts'
import { smsWebhook } from './sms-webhook.ts'
import { Unreachable, type Transport } from './transport.ts'

const message = { id: 'm1', to: '+15550100', subject: '', body: 'Your code is 123456. ' }
const never = new AbortController().signal
const clock = { now: () => 1_767_323_045_999 }

type Hook = {
  readonly sms: Transport
  readonly got: { headers: IncomingHttpHeaders; body: string }[]
}

const startHook = async (t: TestContext, status: number | undefined): Promise<Hook> => {
  const got: Hook['got'] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      got.push({ headers: request.headers, body: Buffer.concat(chunks).toString('utf8') })
      if (status !== undefined) response.writeHead(status, { location: '/elsewhere' }).end()
    })
  })
  server.listen(0, '127.0.0.1')
  closing(
    t,
    () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  )
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const sms = smsWebhook({
    url: `http://127.0.0.1:${port}/sms`,
    key: 'k',
    timeoutMilliseconds: status ? 60_000 : 50,
    clock,
  })
  return { sms, got }
}

test('an SMS is posted with a signature over its time and its body', async (t) => {
  const hook = await startHook(t, 204)
  await hook.sms.send(message, never)
  const [request] = hook.got
  assert.deepEqual(JSON.parse(request?.body ?? ''), { id: 'm1', to: '+15550100', body: 'Your code is 123456. ' })
  const mac = createHmac('sha256', 'k').update(`1767323045.${request?.body}`).digest('hex')
  assert.equal(request?.headers['x-poolkeeper-signature'], `t=1767323045,v1=${mac}`)
})

test('a hook that is down is unreachable; one that refuses or redirects has not taken the message', async (t) => {
  for (const [status, unreachable] of [
    [503, true],
    [429, true],
    [400, false],
    [500, false],
  ] as const) {
    const hook = await startHook(t, status)
    await assert.rejects(hook.sms.send(message, never), (error) => error instanceof Unreachable === unreachable)
  }
  const redirecting = await startHook(t, 307)
  await assert.rejects(redirecting.sms.send(message, never))
  assert.equal(redirecting.got.length, 1)
})

test('a hook that never answers is given up after the time-out', async (t) => {
  const hook = await startHook(t, undefined)
  await assert.rejects(hook.sms.send(message, never), Unreachable)
})
