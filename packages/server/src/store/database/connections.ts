// The connections to PostgreSQL: a bounded pool in which nothing is waited for without end. A connection that dies is
// an error for the work that it carried, never for the process; one that falls silent is destroyed, and so are those
// that have not been heard since.
import { Socket } from 'node:net'
import pg from 'pg'
import { tooManyRequests, type ServiceError } from '../../errors.ts'
import { postgresPlaces } from './postgres-url.ts'

/** How long PostgreSQL may take, in milliseconds. */
export type Patience = {
  /** To make a connection; `connect_timeout` of the URL goes before it. */
  readonly connect: number
  /** Until a connection is free. */
  readonly acquire: number
  /** For one piece of work, a read or a list of writes, whatever the server says. */
  readonly work: number
  /** For one statement, by the server's own clock. */
  readonly statement: number
  /** For one lock, by the server's own clock. */
  readonly lock: number
  /** For work under way when the pool closes. */
  readonly close: number
}

/**
 * The patience of every server. The server's own limits end before those of this side, so that a slow statement is
 * told from a server that is gone.
 */
export const patience: Patience = {
  connect: 5000,
  acquire: 2000,
  work: 6000,
  statement: 4000,
  lock: 2000,
  close: 3000,
}

/** A transaction whose server process has not heard from this side is ended by PostgreSQL, with the locks it holds. */
const idleInTransactionMilliseconds = 10_000

/** A connection without traffic is asked for a sign of life after so long. */
const keepAliveMilliseconds = 10_000

/** The pool of connections. */
export type Connections = {
  /**
   * Runs work on a connection of its own, and takes the connection back.
   *
   * @param bounds - in place of the pool's own patience; `work: undefined` for work without a bound
   * @throws ServiceError TooManyRequestsException when no connection is free in time; the driver's error when none can
   * be made, or when it dies; what the work throws
   */
  use<Result>(work: (client: pg.ClientBase) => Promise<Result>, bounds?: Bounds): Promise<Result>
  /** Ends every connection, those that are silent too. */
  close(): Promise<void>
}

/** How long one call may wait and take, in milliseconds. */
export type Bounds = { readonly acquire: number; readonly work: number | undefined }

const readOnlyTransaction = '25006'

/**
 * What the server says before it hangs up: shutdown, a process that is ended, a transaction left idle, a broken
 * protocol. The connection still looks alive for a moment.
 */
const lastWords = /^(57P|25P03|25P04|08)/

/**
 * Makes a pool. It connects when it is first used.
 *
 * @param url - as `postgresPlaces` reads it
 * @param size - connections at most
 * @param lost - told of idle connections that break; the pool replaces them
 */
export const makeConnections = (
  url: string,
  size: number,
  lost: (error: Error) => void,
  { connect, acquire, work, statement, lock, close }: Patience = patience,
): Connections => {
  const { urls, writable, connectMilliseconds } = postgresPlaces(url)
  const types: pg.CustomTypesConfig = {
    // BIGINT arrives as text; every number kept here is far below 2^53.
    getTypeParser: (id, format) => (id === 20 ? Number : pg.types.getTypeParser(id, format)),
  }

  /** Runs on a connection; a server that is silent for so long loses it. */
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

  /** Also those of connections that are not made yet. */
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

  // The pool's own listener is taken away when a connection is handed out, before the work can set one up: an error in
  // between would end the process.
  const living = new Set<pg.PoolClient>()
  pool.on('connect', (client) => {
    living.add(client)
    heard(client)
    const gone = (): void => void living.delete(client)
    client.on('error', gone)
    client.on('end', gone)
  })

  // When which connection was last heard, in the order of answers; no clock is needed for that.
  let answers = 0
  const heardAt = new WeakMap<pg.ClientBase, number>()
  const heard = (client: pg.ClientBase): void => void heardAt.set(client, (answers += 1))
  // Up to here nothing says that a connection still leads to a server.
  let doubtedUpTo = 0
  const doubt = (upTo: number): void => void (doubtedUpTo = Math.max(doubtedUpTo, upTo))
  const isSound = (client: pg.PoolClient): boolean => living.has(client) && (heardAt.get(client) ?? 0) > doubtedUpTo

  let place = 0
  const nextPlace = (from: number): void => {
    // Of several that found the same host wanting, one goes on to the next.
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
        // An error that left the connection alive is an answer too.
        if (living.has(client)) heard(client)
        // The host was made a standby under this connection's feet.
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

/** An error of this side, for a host that is passed over. */
const takesNoWrites = (): Error => new Error('the database takes no writes: it is a standby, or read-only')

const codeOf = (error: unknown): string => String((error as { code?: unknown }).code)

/** Ends a connection at once, without a word to a server that may not hear it. */
const destroy = (client: pg.Client, error?: Error): void => void client.connection.stream.destroy(error)
