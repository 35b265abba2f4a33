// PostgreSQL by pg, and anything that speaks its protocol. A bounded pool; a lost connection is an error for the
// request that met it, never for the process.
import { randomInt } from 'node:crypto'
import pg from 'pg'
import { setTimeout as pause } from 'node:timers/promises'
import type { Database, Statement, Value, Write } from './index.ts'

/** How often a list is tried when the database cannot serialise it. */
const attemptLimit = 6

/** serialization_failure and deadlock_detected (PostgreSQL manual, appendix A). */
const isConflict = (error: unknown): boolean => {
  const code = (error as { code?: unknown }).code
  return code === '40001' || code === '40P01'
}

/** As this server's own connections see them: a role or a database may have its own. */
const weaknesses = `select name || '=' || setting as weakness from pg_settings
  where name in ('fsync', 'full_page_writes', 'synchronous_commit') and setting = 'off' order by name`

/** What the pool tells of connections that fail while idle. */
export type Lost = (error: Error) => void

/**
 * Opens a pool of connections to PostgreSQL.
 *
 * @param url - postgres://user:password@host:port/database
 * @param poolSize - connections at most
 * @param lost - told of idle connections that break; the pool replaces them
 */
export const openPostgres = (url: string, poolSize: number, lost: Lost): Database => {
  const types: pg.CustomTypesConfig = {
    // BIGINT arrives as text; every number kept here is far below 2^53.
    getTypeParser: (id, format) => (id === 20 ? Number : pg.types.getTypeParser(id, format)),
  }
  const pool = new pg.Pool({ connectionString: url, max: poolSize, connectionTimeoutMillis: 10_000, types })
  pool.on('error', lost)

  // Statements get a name, so that each connection plans a statement once.
  const names = new Map<string, string>()
  const named = ({ sql, parameters }: Statement): pg.QueryConfig => {
    const name = names.get(sql) ?? `q${names.size}`
    names.set(sql, name)
    return { name, text: sql, values: [...parameters] }
  }

  const writeList = async (client: pg.PoolClient, writes: readonly Write[]): Promise<void> => {
    for (const { statement, rows, otherwise } of writes) {
      const touched = (await client.query(named(statement))).rowCount ?? 0
      if (rows !== 'any' && touched !== rows) throw otherwise()
    }
  }

  const transaction = async (work: (client: pg.PoolClient) => Promise<void>): Promise<void> => {
    const client = await pool.connect()
    let broken = false
    const died = (): void => void (broken = true)
    client.on('error', died)
    try {
      await client.query('begin')
      await work(client)
      await client.query('commit')
    } catch (error) {
      await client.query('rollback').catch(died)
      throw error
    } finally {
      client.off('error', died)
      client.release(broken)
    }
  }

  const commit = async (writes: readonly Write[], attempt = 1): Promise<void> => {
    try {
      await transaction((client) => writeList(client, writes))
    } catch (error) {
      if (!isConflict(error) || attempt >= attemptLimit) throw error
      await pause(randomInt(10 * 2 ** attempt))
      await commit(writes, attempt + 1)
    }
  }

  return {
    dialect: 'postgres',
    read: async (statement) => (await pool.query<Record<string, Value>>(named(statement))).rows,
    commit: (writes) => commit(writes),
    migrate: (list) =>
      transaction(async (client) => {
        for (const { sql, parameters } of list) await client.query(sql, [...parameters])
      }),
    weaknesses: async () => {
      const { rows } = await pool.query<{ weakness: string }>(weaknesses)
      return rows.map(({ weakness }) => weakness)
    },
    ping: async () => void (await pool.query('select 1')),
    close: () => pool.end(),
  }
}
