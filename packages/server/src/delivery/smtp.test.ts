import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { test, type TestContext } from 'node:test'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { closing } from '../../testing/closing.ts'
import { testCertificate, type TestCertificate } from '../../testing/certificate.ts'
import { mailTo, startMailServer } from '../../testing/delivery.ts'
import { Unreachable } from './transport.ts'

const message = { id: 'm1', to: 'ann@example.com', subject: 'Your code', body: 'Your code is 123456. ' }
const never = new AbortController().signal

test('a plain body is sent as text alone, from the sender that was set', async (t) => {
  const server = await startMailServer(t)
  const email = mailTo(t, server)
  await email.send(message, never)
  const [mail] = server.received
  assert.match(mail?.source ?? '', /^From: Poolkeeper <no-reply@example\.com>$/m)
  assert.match(mail?.source ?? '', /^To: ann@example\.com$/m)
  assert.match(mail?.source ?? '', /^Subject: Your code$/m)
  assert.match(mail?.source ?? '', /^Auto-Submitted: auto-generated$/m)
  assert.match(mail?.source ?? '', /^Content-Type: text\/plain/m)
  assert.match(mail?.source ?? '', /Your code is 123456\. /)
  assert.doesNotMatch(mail?.source ?? '', /text\/html/)
})

test('a body with tags is sent as HTML, and as text without them', async (t) => {
  const server = await startMailServer(t)
  const email = mailTo(t, server)
  await email.send({ ...message, body: '<p>Your code is <b>123456</b></p>A&amp;B &lt;3', html: true }, never)
  const source = server.received[0]?.source ?? ''
  assert.match(source, /multipart\/alternative/)
  assert.match(source, /<b>123456<\/b>/)
  assert.match(source, /A&B <3/)
})

test('a text that looks like HTML is sent as it is', async (t) => {
  const server = await startMailServer(t)
  const email = mailTo(t, server)
  await email.send({ ...message, body: 'Your temporary password is A<b1>&amp;z' }, never)
  const source = server.received[0]?.source ?? ''
  assert.match(source, /A<b1>&amp;z/)
  assert.doesNotMatch(source, /text\/html/)
})

test('a mail comes from the sender that it names, by a name that is nothing but a name, and is answered elsewhere', async (t) => {
  const server = await startMailServer(t)
  const email = mailTo(t, server)
  const from = { name: 'eve@evil.example, Shop', address: 'shop@example.com' }
  await email.send({ ...message, from, replyTo: 'help@example.com', configurationSet: 'set-1' }, never)
  const source = server.received[0]?.source ?? ''
  assert.match(source, /^From: "eve@evil\.example, Shop" <shop@example\.com>$/m)
  assert.match(source, /^Reply-To: help@example\.com$/m)
  assert.match(source, /^X-SES-CONFIGURATION-SET: set-1$/im)
  for (const address of ['a@example.com\r\nBcc: eve@example.com', 'a@example.com,eve@example.com']) {
    await assert.rejects(email.send({ ...message, from: { name: '', address } }, never), /one plain address/)
    await assert.rejects(email.send({ ...message, replyTo: address }, never), /one plain address/)
  }
  await assert.rejects(email.send({ ...message, configurationSet: 'a\r\nX: y' }, never), /line break/)
  assert.equal(server.received.length, 1)
})

const hostile = [
  'ann@example.com\r\nBcc: eve@example.com',
  'ann@example.com,eve@example.com',
  'ann@example.com> RCPT TO:<eve@example.com',
  'Ann <ann@example.com>',
  'ann@example.com\n',
  'ann@example.com\0',
  'ann',
  '',
]

test('req 111: an address that is more than one address is refused, and a subject of two lines', async (t) => {
  const server = await startMailServer(t)
  const email = mailTo(t, server)
  for (const to of hostile) await assert.rejects(email.send({ ...message, to }, never), /one plain address/)
  for (const subject of ['Hello\r\nBcc: eve@example.com', 'Hello\nX: y', 'Hello\rX: y'])
    await assert.rejects(email.send({ ...message, subject }, never), /line break/)
  assert.equal(server.received.length, 0)
  // What looks like headers in a body stays body.
  await email.send({ ...message, body: 'a\r\n.\r\nRCPT TO:<eve@example.com>\r\nBcc: eve@example.com' }, never)
  assert.deepEqual(server.received[0]?.to, ['ann@example.com'])
  const head = server.received[0]?.source.split('\r\n\r\n')[0] ?? ''
  assert.doesNotMatch(head, /eve/)
})

test('a server that is not there is unreachable; one that refuses a message is not', async (t) => {
  const server = await startMailServer(t, {
    accept: async () => {
      throw Object.assign(new Error('no'), { responseCode: 554 })
    },
  })
  const email = mailTo(t, server)
  await assert.rejects(email.send(message, never), (error) => !(error instanceof Unreachable))
  email.close()
  await server.close()
  const closed = mailTo(t, server)
  await assert.rejects(closed.send(message, never), Unreachable)
})

const silentServer = async (t: TestContext): Promise<{ url: string; connections: () => number }> => {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
  })
  server.listen(0, '127.0.0.1')
  closing(t, () => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return { url: `smtp://127.0.0.1:${port}`, connections: () => sockets.size }
}

test('a server that accepts and never answers is given up after the time-out', async (t) => {
  const server = await silentServer(t)
  const email = mailTo(t, server, { timeoutMilliseconds: 1000 })
  await assert.rejects(email.send(message, never), Unreachable)
  assert.ok(server.connections() > 0)
})

test('a try is ended by its signal, at once', async (t) => {
  const server = await silentServer(t)
  const email = mailTo(t, server, { timeoutMilliseconds: 60_000 })
  const ended = new AbortController()
  const sending = email.send(message, ended.signal)
  ended.abort()
  await assert.rejects(sending)
})

test('a message whose connection breaks after DATA is not sent again by the pool of connections', async (t) => {
  const server = await startMailServer(t, {
    accept: async () => {
      server.hangUp()
      await new Promise(() => {})
    },
  })
  const email = mailTo(t, server)
  await assert.rejects(email.send(message, never), Unreachable)
  assert.equal(server.received.length, 1)
})

/** Trusts a certificate for the rest of a test. */
const trust = (t: TestContext, { cert }: TestCertificate): void => {
  const before = getCACertificates('default')
  closing(t, () => setDefaultCACertificates(before))
  setDefaultCACertificates([...before, cert])
}

test('mail that must not leave without TLS waits for a server that offers it, by a certificate that is trusted', async (t) => {
  const plain = await startMailServer(t)
  await assert.rejects(mailTo(t, plain, { requireTls: true }).send(message, never), Unreachable)
  assert.equal(plain.received.length, 0)
  const certificate = testCertificate()
  const secure = await startMailServer(t, { certificate })
  await assert.rejects(mailTo(t, secure, { requireTls: true }).send(message, never), Unreachable)
  assert.equal(secure.received.length, 0)
  trust(t, certificate)
  await mailTo(t, secure, { requireTls: true }).send(message, never)
  assert.equal(secure.received[0]?.secure, true)
})

test('where TLS is not required it is used all the same when the server offers it', async (t) => {
  const plain = await startMailServer(t)
  await mailTo(t, plain).send(message, never)
  assert.equal(plain.received[0]?.secure, false)
  const certificate = testCertificate()
  trust(t, certificate)
  const secure = await startMailServer(t, { certificate })
  await mailTo(t, secure).send(message, never)
  assert.equal(secure.received[0]?.secure, true)
})
