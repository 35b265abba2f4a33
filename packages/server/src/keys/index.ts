// The keys of a server: sealing, password hashing, signing and SRP. Slow work runs in other threads.
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

/** Everything that needs a secret key or more than a millisecond of computing. */
export type Keys = {
  readonly seal: SealRing
  readonly passwords: PasswordHasher
  readonly signing: SigningKeys
  readonly modularPower: ModularPower
  /** Makes the salt and SRP verifier of a new password. */
  readonly makeSrpVerifier: (identity: SrpIdentity) => Promise<SrpVerifier>
  /** The same keys for the requests of one source, whose slow work waits in that source's share of the queues. */
  forSource(source: JobSource): Keys
  /** Stops making keys ahead, and ends the threads. */
  close(): void
}

/** The settings from which the keys of a server are made. */
export type KeyOptions = {
  readonly sealKeys: readonly SealKey[]
  readonly argon2: Argon2Parameters
  /** The length of the queue of password checks, and of the queue of SRP powers; sources share the places. */
  readonly hashQueueLimit: number
  /** The number of signing keys to keep ready for new pools. */
  readonly signingStock: number
}

/** Makes the keys of a server. */
export const makeKeys = (options: KeyOptions): Keys => {
  const { sealKeys, argon2, hashQueueLimit: queueLimit, signingStock } = options
  const threads = availableParallelism()
  const passwords = makePasswordHasher({ parameters: argon2, threads, queueLimit })
  const signing = makeSigningKeys(signingStock)
  // SRP powers take half the CPU time of an SRP sign-in; leave one core for the rest.
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
  // This object is made for each request. A spread would cost many times as much.
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
