// The program of the threads of computing.ts: cryptography that would block the event loop for too long.
import { argon2Sync, DiffieHellman, getDiffieHellman } from 'node:crypto'
import { getPriority, platform, setPriority } from 'node:os'
import { parentPort } from 'node:worker_threads'
import { scrambler, secretBase, serverPublicValue, sharedKey } from '../../rules/srp.ts'
import { fixedBasePower } from '../srp/fixed-base-power.ts'
import { bytesOf, latin1Of, type Latin1 } from './latin1.ts'

const group = getDiffieHellman('modp15')

// A Diffie-Hellman agreement is a power. A named group has no method to set its private key, so the method of the sibling
// class is called on it; an object of that class would first test the prime, for more than a second. OpenSSL refuses the
// trivial bases 0, 1 and N-1.
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

/** The jobs of a thread. Powers are modulo the prime N of SRP, and have the length of N. */
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

/** A job, as a thread receives it. */
export type JobRequest = {
  readonly [Name in keyof Jobs]: { readonly job: Name; readonly input: Parameters<Jobs[Name]>[0] }
}[keyof Jobs]

/** The message that a thread sends back: the value of the job, or the reason of its failure. */
export type JobResult = { readonly value: ReturnType<Jobs[keyof Jobs]> } | { readonly failed: string }

const answerOf = ({ job, input }: JobRequest): JobResult => {
  const run = jobs[job] as (given: typeof input) => ReturnType<Jobs[typeof job]>
  try {
    return { value: run(input) }
  } catch (error) {
    return { failed: (error as Error).message }
  }
}

/** The niceness of a computing thread (setpriority(2)). */
const niceness = 4

// The event loop then gets a core when it needs one. Only on Linux does a priority belong to a thread, not the process.
const letOthersFirst = (): void => {
  if (platform() !== 'linux') return
  try {
    setPriority(Math.min(getPriority() + niceness, 19))
  } catch {
    // If the system refuses, all threads keep the same priority.
  }
}

if (parentPort) letOthersFirst()
parentPort?.on('message', (asks: readonly JobRequest[]) => parentPort?.postMessage(asks.map(answerOf)))
