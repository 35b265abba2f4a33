// Powers modulo the 3072-bit prime of RFC 3526, group 15, by OpenSSL and off the event loop: a Diffie-Hellman agreement
// is such a power. docs/decisions/modular-arithmetic.md says what they cost, and why in worker threads.
import { Worker } from 'node:worker_threads'
import { prime, privateKeyOf, publicKeyOf, publicValueOf } from './dh-keys.ts'
import { makeLimiter } from './limiter.ts'

/** Powers modulo N. Every call may throw ServiceError TooManyRequestsException when too many wait. */
export type ModularPower = {
  /** N, big-endian. */
  readonly prime: Buffer
  /** g^exponent mod N for g = 2, 384 bytes big-endian. @throws Error for an exponent of 0 */
  generatorPower(exponent: Uint8Array): Promise<Buffer>
  /** base^exponent mod N, 384 bytes big-endian. @throws Error for an exponent of 0, a base of 0, 1, N-1 or more */
  power(base: Uint8Array, exponent: Uint8Array): Promise<Buffer>
  /** Ends the threads; powers that are asked for afterwards start new ones. */
  close(): void
}

/** How much is computed at once, and how much may wait. */
export type PowerOptions = {
  readonly threads: number
  readonly queueLimit: number
  /** Powers of other bases after which a thread goes over to the way that is dear to begin and cheap to go on; 0: before. */
  readonly settleAfter?: number
}

/** What a thread is asked: a power of `base`, or of g; by keys in DER where it has not settled. */
type Ask = {
  readonly exponent: Uint8Array
  readonly base: Uint8Array | undefined
  readonly keys: { readonly private: Uint8Array; readonly public: Uint8Array | undefined } | undefined
}
type Answer = { readonly value: Uint8Array | undefined }

// OpenSSL computes g^x when it reads a private key x. That is the answer for g; for another base it is wasted. An
// object for the prime wastes nothing, but OpenSSL tests the prime for 1.25 s first: the price of 2,000 wasted powers.
// In a string, because a file of its own would not be found in the bundled program.
const source = `
const { createDiffieHellman, createPrivateKey, createPublicKey, diffieHellman } = require('node:crypto')
const { parentPort, workerData: { prime } } = require('node:worker_threads')

const generator = new Uint8Array([2])
let settled

const valueOf = ({ exponent, base, keys }) => {
  if (!keys) {
    settled.setPrivateKey(exponent)
    return settled.computeSecret(base ?? generator)
  }
  const privateKey = createPrivateKey({ key: keys.private, format: 'der', type: 'pkcs8' })
  if (!keys.public) return createPublicKey(privateKey).export({ format: 'der', type: 'spki' })
  return diffieHellman({ privateKey, publicKey: createPublicKey({ key: keys.public, format: 'der', type: 'spki' }) })
}

parentPort.on('message', (ask) => {
  let value
  try {
    if (ask === 'settle') settled = createDiffieHellman(prime, 2)
    else value = new Uint8Array(valueOf(ask))
  } catch {
    // OpenSSL's refusal; the other side says so.
  }
  parentPort.postMessage({ value })
})
`

const settleAfterPowers = 200

const nothing = 'no power of this base or exponent'

/** Jobs that a thread is handed at once: with the next one at hand it never sleeps, and need not be woken. */
const handedAtOnce = 2

type Job = { readonly done: (answer: Answer) => void; readonly failed: (error: Error) => void }

/** A thread, and the jobs that it was handed, which it answers in their order. */
type Thread = {
  readonly worker: Worker
  readonly jobs: Job[]
  /** Powers that it may waste yet before it goes over to the other way; none when it has. */
  left: number
  /** Whether it is given nothing: it ends what it has, and then settles. */
  leaving: boolean
}

/** Bytes in memory of their own: what crosses to a thread takes all the memory along that it lies in. */
const alone = (bytes: Uint8Array): Uint8Array => new Uint8Array(bytes)

const answerOf = ({ worker, jobs }: Thread, ask: Ask | 'settle'): Promise<Answer> =>
  new Promise((done, failed) => {
    worker.ref()
    jobs.push({ done, failed })
    worker.postMessage(ask)
  })

const startThread = (settleAfter: number, gone: (thread: Thread) => void): Thread => {
  const worker = new Worker(source, { eval: true, name: 'powers', env: {}, execArgv: [], workerData: { prime } })
  const thread: Thread = { worker, jobs: [], left: settleAfter, leaving: false }
  // A thread holds the process only while it has jobs.
  worker.unref()
  worker.on('message', (answer: Answer) => {
    thread.jobs.shift()?.done(answer)
    if (thread.jobs.length === 0) worker.unref()
  })
  const end = (error: Error): void => {
    gone(thread)
    for (const { failed } of thread.jobs.splice(0)) failed(error)
  }
  worker.on('error', end).on('exit', () => end(new Error('a thread that computes powers has ended')))
  return thread
}

// Behind the jobs that the thread has: nobody waits for the second that it takes.
const settle = (thread: Thread): void => {
  thread.leaving = true
  const back = (): void => void (thread.leaving = false)
  void answerOf(thread, 'settle').then(back, back)
}

/** Makes the arithmetic of SRP. Its threads start when they are first needed. */
export const makeModularPower = (options: PowerOptions): ModularPower => {
  const { threads, queueLimit, settleAfter = settleAfterPowers } = options
  const limiter = makeLimiter('powers', { atOnce: threads * handedAtOnce, queueLimit })
  const all = new Set<Thread>()

  // One that has nothing to do, else a new one, else the one that is nearest to its end. Who comes while a thread
  // settles is given another one; afterwards the oldest do it alone again.
  const choose = (): Thread => {
    const able = [...all].filter(({ leaving }) => !leaving).slice(0, threads)
    const freest = able.toSorted((one, other) => one.jobs.length - other.jobs.length)[0]
    if (freest && (freest.jobs.length === 0 || able.length >= threads)) return freest
    const thread = startThread(settleAfter, (gone) => void all.delete(gone))
    all.add(thread)
    if (settleAfter === 0) void answerOf(thread, 'settle').catch(() => {})
    return thread
  }

  const hand = (thread: Thread, exponent: Uint8Array, base: Uint8Array | undefined): Promise<Answer> => {
    if (thread.left <= 0)
      return answerOf(thread, { exponent: alone(exponent), base: base && alone(base), keys: undefined })
    const keys = { private: alone(privateKeyOf(exponent)), public: base && alone(publicKeyOf(base)) }
    const answer = answerOf(thread, { exponent: alone(exponent), base: base && alone(base), keys })
    if (base && (thread.left -= 1) === 0) settle(thread)
    return answer
  }

  /** @returns a power of `base`, or of g: as it is from a thread that has settled, in its key from another */
  const compute = (exponent: Uint8Array, base?: Uint8Array): Promise<Buffer> =>
    limiter.run(async () => {
      if (exponent.every((byte) => byte === 0)) throw new Error(nothing)
      const thread = choose()
      const isKey = base === undefined && thread.left > 0
      const { value } = await hand(thread, exponent, base)
      if (!value) throw new Error(nothing)
      const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength)
      return isKey ? publicValueOf(bytes) : bytes
    })

  return {
    prime,
    generatorPower: (exponent) => compute(exponent),
    power: (base, exponent) => compute(exponent, base),
    close: () => {
      for (const { worker } of all) void worker.terminate()
      all.clear()
    },
  }
}
