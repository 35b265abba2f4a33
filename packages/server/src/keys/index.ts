// The keys a request is handed: sealing, password hashing, signing, SRP. Slow work here runs off the event loop.
import { availableParallelism } from 'node:os'
import type { Argon2Parameters } from '../config.ts'
import { makeModularPower, type ModularPower } from './srp/modular-power.ts'
export type { Exchange } from './srp/modular-power.ts'
import { makePasswordHasher, type PasswordHasher } from './password-hasher.ts'
import { makeSealRing, type SealKey, type SealRing } from './seal.ts'
import { makeSigningKeys, type SigningKeys } from './signing-keys.ts'
import { makeSrpVerifier, type SrpIdentity, type SrpVerifier } from './srp/srp-verifier.ts'

/** Everything in the service that needs a key or costs more than a millisecond of computing. */
export type Keys = {
  readonly seal: SealRing
  readonly passwords: PasswordHasher
  readonly signing: SigningKeys
  readonly modularPower: ModularPower
  /** Salt and verifier of a password that was just set. */
  readonly makeSrpVerifier: (identity: SrpIdentity) => Promise<SrpVerifier>
  /** Stops what works ahead, and the threads. */
  close(): void
}

/** What the keys of a server are made of. */
export type KeyOptions = {
  readonly sealKeys: readonly SealKey[]
  readonly argon2: Argon2Parameters
  /** Password checks that may wait, and powers of SRP. */
  readonly hashQueueLimit: number
  /** Signing keys that are kept ready for new pools. */
  readonly signingStock: number
}

/** Makes the keys of a server. */
export const makeKeys = (options: KeyOptions): Keys => {
  const { sealKeys, argon2, hashQueueLimit: queueLimit, signingStock } = options
  const threads = availableParallelism()
  const passwords = makePasswordHasher({ parameters: argon2, threads, queueLimit })
  const signing = makeSigningKeys(signingStock)
  // They are half of a sign-in by SRP: one core is left to the other half.
  const modularPower = makeModularPower({ threads: Math.max(1, threads - 1), queueLimit })
  return {
    seal: makeSealRing(sealKeys),
    passwords,
    signing,
    modularPower,
    makeSrpVerifier: (identity) => makeSrpVerifier(modularPower, identity),
    close: () => {
      passwords.close()
      signing.close()
      modularPower.close()
    },
  }
}
