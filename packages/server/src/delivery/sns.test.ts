import assert from 'node:assert/strict'
import { createHash, createHmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import { makeTestApp } from '../../testing/app.ts'
import { closing } from '../../testing/closing.ts'
import { deliveryOf } from './index.ts'
import { snsTransport } from './sns.ts'
import { openOutbox } from '../../testing/delivery.ts'
import { Unreachable, type Transport } from './transport.ts'
import { sealedPlaces } from '../store/sealed-places.ts'

const message = { id: 'm1', to: '+15550100', subject: '', body: 'Your code is 123456 & no other: ü. ' }
const never = new AbortController().signal
const now = 1_767_323_045_999

type Answer = { readonly status: number; readonly code?: string }

type Endpoint = {
  readonly url: string
  readonly got: { headers: IncomingHttpHeaders; path: string; body: string }[]
}

const startEndpoint = async (t: TestContext, answer: Answer | undefined, path = '/'): Promise<Endpoint> => {
  const got: Endpoint['got'] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      got.push({ headers: request.headers, path: request.url ?? '', body: Buffer.concat(chunks).toString('utf8') })
      if (!answer) return
      const xml = answer.code
        ? `<ErrorResponse><Error><Code>${answer.code}</Code></Error></ErrorResponse>`
        : '<Publish/>'
      response.writeHead(answer.status, { 'content-type': 'text/xml', location: '/elsewhere' }).end(xml)
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
  return { url: `http://127.0.0.1:${port}${path}`, got }
}

const secretAccessKey = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY'

const sms = (endpoint: string, timeoutMilliseconds = 60_000): Transport =>
  snsTransport({
    endpoint,
    region: 'eu-west-1',
    accessKeyId: 'AKIDEXAMPLE',
    secretAccessKey,
    timeoutMilliseconds,
    clock: { now: () => now },
  })

const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

/** The signature that a receiver computes from what arrived, by the steps of the AWS General Reference. */
const expectedSignature = ({ headers, path, body }: Endpoint['got'][number], secret: string): string => {
  const names = /SignedHeaders=([^,]+),/.exec(headers.authorization ?? '')?.[1] ?? ''
  const [, day = '', region = '', service = ''] =
    /Credential=([^,]+),/.exec(headers.authorization ?? '')?.[1]?.split('/') ?? []
  const lines = names.split(';').map((name) => `${name}:${String(headers[name])}\n`)
  const request = ['POST', path, '', lines.join(''), names, sha256(body)].join('\n')
  const text = [
    'AWS4-HMAC-SHA256',
    headers['x-amz-date'],
    `${day}/${region}/${service}/aws4_request`,
    sha256(request),
  ].join('\n')
  const key = hmac(hmac(hmac(hmac(`AWS4${secret}`, day), region), service), 'aws4_request')
  return hmac(key, text).toString('hex')
}

for (const path of ['/', '/sns/v1']) {
  test(`an SMS is published to ${path}, and its signature holds for the receiver`, async (t) => {
    const endpoint = await startEndpoint(t, { status: 200 }, path)
    await sms(endpoint.url).send(message, never)
    const [request] = endpoint.got
    assert.ok(request)
    assert.deepEqual(Object.fromEntries(new URLSearchParams(request.body)), {
      Action: 'Publish',
      Version: '2010-03-31',
      PhoneNumber: '+15550100',
      Message: message.body,
      'MessageAttributes.entry.1.Name': 'AWS.SNS.SMS.SMSType',
      'MessageAttributes.entry.1.Value.DataType': 'String',
      'MessageAttributes.entry.1.Value.StringValue': 'Transactional',
    })
    assert.match(
      request.headers.authorization ?? '',
      /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/20260102\/eu-west-1\/sns\/aws4_request, SignedHeaders=content-type;host;x-amz-date, /,
    )
    const sent = /Signature=([0-9a-f]{64})$/.exec(request.headers.authorization ?? '')?.[1]
    assert.equal(sent, expectedSignature(request, secretAccessKey))
    assert.notEqual(sent, expectedSignature(request, 'another key'))
    assert.notEqual(sent, expectedSignature({ ...request, body: `${request.body}0` }, secretAccessKey))
    assert.ok(!JSON.stringify(request).includes(secretAccessKey))
  })
}

test('a service that takes nothing now is unreachable; one that refuses this message has not taken it', async (t) => {
  for (const [answer, unreachable] of [
    [{ status: 503 }, true],
    [{ status: 500, code: 'InternalFailure' }, true],
    [{ status: 429 }, true],
    [{ status: 400, code: 'Throttling' }, true],
    [{ status: 403, code: 'SignatureDoesNotMatch' }, true],
    [{ status: 400, code: 'InvalidParameter' }, false],
    [{ status: 307 }, true],
  ] as const) {
    const endpoint = await startEndpoint(t, answer)
    const sent = sms(endpoint.url).send(message, never)
    await assert.rejects(sent, (error: Error) => {
      assert.equal(error instanceof Unreachable, unreachable, JSON.stringify(answer))
      assert.ok(!`${error.message} ${String(error.cause)}`.includes('123456'))
      return true
    })
    assert.equal(endpoint.got.length, 1)
  }
})

test('an endpoint that never answers is given up after the time-out, one that is not there at once', async (t) => {
  const silent = await startEndpoint(t, undefined)
  await assert.rejects(sms(silent.url, 50).send(message, never), Unreachable)
  await assert.rejects(sms('http://127.0.0.1:1/').send(message, never), Unreachable)
})

test('a text message leaves the outbox by SNS, and stays there while the endpoint is down', async (t) => {
  const outbox = await openOutbox(t)
  await outbox.add('+15550100', { channel: 'sms', body: 'Your code is 123456. ' })
  const down = await startEndpoint(t, { status: 503 })
  const failing = outbox.worker({ email: undefined, sms: sms(down.url) })
  await failing.run()
  await failing.stop()
  assert.equal(await outbox.waiting(), 1)
  outbox.app.advance(60)
  const up = await startEndpoint(t, { status: 200 })
  const working = outbox.worker({ email: undefined, sms: sms(up.url) })
  await working.run()
  await working.stop()
  assert.equal(await outbox.waiting(), 0)
  assert.equal(up.got.length, 1)
})

test('a server that was told of the endpoint sends its codes there', async (t) => {
  const endpoint = await startEndpoint(t, { status: 200 })
  const server = await makeTestApp(t, {
    settings: {
      sms: { by: 'sns', endpoint: endpoint.url, region: 'eu-west-1', accessKeyId: 'AKIDEXAMPLE', secretAccessKey },
    },
  })
  const { store, keys, clock } = server.context
  const place = { id: 'm1', poolId: 'p', userId: 'u' }
  const text = JSON.stringify({ subject: '', body: 'Your code is 123456. ' })
  const content = keys.seal.sealRow(text, sealedPlaces.message(place))
  const queued = { ...place, channel: 'sms', recipient: '+15550100', content } as const
  await store.commit([store.outbox.add({ ...queued, createdAt: clock.now(), expiresAt: clock.now() + 60_000 })])
  const delivering = deliveryOf(server.context)
  assert.ok(delivering)
  closing(t, delivering.close)
  closing(t, delivering.delivery.stop)
  await delivering.delivery.run()
  const [request] = endpoint.got
  assert.ok(request)
  assert.match(request.headers.authorization ?? '', new RegExp(expectedSignature(request, secretAccessKey)))
  assert.ok(!JSON.stringify(server.log).includes(secretAccessKey))
})
