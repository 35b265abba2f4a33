// Another process holds the write lock of the SQLite file, as a backup does: the event loop goes on, reading goes on,
// what waits is written when the lock ends in time, and is refused when it does not.
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'
import { temporaryFolder } from '../../packages/server/testing/folders.ts'
import { startProcess } from '../../packages/server/testing/server-process.ts'
import { figure, slowestHealth } from './watched.ts'
import { addPool, call, countLost, inWords, startWriters } from './writers.ts'

const folder = temporaryFolder()
const server = await startProcess(['dev', '--data', folder.path])
const ids = await addPool(server.url)
const other = new DatabaseSync(join(folder.path, 'poolkeeper.db'), { timeout: 10_000 })

/** Holds the lock for so long under writers. */
const lockedFor = async (seconds: number) => {
  const writers = startWriters(server.url, ids, 16)
  await pause(500)
  other.exec('begin immediate')
  const before = writers.acknowledged.length
  const holding = pause(seconds * 1000)
  const health = slowestHealth(server.url, holding)
  await pause(200)
  const read = await call(server.url, 'ListUsers', { UserPoolId: ids.UserPoolId, Limit: 1 })
  await holding
  const during = writers.acknowledged.length - before
  other.exec('rollback')
  await pause(500)
  await writers.stop()
  return { writers, during, reads: read.status === 200, health: await health }
}

const short = await lockedFor(3)
const long = await lockedFor(8)
const acknowledged = [...short.writers.acknowledged, ...long.writers.acknowledged]
const lost = await countLost(server.url, ids, acknowledged)
other.close()
const code = await server.stop()
folder.remove()

figure('a lock of 3 s', `refused ${inWords(short.writers.failures)}, slowest /healthz ${Math.round(short.health)} ms`)
figure('a lock of 8 s', `refused ${inWords(long.writers.failures)}, slowest /healthz ${Math.round(long.health)} ms`)
figure('reading meanwhile', short.reads && long.reads ? 'goes on' : 'stopped')
figure('users acknowledged', `${acknowledged.length}, lost ${lost}`)
const onlyBusy = Object.keys(long.writers.failures).every((error) => error === 'TooManyRequestsException')
const held = Object.keys(short.writers.failures).length === 0 && onlyBusy && short.reads && long.reads
process.exitCode = held && lost === 0 && code === 0 ? 0 : 1
