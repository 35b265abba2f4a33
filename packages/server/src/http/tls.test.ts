import assert from 'node:assert/strict'
import { once } from 'node:events'
import { renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { request } from 'node:https'
import { connect as connectPlain } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test, type TestContext } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls'
import type { IncomingMessage } from 'node:http'
import { closing } from '../../testing/closing.ts'
import { limits } from '../config.ts'
import { unreadRefusal } from '../wire/refusal.ts'
import { fingerprintOf, testCertificate, type TestCertificate } from '../../testing/certificate.ts'
import { readCertificate, watchCertificate } from './certificate.ts'
import { patience, serveHttp, type HttpServer } from './server.ts'

const serve = async (t: TestContext, certificate: TestCertificate): Promise<HttpServer> => {
  const options = { host: '127.0.0.1', port: 0, limits, refuse: unreadRefusal, certificate, graceMilliseconds: 200 }
  const quick = { ...patience, headersMilliseconds: 300 }
  const server = await serveHttp({ ...options, patience: quick }, async ({ path, remoteAddress }) => ({
    status: 200,
    headers: {},
    body: `${path} ${remoteAddress}`,
  }))
  closing(t, () => server.close())
  return server
}

/** Asks for a path, on a connection of its own. @returns the body */
const ask = async (port: number, { cert }: TestCertificate): Promise<string> => {
  const asked = request({ host: '127.0.0.1', port, path: '/a', ca: cert, agent: false }).end()
  const [response] = (await once(asked, 'response')) as [IncomingMessage]
  return text(response)
}

const handshake = async (t: TestContext, port: number, options: ConnectionOptions): Promise<TLSSocket> => {
  const socket = connect({ host: '127.0.0.1', port, ...options })
  closing(t, () => socket.destroy())
  await once(socket, 'secureConnect')
  return socket
}

test('requests are answered over TLS, by a certificate that a client can verify', async (t) => {
  const certificate = testCertificate()
  const { port } = await serve(t, certificate)
  assert.equal(await ask(port, certificate), '/a 127.0.0.1')
  await assert.rejects(ask(port, testCertificate()), /self-signed certificate/)
})

test('TLS is spoken from 1.2 on, and nothing older', async (t) => {
  const certificate = testCertificate()
  const { port } = await serve(t, certificate)
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    const versions = { ca: certificate.cert, minVersion: version, maxVersion: version }
    assert.equal((await handshake(t, port, versions)).getProtocol(), version)
  }
  for (const version of ['TLSv1', 'TLSv1.1'] as const) {
    const old = { ca: certificate.cert, minVersion: version, maxVersion: version, ciphers: 'DEFAULT@SECLEVEL=0' }
    await assert.rejects(handshake(t, port, old), /alert protocol version|no protocols available|unsupported protocol/)
  }
})

test('a connection that does not speak TLS, or begins it and says nothing more, is hung up on; others are answered', async (t) => {
  const certificate = testCertificate()
  const { port } = await serve(t, certificate)
  const plain = connectPlain(port, '127.0.0.1')
  plain.on('error', () => plain.destroy())
  const silent = connectPlain(port, '127.0.0.1')
  silent.on('error', () => silent.destroy())
  const closed = [plain, silent].map((socket) => new Promise((resolve) => socket.once('close', resolve)))
  plain.write('GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n')
  await Promise.all(closed)
  assert.equal(await ask(port, certificate), '/a 127.0.0.1')
})

test('a renewed certificate is that of new connections; those that are open go on', async (t) => {
  const [old, renewed] = [testCertificate(), testCertificate()]
  const server = await serve(t, old)
  const before = await handshake(t, server.port, { ca: old.cert })
  server.renew(renewed)
  const after = await handshake(t, server.port, { ca: renewed.cert })
  assert.equal(after.getPeerCertificate().fingerprint256, fingerprintOf(renewed))
  before.write('GET /b HTTP/1.1\r\nhost: localhost\r\n\r\n')
  const [answer] = (await once(before, 'data')) as [Buffer]
  assert.match(answer.toString(), /^HTTP\/1\.1 200 /)
  const old12 = { ca: renewed.cert, maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' } as const
  await assert.rejects(handshake(t, server.port, old12))
})

/** A folder of two files. */
const folderOf = async (t: TestContext): Promise<{ path: string; write: (given: TestCertificate) => void }> => {
  const path = await mkdtemp(join(tmpdir(), 'tls-'))
  closing(t, () => rm(path, { recursive: true }))
  return {
    path,
    write: ({ cert, key }) => {
      writeFileSync(join(path, 'tls.crt'), cert)
      writeFileSync(join(path, 'tls.key'), key)
    },
  }
}

test('files that cannot be used are refused: none, no PEM, the key of another certificate', async (t) => {
  const { path, write } = await folderOf(t)
  const files = { certFile: join(path, 'tls.crt'), keyFile: join(path, 'tls.key') }
  await assert.rejects(readCertificate(files), { code: 'ENOENT' })
  const [one, other] = [testCertificate(), testCertificate()]
  write({ cert: 'no certificate', key: one.key })
  await assert.rejects(readCertificate(files), /PEM/)
  write({ cert: one.cert, key: other.key })
  await assert.rejects(readCertificate(files), /key values mismatch/)
  write(one)
  assert.deepEqual(await readCertificate(files), one)
})

test('a change is noticed, also where a link leads to another folder; what cannot be used is told and changes nothing', async (t) => {
  const [first, second] = [await folderOf(t), await folderOf(t)]
  const [old, renewed] = [testCertificate(), testCertificate()]
  first.write(old)
  second.write(renewed)
  const link = join(first.path, 'current')
  symlinkSync(first.path, link)
  const files = { certFile: join(link, 'tls.crt'), keyFile: join(link, 'tls.key') }
  const news: string[] = []
  const watched = watchCertificate(files, {
    changed: ({ cert }) => void news.push(cert),
    failed: (error) => void news.push(String(error)),
  })
  closing(t, watched.close)
  await watched.reload()
  assert.equal(news.at(-1), old.cert)
  symlinkSync(second.path, `${link}.new`)
  renameSync(`${link}.new`, link)
  while (!news.includes(renewed.cert)) await pause(5)
  second.write({ cert: renewed.cert, key: old.key })
  await watched.reload()
  assert.match(news.at(-1) ?? '', /key values mismatch/)
  second.write(renewed)
  await watched.reload()
  assert.equal(news.at(-1), renewed.cert)
})
