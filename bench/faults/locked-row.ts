// A transaction that somebody left open keeps the row of one user, while fifty requests of that user come without a
// pause: nobody else is refused or waits, and the user signs in again when the transaction ends.
import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import { newSealKey } from '../../packages/server/src/keys/seal.ts'
import { startPostgres } from '../../packages/server/testing/postgres.ts'
import { startProcess } from '../../packages/server/testing/server-process.ts'
import { figure } from './watched.ts'
import { addPool, addUser, inWords, signIn, untilTrue } from './writers.ts'

const ofTheUser = 50
const others = 8
const lockedSeconds = 10

const database = await (await startPostgres()).freshDatabase()
const server = await startProcess(['dev', '--database', database], { env: { POOLKEEPER_SEAL_KEYS: newSealKey() } })
const ids = await addPool(server.url)
await addUser(server.url, ids, 'jane')
await Promise.all(Array.from({ length: others }, (_, index) => addUser(server.url, ids, `user${index}`)))

const holder = new pg.Client(database)
await holder.connect()
await holder.query("begin; update users set enabled = enabled where username = 'jane'")

let over = false
const told: Record<string, number> = {}
const jane = async (): Promise<void> => {
  while (!over) {
    const { status, error } = await signIn(server.url, ids, 'jane')
    const name = status === 200 ? 'successes' : error
    told[name] = (told[name] ?? 0) + 1
  }
}
let succeeded = 0
const failures: Record<string, number> = {}
let slowest = 0
const other = async (_: unknown, index: number): Promise<void> => {
  while (!over) {
    const begun = performance.now()
    const { status, error } = await signIn(server.url, ids, `user${index}`)
    slowest = Math.max(slowest, performance.now() - begun)
    if (status === 200) succeeded += 1
    else failures[error] = (failures[error] ?? 0) + 1
  }
}
const working = [...Array.from({ length: ofTheUser }, jane), ...Array.from({ length: others }, other)]
await pause(lockedSeconds * 1000)
over = true
const [ofJane, ofOthers] = [{ ...told }, { ...failures }]
await holder.query('rollback')
await holder.end()
await Promise.all(working)
// Attempts that were cut off count as wrong ones, until the lock that they brought ends.
const back = await untilTrue(async () => (await signIn(server.url, ids, 'jane')).status === 200)
const code = await server.stop()

figure('sign-ins of the others', `${succeeded} in ${lockedSeconds} s, refused ${inWords(ofOthers)}`)
figure('slowest of them', `${Math.round(slowest)} ms`)
figure('the user whose row is kept', inWords(ofJane))
figure('signs in again', `${Math.round(back)} ms after the transaction ended`)
process.exitCode = Object.keys(ofOthers).length === 0 && succeeded > 100 && code === 0 ? 0 : 1
