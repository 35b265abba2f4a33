// What runs in a thread of computing.ts: cryptography that takes too long for the event loop.
import { argon2Sync, DiffieHellman, getDiffieHellman } from 'node:crypto'
import { parentPort } from 'node:worker_threads'
import { secretBase } from '../rules/srp.ts'
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

type Exchange = {
  /** A in hexadecimal. */
  readonly clientPublic: string
  readonly verifier: Latin1
  readonly scrambler: Latin1
  readonly exponent: Latin1
}

/** What a thread can be asked for. Powers are modulo N of SRP, as long as N. */
const jobs = {
  generatorPower: (exponent: Latin1): Buffer => power(generator, bytesOf(exponent)),
  power: ({ base, exponent }: { readonly base: Latin1; readonly exponent: Latin1 }): Buffer =>
    power(bytesOf(base), bytesOf(exponent)),
  /** (A·v^u)^b (RFC 5054, 2.6). */
  serverSecret: ({ clientPublic, verifier, scrambler, exponent }: Exchange): Buffer =>
    power(secretBase(clientPublic, power(bytesOf(verifier), bytesOf(scrambler))), bytesOf(exponent)),
  argon2id: ({ message, nonce, ...parameters }: Argon2id): Buffer =>
    argon2Sync('argon2id', { message: bytesOf(message), nonce: bytesOf(nonce), ...parameters }),
}

/** The jobs by name. */
export type Jobs = typeof jobs

/** A job as it is sent to a thread. */
export type Ask = {
  readonly [Name in keyof Jobs]: { readonly job: Name; readonly input: Parameters<Jobs[Name]>[0] }
}[keyof Jobs]

/** What a thread sends back: bytes, or why there are none. */
export type Answer = Latin1 | { readonly failed: string }

const answerOf = ({ job, input }: Ask): Answer => {
  const run = jobs[job] as (of: typeof input) => Buffer
  try {
    return latin1Of(run(input))
  } catch (error) {
    return { failed: (error as Error).message }
  }
}

parentPort?.on('message', (ask: Ask) => parentPort?.postMessage(answerOf(ask)))
