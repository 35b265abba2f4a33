// A disk that is full: no file of the server may grow beyond a limit (`ulimit -f`), which SQLite meets as it meets a disk
// without room. Writes are errors, reading goes on, /readyz says 503, and nothing that was acknowledged is lost.
import { temporaryFolder } from '../../packages/server/testing/folders.ts'
import { startProcess } from '../../packages/server/testing/server-process.ts'
import { figure } from './watched.ts'
import { addPool, call, countLost, inWords, isReady, startWriters, untilTrue } from './writers.ts'

const folder = temporaryFolder()
const words = ['dev', '--data', folder.path]
const limited = await startProcess(words, { prefix: ['sh', '-c', 'ulimit -f 20000; exec "$@"', 'sh'] })
const ids = await addPool(limited.url)
const writers = startWriters(limited.url, ids, 16)
await untilTrue(() => (writers.failures['InternalErrorException'] ?? 0) >= 50)
await writers.stop()
const notReady = await untilTrue(async () => !(await isReady(limited.url)))
const alive = (await fetch(`${limited.url}/healthz`)).ok
const read = await call(limited.url, 'AdminGetUser', { ...ids, Username: writers.acknowledged.at(-1) ?? '' })
const code = await limited.stop()

const roomy = await startProcess(words)
const lost = await countLost(roomy.url, ids, writers.acknowledged)
const ready = await isReady(roomy.url)
const again = await call(roomy.url, 'AdminCreateUser', { ...ids, Username: 'anna', MessageAction: 'SUPPRESS' })
await roomy.stop()
folder.remove()

figure('users acknowledged', `${writers.acknowledged.length}, lost ${lost}`)
figure('answered instead', inWords(writers.failures))
figure('/readyz', `503 after ${Math.round(notReady)} ms; /healthz ${alive ? 200 : 'failed'}; reading ${read.status}`)
figure('with room again', `/readyz ${ready ? 200 : 503}, writing ${again.status}; the full one ended by ${code}`)
const held = lost === 0 && alive && read.status === 200 && ready && again.status === 200
process.exitCode = held && code === 0 && writers.acknowledged.length > 100 ? 0 : 1
