// The keys a request is handed: sealing, password hashing, signing, SRP. Slow work here runs off the event loop.
import { availableParallelism } from 'node:os'
import type { Argon2Parameters } from '../config.ts'
import { modularPower, type ModularPower } from './modular-power.ts'
import { makePasswordHasher, type PasswordHasher } from './password-hasher.ts'
import { makeSealRing, type SealKey, type SealRing } from './seal.ts'
import { makeSigningKeys, type SigningKeys } from './signing-keys.ts'
import { makeSrpVerifier, type SrpIdentity, type SrpVerifier } from './srp-verifier.ts'

/** Everything in the service that needs a key or costs more than a millisecond of computing. */
export type Keys = {
  readonly seal: SealRing
  readonly passwords: PasswordHasher
  readonly signing: SigningKeys
  readonly modularPower: ModularPower
  /** Salt and verifier of a password that was just set. */
  readonly makeSrpVerifier: (identity: SrpIdentity) => Promise<SrpVerifier>
}

/** What the keys of a server are made of. */
export type KeyOptions = {
  readonly sealKeys: readonly SealKey[]
  readonly argon2: Argon2Parameters
  readonly hashQueueLimit: number
  /** Signing keys that are kept ready for new pools. */
  readonly signingStock: number
}

/** Makes the keys of a server. `signing.close()` stops what works ahead. */
export const makeKeys = ({ sealKeys, argon2, hashQueueLimit, signingStock }: KeyOptions): Keys => ({
  seal: makeSealRing(sealKeys),
  passwords: makePasswordHasher({ parameters: argon2, cores: availableParallelism(), queueLimit: hashQueueLimit }),
  signing: makeSigningKeys(signingStock),
  modularPower,
  makeSrpVerifier: (identity) => makeSrpVerifier(modularPower, identity),
})
