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

type Ask = {
  readonly exponent: Uint8Array
  readonly privateKey: Uint8Array
  readonly base: Uint8Array | undefined
  readonly publicKey: Uint8Array | undefined
}
type Answer = {
  readonly value: Uint8Array | undefined
  /** Whether the thread is busy with itself now; it sends one more message when it is not. */
  readonly settling: boolean
}

// OpenSSL computes g^x when it reads a private key x. That is the answer for g; for another base it is wasted. An
// object for the prime wastes nothing, but OpenSSL tests the prime for 1.25 s first: the price of 2,000 wasted powers.
// In a string, because a file of its own would not be found in the bundled program.
const source = `
const { createDiffieHellman, createPrivateKey, createPublicKey, diffieHellman } = require('node:crypto')
const { parentPort, workerData: { prime, settleAfter } } = require('node:worker_threads')

let wasted = 0
let settled = settleAfter === 0 ? createDiffieHellman(prime, 2) : undefined

const valueOf = ({ exponent, privateKey: pkcs8, base, publicKey: spki }) => {
  if (settled && base) {
    settled.setPrivateKey(exponent)
    return settled.computeSecret(base)
  }
  const privateKey = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' })
  if (!spki) return createPublicKey(privateKey).export({ format: 'der', type: 'spki' })
  wasted += 1
  return diffieHellman({ privateKey, publicKey: createPublicKey({ key: spki, format: 'der', type: 'spki' }) })
}

parentPort.on('message', (ask) => {
  let value
  try {
    value = new Uint8Array(valueOf(ask))
  } catch {
    // OpenSSL's refusal; the other side says so.
  }
  const settling = !settled && wasted >= settleAfter
  parentPort.postMessage({ value, settling })
  if (!settling) return
  settled = createDiffieHellman(prime, 2)
  parentPort.postMessage({ settling: false })
})
`

const settleAfterPowers = 200

const nothing = 'no power of this base or exponent'

/** One job of one thread, which holds the process only meanwhile. */
const answerOf = (worker: Worker, ask: Ask): Promise<Answer> => {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const ended = (): void => reject(new Error('a thread that computes powers has ended'))
  worker.ref()
  worker.once('message', resolve).once('error', reject).once('exit', ended)
  worker.postMessage(ask)
  return promise.finally(() => {
    worker.off('message', resolve).off('error', reject).off('exit', ended)
    worker.unref()
  })
}

/** Makes the arithmetic of SRP. Its threads start when they are first needed. */
export const makeModularPower = (options: PowerOptions): ModularPower => {
  const { threads, queueLimit, settleAfter = settleAfterPowers } = options
  const limiter = makeLimiter('powers', { atOnce: threads, queueLimit })
  const all = new Set<Worker>()
  const idle: Worker[] = []

  const start = (): Worker => {
    const workerData = { prime, settleAfter }
    const worker = new Worker(source, { eval: true, name: 'powers', env: {}, execArgv: [], workerData })
    all.add(worker)
    const gone = (): void => {
      all.delete(worker)
      if (idle.includes(worker)) idle.splice(idle.indexOf(worker), 1)
    }
    return worker.on('exit', gone).on('error', gone)
  }

  const compute = (exponent: Uint8Array, base?: Uint8Array): Promise<Buffer> =>
    limiter.run(async () => {
      if (exponent.every((byte) => byte === 0)) throw new Error(nothing)
      const worker = idle.pop() ?? start()
      const { value, settling } = await answerOf(worker, {
        exponent,
        privateKey: privateKeyOf(exponent),
        base,
        publicKey: base && publicKeyOf(base),
      })
      // Who comes while a thread settles is given another one.
      if (settling) worker.once('message', () => idle.push(worker))
      else if (all.has(worker)) idle.push(worker)
      if (!value) throw new Error(nothing)
      return Buffer.from(value.buffer, value.byteOffset, value.byteLength)
    })

  return {
    prime,
    generatorPower: async (exponent) => publicValueOf(await compute(exponent)),
    power: (base, exponent) => compute(exponent, base),
    close: () => {
      for (const worker of all) void worker.terminate()
      all.clear()
      idle.length = 0
    },
  }
}
