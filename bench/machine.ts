// What this machine can do at best, measured beside the server: the bounds that the figures are ratios of.
import { argon2, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { promisify } from 'node:util'
import type { Argon2Parameters } from '../packages/server/src/config.ts'

const hash = promisify(argon2)
const signAsync = promisify(sign)

const perSecond = async (seconds: number, lanes: number, once: () => unknown): Promise<number> => {
  const begun = performance.now()
  const end = begun + seconds * 1000
  let count = 0
  const lane = async (): Promise<void> => {
    while (performance.now() < end) {
      await once()
      count += 1
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  return count / ((performance.now() - begun) / 1000)
}

const cores = availableParallelism()

/** argon2id hashes a second, one job per core. */
export const argon2Limit = (seconds: number, { memoryKib, passes, parallelism }: Argon2Parameters): Promise<number> => {
  const message = randomBytes(16)
  const parameters = { message, nonce: randomBytes(16), parallelism, tagLength: 32, memory: memoryKib, passes }
  return perSecond(seconds, cores, () => hash('argon2id', parameters))
}

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const text = randomBytes(600)

/** RS256 signatures a second, on one core. */
export const signatureLimit = (seconds: number): Promise<number> =>
  perSecond(seconds, 1, () => signAsync('sha256', text, privateKey))

/** RS256 signatures a second, on all cores. */
export const signatureLimitAllCores = (seconds: number): Promise<number> =>
  perSecond(seconds, cores * 2, () => signAsync('sha256', text, privateKey))

/** Durable SQLite commits a second, one after the other. */
export const commitLimit = async (seconds: number): Promise<number> => {
  const folder = mkdtempSync(join(tmpdir(), 'poolkeeper-bench-'))
  const database = new DatabaseSync(join(folder, 'limit.db'))
  database.exec('pragma journal_mode = wal; pragma synchronous = full; create table t (a integer, b text)')
  const insert = database.prepare('insert into t values (?, ?)')
  let number = 0
  const rate = await perSecond(seconds, 1, () => insert.run((number += 1), 'a row of some length'))
  database.close()
  rmSync(folder, { recursive: true })
  return rate
}
