// The connections to PostgreSQL: a bounded pool in which every wait has a time limit. A connection that breaks is an
// error for its current work, never for the process. A silent connection is destroyed, together with all connections
// that have had no answer since its last one.
import { Socket } from 'node:net'
import pg from 'pg'
import { tooManyRequests, type ServiceError } from '../../errors.ts'
import { postgresPlaces } from './postgres-url.ts'

/** The time limits for PostgreSQL, in milliseconds. */
export type Patience = {
  /** To connect; `connect_timeout` in the URL overrides it. */
  readonly connect: number
  /** To wait for a free connection. */
  readonly acquire: number
  /** For one piece of work, a read or a list of writes, measured on this side. */
  readonly work: number
  /** For one statement, measured by the server. */
  readonly statement: number
  /** For one lock, measured by the server. */
  readonly lock: number
  /** For work that is running when the pool closes. */
  readonly close: number
}

/**
 * The time limits of every server. Those of PostgreSQL are shorter than those of this side, so that a slow statement
 * can be distinguished from a dead server.
 */
export const patience: Patience = {
  connect: 5000,
  acquire: 2000,
  work: 6000,
  statement: 4000,
  lock: 2000,
  close: 3000,
}

/** PostgreSQL ends a transaction, and releases its locks, after this time without a statement from this side. */
const idleInTransactionMilliseconds = 10_000

/** A connection without traffic for this long gets a TCP keep-alive probe. */
const keepAliveMilliseconds = 10_000

/** The pool of connections. */
export type Connections = {
  /**
   * Runs work on a connection that no other work uses meanwhile.
   *
   * @param bounds - replace the limits of the pool; `work: undefined` means no limit
   * @throws ServiceError TooManyRequestsException when no connection is free in time; the driver's error when the pool
   * cannot connect or the connection breaks; the error of the work
   */
  use<Result>(work: (client: pg.ClientBase) => Promise<Result>, bounds?: Bounds): Promise<Result>
  /** Ends every connection, including silent ones. */
  close(): Promise<void>
}

/** The time limits of one call, in milliseconds. */
export type Bounds = { readonly acquire: number; readonly work: number | undefined }

const readOnlyTransaction = '25006'

/**
 * The SQLSTATEs with which the server announces the end of a connection: shutdown, an ended process, an idle
 * transaction, a broken protocol. The connection still looks usable for a moment.
 */
const lastWords = /^(57P|25P03|25P04|08)/

/**
 * Makes a pool. It connects at its first use.
 *
 * @param url - as `postgresPlaces` reads it
 * @param size - the most connections
 * @param lost - gets the errors of idle connections that break; the pool replaces them
 */
export const makeConnections = (
  url: string,
  size: number,
  lost: (error: Error) => void,
  { connect, acquire, work, statement, lock, close }: Patience = patience,
): Connections => {
  const { urls, writable, connectMilliseconds } = postgresPlaces(url)
  const types: pg.CustomTypesConfig = {
    // BIGINT arrives as text; every stored number is far below 2^53.
    getTypeParser: (id, format) => (id === 20 ? Number : pg.types.getTypeParser(id, format)),
  }

  /** Runs work on a connection, and destroys the connection when the server is silent for too long. */
  const within = async <Result>(
    client: pg.PoolClient,
    milliseconds: number | undefined,
    run: (client: pg.PoolClient) => Promise<Result>,
    silent: () => void = () => {},
  ): Promise<Result> => {
    if (milliseconds === undefined) return run(client)
    const timer = setTimeout(() => {
      silent()
      destroy(client, silence())
    }, milliseconds)
    try {
      return await run(client)
    } finally {
      clearTimeout(timer)
    }
  }

  const checkWrites = async (client: pg.PoolClient): Promise<void> => {
    const { rows } = await client.query<Record<string, string>>('show transaction_read_only')
    if (rows[0]?.['transaction_read_only'] !== 'off') throw takesNoWrites()
  }

  const verified = async (client: pg.PoolClient, done: (error?: Error) => void): Promise<void> => {
    const fault = writable
      ? await within(client, connect, checkWrites).then(
          () => undefined,
          (error: Error) => error,
        )
      : undefined
    done(fault)
  }

  /** The sockets of all connections, including those that are still connecting. */
  const sockets = new Set<Socket>()
  const pool = new pg.Pool({
    connectionString: urls[0],
    max: size,
    connectionTimeoutMillis: connectMilliseconds ?? connect,
    statement_timeout: statement,
    lock_timeout: lock,
    idle_in_transaction_session_timeout: idleInTransactionMilliseconds,
    keepAlive: true,
    keepAliveInitialDelayMillis: keepAliveMilliseconds,
    types,
    stream: () => {
      const socket = new Socket()
      sockets.add(socket)
      return socket.once('close', () => sockets.delete(socket))
    },
    verify: (client, done) => void verified(client, done),
  })
  pool.on('error', lost)

  // The pool removes its error listener when it hands out a connection, before the work can add one: an error in
  // between would end the process.
  const living = new Set<pg.PoolClient>()
  pool.on('connect', (client) => {
    living.add(client)
    heard(client)
    const gone = (): void => void living.delete(client)
    client.on('error', gone)
    client.on('end', gone)
  })

  // The number of the last answer of each connection; counting answers orders them without a clock.
  let answers = 0
  const heardAt = new WeakMap<pg.ClientBase, number>()
  const heard = (client: pg.ClientBase): void => void heardAt.set(client, (answers += 1))
  // A connection whose last answer has this number or a lower one may be dead.
  let doubtedUpTo = 0
  const doubt = (upTo: number): void => void (doubtedUpTo = Math.max(doubtedUpTo, upTo))
  const isSound = (client: pg.PoolClient): boolean => living.has(client) && (heardAt.get(client) ?? 0) > doubtedUpTo

  let place = 0
  const nextPlace = (from: number): void => {
    // When several connections find the same host unusable, only the first moves on to the next host.
    if (place !== from) return
    place = (place + 1) % urls.length
    pool.options.connectionString = urls[place]
  }

  const connected = async (tried = 1): Promise<pg.PoolClient> => {
    const from = place
    const client = await pool.connect().catch((error: unknown) => {
      nextPlace(from)
      if (tried >= urls.length || pool.ending) throw error
      return undefined
    })
    if (client === undefined) return connected(tried + 1)
    if (isSound(client)) return client
    destroy(client)
    client.release(true)
    return connected(tried)
  }

  const closing = new AbortController()
  const acquired = (milliseconds: number): Promise<pg.PoolClient> =>
    new Promise((resolve, reject) => {
      let waits = true
      const giveUp = (error: Error): void => {
        waits = false
        clearTimeout(timer)
        closing.signal.removeEventListener('abort', end)
        reject(error)
      }
      const end = (): void => giveUp(closed())
      const timer = setTimeout(() => giveUp(busy()), milliseconds)
      closing.signal.addEventListener('abort', end)
      connected().then((client) => {
        if (!waits) {
          client.release()
          return
        }
        clearTimeout(timer)
        closing.signal.removeEventListener('abort', end)
        resolve(client)
      }, giveUp)
    })

  let ended: Promise<void> | undefined
  const endAll = async (): Promise<void> => {
    closing.abort()
    const hangUp = (): void => {
      for (const socket of sockets) socket.destroy()
    }
    const late = setTimeout(hangUp, close)
    await pool.end()
    clearTimeout(late)
    hangUp()
  }

  return {
    use: async (run, bounds = { acquire, work }) => {
      const client = await acquired(bounds.acquire)
      const begun = answers
      try {
        const result = await within(client, bounds.work, run, () => doubt(begun))
        heard(client)
        return result
      } catch (error) {
        const code = codeOf(error)
        if (lastWords.test(code)) living.delete(client)
        // An error that did not end the connection is an answer too.
        if (living.has(client)) heard(client)
        // The host became a standby while this connection was open.
        if (code === readOnlyTransaction) {
          doubt(answers)
          nextPlace(place)
        }
        throw error
      } finally {
        client.release(!living.has(client) || client.getTransactionStatus() !== 'I')
      }
    },
    close: () => (ended ??= endAll()),
  }
}

const busy = (): ServiceError =>
  tooManyRequests('database/connections', 'no connection to the database was free in time')

const closed = (): Error => new Error('the connections to the database are closed')

const silence = (): Error => new Error('the database did not answer in time')

/** The error for a host that is skipped because it takes no writes. */
const takesNoWrites = (): Error => new Error('the database takes no writes: it is a standby, or read-only')

const codeOf = (error: unknown): string => String((error as { code?: unknown }).code)

/** Ends a connection at once, without the closing message, which a silent server would not read. */
const destroy = (client: pg.Client, error?: Error): void => void client.connection.stream.destroy(error)
