// Powers modulo the 3072-bit prime of RFC 3526, group 15, off the event loop: a Diffie-Hellman agreement of OpenSSL is
// such a power. docs/decisions/modular-arithmetic.md says what they cost, and why in worker threads.
import { makeComputing, type ComputingOptions } from '../threads/computing.ts'
import type { JobSource } from '../threads/fair-queue.ts'
import { bytesOf, latin1Of } from '../threads/latin1.ts'

/**
 * Powers modulo N. Each call says whose work it is, and may throw ServiceError TooManyRequestsException when too much
 * of that source waits.
 */
export type ModularPower = {
  /** g^exponent mod N for g = 2, 384 bytes big-endian. @throws Error for an exponent of 0 */
  generatorPower(exponent: Uint8Array, source?: JobSource): Promise<Buffer>
  /** base^exponent mod N, 384 bytes big-endian. @throws Error for an exponent of 0, a base of 0, 1, N-1 or more */
  power(base: Uint8Array, exponent: Uint8Array, source?: JobSource): Promise<Buffer>
  /**
   * The server's side of an SRP exchange, three powers in one job (RFC 5054, 2.5.3 and 2.6).
   *
   * @returns undefined when B or u is 0 and another b must be drawn
   * @throws Error as `power` does
   */
  srpExchange(offer: SrpOffer, source?: JobSource): Promise<SrpExchange | undefined>
  /** Whether a power of a source would find a place in the queue now. */
  hasPlace(source?: JobSource): boolean
  /** Powers and exchanges that wait. */
  waiting(): number
  /** Ends the threads; powers that are asked for afterwards start new ones. */
  close(): void
}

/** What an exchange begins with. */
export type SrpOffer = {
  /** A and v in hexadecimal, without leading zero digits. */
  readonly clientPublic: string
  readonly verifier: string
  /** b, big-endian. */
  readonly exponent: Uint8Array
}

/** What it comes to. */
export type SrpExchange = {
  /** B in hexadecimal, without leading zero digits. */
  readonly serverPublic: string
  /** K, the key that a client shares which knows the password, 16 bytes. */
  readonly key: Buffer
}

/** Makes the arithmetic of SRP. Its threads start when they are first needed. */
export const makeModularPower = (options: ComputingOptions): ModularPower => {
  const computing = makeComputing('powers', options)
  const { run } = computing
  return {
    generatorPower: async (exponent, source) => bytesOf(await run('generatorPower', latin1Of(exponent), source)),
    power: async (base, exponent, source) =>
      bytesOf(await run('power', { base: latin1Of(base), exponent: latin1Of(exponent) }, source)),
    srpExchange: async ({ clientPublic, verifier, exponent }, source) => {
      const exchange = await run('srpExchange', { clientPublic, verifier, exponent: latin1Of(exponent) }, source)
      return exchange && { serverPublic: exchange.serverPublic, key: bytesOf(exchange.key) }
    },
    hasPlace: computing.hasPlace,
    waiting: computing.waiting,
    close: computing.close,
  }
}
