// Brings a database to the newest schema, under a lease: when several servers start together, one migrates and the
// others wait for it.
import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { ConfigError } from '../../errors.ts'
import { leases } from '../leases.ts'
import type { Database, Statement } from './index.ts'
import { migrations, statementsOf, type Migration } from './migrations/index.ts'

const plain = (sql: string): Statement => ({ sql, parameters: [] })

/**
 * Applies every migration that the database lacks.
 *
 * @param now - returns the current time in epoch milliseconds
 * @param waits - called once when another server migrates, or has died during a migration and still holds the lease
 * @throws ConfigError when a newer program has migrated the database
 */
export const migrate = async (database: Database, now: () => number, waits: () => void = () => {}): Promise<void> => {
  await layGround(database)
  const owner = randomUUID()
  let told = false
  while ((await pending(database)).length > 0) {
    if (await takeLease(database, owner, now())) {
      for (const migration of await pending(database)) {
        await migration.rows?.(database, () => renewed(database, owner, now()))
        await apply(database, migration, now())
      }
      await database.commit([leases(database).release({ name: 'migrations', owner })])
      continue
    }
    if (!told) waits()
    told = true
    await pause(100)
  }
}

const keyText = { sqlite: 'TEXT', postgres: 'TEXT COLLATE "C"' } as const

/** The milliseconds after which another server takes over from a migrating server that is silent. */
const leaseMilliseconds = 60_000

const ground = [
  'create table if not exists migrations (number BIGINT primary key, name TEXT not null, applied_at BIGINT not null)',
  'create table if not exists leases (name TEXT primary key, owner TEXT not null, until_at BIGINT not null)',
].map(plain)

// Two servers may create the same table at once. PostgreSQL then refuses one of them; for its second try the table
// exists.
const layGround = (database: Database): Promise<void> => database.migrate(ground).catch(() => database.migrate(ground))

const applied = async (database: Database): Promise<Set<number>> => {
  const rows = await database.read(plain('select number from migrations'))
  return new Set(rows.map((row) => Number(row['number'])))
}

const newestKnown = Math.max(...migrations.map(({ number }) => number))

// Refuses a newer schema: this program cannot know the meaning of its data.
const refuseNewer = (done: ReadonlySet<number>): void => {
  const newest = Math.max(0, ...done)
  if (newest <= newestKnown) return
  throw new ConfigError(
    `The database has schema ${newest}, and this program knows schemas up to ${newestKnown}. Start the version that wrote it, or a newer one.`,
  )
}

const pending = async (database: Database): Promise<Migration[]> => {
  const done = await applied(database)
  refuseNewer(done)
  return migrations.filter(({ number }) => !done.has(number))
}

const place = (database: Database, index: number): string => (database.dialect === 'sqlite' ? '?' : `$${index}`)

const apply = (database: Database, migration: Migration, now: number): Promise<void> => {
  const values = [1, 2, 3].map((index) => place(database, index)).join(', ')
  return database.migrate([
    // This insert comes first: its primary key refuses a second server that took over an expired lease.
    { sql: `insert into migrations values (${values})`, parameters: [migration.number, migration.name, now] },
    ...statementsOf(migration, keyText[database.dialect]).map(plain),
  ])
}

// Extends the lease of a server that works on many rows.
const renewed = async (database: Database, owner: string, now: number): Promise<void> => {
  const [a, b] = [1, 2].map((index) => place(database, index))
  const sql = `update leases set until_at = ${a} where owner = ${b}`
  await database.migrate([{ sql, parameters: [now + leaseMilliseconds, owner] }])
}

const refused = new Error('another server holds the lease')

const takeLease = async (database: Database, owner: string, now: number): Promise<boolean> => {
  const lease = { name: 'migrations', owner, now, milliseconds: leaseMilliseconds }
  return database.commit([leases(database).take(lease, () => refused)]).then(
    () => true,
    (error: unknown) => {
      if (error === refused) return false
      throw error
    },
  )
}
