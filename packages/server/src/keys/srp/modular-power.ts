// Powers modulo the 3072-bit prime of RFC 3526, group 15, computed in worker threads: a Diffie-Hellman agreement of
// OpenSSL is such a power. docs/decisions/modular-arithmetic.md gives the reasons and the costs.
import { makeComputing, type ComputingOptions } from '../threads/computing.ts'
import type { JobSource } from '../threads/fair-queue.ts'
import { bytesOf, latin1Of } from '../threads/latin1.ts'

/**
 * Computes powers modulo N. Each call names its source, and throws ServiceError TooManyRequestsException when that source
 * has no place in the queue.
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
  /** Whether the queue has a place for a power of a source now. */
  hasPlace(source?: JobSource): boolean
  /** The number of powers and exchanges that wait. */
  waiting(): number
  /** Ends the threads; later calls start new ones. */
  close(): void
}

/** The inputs of an exchange. */
export type SrpOffer = {
  /** A and v in hexadecimal, without leading zero digits. */
  readonly clientPublic: string
  readonly verifier: string
  /** b, big-endian. */
  readonly exponent: Uint8Array
}

/** The results of an exchange. */
export type SrpExchange = {
  /** B in hexadecimal, without leading zero digits. */
  readonly serverPublic: string
  /** K, the key shared with a client that knows the password, 16 bytes. */
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
