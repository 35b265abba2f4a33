// Tests of the whole server on each database: the same test on SQLite and on PostgreSQL, by several servers that share
// one database where that is asked for. Races are told by what each request was answered.
import { test, type TestContext } from 'node:test'
import { makeTestApp, Refused, type TestApp, type TestOptions } from './app.ts'
import { places, type Place } from './places.ts'

/** Starts one server or more on one fresh database; all are closed after the test. */
export type StartServers = (
  count: number,
  options?: Omit<TestOptions, 'database'>,
) => Promise<readonly [TestApp, ...TestApp[]]>

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
