// Starts the server, in reading order.
import { availableParallelism } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import { doorsOf, makeApp } from './app.ts'
import { extensions } from './api/extensions.ts'
import { operations } from './api/index.ts'
import { atPort, ConfigError, functionEnvironment, limits, sizeThreadPool, type Settings } from './config.ts'
import type { Context, Log } from './context.ts'
import { makeDataFolder } from './data-folder.ts'
import { deliveryOf } from './delivery/index.ts'
import { ensureReadyPool, type ReadyPool } from './dev/ready-pool.ts'
import { findAccessKey } from './flows/access-keys.ts'
import { makeShares } from './flows/callers/shares.ts'
import { sourceByProxies } from './flows/callers/trusted-proxies.ts'
import { checkSealKeys } from './flows/sealed-before.ts'
import { readCommonPasswords, type CommonPasswords } from './keys/common-passwords.ts'
import { makeKeys } from './keys/index.ts'
import { sealKeysOf, type SealKey } from './keys/seal.ts'
import { systemRandom } from './random.ts'
import { openStore, type Database } from './store/index.ts'
import { openDatabase } from './store/database/open-database.ts'
import { databaseNews } from './telemetry/database-news.ts'
import { emptyDatabase } from './store/reset.ts'
import { makeHealth } from './telemetry/health.ts'
import { jsonLog, lostLines, readable, terminalLog } from './telemetry/log.ts'
import { descriptorOutput, type Output } from './telemetry/output.ts'
import { sampledLog, samplingLimits } from './telemetry/sampling.ts'
import { makeMetrics, measured, serveMetrics } from './telemetry/metrics.ts'
import { watchUnread, type UnreadWatch } from './telemetry/unread.ts'
import { keepTime } from './work/clock.ts'
import { startWork } from './work/index.ts'
import { makeTriggers, type MappedTriggers } from './triggers/mapped.ts'
import { readFunctions } from './triggers/mapping.ts'
import type { Exchange } from './http/exchange.ts'
import { readCertificate, watchCertificate, type Certificate, type WatchedCertificate } from './http/certificate.ts'
import { serveHttp, type HttpServer } from './http/server.ts'
import {
  movableClock,
  systemClock,
  watchedClock,
  type Clock,
  type ClockStep,
  type MovableClock,
  type WatchedClock,
} from './clock.ts'
import { unreadRefusal } from './wire/refusal.ts'

/** A running server. */
export type RunningServer = {
  readonly port: number
  /** The URL of the metrics, in `serve` only. */
  readonly metricsUrl: string | undefined
  readonly url: string
  /** The ready pool of the development server. */
  readonly ready: ReadyPool | undefined
  /** Prints to standard output, like the log. */
  print(text: string): void
  /** Reads the TLS certificate and its key again from their files. */
  reloadCertificate(): Promise<void>
  /** How far the clock is ahead of real time. */
  clockAheadSeconds(): number
  /**
   * Goes on serving for the drain period, finishes requests in flight and closes everything.
   *
   * @param hurry - ends the drain period
   */
  stop(hurry?: AbortSignal): Promise<void>
}

const openStorage = (settings: Settings, log: Log, now: () => number): Promise<Database> =>
  openDatabase({
    database: settings.database,
    poolSize: settings.databasePoolSize,
    mode: settings.mode,
    now,
    ...databaseNews(log),
  })

// The output of functions goes to standard error, apart from the log.
const triggersOf = ({ triggersFile }: Settings, print: Output['write']): MappedTriggers =>
  makeTriggers(
    readFunctions(triggersFile, {
      clock: systemClock,
      environment: functionEnvironment(),
      print,
    }),
  )

const certificateOf = async ({ tls }: Settings): Promise<Certificate | undefined> => {
  try {
    return tls && (await readCertificate(tls))
  } catch (error) {
    throw new ConfigError(`The TLS certificate and its key cannot be used: ${(error as Error).message}.`)
  }
}

/** Renews the certificate when its files change. If they cannot be used, the log says so and the last one stays. */
const renewing = ({ tls }: Settings, http: HttpServer, log: Log): WatchedCertificate | undefined =>
  tls &&
  watchCertificate(tls, {
    changed: (certificate) => {
      http.renew(certificate)
      log.info({ file: tls.certFile }, 'the TLS certificate was read anew')
    },
    failed: (error) => log.error({ err: error }, 'the TLS certificate cannot be used; the last one stays in use'),
  })

/** Warns in the log about settings of the database under which acknowledged writes may be lost (requirement 102). */
const weaknessesOf = async (database: Database, log: Log): Promise<readonly string[]> => {
  const weaknesses = await database.weaknesses()
  if (weaknesses.length > 0)
    log.warn({ weaknesses }, 'the database does not wait for the disk: what was acknowledged may be lost')
  return weaknesses
}

/** Warns in the log that the clock of the machine was set (protocol/requirements F8). */
const warnOfStep = (log: Log, { from, to }: ClockStep): void =>
  log.warn(
    { from: new Date(from).toISOString(), to: new Date(to).toISOString() },
    to < from
      ? 'the clock of this machine was set back: the time stands still until what has ended is gone'
      : 'the clock of this machine was set forward',
  )

/**
 * Starts a server.
 *
 * @throws ConfigError, or the system's error when a port or folder cannot be used
 */
export const startServer = async (settings: Settings): Promise<RunningServer> => {
  sizeThreadPool(availableParallelism())
  const development = settings.mode === 'dev'
  const watched = watchedClock(systemClock, (step) => warnOfStep(log, step))
  const moved = movableClock(watched)
  const clock = development ? moved : watched
  const outputs = openOutputs(settings, clock)
  const { log, flush } = development
    ? { log: terminalLog(outputs.standard.write, moved.aheadSeconds), flush: () => {} }
    : sampledLog(jsonLog(outputs.standard))
  const sourceOf = sourceByProxies(settings.trustedProxies)
  // The development server makes a key file, but not for a database that it may not open.
  const named = development ? undefined : sealKeysOf(settings)
  if (settings.dataFolder !== undefined) makeDataFolder(settings.dataFolder)
  const triggers = triggersOf(settings, outputs.error.write)
  const commonPasswords = readCommonPasswords(settings.passwordListFile)
  const certificate = await certificateOf(settings)
  const database = await openStorage(settings, log, clock.now)
  const waiting = Promise.withResolvers<Exchange>()
  // If the start fails, the caller gets the error, and waiting requests fail.
  waiting.promise.catch(() => {})
  const { host, port } = settings
  const unread = watchUnread(log)
  const http = await serveHttp(
    {
      host,
      port,
      limits,
      refuse: unreadRefusal,
      refused: unread.refused,
      sourceOf,
      ...(certificate && { certificate }),
    },
    waiting.promise,
  ).catch(async (error) => {
    await database.close()
    throw error
  })
  try {
    const sealKeys = named ?? sealKeysOf(settings)
    const time = { clock, watched, moved }
    const parts = { log, flush, outputs, ...time, sealKeys, commonPasswords, triggers, database, http, unread }
    return await serving(atPort(settings, http.port), parts, waiting.resolve)
  } catch (error) {
    waiting.reject(error)
    await http.close()
    await database.close()
    throw error
  }
}

type Outputs = { readonly standard: Output; readonly error: Output }

const openOutputs = ({ mode }: Settings, clock: Clock): Outputs => {
  const lost = (count: number): string => {
    const line = lostLines(count, clock.now())
    return mode === 'dev' ? readable(line) : line
  }
  return { standard: descriptorOutput(1, lost), error: descriptorOutput(2, lost) }
}

/** The time-out for writing the last lines of the log. */
const lastLinesMilliseconds = 1000

type Parts = {
  readonly log: Log
  /** Logs how many refusals were left out. */
  readonly flush: () => void
  readonly outputs: Outputs
  readonly clock: Clock
  readonly watched: WatchedClock
  readonly moved: MovableClock
  readonly sealKeys: readonly SealKey[]
  readonly commonPasswords: CommonPasswords
  readonly triggers: MappedTriggers
  readonly database: Database
  /** The server listens already; its requests wait. */
  readonly http: HttpServer
  readonly unread: UnreadWatch
}

/** Waits until load balancers have learnt that the server is not ready. */
const draining = async ({ drainSeconds }: Settings, log: Log, hurry: AbortSignal | undefined): Promise<void> => {
  if (drainSeconds === 0) return
  log.info({ seconds: drainSeconds }, `stopping in ${drainSeconds} s; a second signal ends the wait`)
  await pause(drainSeconds * 1000, undefined, hurry && { signal: hurry }).catch(() => {})
}

const serving = async (
  settings: Settings,
  { log, flush, outputs, clock, watched, moved, sealKeys, commonPasswords, triggers, database, http, unread }: Parts,
  serve: (exchange: Exchange) => void,
): Promise<RunningServer> => {
  const development = settings.mode === 'dev'
  const keys = makeKeys({
    sealKeys,
    argon2: settings.argon2,
    hashQueueLimit: settings.hashQueueLimit,
    signingStock: 2,
  })
  const store = openStore(database)
  const time = keepTime({ store, log, clock: watched })
  await time.start()
  const context: Context = {
    store,
    clock,
    random: systemRandom,
    keys,
    commonPasswords,
    triggers,
    log,
    shares: makeShares(settings.shareLimits),
    settings,
  }
  await checkSealKeys(context, settings.region)
  const ready = development ? await ensureReadyPool(context) : undefined
  const metrics = makeMetrics(context, { linesLost: outputs.standard.lost, clockSteps: watched.steps })
  unread.countBy(metrics.refused)
  const reset = async (): Promise<void> => {
    await emptyDatabase(database)
    store.forget()
    moved.reset()
    await ensureReadyPool(context)
  }
  const health = makeHealth({ probe: store.probe })
  const doors = doorsOf(settings, {
    findKey: findAccessKey(context),
    health: { ready: health.ready, weaknesses: await weaknessesOf(database, log) },
    dev: { clock: moved, reset },
  })
  const app = makeApp(context, doors, metrics)
  const exchange = development
    ? app.exchange
    : measured(app.exchange, metrics, new Set(Object.keys({ ...operations, ...extensions })))
  const figures = settings.metrics && (await serveMetrics(metrics, settings.metrics))
  serve(exchange)
  const delivering = deliveryOf(context, { noted: metrics.delivered })
  const work = startWork(context, { removed: metrics.removed })
  const certificate = renewing(settings, http, log)
  const flushing = setInterval(flush, samplingLimits.windowMilliseconds).unref()
  void time.run()
  keys.signing.fill()
  return {
    port: http.port,
    metricsUrl: figures?.url,
    url: settings.publicUrl,
    ready,
    print: outputs.standard.write,
    reloadCertificate: async () => certificate?.reload(),
    clockAheadSeconds: moved.aheadSeconds,
    stop: async (hurry) => {
      health.drain()
      http.drain()
      await draining(settings, log, hurry)
      certificate?.close()
      await work.stop()
      await time.stop()
      await http.close()
      await delivering?.delivery.stop()
      delivering?.close()
      await figures?.stop()
      await triggers.close()
      keys.close()
      await database.close()
      clearInterval(flushing)
      flush()
      await Promise.all([outputs.standard, outputs.error].map((output) => output.end(lastLinesMilliseconds)))
    },
  }
}
