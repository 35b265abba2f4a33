import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import type { TestContext } from 'node:test'
import {
  CognitoIdentityProviderClient,
  GetUserCommand,
  ListUserPoolsCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { closing } from '../../testing/closing.ts'
import { limits } from '../config.ts'
import { unreadRefusal } from '../wire/refusal.ts'
import type { OperationTable } from '../wire/dispatch.ts'
import type { Exchange } from './exchange.ts'
import { patience, serveHttp } from './server.ts'
import type { HttpLimits, HttpServer, HttpPatience } from './server.ts'
import { testContext, wireExchange } from '../../testing/wire.ts'

const secret = 'a secret of forty characters, or nearly.'

/** What every server of this file is told. */
const common = { host: '127.0.0.1', port: 0, limits, refuse: unreadRefusal }

const serve = async (
  t: TestContext,
  exchange: Exchange,
  patient: HttpPatience = patience,
  bounds: HttpLimits = limits,
): Promise<HttpServer> => {
  const options = { ...common, limits: bounds, graceMilliseconds: 200, patience: patient }
  const server = await serveHttp(options, exchange)
  closing(t, () => server.close())
  return server
}

const serveApi = (t: TestContext, some: Partial<OperationTable> = {}): Promise<HttpServer> => {
  const { context } = testContext('serve', Date.now)
  const findKey = async (id: string) =>
    id === 'PKKEY' ? { secret, enabled: true, forbidden: () => undefined } : undefined
  return serve(t, wireExchange(context, some, findKey))
}

const echo: Exchange = async ({ method, path, query, body }) => ({
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ method, path, query, size: body.length }),
})

/** Sends raw bytes and reads until the other side hangs up or has answered once. */
const raw = async (port: number, ...parts: (string | Uint8Array)[]): Promise<string> => {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => socket.destroy())
  for (const part of parts) socket.write(part)
  const text = await answerOf(socket)
  socket.destroy()
  return text
}

const answerOf = (socket: Socket): Promise<string> =>
  new Promise((resolve) => {
    let text = ''
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1')
      const [head, body] = text.split('\r\n\r\n')
      const length = Number(/content-length: (\d+)/i.exec(head ?? '')?.[1] ?? Number.NaN)
      if (body !== undefined && body.length >= length) resolve(text)
    })
    socket.on('close', () => resolve(text))
  })

const assertEcho = (answer: string, size: number): void => {
  assert.match(answer, /^HTTP\/1\.1 200 /)
  assert.equal((JSON.parse(answer.slice(answer.indexOf('{'))) as { size: number }).size, size)
}

/** Tries until it holds: what other connections do reaches the server in its own time. */
const eventually = async (attempt: () => Promise<void>): Promise<void> => {
  const end = Date.now() + 30_000
  for (;;) {
    try {
      await attempt()
      return
    } catch (error) {
      if (Date.now() > end) throw error
      await pause(5)
    }
  }
}

const head = (length: number | string, more = ''): string =>
  `POST / HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/x-amz-json-1.1\r\nx-amz-target: AWSCognitoIdentityProviderService.SignUp\r\ncontent-length: ${length}\r\n${more}\r\n`

const assertJson = (answer: string, status: number): void => {
  assert.match(answer, new RegExp(`^HTTP/1.1 ${status} `))
  const body: Record<string, unknown> = JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4))
  assert.match(String(body['__type']), /Exception$/)
}

test('a request arrives in plain values', async (t) => {
  const { port } = await serve(t, echo)
  const answer = await fetch(`http://127.0.0.1:${port}/a/b?c=d&e`, { method: 'PUT', body: 'é' })
  assert.deepEqual(await answer.json(), { method: 'PUT', path: '/a/b', query: 'c=d&e', size: 2 })
})

test('req 82, 84: the AWS SDK is understood, signed with a known key and unsigned', async (t) => {
  const { port } = await serveApi(t, {
    ListUserPools: async (_context, input) => ({
      UserPools: [{ Id: 'local-1_a', Name: `é ${input.MaxResults}`, CreationDate: 1.5 }],
    }),
    GetUser: async () => ({ Username: 'anna', UserAttributes: [] }),
  })
  const client = (accessKeyId: string, secretAccessKey: string, region = 'local-1', systemClockOffset = 0) =>
    new CognitoIdentityProviderClient({
      endpoint: `http://127.0.0.1:${port}`,
      region,
      credentials: { accessKeyId, secretAccessKey },
      systemClockOffset,
      maxAttempts: 1,
    })
  const list = new ListUserPoolsCommand({ MaxResults: 3 })
  const { UserPools } = await client('PKKEY', secret).send(list)
  assert.deepEqual(UserPools, [{ Id: 'local-1_a', Name: 'é 3', CreationDate: new Date(1500) }])
  const { Username } = await client('PKOTHER', 'x').send(new GetUserCommand({ AccessToken: 'a.b.c' }))
  assert.equal(Username, 'anna')
  await assert.rejects(client('PKKEY', 'wrong').send(list), { name: 'InvalidSignatureException' })
  await assert.rejects(client('PKOTHER', secret).send(list), { name: 'UnrecognizedClientException' })
  await assert.rejects(client('PKKEY', secret, 'us-east-1').send(list), { name: 'InvalidSignatureException' })
  await assert.rejects(client('PKKEY', secret, 'local-1', -301_000).send(list), { name: 'InvalidSignatureException' })
  await assert.rejects(client('PKKEY', secret, 'local-1', 301_000).send(list), { name: 'InvalidSignatureException' })
})

test('req 96: a body that announces 20 MB is refused before it is sent', async (t) => {
  const { port } = await serveApi(t)
  assertJson(await raw(port, head(20_000_000)), 413)
})

test('req 96: a body of 20 MB is refused while it is sent, with and without a length', async (t) => {
  const { port } = await serveApi(t)
  const body = Buffer.alloc(20_000_000, 97)
  assertJson(await raw(port, head(body.length), body), 413)
  const chunked = head(0).replace('content-length: 0', 'transfer-encoding: chunked')
  assertJson(await raw(port, `${chunked}${body.length.toString(16)}\r\n`, body, '\r\n0\r\n\r\n'), 413)
})

test('req 96: a connection that was refused a body goes on once the body is through', async (t) => {
  const { port } = await serveApi(t)
  const body = Buffer.alloc(1_100_000, 97)
  const answer = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body })
  assert.equal(answer.status, 413)
  assert.equal((await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: '{}' })).status, 404)
})

test('req 96: a body of 20 MB after 100-continue is refused without being asked for', async (t) => {
  const { port } = await serveApi(t)
  assertJson(await raw(port, head(20_000_000, 'expect: 100-continue\r\n')), 413)
})

test('req 96: a header of 100 kB is refused', async (t) => {
  const { port } = await serveApi(t)
  assertJson(await raw(port, head(2, `x-long: ${'a'.repeat(100_000)}\r\n`), '{}'), 431)
})

test('req 98: conflicting lengths are refused', async (t) => {
  const { port } = await serveApi(t)
  assertJson(await raw(port, head(2, 'content-length: 3\r\n'), '{}'), 400)
  assertJson(await raw(port, head(2, 'transfer-encoding: chunked\r\n'), '0\r\n\r\n'), 400)
})

test('req 99: what is not HTTP is answered 400 in JSON', async (t) => {
  const { port } = await serveApi(t)
  for (const text of [
    'nonsense\r\n\r\n',
    'POST / HTTP/9.9\r\n\r\n',
    'POST / HTTP/1.1\r\nbad header\r\n\r\n',
    '\x16\x03\x01\x02\x00',
  ])
    assertJson(await raw(port, text), 400)
})

test('req 97: senders of half a request stop nobody', async (t) => {
  const { port } = await serveApi(t)
  const slow = Array.from({ length: 500 }, () => connect(port, '127.0.0.1'))
  closing(t, () => slow.forEach((socket) => socket.destroy()))
  await Promise.all(slow.map((socket) => once(socket, 'connect')))
  for (const [index, socket] of slow.entries()) {
    socket.on('error', () => socket.destroy())
    socket.write(index % 2 === 0 ? 'POST / HTTP/1.1\r\nhost: loc' : head(100) + '{"a')
  }
  assertJson(await raw(port, head(2), '{}'), 400)
})

test('req 97: a header that does not come is cut off after 5 seconds, a body after 20', async (t) => {
  assert.deepEqual(patience, { headersMilliseconds: 5000, requestMilliseconds: 20_000, stillMilliseconds: 120_000 })
  const short = { ...patience, headersMilliseconds: 100, requestMilliseconds: 200 }
  const { port } = await serve(t, echo, short)
  assertJson(await raw(port, 'POST / HTTP/1.1\r\nhost: localhost\r\n'), 408)
  assertJson(await raw(port, head(100), '{"a'), 408)
  assertJson(await raw(port, head(0).replace('content-length: 0', 'transfer-encoding: chunked'), '3\r\n{"a'), 408)
})

test('closing finishes what is in flight and takes nothing new', async (t) => {
  const begun = Promise.withResolvers<void>()
  const held = Promise.withResolvers<void>()
  const server = await serveHttp(common, async () => {
    begun.resolve()
    await held.promise
    return { status: 200, headers: {}, body: 'done' }
  })
  closing(t, () => server.close())
  const answer = raw(server.port, head(2), '{}')
  await begun.promise
  const closed = server.close()
  await assert.rejects(fetch(`http://127.0.0.1:${server.port}/`))
  held.resolve()
  const text = await answer
  assert.match(text, /^HTTP\/1.1 200 /)
  assert.match(text, /connection: close/i)
  assert.match(text, /done$/)
  await closed
})

test('closing hangs up on senders of half a request when the grace is over', async (t) => {
  const server = await serveHttp({ ...common, graceMilliseconds: 50 }, echo)
  closing(t, () => server.close())
  const socket = connect(server.port, '127.0.0.1')
  socket.on('error', () => socket.destroy())
  const hungUp = new Promise((resolve) => socket.once('close', resolve))
  socket.write(head(100))
  await once(socket, 'connect')
  await server.close()
  await hungUp
})

test('an answer that cannot be sent is a 500 in JSON, and the server lives on', async (t) => {
  const { port } = await serve(t, async () => ({ status: 200, headers: { location: 'a\r\nb' }, body: '' }))
  assertJson(await raw(port, head(2), '{}'), 500)
  assertJson(await raw(port, head(2), '{}'), 500)
})

const busy = /^HTTP\/1\.1 503 [^]*"__type":"TooManyRequestsException"/

test('bytes in flight are bounded: one body too many is refused, small ones are not, and all goes on when there is room', async (t) => {
  const few = { ...limits, bodyBytes: 100_000, smallBodyBytes: 1000, bodiesBytes: 99_000 }
  const { port } = await serve(t, echo, patience, few)
  const first = connect(port, '127.0.0.1')
  closing(t, () => first.destroy())
  first.write(head(100_000))
  first.write(Buffer.alloc(99_999, 97))
  // The rest of a body is read before the server answers this.
  assertEcho(await raw(port, head(1000), Buffer.alloc(1000, 97)), 1000)
  await eventually(async () => assert.match(await raw(port, head(3000), Buffer.alloc(3000, 97)), busy))
  assertEcho(await raw(port, head(1000), Buffer.alloc(1000, 97)), 1000)
  first.write('a')
  assertEcho(await answerOf(first), 100_000)
  await eventually(async () => assertEcho(await raw(port, head(3000), Buffer.alloc(3000, 97)), 3000))
})

test('a body that is refused is told of, with the address that it came from', async (t) => {
  const told: unknown[] = []
  const few = { ...limits, bodyBytes: 1000, smallBodyBytes: 0, bodiesBytes: 100 }
  const server = await serveHttp(
    {
      ...common,
      limits: few,
      sourceOf: (address, forwardedFor) => forwardedFor ?? address,
      refused: ({ name, limit }, source) => told.push([name, limit, source]),
    },
    echo,
  )
  closing(t, () => server.close())
  const { port } = server
  assertEcho(await raw(port, head(2), '{}'), 2)
  assert.match(await raw(port, head(101), 'a'.repeat(101)), busy)
  assertJson(await raw(port, head(1001, 'x-forwarded-for: 203.0.113.7\r\n')), 413)
  assert.deepEqual(told, [
    ['TooManyRequestsException', 'bodies/in-flight', '127.0.0.1'],
    ['RequestEntityTooLargeException', undefined, '203.0.113.7'],
  ])
})

test('a body whose sender hangs up gives its room back', async (t) => {
  const few = { ...limits, bodyBytes: 100_000, smallBodyBytes: 0, bodiesBytes: 100_000 }
  const { port } = await serve(t, echo, patience, few)
  const first = connect(port, '127.0.0.1')
  first.write(head(100_000))
  first.write(Buffer.alloc(99_999, 97))
  await eventually(async () => assert.match(await raw(port, head(9), 'a'.repeat(9)), busy))
  first.destroy()
  await eventually(async () => assertEcho(await raw(port, head(9), 'a'.repeat(9)), 9))
})

test('a body whose sender hangs up before the answer holds its room until the work on it is done', async (t) => {
  const few = { ...limits, bodyBytes: 100_000, smallBodyBytes: 0, bodiesBytes: 100_000 }
  const begun = Promise.withResolvers<void>()
  const work = Promise.withResolvers<void>()
  const { port } = await serve(
    t,
    async (incoming) => {
      if (incoming.body.length < 100_000) return echo(incoming)
      begun.resolve()
      await work.promise
      return echo(incoming)
    },
    patience,
    few,
  )
  const first = connect(port, '127.0.0.1')
  first.write(head(100_000))
  first.write(Buffer.alloc(100_000, 97))
  await begun.promise
  first.resetAndDestroy()
  for (let asked = 0; asked < 5; asked += 1) assert.match(await raw(port, head(9), 'a'.repeat(9)), busy)
  work.resolve()
  await eventually(async () => assertEcho(await raw(port, head(9), 'a'.repeat(9)), 9))
})

test('connections are bounded: idle ones make room, and one more than can be is hung up on', async (t) => {
  const { port } = await serve(t, echo, patience, { ...limits, connections: 16 })
  const open = Array.from({ length: 40 }, () => connect(port, '127.0.0.1'))
  closing(t, () => open.forEach((socket) => socket.destroy()))
  for (const socket of open) socket.on('error', () => socket.destroy())
  await eventually(async () => assertEcho(await raw(port, head(2), '{}'), 2))
  for (const socket of open) socket.destroy()
  // Those that are in the middle of a request are not idle.
  const halves: Socket[] = []
  closing(t, () => halves.forEach((socket) => socket.destroy()))
  while (halves.length < 16) {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => socket.destroy())
    socket.write(head(2, 'expect: 100-continue\r\n'))
    const [first] = (await Promise.race([once(socket, 'data'), once(socket, 'close')])) as [unknown]
    if (String(first).startsWith('HTTP/1.1 100 ')) halves.push(socket)
  }
  assert.equal(await raw(port, head(2), '{}'), '')
  for (const socket of halves) {
    const answer = answerOf(socket)
    socket.write('{}')
    assertEcho(await answer, 2)
  }
})

test('a connection may be some requests ahead of its answers, and no more', async (t) => {
  const { port } = await serve(t, echo, patience, { ...limits, pipelined: 4 })
  const socket = connect(port, '127.0.0.1')
  closing(t, () => socket.destroy())
  socket.on('error', () => socket.destroy())
  let text = ''
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')))
  socket.write(`${head(2)}{}`.repeat(4))
  await eventually(async () => assert.equal(text.split('HTTP/1.1 200 OK').length - 1, 4))
  socket.write(`${head(2)}{}`.repeat(4))
  await eventually(async () => assert.equal(text.split('HTTP/1.1 200 OK').length - 1, 8))
  const closed = new Promise((resolve) => socket.once('close', resolve))
  socket.write(`${head(2)}{}`.repeat(500))
  await closed
  assertEcho(await raw(port, head(2), '{}'), 2)
})

test('while it drains, a server takes connections, and each answer is the last of its connection', async (t) => {
  const server = await serve(t, echo)
  const before = connect(server.port, '127.0.0.1')
  closing(t, () => before.destroy())
  before.write(head(2) + '{}')
  assert.doesNotMatch(await answerOf(before), /connection: close/i)
  server.drain()
  const closed = once(before, 'close')
  before.write(head(2) + '{}')
  const answer = await answerOf(before)
  assertEcho(answer, 2)
  assert.match(answer, /connection: close/i)
  await closed
  assert.match(await raw(server.port, head(2), '{}'), /^HTTP\/1\.1 200 [^]*connection: close/i)
})

test('closing waits until a large answer has left whole', async () => {
  const large: Exchange = async () => ({ status: 200, headers: {}, body: Buffer.alloc(64_000_000, 97) })
  const server = await serveHttp({ ...common, graceMilliseconds: 60_000 }, large)
  const socket = connect(server.port, '127.0.0.1')
  socket.write(head(2) + '{}')
  let size = 0
  await once(socket, 'data').then(([first]) => (size += (first as Buffer).length))
  socket.pause()
  const closed = server.close()
  socket.on('data', (chunk: Buffer) => (size += chunk.length))
  socket.resume()
  await closed
  if (!socket.closed) await once(socket, 'close')
  assert.ok(size > 64_000_000, String(size))
})

test('a connection whose other side does not read its answer is closed', async (t) => {
  const large: Exchange = async () => ({ status: 200, headers: {}, body: Buffer.alloc(64_000_000) })
  const options = { ...common, graceMilliseconds: 100_000, patience: { ...patience, stillMilliseconds: 100 } }
  const server = await serveHttp(options, large)
  closing(t, () => server.close())
  const socket = connect(server.port, '127.0.0.1')
  closing(t, () => socket.destroy())
  socket.on('error', () => socket.destroy())
  socket.write(head(2) + '{}')
  await once(socket, 'data')
  socket.pause()
  assert.equal(await server.close(), undefined)
})

/** Names that every object of the runtime answers to. */
const runtimeNames = ['__proto__', 'constructor', 'hasOwnProperty', 'toString', 'valueOf', '__defineGetter__']

test('req 90: a name of the runtime is no header, unless it was sent', async (t) => {
  const { port } = await serve(t, async ({ header }) => ({
    status: 200,
    headers: {},
    body: JSON.stringify(runtimeNames.map((name) => header(name.toLowerCase()) ?? header(name) ?? null)),
  }))
  const none = await raw(port, head(2), '{}')
  assert.deepEqual(
    JSON.parse(none.slice(none.indexOf('['))),
    runtimeNames.map(() => null),
  )
  const sent = await raw(port, head(2, 'constructor: a\r\nvalueof: b\r\n'), '{}')
  assert.deepEqual(JSON.parse(sent.slice(sent.indexOf('['))), [null, 'a', null, null, 'b', null])
})

test('an answer with several cookies sends a header for each', async (t) => {
  const { port } = await serve(t, async () => ({ status: 200, headers: {}, cookies: ['a=1', 'b=2; Path=/'], body: '' }))
  const answer = await fetch(`http://127.0.0.1:${port}/`)
  assert.deepEqual(answer.headers.getSetCookie(), ['a=1', 'b=2; Path=/'])
})

test('a port that is taken is an error', async (t) => {
  const { port } = await serve(t, echo)
  await assert.rejects(serveHttp({ ...common, port }, echo), { code: 'EADDRINUSE' })
})

test('a heap of requests does not keep from its answer who comes next and only asks how the server is', async (t) => {
  const begun: string[] = []
  const { port } = await serve(t, async (incoming) => {
    if (incoming.path === '/warm') return echo(incoming)
    if (begun.length === 3) asker.write('GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n')
    begun.push(incoming.method)
    const until = performance.now() + 3
    while (incoming.method === 'POST' && performance.now() < until);
    return echo(incoming)
  })
  const sockets = Array.from({ length: 31 }, () => connect(port, '127.0.0.1'))
  const [asker, ...others] = sockets as [Socket, ...Socket[]]
  // The server takes one connection in a turn: all are taken when all have been answered once.
  for (const socket of sockets) socket.write('GET /warm HTTP/1.1\r\nhost: localhost\r\n\r\n')
  await Promise.all(sockets.map(answerOf))
  for (const socket of others) socket.write(`${head(2)}{}`)
  for (const answer of await Promise.all(sockets.map(answerOf))) assert.match(answer, /^HTTP\/1.1 200 /)
  for (const socket of sockets) socket.destroy()
  assert.equal(begun.length, 31)
  assert.ok(begun.indexOf('GET') <= 10, begun.join(' '))
})
