import assert from 'node:assert/strict'
import { test } from 'node:test'
import pg from 'pg'
import { postgresPlaces } from './postgres-url.ts'

test('a URL of one host stays what it is', () => {
  for (const url of [
    'postgres://jane:secret@db.example:5433/people',
    'postgresql://db.example/people',
    'postgres://jane:p%40ss@[::1]:5432/people',
    'postgres:///people',
    'postgres://jane@db.example/people?sslmode=verify-full&application_name=a+b',
  ])
    assert.deepEqual(postgresPlaces(url), { urls: [url], writable: false, connectMilliseconds: undefined })
})

test('a URL of several hosts becomes a URL for each, tried until one takes writes', () => {
  assert.deepEqual(postgresPlaces('postgres://jane:a,b@@one:5432,two,[::1]:5433/people?sslmode=verify-full'), {
    urls: [
      'postgres://jane:a,b@@one:5432/people?sslmode=verify-full',
      'postgres://jane:a,b@@two/people?sslmode=verify-full',
      'postgres://jane:a,b@@[::1]:5433/people?sslmode=verify-full',
    ],
    writable: true,
    connectMilliseconds: undefined,
  })
})

test('TLS that is asked for is verified, without a warning of the driver, unless libpq is to be followed', (t) => {
  const warned = t.mock.method(process, 'emitWarning', () => {})
  for (const mode of ['prefer', 'require', 'verify-ca', 'verify-full']) {
    const { urls } = postgresPlaces(`postgres://one/people?sslmode=${mode}`)
    assert.deepEqual(urls, ['postgres://one/people?sslmode=verify-full'])
    assert.deepEqual(new pg.Client(urls[0]).ssl, {}, 'the defaults of TLS, which verify')
  }
  assert.equal(warned.mock.callCount(), 0)
  for (const own of ['sslmode=disable', 'sslmode=require&uselibpqcompat=true'])
    assert.deepEqual(postgresPlaces(`postgres://one/people?${own}`).urls, [`postgres://one/people?${own}`])
})

test('time limits in a URL are whole milliseconds: the driver would read 3s as 3', () => {
  assert.deepEqual(postgresPlaces('postgres://one/people?lock_timeout=3000').urls, [
    'postgres://one/people?lock_timeout=3000',
  ])
  for (const name of ['lock_timeout', 'statement_timeout', 'idle_in_transaction_session_timeout'])
    for (const value of ['3s', 'soon', '', '1.5', '-1', '0'])
      assert.throws(() => postgresPlaces(`postgres://one/people?${name}=${value}`), {
        message: `${name} in the URL of the database is a number of milliseconds, such as 3000.`,
      })
})

test('hosts and ports may stand in the query, as libpq has it', () => {
  const { urls } = postgresPlaces('postgres://jane@/people?host=one,two&port=5433,5434')
  assert.deepEqual(urls, ['postgres://jane@/people?host=one&port=5433', 'postgres://jane@/people?host=two&port=5434'])
  assert.deepEqual(postgresPlaces('postgres:///people?host=one,two&port=5433').urls, [
    'postgres:///people?host=one&port=5433',
    'postgres:///people?host=two&port=5433',
  ])
  assert.deepEqual(postgresPlaces('postgres:///people?host=/run/postgresql').urls, [
    'postgres:///people?host=%2Frun%2Fpostgresql',
  ])
  assert.throws(() => postgresPlaces('postgres:///people?host=one,two,three&port=5433,5434'), {
    message: 'The URL of the database must name one port, or as many ports as hosts.',
  })
})

test('target_session_attrs and connect_timeout are read, and not handed on', () => {
  for (const attributes of ['read-write', 'primary'])
    assert.deepEqual(postgresPlaces(`postgres://one/people?target_session_attrs=${attributes}&connect_timeout=30`), {
      urls: ['postgres://one/people'],
      writable: true,
      connectMilliseconds: 30_000,
    })
  assert.equal(postgresPlaces('postgres://one/people?target_session_attrs=any').writable, false)
  for (const timeout of ['0', '-1', 'soon', ''])
    assert.equal(postgresPlaces(`postgres://one/people?connect_timeout=${timeout}`).connectMilliseconds, undefined)
  for (const attributes of ['read-only', 'standby', 'prefer-standby', 'Read-Write', ''])
    assert.throws(() => postgresPlaces(`postgres://one/people?target_session_attrs=${attributes}`), {
      message: /^The database must take writes: target_session_attrs/,
    })
})
