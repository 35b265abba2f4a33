// What runs in a thread of computing.ts: cryptography that takes too long for the event loop.
import { argon2Sync, DiffieHellman, getDiffieHellman } from 'node:crypto'
import { getPriority, platform, setPriority } from 'node:os'
import { parentPort } from 'node:worker_threads'
import { scrambler, secretBase, serverPublicValue, sharedKey } from '../../rules/srp.ts'
import { fixedBasePower } from '../srp/fixed-base-power.ts'
import { bytesOf, latin1Of, type Latin1 } from './latin1.ts'

const group = getDiffieHellman('modp15')

// An agreement is a power. A named group offers no way to set its private key, but takes the one of its sibling class;
// making an object of that class for the prime would test the prime for more than a second. OpenSSL refuses bases that
// give nothing away.
const power = (base: Uint8Array, exponent: Uint8Array): Buffer => {
  try {
    if (exponent.every((byte) => byte === 0)) throw new Error('the exponent is 0')
    DiffieHellman.prototype.setPrivateKey.call(group, exponent)
    return group.computeSecret(base)
  } catch (error) {
    throw new Error(`no power of this base or exponent: ${(error as Error).message}`, { cause: error })
  }
}

const generator = Buffer.from([2])

type Argon2id = {
  readonly message: Latin1
  readonly nonce: Latin1
  readonly parallelism: number
  readonly tagLength: number
  readonly memory: number
  readonly passes: number
}

type OfferText = {
  /** A and v in hexadecimal. */
  readonly clientPublic: string
  readonly verifier: string
  readonly exponent: Latin1
}

type ExchangeText = {
  /** B in hexadecimal. */
  readonly serverPublic: string
  readonly key: Latin1
}

const exchangeOf = ({ clientPublic, verifier, exponent }: OfferText): ExchangeText | undefined => {
  const b = bytesOf(exponent)
  const serverPublic = serverPublicValue(verifier, fixedBasePower(b))
  const u = serverPublic === undefined ? undefined : scrambler(clientPublic, serverPublic)
  if (serverPublic === undefined || !u) return undefined
  const secret = power(secretBase(clientPublic, power(Buffer.from(verifier.padStart(768, '0'), 'hex'), u)), b)
  return { serverPublic, key: latin1Of(sharedKey(secret, u)) }
}

/** What a thread can be asked for. Powers are modulo N of SRP, as long as N. */
const jobs = {
  generatorPower: (exponent: Latin1): Latin1 => latin1Of(power(generator, bytesOf(exponent))),
  power: ({ base, exponent }: { readonly base: Latin1; readonly exponent: Latin1 }): Latin1 =>
    latin1Of(power(bytesOf(base), bytesOf(exponent))),
  /** The server's side of an exchange; undefined when another b must be drawn. */
  srpExchange: (offer: OfferText): ExchangeText | undefined => exchangeOf(offer),
  argon2id: ({ message, nonce, ...parameters }: Argon2id): Latin1 =>
    latin1Of(argon2Sync('argon2id', { message: bytesOf(message), nonce: bytesOf(nonce), ...parameters })),
}

/** The jobs by name. */
export type Jobs = typeof jobs

/** A job as it is sent to a thread. */
export type JobRequest = {
  readonly [Name in keyof Jobs]: { readonly job: Name; readonly input: Parameters<Jobs[Name]>[0] }
}[keyof Jobs]

/** What a thread sends back: what the job came to, or why it came to nothing. */
export type JobResult = { readonly value: ReturnType<Jobs[keyof Jobs]> } | { readonly failed: string }

const answerOf = ({ job, input }: JobRequest): JobResult => {
  const run = jobs[job] as (given: typeof input) => ReturnType<Jobs[typeof job]>
  try {
    return { value: run(input) }
  } catch (error) {
    return { failed: (error as Error).message }
  }
}

/** By how much a thread that computes lets others go first (setpriority(2)). */
const niceness = 4

// So the event loop gets a core when it needs one. On Linux alone a priority is a thread's, not the whole process's.
const letOthersFirst = (): void => {
  if (platform() !== 'linux') return
  try {
    setPriority(Math.min(getPriority() + niceness, 19))
  } catch {
    // Where the system lets nobody set it, all are equal.
  }
}

if (parentPort) letOthersFirst()
parentPort?.on('message', (asks: readonly JobRequest[]) => parentPort?.postMessage(asks.map(answerOf)))
