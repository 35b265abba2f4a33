// The PostgreSQL of the tests leaves nothing behind, even when the run that started it is killed.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test, type TestContext } from 'node:test'
import pg from 'pg'
import { closing } from '../packages/server/testing/closing.ts'
import { startPostgres } from '../packages/server/testing/postgres.ts'

const connected = async (t: TestContext, url: string): Promise<pg.Client> => {
  const client = new pg.Client(url)
  closing(t, () => client.end())
  await client.connect()
  return client
}

test('every database is fresh and durable, and the instance is shared', async (t) => {
  const [one, two] = await Promise.all([startPostgres(), startPostgres()])
  assert.equal(one, two)
  const urls = await Promise.all([one.freshDatabase(), two.freshDatabase()])
  assert.notEqual(urls[0], urls[1])
  const { rows } = await (await connected(t, urls[0])).query('show fsync')
  assert.deepEqual(rows, [{ fsync: 'on' }])
})

test('the instance ends with the process that started it, when that is killed too', async (t) => {
  const script = `
    const { startPostgres } = await import(${JSON.stringify(new URL('../packages/server/testing/postgres.ts', import.meta.url).href)})
    console.log(await (await startPostgres()).freshDatabase())
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  closing(t, () => child.kill('SIGKILL'))
  const [line] = (await Promise.race([once(child.stdout, 'data'), once(child, 'exit')])) as [Buffer | number]
  const client = await connected(t, String(line).trim())
  const ended = new Promise((resolve) => client.on('error', resolve))
  child.kill('SIGKILL')
  assert.match(String(await ended), /terminating connection|Connection terminated/)
})
