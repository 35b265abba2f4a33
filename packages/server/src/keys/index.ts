// The keys a request is handed: sealing, password hashing, signing. Slow work here runs off the event loop.
import type { PasswordHasher } from './password-hasher.ts'
import type { ModularPower } from './modular-power.ts'
import type { SealRing } from './seal.ts'
import type { SigningKeys } from './signing-keys.ts'

/** Everything in the service that needs a key or costs more than a millisecond of computing. */
export type Keys = {
  readonly seal: SealRing
  readonly passwords: PasswordHasher
  readonly signing: SigningKeys
  readonly modularPower: ModularPower
}
