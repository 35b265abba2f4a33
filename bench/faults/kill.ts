// kill -9 while 32 writers add users, six times on each database: every user that was acknowledged is there after the
// next start.
import { setTimeout as pause } from 'node:timers/promises'
import { newSealKey } from '../../packages/server/src/keys/seal.ts'
import { startPostgres } from '../../packages/server/testing/postgres.ts'
import { temporaryFolder } from '../../packages/server/testing/folders.ts'
import { startProcess } from '../../packages/server/testing/server-process.ts'
import { figure } from './watched.ts'
import { addPool, countLost, startWriters, untilTrue } from './writers.ts'

const kills = 6
const env = { POOLKEEPER_SEAL_KEYS: newSealKey() }

/** Kills a server again and again. @returns how many users were acknowledged, how many of them are gone */
const killed = async (words: readonly string[]): Promise<{ acknowledged: number; lost: number; slowest: number }> => {
  const names: string[] = []
  let slowest = 0
  const first = await startProcess(words, { env })
  const ids = await addPool(first.url)
  await first.stop()
  for (let kill = 0; kill < kills; kill += 1) {
    const begun = performance.now()
    const server = await startProcess(words, { env })
    slowest = Math.max(slowest, performance.now() - begun)
    const writers = startWriters(server.url, ids, 32)
    await untilTrue(() => writers.acknowledged.length > 200)
    await pause(200)
    await server.kill()
    await writers.stop()
    names.push(...writers.acknowledged)
  }
  const last = await startProcess(words, { env })
  const lost = await countLost(last.url, ids, names)
  await last.stop()
  return { acknowledged: names.length, lost, slowest }
}

const folder = temporaryFolder()
const sqlite = await killed(['dev', '--data', folder.path])
const postgres = await killed(['dev', '--database', await (await startPostgres()).freshDatabase()])
folder.remove()
for (const [name, { acknowledged, lost, slowest }] of Object.entries({ SQLite: sqlite, PostgreSQL: postgres })) {
  figure(
    name,
    `${kills} kills, ${acknowledged} users acknowledged, ${lost} lost, slowest start ${Math.round(slowest)} ms`,
  )
}
process.exitCode = sqlite.lost + postgres.lost === 0 ? 0 : 1
