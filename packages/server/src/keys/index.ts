// The keys a request is handed: sealing, password hashing, signing, SRP. Slow work here runs off the event loop.
import { availableParallelism } from 'node:os'
import type { Argon2Parameters } from '../config.ts'
import { makeModularPower, type ModularPower } from './srp/modular-power.ts'
export type { Exchange } from './srp/modular-power.ts'
export type { Share } from './threads/fair-queue.ts'
import type { Share } from './threads/fair-queue.ts'
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
  forSource(share: Share): Keys
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
    forSource: (share) => keysOfSource(keys, share),
    close: () => {
      passwords.close()
      signing.close()
      modularPower.close()
    },
  }
  return keys
}

const keysOfSource = (keys: Keys, share: Share): Keys => {
  const modularPower = powersOfSource(keys.modularPower, share)
  // Made for each request, so written out: a spread costs many times as much.
  return {
    seal: keys.seal,
    passwords: passwordsOfSource(keys.passwords, share),
    signing: keys.signing,
    modularPower,
    makeSrpVerifier: (identity) => makeSrpVerifier(modularPower, identity),
    forSource: keys.forSource,
    close: keys.close,
  }
}

const passwordsOfSource = (passwords: PasswordHasher, share: Share): PasswordHasher => ({
  hash: (password) => passwords.hash(password, share),
  verify: (password, stored) => passwords.verify(password, stored, share),
  hasPlace: () => passwords.hasPlace(share),
  waiting: passwords.waiting,
  close: passwords.close,
})

const powersOfSource = (powers: ModularPower, share: Share): ModularPower => ({
  generatorPower: (exponent) => powers.generatorPower(exponent, share),
  power: (base, exponent) => powers.power(base, exponent, share),
  srpExchange: (offer) => powers.srpExchange(offer, share),
  hasPlace: () => powers.hasPlace(share),
  waiting: powers.waiting,
  close: powers.close,
})
