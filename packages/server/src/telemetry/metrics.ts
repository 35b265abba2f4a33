// Figures for Prometheus, on a port of their own. No label names a user (requirements, section c).
import { createServer } from 'node:http'
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { Context } from '../context.ts'

/** What is counted while requests are answered. */
export type Metrics = {
  /** Notes an answered request. @param error - the exception's name, or '' for success */
  answered(operation: string, error: string, seconds: number): void
  /** The figures as Prometheus reads them. */
  text(): Promise<string>
}

/** Makes the figures of one server. */
export const makeMetrics = ({ store, keys, clock }: Pick<Context, 'store' | 'keys' | 'clock'>): Metrics => {
  const registers = [new Registry()]
  const requests = new Counter({
    name: 'poolkeeper_requests_total',
    help: 'Requests answered, by operation and exception.',
    labelNames: ['operation', 'error'],
    registers,
  })
  const latency = new Histogram({
    name: 'poolkeeper_request_seconds',
    help: 'Time to answer a request.',
    labelNames: ['operation'],
    buckets: [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10],
    registers,
  })
  new Gauge({
    name: 'poolkeeper_password_checks_waiting',
    help: 'Password checks that wait for a core.',
    registers,
    collect() {
      this.set(keys.passwords.waiting)
    },
  })
  const age = new Gauge({
    name: 'poolkeeper_outbox_oldest_seconds',
    help: 'Age of the oldest message that waits.',
    registers,
  })
  new Gauge({
    name: 'poolkeeper_outbox_waiting',
    help: 'Messages that wait to be sent.',
    registers,
    async collect() {
      const { count, oldestAt } = await store.outbox.waiting()
      this.set(count)
      age.set(oldestAt === undefined ? 0 : (clock.now() - oldestAt) / 1000)
    },
  })
  return {
    answered: (operation, error, seconds) => {
      requests.inc({ operation, error })
      latency.observe({ operation }, seconds)
    },
    text: async () => (await registers[0]?.metrics()) ?? '',
  }
}

/** Serves the figures at /metrics. @returns stops it */
export const serveMetrics = async (metrics: Metrics, host: string, port: number): Promise<() => Promise<void>> => {
  const server = createServer((request, response) => {
    if (request.url !== '/metrics') {
      response.writeHead(404).end()
      return
    }
    metrics.text().then(
      (text) => response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(text),
      () => response.writeHead(500).end(),
    )
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  return () =>
    new Promise((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
}

type Counted = { header(name: string): string | undefined }
type Answered = { readonly headers: Readonly<Record<string, string>> }

/** Notes each request that an exchange answers, by the operation it names and the exception it got. */
export const measured =
  <In extends Counted, Out extends Answered>(
    exchange: (incoming: In) => Promise<Out>,
    metrics: Metrics,
    operations: ReadonlySet<string>,
  ): ((incoming: In) => Promise<Out>) =>
  async (incoming) => {
    const begun = performance.now()
    const answer = await exchange(incoming)
    const named = incoming.header('x-amz-target')?.split('.')[1] ?? ''
    const operation = operations.has(named) ? named : 'other'
    const error = answer.headers['x-amzn-errortype']?.replace(':', '') ?? ''
    metrics.answered(operation, error, (performance.now() - begun) / 1000)
    return answer
  }
