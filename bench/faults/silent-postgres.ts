// A network that swallows everything between the server and PostgreSQL, as a cut cable does: requests are answered by
// errors within a bound, the server finds PostgreSQL again by itself, and SIGTERM ends it while there is silence.
import { setTimeout as pause } from 'node:timers/promises'
import { newSealKey } from '../../packages/server/src/keys/seal.ts'
import { startPostgres } from '../../packages/server/testing/postgres.ts'
import { startSilentProxy } from '../../packages/server/testing/silent-proxy.ts'
import { startProcess } from '../../packages/server/testing/server-process.ts'
import { figure, slowestHealth } from './watched.ts'
import { addPool, call, inWords, isReady, untilTrue } from './writers.ts'

const senders = 32
const silentSeconds = 20

const database = await (await startPostgres()).freshDatabase()
const { port } = new URL(database)
const ends: (() => unknown)[] = []
const proxy = await startSilentProxy({ after: (end: () => unknown) => void ends.push(end) }, Number(port))
const env = { POOLKEEPER_SEAL_KEYS: newSealKey() }
const words = ['dev', '--database', database.replace(`:${port}`, `:${proxy.port}`)]
const server = await startProcess(words, { env })
const ids = await addPool(server.url)

const counts: Record<string, number> = {}
let answered = 0
let slowest = 0
let over = false
let drawn = 0
/** Reads and writes by turns. */
const sender = async (): Promise<void> => {
  while (!over) {
    const begun = performance.now()
    const Username = `user${(drawn += 1)}`
    const { status, error } =
      drawn % 2 === 0
        ? await call(server.url, 'ListUsers', { UserPoolId: ids.UserPoolId, Limit: 1 })
        : await call(server.url, 'AdminCreateUser', { UserPoolId: ids.UserPoolId, Username, MessageAction: 'SUPPRESS' })
    slowest = Math.max(slowest, performance.now() - begun)
    if (status === 200) answered += 1
    else counts[error] = (counts[error] ?? 0) + 1
    if (status === 0) await pause(10)
  }
}
const sending = Promise.all(Array.from({ length: senders }, sender))
await untilTrue(() => answered > 200)

proxy.silence()
const silence = pause(silentSeconds * 1000)
const health = await slowestHealth(server.url, silence)
const notReady = !(await isReady(server.url))
const during = { ...counts }
const slowestDuring = slowest

proxy.heal()
const before = answered
const back = await untilTrue(() => answered > before)
const whole = back + (await untilTrue(() => answered > before + 200))
const ready = await untilTrue(() => isReady(server.url))

proxy.silence()
await pause(500)
const begun = performance.now()
const code = await server.stop()
const stopped = performance.now() - begun
over = true
await sending
for (const end of ends) await end()

figure(`answered in ${silentSeconds} s of silence`, inWords(during))
figure('slowest answer until then', `${Math.round(slowestDuring)} ms`)
figure('slowest /healthz meanwhile', `${Math.round(health)} ms`)
figure('first success after it', `${Math.round(back)} ms`)
figure('200 successes after it', `${Math.round(whole)} ms, /readyz ${Math.round(ready)} ms after them`)
figure('SIGTERM in silence', `ended by ${code} after ${Math.round(stopped)} ms`)
process.exitCode = notReady && code === 0 && back < 15_000 && stopped < 25_000 ? 0 : 1
