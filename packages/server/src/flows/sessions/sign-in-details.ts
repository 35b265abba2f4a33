// What a sign-in is known by beside its columns, as its `details` hold it.
import type { Level } from '../../rules/assurance.ts'
import type { SignIn } from '../../store/index.ts'
import type { Proof } from '../../rules/proofs.ts'

/** The details of a sign-in. */
export type SignInDetails = {
  /** All that was proved in it. */
  readonly proved?: readonly Proof[]
  /** The user's credentialsAt in it. */
  readonly credentialsAt?: number
  /** The level that it reached, where one was asked for. */
  readonly level?: Level
  /** The group key of the device key that it gave. */
  readonly groupKey?: string
  /** It went by the Admin operations in a pool that tracks devices: no device stands behind its refresh tokens. */
  readonly withoutDevice?: true
}

/** Reads the details of a sign-in. */
export const detailsOf = ({ details }: Pick<SignIn, 'details'>): SignInDetails => JSON.parse(details) as SignInDetails
