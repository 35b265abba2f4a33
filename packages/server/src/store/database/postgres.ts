// PostgreSQL, and databases that speak its protocol, through the driver pg.
import { randomInt } from 'node:crypto'
import type pg from 'pg'
import { setTimeout as pause } from 'node:timers/promises'
import { tooManyRequests } from '../../errors.ts'
import { makeConnections, patience, type Patience } from './connections.ts'
import type { Database, Statement, Value, Write } from './index.ts'
import { makeConnectionShares } from './shares.ts'

/** The most tries of a list that the database cannot serialise. */
const attemptLimit = 6

/** The most tries of a migration while another transaction locks a table, one second apart. */
const migrationAttempts = 15

/** serialization_failure and deadlock_detected (PostgreSQL manual, appendix A). */
const conflicts = ['40001', '40P01']

/** lock_not_available, by lock_timeout. */
const lockTimeout = '55P03'

/** Reads the settings of this server's own connections: a role or a database may have its own values. */
const weaknesses = `select name || '=' || setting as weakness from pg_settings
  where name in ('fsync', 'full_page_writes', 'synchronous_commit') and setting = 'off' order by name`

/** Gets the errors of connections that break while idle. */
export type Lost = (error: Error) => void

/**
 * Opens a pool of connections to PostgreSQL.
 *
 * @param url - postgres://user:password@host:port/database, or several hosts as `postgresPlaces` reads them
 * @param poolSize - the most connections
 * @param lost - gets the errors of idle connections that break; the pool replaces them
 * @throws ConfigError when the URL cannot be used
 */
export const openPostgres = (url: string, poolSize: number, lost: Lost, patient: Patience = patience): Database => {
  const connections = makeConnections(url, poolSize, lost, patient)

  // Statements have names, so that each connection plans a statement only once.
  const names = new Map<string, string>()
  const named = ({ sql, parameters }: Statement): pg.QueryConfig => {
    const name = names.get(sql) ?? `q${names.size}`
    names.set(sql, name)
    return { name, text: sql, values: [...parameters] }
  }

  const writeList = async (client: pg.ClientBase, writes: readonly Write[]): Promise<void> => {
    for (const { statement, rows, otherwise } of writes) {
      const touched = (await client.query(named(statement))).rowCount ?? 0
      if (rows !== 'any' && touched !== rows) throw otherwise()
    }
  }

  // When a rollback fails, the pool sees the open transaction and drops the connection.
  const inTransaction =
    (work: (client: pg.ClientBase) => Promise<void>) =>
    async (client: pg.ClientBase): Promise<void> => {
      try {
        await client.query('begin')
        await work(client)
        await client.query('commit')
      } catch (error) {
        await client.query('rollback').catch(() => {})
        throw error
      }
    }

  const late = (): Error =>
    tooManyRequests('database/user', 'too many requests about one user or name wait for the database')
  const shares = makeConnectionShares(Math.max(1, Math.floor(poolSize / 4)), patient.acquire, late)

  const commit = async (writes: readonly Write[], attempt = 1): Promise<void> => {
    const subjects = new Set(writes.flatMap(({ statement }) => statement.subject ?? []))
    const write = inTransaction((client) => writeList(client, writes))
    try {
      await shares.run([...subjects], () => connections.use(write))
    } catch (error) {
      if (!conflicts.includes(codeOf(error)) || attempt >= attemptLimit) throw refusalOf(error)
      await pause(randomInt(10 * 2 ** attempt))
      await commit(writes, attempt + 1)
    }
  }

  // A migration may take long, but must not wait long for a lock: requests of other servers would wait behind it.
  const migrate = async (list: readonly Statement[], attempt = 1): Promise<void> => {
    const work = async (client: pg.ClientBase): Promise<void> => {
      await client.query('set local statement_timeout = 0')
      for (const { sql, parameters } of list) await client.query(sql, [...parameters])
    }
    try {
      await connections.use(inTransaction(work), { acquire: patient.connect + patient.acquire, work: undefined })
    } catch (error) {
      if (codeOf(error) !== lockTimeout || attempt >= migrationAttempts) throw error
      await pause(1000)
      await migrate(list, attempt + 1)
    }
  }

  const read = async (statement: Statement): Promise<Record<string, Value>[]> => {
    try {
      return (await connections.use((client) => client.query<Record<string, Value>>(named(statement)))).rows
    } catch (error) {
      throw refusalOf(error)
    }
  }

  return {
    dialect: 'postgres',
    read,
    commit: (writes) => commit(writes),
    migrate: (list) => migrate(list),
    weaknesses: async () => {
      const { rows } = await connections.use((client) => client.query<{ weakness: string }>(weaknesses))
      return rows.map(({ weakness }) => weakness)
    },
    close: connections.close,
  }
}

/** query_canceled, by statement_timeout. */
const statementTimeout = '57014'

const codeOf = (error: unknown): string => String((error as { code?: unknown }).code)

/** A time limit that was reached becomes a refusal after which clients try again; other errors stay unchanged. */
const refusalOf = (error: unknown): unknown => {
  if (codeOf(error) === lockTimeout)
    return tooManyRequests('database/lock', 'another transaction holds a row that the request needs')
  if (codeOf(error) === statementTimeout)
    return tooManyRequests('database/statement', 'the database took too long over a statement')
  return error
}
