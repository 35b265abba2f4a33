// Starts everything, in reading order.
import { mkdirSync } from 'node:fs'
import { makeApp, type Doors } from './app.ts'
import { operations } from './api/index.ts'
import { movableClock, systemClock } from './clock.ts'
import {
  ConfigError,
  databaseOf,
  lightArgon2,
  sealKeysText,
  strongArgon2,
  type Options,
  type Settings,
} from './config.ts'
import type { Context, Log } from './context.ts'
import { deliveryOf } from './delivery/index.ts'
import { ensureReadyPool, type ReadyPool } from './dev/ready-pool.ts'
import { devRoutes } from './dev/routes.ts'
import { documentRoutes } from './document-routes.ts'
import { findAccessKey } from './flows/access-keys.ts'
import { makeKeys } from './keys/index.ts'
import { newSealKey, readSealKeys, sealKeyFile, type SealKey } from './keys/seal.ts'
import { systemRandom } from './random.ts'
import { openStore, type Database } from './store/index.ts'
import { openDatabase } from './store/open-database.ts'
import { emptyDatabase } from './store/reset.ts'
import { sweeper } from './store/sweep.ts'
import { jsonLog, terminalLog } from './telemetry/log.ts'
import { makeMetrics, measured, serveMetrics } from './telemetry/metrics.ts'
import { noTriggers } from './triggers/none.ts'
import { serveHttp } from './wire/http.ts'

export { newSealKey }

/** A server that answers. */
export type RunningServer = {
  readonly port: number
  readonly url: string
  /** The pool that the development server has ready. */
  readonly ready: ReadyPool | undefined
  /** Finishes what is in flight and lets go of everything. */
  stop(): Promise<void>
}

const noSealKey =
  'The production server seals secrets and needs a key for it. Make one with poolkeeper seal-key, and start with\nPOOLKEEPER_SEAL_KEYS set to it. Keep it: without it the database cannot be read.'

const sealKeysOf = (settings: Pick<Settings, 'mode' | 'dataFolder'>): SealKey[] => {
  const text = sealKeysText()
  if (text !== undefined) return readSealKeys(text)
  if (settings.mode === 'serve') throw new ConfigError(noSealKey)
  return settings.dataFolder === undefined ? readSealKeys(newSealKey()) : sealKeyFile(`${settings.dataFolder}/seal.key`)
}

const openStorage = async (settings: Settings, log: Log, now: () => number): Promise<Database> => {
  if (settings.dataFolder !== undefined) mkdirSync(settings.dataFolder, { recursive: true, mode: 0o700 })
  return openDatabase({
    database: settings.database,
    poolSize: settings.databasePoolSize,
    now,
    lost: (error) => log.warn({ err: error }, 'a database connection was lost'),
  })
}

const sweepMilliseconds = 60_000

const every = (milliseconds: number, work: () => Promise<void>, log: Log): NodeJS.Timeout =>
  setInterval(
    () => void work().catch((error: unknown) => log.error({ err: error }, 'background work failed')),
    milliseconds,
  ).unref()

/**
 * Starts a server.
 *
 * @throws ConfigError, or the system's error when a port or folder cannot be used
 */
export const startServer = async (settings: Settings): Promise<RunningServer> => {
  const development = settings.mode === 'dev'
  const log = development ? terminalLog((line) => void process.stdout.write(line)) : jsonLog()
  const moved = movableClock()
  const clock = development ? moved : systemClock
  const sealKeys = ((): SealKey[] => {
    if (settings.dataFolder !== undefined) mkdirSync(settings.dataFolder, { recursive: true, mode: 0o700 })
    return sealKeysOf(settings)
  })()
  const database = await openStorage(settings, log, clock.now)
  const keys = makeKeys({
    sealKeys,
    argon2: settings.argon2,
    hashQueueLimit: settings.hashQueueLimit,
    signingStock: 2,
  })
  const store = openStore(database)
  const context: Context = { store, clock, random: systemRandom, keys, triggers: noTriggers, log, settings }
  const ready = development ? await ensureReadyPool(context) : undefined
  const metrics = makeMetrics(context)
  const reset = async (): Promise<void> => {
    await emptyDatabase(database)
    store.forget()
    await ensureReadyPool(context)
  }
  const doors: Doors = {
    findKey: findAccessKey(context),
    ready: store.ping,
    routes: documentRoutes,
    dev: devRoutes({ clock: moved, reset }),
  }
  const app = makeApp(context, doors)
  const exchange = development ? app.exchange : measured(app.exchange, metrics, new Set(Object.keys(operations)))
  const http = await serveHttp({ host: settings.host, port: settings.port }, exchange)
  const stopMetrics =
    settings.metricsPort === undefined ? undefined : await serveMetrics(metrics, settings.host, settings.metricsPort)
  const delivering = deliveryOf(context)
  const sweep = sweeper(database)
  const sweeping = every(sweepMilliseconds, () => sweep(clock.now()), log)
  keys.signing.fill()
  return {
    port: http.port,
    url: settings.publicUrl,
    ready,
    stop: async () => {
      clearInterval(sweeping)
      await http.close()
      await delivering?.delivery.stop()
      delivering?.close()
      await stopMetrics?.()
      keys.signing.close()
      await database.close()
    },
  }
}

/**
 * Opens the store for a command that works beside the servers.
 *
 * @throws ConfigError when the database or the sealing key is not named
 */
export const openForCommand = async (options: Options): Promise<{ context: Context; close: () => Promise<void> }> => {
  const text = sealKeysText()
  const developmentFile = options.data === undefined ? undefined : `${options.data}/seal.key`
  if (text === undefined && developmentFile === undefined) throw new ConfigError(noSealKey)
  const sealKeys = text === undefined ? sealKeyFile(developmentFile ?? '') : readSealKeys(text)
  const log = jsonLog()
  const lost = (error: Error): void => log.warn({ err: error }, 'a database connection was lost')
  const database = await openDatabase({ database: databaseOf(options), poolSize: 1, now: systemClock.now, lost })
  const keys = makeKeys({ sealKeys, argon2: strongArgon2, hashQueueLimit: 1, signingStock: 0 })
  const settings = { argon2: lightArgon2 } as unknown as Settings
  const store = openStore(database)
  const context: Context = {
    store,
    clock: systemClock,
    random: systemRandom,
    keys,
    triggers: noTriggers,
    log,
    settings,
  }
  return { context, close: () => database.close() }
}
