// The PostgreSQL of the tests leaves nothing behind, even when the run that started it is killed.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import pg from 'pg'
import { startPostgres } from '../packages/server/testing/postgres.ts'

const query = async (url: string, sql: string): Promise<Record<string, unknown>[]> => {
  const client = new pg.Client(url)
  await client.connect()
  const { rows } = await client.query<Record<string, unknown>>(sql)
  await client.end()
  return rows
}

test('every database is fresh and durable, and the instance is shared', async () => {
  const [one, two] = await Promise.all([startPostgres(), startPostgres()])
  assert.equal(one, two)
  const urls = await Promise.all([one.freshDatabase(), two.freshDatabase()])
  assert.notEqual(urls[0], urls[1])
  assert.deepEqual(await query(urls[0], 'show fsync'), [{ fsync: 'on' }])
})

test('the instance ends with the process that started it, when that is killed too', async () => {
  const script = `
    const { startPostgres } = await import(${JSON.stringify(new URL('postgres.ts', import.meta.url).href)})
    console.log(await (await startPostgres()).freshDatabase())
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  const client = new pg.Client(line.toString().trim())
  await client.connect()
  const ended = new Promise((resolve) => client.on('error', resolve))
  child.kill('SIGKILL')
  assert.match(String(await ended), /terminating connection|Connection terminated/)
})
