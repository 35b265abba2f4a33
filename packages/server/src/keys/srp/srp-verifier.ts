// The SRP verifier of a password. It is made whenever a password is set, so that an SRP sign-in works without seeing the
// password (protocol/authentication 4, 4.6).
import { randomBytes } from '../../random.ts'
import { minimalHex, srpExponent } from '../../rules/srp.ts'
import type { ModularPower } from './modular-power.ts'

/** Salt and verifier, in hexadecimal without leading zero digits (protocol/authentication 4.2). */
export type SrpVerifier = { readonly salt: string; readonly verifier: string }

/** The owner of a password: the pool's name inside SRP, and the real user name. */
export type SrpIdentity = { readonly poolName: string; readonly username: string; readonly password: string }

const saltLength = 16

/**
 * Makes the verifier of a password.
 *
 * @param salt - hexadecimal without leading zero digits; absent, a fresh one is drawn
 */
export const makeSrpVerifier = async (
  modularPower: ModularPower,
  identity: SrpIdentity,
  salt: string = minimalHex(randomBytes(saltLength)),
): Promise<SrpVerifier> => {
  const verifier = await modularPower.generatorPower(srpExponent(identity, salt))
  return { salt, verifier: minimalHex(verifier) }
}
