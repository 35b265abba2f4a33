// The limits of this machine, measured in turns with the server: the bounds in the ratios of the figures.
import {
  argon2,
  createDiffieHellman,
  generateKeyPairSync,
  randomBytes,
  sign,
  sign as signOnce,
  verify,
} from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { promisify } from 'node:util'
import type { Argon2Parameters } from '../packages/server/src/config.ts'
import { srpPrimeHex } from '../packages/server/src/rules/srp.ts'

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

/** The cores of this machine. */
export const cores: number = availableParallelism()

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

const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const signedText = signOnce('sha256', text, pair.privateKey)

/** ES256 verifications with two RS256 signatures a second, on all cores: the least work of a sign-in by passkey. */
export const passkeyLimit = (seconds: number): Promise<number> =>
  perSecond(seconds, cores * 2, async () => {
    verify('sha256', text, pair.publicKey, signedText)
    await Promise.all([signAsync('sha256', text, privateKey), signAsync('sha256', text, privateKey)])
  })

// Making the group takes more than a second, once.
const group = (): ReturnType<typeof createDiffieHellman> => {
  const made = createDiffieHellman(Buffer.from(srpPrimeHex, 'hex'), 2)
  made.setPrivateKey(randomBytes(32))
  return made
}
let known: ReturnType<typeof createDiffieHellman> | undefined

/** Milliseconds of one core for three powers modulo the prime of SRP and two signatures: the least work of an SRP sign-in. */
export const srpLeastMs = async (seconds: number): Promise<number> => {
  known ??= group()
  const powers = known
  const base = randomBytes(383)
  const rate = await perSecond(seconds, 1, () => {
    for (let power = 0; power < 3; power += 1) powers.computeSecret(base)
    for (let signature = 0; signature < 2; signature += 1) signOnce('sha256', text, privateKey)
  })
  return 1000 / rate
}
