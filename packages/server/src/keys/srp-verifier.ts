// The SRP verifier of a password, made wherever a password is set, for a sign-in that never sees the password
// (spec: authentication 4; RFC 5054, 2.4 with other padding).
import { createHash, randomBytes } from 'node:crypto'
import { modularPower } from './modular-power.ts'

/** Salt and verifier, in hexadecimal without leading zero digits (4.2). */
export type SrpVerifier = { readonly salt: string; readonly verifier: string }

/** Whose password it is: the pool's name inside SRP, and the real user name. */
export type SrpIdentity = { readonly poolName: string; readonly username: string; readonly password: string }

const sha256 = (...parts: Uint8Array[]): Buffer => createHash('sha256').update(Buffer.concat(parts)).digest()

const minimalHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex').replace(/^0+(?=.)/, '')

/** A number as SRP hashes it: even digits, and a zero byte before a set top bit (4, `pad`). */
export const padHex = (hex: string): Buffer => {
  const even = hex.length % 2 === 0 ? hex : `0${hex}`
  return Buffer.from(/^[89a-f]/i.test(even) ? `00${even}` : even, 'hex')
}

/** The private exponent x of a password (4). */
export const srpExponent = ({ poolName, username, password }: SrpIdentity, salt: string): Buffer =>
  sha256(padHex(salt), sha256(Buffer.from(`${poolName}${username}:${password}`, 'utf8')))

const saltLength = 16

/**
 * Makes the verifier of a password.
 *
 * @param salt - hexadecimal without leading zero digits; a fresh one when absent
 */
export const makeSrpVerifier = async (
  identity: SrpIdentity,
  salt: string = minimalHex(randomBytes(saltLength)),
): Promise<SrpVerifier> => {
  const verifier = await modularPower.generatorPower(srpExponent(identity, salt))
  return { salt, verifier: minimalHex(verifier) }
}
