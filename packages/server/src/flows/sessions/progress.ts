// What the sessions of a sign-in remember.
import type { Level } from '../../rules/assurance.ts'
import type { Proof } from '../../rules/proofs.ts'
import type { CustomResult } from '../triggers/custom-sign-in.ts'

/** What a sign-in carries from step to step, in its sessions. */
export type Carried = {
  /** All that was proved so far. */
  readonly proved: readonly Proof[]
  /**
   * The name that was typed, where it leads to no user and that is not told (protocol/authentication 2.4). Such a
   * sign-in never ends in anything.
   */
  readonly unknownName?: string | undefined
  /** The device key that the caller sent, known or not. */
  readonly deviceKey?: string | undefined
  /** The levels that the caller wants reached, best first (protocol/authentication 3.3). */
  readonly target?: readonly Level[] | undefined
  /** How far a sign-in by the challenges of the pool's own has come; undefined once they are done. */
  readonly custom?: CustomProgress | undefined
}

/** What a custom sign-in has behind it, oldest first, and the client's public value where it began by SRP. */
export type CustomProgress = {
  readonly results: readonly CustomResult[]
  readonly publicValue?: string | undefined
}

/** What a session remembers: what the sign-in carries, and what its challenge needs for the answer. */
export type Progress = Carried & { readonly state?: unknown }
