// For the tests of this folder: an outbox, a mail server on loopback whose answers a test chooses, and workers.
import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import type { TestContext } from 'node:test'
import { SMTPServer } from 'smtp-server'
import type { TestCertificate } from './certificate.ts'
import { closing } from './closing.ts'
import { makeTestApp, type TestApp } from './app.ts'
import { smtpTransport } from '../src/delivery/smtp.ts'
import type { Transports } from '../src/delivery/transport.ts'
import { startDelivery, type Delivery, type DeliveryOptions } from '../src/delivery/worker.ts'
import { sealedPlaces } from '../src/store/sealed-places.ts'

/** A message as the mail server took it. */
export type Received = {
  readonly to: readonly string[]
  readonly source: string
  readonly messageId: string
  /** Whether it came over TLS. */
  readonly secure: boolean
}

/** A mail server. */
export type MailServer = {
  readonly url: string
  readonly port: number
  readonly received: readonly Received[]
  /** Breaks every connection. */
  hangUp(): void
  close(): Promise<void>
}

/** How a mail server misbehaves. */
export type MailServerOptions = {
  readonly port?: number
  /** With one the server offers STARTTLS. */
  readonly certificate?: TestCertificate
  /** Asked when a message is complete; resolves when it may be accepted, rejects to refuse it. */
  readonly accept?: (received: Received) => Promise<void>
}

const headerOf = (source: string, name: string): string =>
  new RegExp(`^${name}: (.*)$`, 'im').exec(source.replaceAll(/\r\n[ \t]/g, ' '))?.[1]?.trim() ?? ''

type Done = (error?: Error | null) => void

const answersOf = (done: Done): [() => void, (error: Error) => void] => [() => done(), (error) => done(error)]

/** Starts a mail server on loopback; closed after the test. */
export const startMailServer = async (
  t: TestContext,
  { port = 0, certificate, accept }: MailServerOptions = {},
): Promise<MailServer> => {
  const received: Received[] = []
  const server = new SMTPServer({
    authOptional: true,
    ...certificate,
    disabledCommands: certificate ? ['AUTH'] : ['STARTTLS', 'AUTH'],
    closeTimeout: 100,
    onData: (stream, session, done) => {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        const source = Buffer.concat(chunks).toString('utf8')
        const to = session.envelope.rcptTo.map(({ address }) => address)
        const one = { to, source, messageId: headerOf(source, 'Message-ID'), secure: session.secure }
        received.push(one)
        void (accept?.(one) ?? Promise.resolve()).then(...answersOf(done))
      })
    },
  })
  server.on('error', () => {})
  const sockets = new Set<Socket>()
  server.server.on('connection', (socket: Socket) => void sockets.add(socket))
  const close = (): Promise<void> => new Promise((resolve) => server.close(() => resolve()))
  closing(t, close)
  server.listen(port, '127.0.0.1')
  await once(server.server, 'listening')
  const { port: bound } = server.server.address() as AddressInfo
  return {
    url: `smtp://127.0.0.1:${bound}`,
    port: bound,
    received,
    hangUp: () => {
      for (const socket of sockets) socket.destroy()
    },
    close,
  }
}

/** An outbox with workers. */
export type Outbox = {
  readonly app: TestApp
  /** Puts a message into the outbox. @returns its id */
  add(
    to: string,
    message?: { subject?: string; body?: string; channel?: 'email' | 'sms'; seconds?: number },
  ): Promise<string>
  /** Starts a worker that looks when it is told to. */
  worker(transports: Transports, options?: Partial<DeliveryOptions>): Delivery
  waiting(): Promise<number>
}

/** Never looks by itself. */
const pollMilliseconds = 2 ** 30

/** Opens an empty outbox; its workers end after the test, and it is closed. */
export const openOutbox = async (t: TestContext): Promise<Outbox> => {
  const app = await makeTestApp(t)
  const { store, keys, clock, random } = app.context
  return {
    app,
    add: async (
      to,
      { subject = 'Your verification code', body = 'Your verification code is 123456. ', channel, seconds = 3600 } = {},
    ) => {
      const id = random.uuid()
      const place = { id, poolId: 'p', userId: 'u' }
      const content = keys.seal.sealRow(JSON.stringify({ subject, body }), sealedPlaces.message(place))
      const expiresAt = clock.now() + seconds * 1000
      const message = { ...place, channel: channel ?? 'email', recipient: to, content } as const
      await store.commit([store.outbox.add({ ...message, createdAt: clock.now(), expiresAt })])
      return id
    },
    worker: (transports, options = {}) => {
      const worker = startDelivery({ context: app.context, transports, pollMilliseconds, ...options })
      closing(t, worker.stop)
      return worker
    },
    waiting: async () => (await store.outbox.waiting()).count,
  }
}

/** The transport to a mail server; closed after the test. */
export const mailTo = (
  t: TestContext,
  server: { readonly url: string },
  { timeoutMilliseconds = 60_000, requireTls = false }: { timeoutMilliseconds?: number; requireTls?: boolean } = {},
): ReturnType<typeof smtpTransport> => {
  const from = 'Poolkeeper <no-reply@example.com>'
  const transport = smtpTransport({ url: server.url, requireTls, from, timeoutMilliseconds })
  closing(t, transport.close)
  return transport
}
