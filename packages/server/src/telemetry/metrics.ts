// Metrics for Prometheus, on a separate port. No label names a user (protocol/requirements, section c).
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import { ConfigError, localUrl } from '../config.ts'
import type { Context } from '../context.ts'

/** Counts events, and renders the metrics. */
export type Metrics = {
  /** Notes an answered request. @param error - the exception's name, or '' for success */
  answered(operation: string, error: string, seconds: number): void
  /** Notes a request that a limit refused. @param limit - the limit's name, such as 'sign-in/source' */
  refused(limit: string): void
  /** Notes the result of a try to deliver a message: 'sent', 'failed' or 'given up'. */
  delivered(channel: string, outcome: string): void
  /** Notes rows that background work removed, because they had expired or their owner was removed. */
  removed(why: string, table: string, rows: number): void
  /** The metrics in the text format of Prometheus. Those read from the database are absent while it does not answer. */
  text(): Promise<string>
}

/**
 * Makes the metrics of one server.
 *
 * @param counted.linesLost - the number of log lines lost so far
 * @param counted.clockSteps - the number of clock steps, by direction
 */
export const makeMetrics = (
  { store, keys, clock }: Pick<Context, 'store' | 'keys' | 'clock'>,
  counted: {
    readonly linesLost?: () => number
    readonly clockSteps?: () => Readonly<Record<string, number>>
  } = {},
): Metrics => {
  const { linesLost = () => 0, clockSteps = (): Readonly<Record<string, number>> => ({}) } = counted
  const registry = new Registry()
  const registers = [registry]
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
  const refusals = new Counter({
    name: 'poolkeeper_refusals_total',
    help: 'Requests refused by a limit: a share (sign-in/source), a queue, attempts on a user, the database.',
    labelNames: ['limit'],
    registers,
  })
  const messages = new Counter({
    name: 'poolkeeper_messages_total',
    help: 'Tries to deliver a message, by channel and how they ended: sent, failed, given up.',
    labelNames: ['channel', 'outcome'],
    registers,
  })
  const removedRows = new Counter({
    name: 'poolkeeper_rows_removed_total',
    help: 'Rows removed beside requests, by table and why: ended, or owner-removed.',
    labelNames: ['why', 'table'],
    registers,
  })
  new Gauge({
    name: 'poolkeeper_sweep_overdue_seconds',
    help: 'For how long the row of a table that should have been swept first has been overdue.',
    labelNames: ['table'],
    registers,
    async collect() {
      const now = clock.now()
      for (const { table, overdue } of store.sweeps) {
        const milliseconds = await overdue(now).catch(() => undefined)
        if (milliseconds === undefined) this.remove({ table })
        else this.set({ table }, milliseconds / 1000)
      }
    },
  })
  new Counter({
    name: 'poolkeeper_clock_steps_total',
    help: 'Steps of the clock of the machine, by direction: back, forward.',
    labelNames: ['direction'],
    registers,
    collect() {
      this.reset()
      for (const [direction, count] of Object.entries(clockSteps())) this.inc({ direction }, count)
    },
  })
  new Gauge({
    name: 'poolkeeper_password_checks_waiting',
    help: 'Password checks that wait for a core.',
    registers,
    collect() {
      this.set(keys.passwords.waiting())
    },
  })
  new Gauge({
    name: 'poolkeeper_powers_waiting',
    help: 'Powers of SRP that wait for a core.',
    registers,
    collect() {
      this.set(keys.modularPower.waiting())
    },
  })
  new Gauge({
    name: 'poolkeeper_log_lines_lost',
    help: 'Lines of the log for which there was no room, since the start.',
    registers,
    collect() {
      this.set(linesLost())
    },
  })

  type Waiting = { readonly count: number; readonly oldestAt: number | undefined }
  const outboxGauge = (name: string, help: string, figure: (waiting: Waiting) => number): Gauge =>
    new Gauge({
      name,
      help,
      registers,
      async collect() {
        const waiting = await store.outbox.waiting().catch(() => undefined)
        if (waiting) this.set(figure(waiting))
        else this.remove()
      },
    })
  outboxGauge('poolkeeper_outbox_waiting', 'Messages that wait to be sent.', ({ count }) => count)
  outboxGauge('poolkeeper_outbox_oldest_seconds', 'Age of the oldest message that waits.', ({ oldestAt }) =>
    oldestAt === undefined ? 0 : Math.max(0, clock.now() - oldestAt) / 1000,
  )

  return {
    answered: (operation, error, seconds) => {
      requests.inc({ operation, error })
      latency.observe({ operation }, seconds)
    },
    refused: (limit) => refusals.inc({ limit }),
    delivered: (channel, outcome) => messages.inc({ channel, outcome }),
    removed: (why, table, rows) => removedRows.inc({ why, table }, rows),
    text: () => registry.metrics(),
  }
}

/** The HTTP server of /metrics, not listening yet. */
export const metricsServer = (metrics: Pick<Metrics, 'text'>): Server =>
  createServer((request, response) => {
    if (request.url !== '/metrics' || request.method !== 'GET') {
      response.writeHead(404).end()
      return
    }
    metrics.text().then(
      (text) => response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }).end(text),
      () => response.writeHead(500).end(),
    )
  })

/** The error of listening, in words that name the option for the port. */
const portFault = (error: NodeJS.ErrnoException): Error =>
  error.code === 'EADDRINUSE'
    ? new ConfigError(`The port of /metrics is in use already (${error.message}). Choose another with --metrics-port.`)
    : error

/**
 * Serves the metrics at /metrics.
 *
 * @param at - where to listen; port 0 chooses a free one
 * @throws ConfigError when the port is taken; the system's error when it cannot be opened
 */
export const serveMetrics = async (
  metrics: Metrics,
  at: { readonly host: string; readonly port: number },
): Promise<MetricsServer> => {
  const server = metricsServer(metrics)
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(portFault(error)))
    server.listen(at.port, at.host, resolve)
  })
  // Listening on a port, not on a pipe.
  const { port } = server.address() as AddressInfo
  const stop = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  return { url: `${localUrl({ host: at.host, port })}/metrics`, stop }
}

/** A running metrics server. */
export type MetricsServer = { readonly url: string; stop(): Promise<void> }

type MeasuredRequest = { header(name: string): string | undefined }
type MeasuredAnswer = { readonly status: number; readonly headers: Readonly<Record<string, string>> }

/**
 * Notes each request that an exchange answers, by its operation and its exception.
 *
 * @param operations - the names that become labels; any other name counts as `other`, because callers choose it freely
 */
export const measured =
  <In extends MeasuredRequest, Out extends MeasuredAnswer>(
    exchange: (incoming: In) => Promise<Out>,
    metrics: Pick<Metrics, 'answered'>,
    operations: ReadonlySet<string>,
  ): ((incoming: In) => Promise<Out>) =>
  async (incoming) => {
    const begun = performance.now()
    const answer = await exchange(incoming)
    const named = incoming.header('x-amz-target')?.split('.')[1] ?? ''
    const operation = operations.has(named) ? named : 'other'
    const exception = answer.headers['x-amzn-errortype']?.replace(':', '')
    const error = exception ?? (answer.status < 400 ? '' : String(answer.status))
    metrics.answered(operation, error, (performance.now() - begun) / 1000)
    return answer
  }
