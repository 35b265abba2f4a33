// The keys a request is handed: sealing, password hashing, signing, SRP. Slow work here runs off the event loop.
import { availableParallelism } from 'node:os'
import type { Argon2Parameters } from '../config.ts'
import { makeModularPower, type ModularPower } from './srp/modular-power.ts'
export type { SrpExchange } from './srp/modular-power.ts'
export type { JobSource } from './threads/fair-queue.ts'
import type { JobSource } from './threads/fair-queue.ts'
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
  /** The same keys for the requests of one source: their slow work waits in its share of the queues. */
  forSource(source: JobSource): Keys
  /** Stops what works ahead, and the threads. */
  close(): void
}

/** What the keys of a server are made of. */
export type KeyOptions = {
  readonly sealKeys: readonly SealKey[]
  readonly argon2: Argon2Parameters
  /** Password checks that may wait, and as many powers of SRP; sources share the places. */
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
  const keys: Keys = {
    seal: makeSealRing(sealKeys),
    passwords,
    signing,
    modularPower,
    makeSrpVerifier: (identity) => makeSrpVerifier(modularPower, identity),
    forSource: (source) => keysOfSource(keys, source),
    close: () => {
      passwords.close()
      signing.close()
      modularPower.close()
    },
  }
  return keys
}

const keysOfSource = (keys: Keys, source: JobSource): Keys => {
  const modularPower = powersOfSource(keys.modularPower, source)
  // Made for each request, so written out: a spread costs many times as much.
  return {
    seal: keys.seal,
    passwords: passwordsOfSource(keys.passwords, source),
    signing: keys.signing,
    modularPower,
    makeSrpVerifier: (identity) => makeSrpVerifier(modularPower, identity),
    forSource: keys.forSource,
    close: keys.close,
  }
}

const passwordsOfSource = (passwords: PasswordHasher, source: JobSource): PasswordHasher => ({
  hash: (password) => passwords.hash(password, source),
  verify: (password, stored) => passwords.verify(password, stored, source),
  hasPlace: () => passwords.hasPlace(source),
  waiting: passwords.waiting,
  close: passwords.close,
})

const powersOfSource = (powers: ModularPower, source: JobSource): ModularPower => ({
  generatorPower: (exponent) => powers.generatorPower(exponent, source),
  power: (base, exponent) => powers.power(base, exponent, source),
  srpExchange: (offer) => powers.srpExchange(offer, source),
  hasPlace: () => powers.hasPlace(source),
  waiting: powers.waiting,
  close: powers.close,
})
