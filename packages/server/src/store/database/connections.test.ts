// What PostgreSQL does to a server that goes on: connections that die, a network that swallows everything, rows that
// others lock. Nothing here waits for a time: each test asks until it is so.
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import pg from 'pg'
import { closing } from '../../../testing/closing.ts'
import { startOwnPostgres, startPostgres, unhurried } from '../../../testing/postgres.ts'
import { startSilentProxy } from '../../../testing/silent-proxy.ts'
import type { ServiceError } from '../../errors.ts'
import { patience, type Patience } from './connections.ts'
import type { Database, Statement, Write } from './index.ts'
import { openPostgres } from './postgres.ts'

const plain = (sql: string): Statement => ({ sql, parameters: [] })

const write = (sql: string): Write => ({ statement: plain(sql), rows: 1, otherwise: () => new Error('not written') })

const insert = (number: number): Write => write(`insert into numbers values (${number})`)

/** A connection beside the server's, that an administrator might hold. */
const beside = async (t: TestContext, url: string): Promise<pg.Client> => {
  const client = new pg.Client(url)
  client.on('error', () => {})
  await client.connect()
  closing(t, () => client.end())
  return client
}

type Opened = { readonly database: Database; readonly admin: pg.Client; readonly url: string; losses: Error[] }

const opened = async (t: TestContext, size: number, patient: Patience = unhurried): Promise<Opened> => {
  const url = await (await startPostgres()).freshDatabase()
  const admin = await beside(t, url)
  await admin.query('create table numbers (number integer)')
  const losses: Error[] = []
  const database = openPostgres(`${url}?application_name=server`, size, (error) => void losses.push(error), patient)
  closing(t, database.close)
  return { database, admin, url, losses }
}

const numbersIn = async (admin: pg.Client): Promise<number[]> =>
  (await admin.query<{ number: number }>('select number from numbers order by number')).rows.map(({ number }) => number)

const terminate = `select pg_terminate_backend(pid) from pg_stat_activity
  where datname = current_database() and application_name = 'server'`

/** Asks until it is so. What never becomes so ends with its test. */
const untilTrue = async (t: TestContext, ask: () => Promise<boolean>): Promise<void> => {
  while (!(await ask())) t.signal.throwIfAborted()
}

const succeeds = (work: Promise<unknown>): Promise<boolean> =>
  work.then(
    () => true,
    () => false,
  )

const refusedAsBusy = { name: 'TooManyRequestsException', message: 'Too many requests' }

test('req 126: backends that are ended while 32 writers share 10 connections are errors for those writes alone', async (t) => {
  const { database, admin } = await opened(t, 10)
  const acknowledged: number[] = []
  const failures: unknown[] = []
  let over = false
  const writer = async (first: number): Promise<void> => {
    for (let number = first; !over && !t.signal.aborted; number += 32) {
      await database.commit([insert(number)]).then(
        () => acknowledged.push(number),
        (error: unknown) => failures.push(error),
      )
    }
  }
  const writers = Array.from({ length: 32 }, (_, index) => writer(index))
  for (let round = 0; round < 40; round += 1) {
    const before = acknowledged.length
    await admin.query(terminate)
    await untilTrue(t, async () => {
      await new Promise(setImmediate)
      return acknowledged.length > before
    })
  }
  over = true
  await Promise.all(writers)
  assert.ok(failures.length > 0)
  for (const failure of failures) assert.match(String(failure), /terminat|ECONNRESET|not queryable/)
  const kept = new Set(await numbersIn(admin))
  assert.deepEqual(
    acknowledged.filter((number) => !kept.has(number)),
    [],
  )
})

const hurried: Patience = { connect: 400, acquire: 200, work: 400, statement: 90_000, lock: 90_000, close: 200 }

test('req 126: a database that falls silent is an error for what waits, and is found again', async (t) => {
  const { url, admin } = await opened(t, 1)
  const { port } = new URL(url)
  const proxy = await startSilentProxy(t, Number(port))
  const database = openPostgres(url.replace(`:${port}`, `:${proxy.port}`), 4, () => {}, hurried)
  closing(t, database.close)
  await Promise.all([1, 2, 3, 4].map((number) => database.commit([insert(number)])))

  proxy.silence()
  // More than there are connections: some are in the middle of their work, the others wait for a connection.
  const during = await Promise.allSettled(Array.from({ length: 20 }, () => database.commit([insert(5)])))
  const reasons = during.map((one) => (one.status === 'rejected' ? String(one.reason) : 'written'))
  assert.deepEqual(
    new Set(reasons),
    new Set(['Error: the database did not answer in time', `TooManyRequestsException: Too many requests`]),
  )

  proxy.heal()
  await untilTrue(t, () => succeeds(database.commit([insert(6)])))
  // Nothing that was silent is handed out any more.
  await Promise.all(Array.from({ length: 8 }, (_, index) => database.commit([insert(7 + index)])))
  assert.deepEqual(await numbersIn(admin), [1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14])
})

test('closing ends while the database is silent, with work under way and without', async (t) => {
  const { url } = await opened(t, 1)
  const { port } = new URL(url)
  const proxy = await startSilentProxy(t, Number(port))
  const through = (): Database =>
    openPostgres(url.replace(`:${port}`, `:${proxy.port}`), 4, () => {}, { ...unhurried, close: 100 })
  const [idle, working] = [through(), through()]
  await Promise.all([idle, working].map((database) => database.commit([insert(1)])))
  proxy.silence()
  const begun = assert.rejects(working.commit([insert(2)]), /did not answer|terminated/)
  // By then it has its connection; these find none, and cannot make one.
  await new Promise(setImmediate)
  const waiting = Array.from({ length: 5 }, (_, index) =>
    assert.rejects(working.commit([insert(3 + index)]), /connections to the database are closed|terminated/),
  )
  await Promise.all([idle.close(), working.close(), begun, ...waiting])
})

test('a request for which no connection is free is refused in words that clients try again', async (t) => {
  const { admin, url } = await opened(t, 1)
  const database = openPostgres(`${url}?application_name=blocked`, 2, () => {}, { ...unhurried, acquire: 50 })
  closing(t, database.close)
  const observer = await beside(t, url)
  // Two connections stand ready, so that only the third has to wait.
  const both = (): Promise<unknown> => Promise.all([1, 2].map(() => database.read(plain('select pg_sleep(0.02)'))))
  const count = `select 1 from pg_stat_activity where application_name = 'blocked'`
  await untilTrue(t, async () => (await succeeds(both())) && (await observer.query(count)).rowCount === 2)
  await admin.query('begin; lock table numbers')
  const commits = Promise.all([1, 2].map((number) => database.commit([insert(number)])))
  const blocked = `select 1 from pg_stat_activity where application_name = 'blocked' and wait_event_type = 'Lock'`
  await untilTrue(t, async () => (await observer.query(blocked)).rowCount === 2)
  const more = [database.commit([insert(3)]), database.read(plain('select 1'))]
  await Promise.all(more.map((request) => assert.rejects(request, refusedAsBusy)))
  await admin.query('rollback')
  await commits
  await database.commit([insert(4)])
  assert.deepEqual(await numbersIn(admin), [1, 2, 4])
})

test('a row that another transaction keeps is waited for so long and no longer, and so is a slow statement', async (t) => {
  const { database, admin } = await opened(t, 2, { ...unhurried, lock: 50, statement: 1000 })
  await database.commit([insert(1)])
  await admin.query('begin; update numbers set number = 2')
  const change = database.commit([write('update numbers set number = 3')])
  await assert.rejects(change, (error: ServiceError) => {
    assert.equal(error.name, refusedAsBusy.name)
    assert.match(error.reason ?? '', /another transaction holds a row/)
    return true
  })
  await admin.query('commit')
  await assert.rejects(database.read(plain('select pg_sleep(60)')), refusedAsBusy)
  await database.commit([write('update numbers set number = 3 where number = 2')])
  assert.deepEqual(await numbersIn(admin), [3])
})

test("every connection carries the server's limits, and a URL may say others", async (t) => {
  const { url } = await opened(t, 1)
  const limits = async (more: string): Promise<unknown[]> => {
    const database = openPostgres(`${url}${more}`, 1, () => {})
    closing(t, database.close)
    const names = ['statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout']
    const rows = await Promise.all(
      names.map((name) => database.read(plain(`select setting from pg_settings where name = '${name}'`))),
    )
    return rows.map(([row]) => Number(row?.['setting']))
  }
  assert.deepEqual(await limits(''), [patience.statement, patience.lock, 10_000])
  assert.deepEqual(await limits('?statement_timeout=7000'), [7000, patience.lock, 10_000])
})

test('of several hosts the one that takes writes is found, and found again after a failover', async (t) => {
  const [standby, primary] = [await startOwnPostgres('standby'), await startOwnPostgres()]
  closing(t, standby.stop)
  closing(t, primary.stop)
  const adminOf = (port: number): Promise<pg.Client> => beside(t, `postgres://postgres@127.0.0.1:${port}/postgres`)
  const first = await adminOf(primary.port)
  await first.query('create table numbers (number integer)')

  // Nothing listens on the first port.
  const hosts = [1, standby.port, primary.port].map((port) => `127.0.0.1:${port}`).join(',')
  const database = openPostgres(`postgres://postgres@${hosts}/postgres`, 4, () => {}, unhurried)
  closing(t, database.close)
  await Promise.all(Array.from({ length: 20 }, (_, index) => database.commit([insert(index)])))
  assert.equal((await numbersIn(first)).length, 20)

  await first.end()
  await primary.stop()
  await assert.rejects(database.commit([insert(20)]))
  const second = await adminOf(standby.port)
  await second.query('select pg_promote()')
  await second.query('create table numbers (number integer)')
  await untilTrue(t, () => succeeds(database.commit([insert(21)])))
  assert.deepEqual(await numbersIn(second), [21])
})

test('a connection whose host became read-only is not used again', async (t) => {
  const { url, admin } = await opened(t, 1)
  const database = openPostgres(`${url}?target_session_attrs=read-write`, 2, () => {}, unhurried)
  closing(t, database.close)
  await database.commit([insert(1)])
  const name = new URL(url).pathname.slice(1)
  await admin.query(`alter database ${name} set default_transaction_read_only = on`)
  await admin.query(
    `select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname = '${name}'`,
  )
  await untilTrue(t, async () => {
    const refused = await database.commit([insert(2)]).catch((error: Error) => error.message)
    return refused === 'the database takes no writes: it is a standby, or read-only'
  })
  await beside(t, `${url}?options=-c%20default_transaction_read_only=off`).then((client) =>
    client.query(`alter database ${name} set default_transaction_read_only = off`),
  )
  await untilTrue(t, () => succeeds(database.commit([insert(3)])))
  assert.deepEqual(await numbersIn(admin), [1, 3])
})
