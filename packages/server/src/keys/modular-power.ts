// Powers modulo the 3072-bit prime of RFC 3526, group 15, by OpenSSL and off the event loop: a Diffie-Hellman agreement
// is such a power. docs/decisions/modular-arithmetic.md says what they cost, and why in worker threads.
import { getDiffieHellman } from 'node:crypto'
import { makeComputing, type ComputingOptions } from './computing.ts'
import { latin1Of } from './latin1.ts'

/** Powers modulo N. Every call may throw ServiceError TooManyRequestsException when too many wait. */
export type ModularPower = {
  /** N, big-endian. */
  readonly prime: Buffer
  /** g^exponent mod N for g = 2, 384 bytes big-endian. @throws Error for an exponent of 0 */
  generatorPower(exponent: Uint8Array): Promise<Buffer>
  /** base^exponent mod N, 384 bytes big-endian. @throws Error for an exponent of 0, a base of 0, 1, N-1 or more */
  power(base: Uint8Array, exponent: Uint8Array): Promise<Buffer>
  /**
   * The server's secret S = (A·v^u)^b mod N (RFC 5054, 2.6), 384 bytes big-endian.
   *
   * @throws Error as `power` does
   */
  serverSecret(exchange: Exchange): Promise<Buffer>
  /** Ends the threads; powers that are asked for afterwards start new ones. */
  close(): void
}

/** What both sides have shown of an exchange, and the server's half of it. */
export type Exchange = {
  /** A in hexadecimal. */
  readonly clientPublic: string
  /** v, u and b, big-endian. */
  readonly verifier: Uint8Array
  readonly scrambler: Uint8Array
  readonly exponent: Uint8Array
}

/** Makes the arithmetic of SRP. Its threads start when they are first needed. */
export const makeModularPower = (options: ComputingOptions): ModularPower => {
  const { run, close } = makeComputing('powers', options)
  return {
    prime: getDiffieHellman('modp15').getPrime(),
    generatorPower: (exponent) => run('generatorPower', latin1Of(exponent)),
    power: (base, exponent) => run('power', { base: latin1Of(base), exponent: latin1Of(exponent) }),
    serverSecret: ({ clientPublic, verifier, scrambler, exponent }) =>
      run('serverSecret', {
        clientPublic,
        verifier: latin1Of(verifier),
        scrambler: latin1Of(scrambler),
        exponent: latin1Of(exponent),
      }),
    close,
  }
}
