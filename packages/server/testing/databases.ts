// Tests of the whole server on each database: the same test on SQLite and on PostgreSQL, by several servers that share
// one database where that is asked for. Races are told by what each request was answered.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import type { Database } from '../src/store/index.ts'
import { openPostgres } from '../src/store/database/postgres.ts'
import { openSqlite } from '../src/store/database/sqlite.ts'
import { closing } from './closing.ts'
import { makeTestApp, Refused, type TestApp, type TestOptions } from './app.ts'
import { startPostgres, unhurried } from './postgres.ts'

/** Starts one server or more on one fresh database; all are closed after the test. */
export type StartServers = (
  count: number,
  options?: Omit<TestOptions, 'database'>,
) => Promise<readonly [TestApp, ...TestApp[]]>

type Place = (t: TestContext) => Promise<() => Database>

const sqliteFile: Place = async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'poolkeeper-databases-'))
  closing(t, () => rmSync(folder, { recursive: true, force: true }))
  return () => openSqlite(join(folder, 'poolkeeper.sqlite'))
}

const postgresDatabase: Place = async () => {
  const url = await (await startPostgres()).freshDatabase()
  return () => openPostgres(url, 8, () => {}, unhurried)
}

const both: Readonly<Record<string, Place>> = { SQLite: sqliteFile, PostgreSQL: postgresDatabase }

/** The search for faults that no test finds asks SQLite first, as that is quicker; every other run asks both. */
const named = process.env['POOLKEEPER_TEST_DATABASES']?.split(',')

const places = Object.entries(both).filter(([name]) => named?.includes(name) ?? true)

const startOn = async (t: TestContext, place: Place): Promise<StartServers> => {
  const open = await place(t)
  return async (count, options = {}) => {
    const startOne = async (): Promise<TestApp> => {
      return makeTestApp(t, { ...options, database: open() })
    }
    const servers: [TestApp, ...TestApp[]] = [await startOne()]
    while (servers.length < count) servers.push(await startOne())
    return servers
  }
}

/** Runs a test on SQLite and on PostgreSQL, each time on a fresh database. */
export const onBothDatabases = (title: string, run: (start: StartServers, t: TestContext) => Promise<void>): void => {
  for (const [name, place] of places) {
    test(`${title} (${name})`, async (t) => run(await startOn(t, place), t))
  }
}

/** What came of requests that were made together. */
export type Race<Result> = {
  /** What the winners were answered, and the place of each in the row of requests. */
  readonly won: readonly { readonly index: number; readonly result: Result }[]
  /** The exceptions of the others. */
  readonly refused: readonly Refused[]
}

/**
 * Makes fifty requests at once, by turns on every server (or on one pool at every server).
 *
 * @throws Error when a request fails other than by a refusal
 */
export const raceOfFifty = async <Server, Result>(
  servers: readonly Server[],
  request: (server: Server, index: number) => Promise<Result>,
): Promise<Race<Result>> => {
  const turns = Array.from({ length: 50 }, async (_, index) => {
    const server = servers[index % servers.length]
    if (!server) throw new Error('a race needs a server')
    return { index, result: await request(server, index) }
  })
  const settled = await Promise.allSettled(turns)
  const won = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
  const refused: Refused[] = []
  for (const one of settled) {
    if (one.status === 'fulfilled') continue
    const error: unknown = one.reason
    if (!(error instanceof Refused) || error.status >= 500) throw new Error('no refusal', { cause: error })
    refused.push(error)
  }
  return { won, refused }
}
