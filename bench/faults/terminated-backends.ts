// Backends of PostgreSQL that an administrator ends while 32 writers share 10 connections: the process lives, the writes
// that were cut off are errors, and nothing that was acknowledged is lost.
import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import { newSealKey } from '../../packages/server/src/keys/seal.ts'
import { startPostgres } from '../../packages/server/testing/postgres.ts'
import { startProcess } from '../../packages/server/testing/server-process.ts'
import { figure } from './watched.ts'
import { addPool, countLost, inWords, startWriters, untilTrue } from './writers.ts'

const rounds = 14
const writing = 32

const database = await (await startPostgres()).freshDatabase()
const admin = new pg.Client(database)
await admin.connect()
const env = { POOLKEEPER_SEAL_KEYS: newSealKey() }
const server = await startProcess(['dev', '--database', `${database}?application_name=drill`], { env })
const ids = await addPool(server.url)
const writers = startWriters(server.url, ids, writing)

let ended = 0
let slowest = 0
for (let round = 0; round < rounds; round += 1) {
  await pause(200)
  const before = writers.acknowledged.length
  const { rows } = await admin.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'drill'",
  )
  ended += rows.length
  slowest = Math.max(slowest, await untilTrue(() => writers.acknowledged.length > before + writing))
}
await writers.stop()
const lost = await countLost(server.url, ids, writers.acknowledged)
const code = await server.stop()
await admin.end()

figure('connections ended', `${ended} in ${rounds} rounds`)
figure('users acknowledged', `${writers.acknowledged.length}, lost ${lost}`)
figure('answered instead', inWords(writers.failures))
figure('slowest return to work', `${Math.round(slowest)} ms until ${writing} more users were acknowledged`)
figure('exit code', String(code))
process.exitCode = lost === 0 && code === 0 && ended > 0 ? 0 : 1
