// What keeps a database from being opened is told in one sentence that says what to do, by real servers where one can
// be made to fault like that.
import assert from 'node:assert/strict'
import { createServer, type AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import pg from 'pg'
import { closing } from '../../../testing/closing.ts'
import { startOwnPostgres, startPostgres } from '../../../testing/postgres.ts'
import { startSilentProxy } from '../../../testing/silent-proxy.ts'
import { ConfigError } from '../../errors.ts'
import { openDatabase } from './open-database.ts'
import { explainedFault } from './postgres-faults.ts'

const silent = { lost: () => {}, waits: () => {}, exposed: () => {} }

/** The sentence by which a database is refused. */
const sentenceOf = async (database: string): Promise<string> => {
  try {
    await (await openDatabase({ database, poolSize: 1, mode: 'serve', now: () => 0, ...silent })).close()
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error))
    assert.match(error.message, /^[A-Z].*\.$/)
    assert.ok(!error.message.includes('hunter2'), 'a password is not repeated')
    return error.message
  }
  throw new assert.AssertionError({ message: 'the database was opened' })
}

const isOpened = (url: string): Promise<boolean> => {
  const client = new pg.Client(url)
  client.on('error', () => {})
  return client.connect().then(
    () => client.end().then(() => true),
    () => false,
  )
}

type Place = { readonly url: string; readonly at: string; with(change: (url: URL) => void): string }

const place = async (): Promise<Place> => {
  const url = await (await startPostgres()).freshDatabase()
  const changed = (change: (url: URL) => void): string => {
    const other = new URL(url)
    change(other)
    return other.href
  }
  return { url, at: new URL(url).host, with: changed }
}

const admin = async (t: TestContext, url: string, sql: string): Promise<void> => {
  const client = new pg.Client(url)
  closing(t, () => client.end())
  await client.connect()
  await client.query(sql)
}

/** A port on which something listens that is no PostgreSQL. */
const portOf = async (t: TestContext, answer: string | undefined): Promise<number> => {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    if (answer === undefined) socket.destroy()
    else socket.on('data', () => socket.end(answer))
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  closing(t, () => new Promise((resolve) => void server.close(resolve)))
  return (server.address() as AddressInfo).port
}

test('hosts: one that is not known, a port on which nothing listens, something else than PostgreSQL', async (t) => {
  assert.match(
    await sentenceOf('postgres://jane:hunter2@nowhere.invalid/people'),
    /^There is no host nowhere\.invalid: /,
  )
  assert.match(await sentenceOf('postgres://jane:hunter2@127.0.0.1:1/people'), /^Nothing listens at 127\.0\.0\.1:1: /)
  assert.match(
    await sentenceOf('postgres://jane:hunter2@127.0.0.1:1,127.0.0.1:2/people'),
    /^Nothing listens at 127\.0\.0\.1:1 or 127\.0\.0\.1:2: /,
  )
  const port = await portOf(t, undefined)
  assert.match(
    await sentenceOf(`postgres://jane:hunter2@127.0.0.1:${port}/people`),
    /(hung up|does not answer): look whether/,
  )
})

test('a host that does not answer, within the time that the URL says', async (t) => {
  const { url, with: changed } = await place()
  const proxy = await startSilentProxy(t, Number(new URL(url).port))
  proxy.silence()
  const through = changed((one) => {
    one.port = String(proxy.port)
    one.search = '?connect_timeout=0.2'
  })
  assert.match(await sentenceOf(through), /^PostgreSQL at 127\.0\.0\.1:\d+ does not answer: look whether it runs there/)
})

test('names: a database and a role that are not there, and a role that may make no tables', async (t) => {
  const { url, with: changed } = await place()
  assert.match(
    await sentenceOf(changed((one) => (one.pathname = '/none'))),
    /^PostgreSQL has no database "none": make it/,
  )
  assert.match(
    await sentenceOf(changed((one) => ([one.username, one.password] = ['nobody-here', 'hunter2']))),
    /^PostgreSQL has no role "nobody-here" that may log in: make it/,
  )
  await admin(t, url, 'create role plain login; revoke create on schema public from public')
  assert.match(
    await sentenceOf(changed((one) => (one.username = 'plain'))),
    /^The role in the URL may not do in PostgreSQL what is needed \(permission denied for schema public\): let it make tables/,
  )
})

test('a setting in the URL that PostgreSQL does not take', async () => {
  const { with: changed } = await place()
  assert.match(
    await sentenceOf(changed((one) => (one.search = '?options=-c%20work_mem%3Dmuch'))),
    /^PostgreSQL does not take a setting that the URL of the database names \(invalid value for parameter "work_mem": "much"\): /,
  )
})

test('passwords: a wrong one, and none; an address that may not come in', async (t) => {
  const server = await startOwnPostgres('primary', { password: 'right' })
  closing(t, server.stop)
  const url = (user: string): string => `postgres://${user}@127.0.0.1:${server.port}/postgres`
  assert.match(
    await sentenceOf(url('postgres:hunter2')),
    /^PostgreSQL does not take the password of the role "postgres": /,
  )
  assert.match(
    await sentenceOf(url('postgres')),
    /^PostgreSQL asks for a password, and the URL of the database has none: /,
  )
  const rule =
    "do $$ begin execute format('copy (select ''host all all 192.0.2.1/32 trust'') to %L', current_setting('hba_file')); end $$"
  await admin(t, url('postgres:right'), `${rule}; select pg_reload_conf()`)
  // The server reads it a moment later.
  while (await isOpened(url('postgres:right'))) t.signal.throwIfAborted()
  assert.match(
    await sentenceOf(url('postgres:right')),
    /^PostgreSQL does not let this machine in \(.*\): its pg_hba\.conf must/,
  )
})

test('TLS: a server without it, and something that answers in another language', async (t) => {
  const { with: changed } = await place()
  assert.match(
    await sentenceOf(changed((one) => (one.search = '?sslmode=verify-full'))),
    /speaks no TLS: switch it on there/,
  )
  const port = await portOf(t, 'HTTP/1.1 400 Bad Request\r\n\r\n')
  assert.match(
    await sentenceOf(`postgres://jane@127.0.0.1:${port}/people?sslmode=verify-full`),
    /^What answers at 127\.0\.0\.1:\d+ is no PostgreSQL that speaks TLS: /,
  )
})

test('a standby, and a database of an encoding that cannot keep every name', async (t) => {
  const standby = await startOwnPostgres('standby')
  closing(t, standby.stop)
  const url = `postgres://postgres@127.0.0.1:${standby.port}/postgres`
  assert.match(await sentenceOf(url), /takes no writes: it is a standby, or read-only\. Name the primary/)
  assert.match(await sentenceOf(`${url}?target_session_attrs=read-write`), /takes no writes: it is a standby/)
  const { url: primary, with: changed } = await place()
  await admin(t, primary, "create database latin encoding 'LATIN1' template template0")
  assert.match(
    await sentenceOf(changed((one) => (one.pathname = '/latin'))),
    /^The database has the encoding LATIN1 and cannot keep every name: make one with the encoding UTF8/,
  )
})

test('a URL that is none', async () => {
  for (const url of ['postgres://jane:hunter2/3@127.0.0.1:x/people', 'postgres://127.0.0.1:99999/people'])
    assert.match(
      await sentenceOf(url),
      /^The URL of the database cannot be read: it is postgres:\/\/user:password@host/,
    )
  assert.match(
    await sentenceOf('postgres://127.0.0.1/people?target_session_attrs=standby'),
    /^The database must take writes: /,
  )
})

const fault = (code: string, message = 'a message', more: object = {}): Error =>
  Object.assign(new Error(message), { code, ...more })

test('faults of networks, certificates and proxies that no server here has', () => {
  const url = 'postgres://jane:hunter2@db.example:5433/people'
  const worded = (error: Error): string => {
    const told = explainedFault(error, url)
    assert.ok(told instanceof ConfigError)
    assert.equal(told.cause, error)
    return told.message
  }
  for (const code of ['ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'ECONNRESET'])
    assert.match(worded(fault(code)), /^PostgreSQL at db\.example:5433 does not answer: /)
  assert.match(worded(fault('EAI_AGAIN', '', { hostname: 'db.example' })), /^There is no host db\.example: /)
  for (const code of [
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'SELF_SIGNED_CERT_IN_CHAIN',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
    'CERT_HAS_EXPIRED',
    'ERR_TLS_CERT_ALTNAME_INVALID',
  ])
    assert.match(
      worded(fault(code)),
      /^The certificate of PostgreSQL at db\.example:5433 is not believed \(a message\)\. Name the authority/,
    )
  assert.match(
    worded(fault('ERR_SSL_WRONG_VERSION_NUMBER')),
    /^TLS with PostgreSQL at db\.example:5433 failed: a message\.$/,
  )
  assert.match(worded(fault('53300')), /max_connections.*--database-connections/)
  assert.match(
    worded(fault('57P03', 'the database system is starting up')),
    /is not ready yet \(the database system is starting up\)/,
  )
  assert.match(
    worded(fault('08P01', 'unsupported startup parameter: lock_timeout')),
    /PgBouncer needs ignore_startup_parameters/,
  )
  assert.match(worded(fault('55P03')), /^Another transaction holds a table/)
  assert.match(worded(fault('3F000')), /search_path/)
})

test('a fault that nobody outside can mend stays what it is', () => {
  const unknown = [fault('42P01', 'relation "users" does not exist'), new TypeError('x is not a function'), 'thrown']
  for (const error of unknown) assert.equal(explainedFault(error, 'postgres://db.example/people'), error)
})
