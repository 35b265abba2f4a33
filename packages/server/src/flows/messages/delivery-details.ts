// Where a code goes, and how that is told (protocol/authentication 2.2.2 to 2.2.4).
import { maskDestination } from '../../rules/masking.ts'
import type { Pool, User } from '../../store/index.ts'

/** An attribute that can receive a code. */
export type AddressAttribute = 'email' | 'phone_number'

/** A place a code is sent to. */
export type Destination = { readonly attribute: AddressAttribute; readonly address: string }

/** What a caller is told of where a code went. */
export type DeliveryDetails = {
  readonly destination: string
  readonly attribute: AddressAttribute
}

/** Tells where a code goes without telling the address. */
export const deliveryDetails = ({ attribute, address }: Destination): DeliveryDetails => ({
  destination: maskDestination(address),
  attribute,
})

/**
 * Where the sign-up code of a user goes: the phone first (protocol/authentication 2.2.3); undefined when nothing is
 * auto-verified.
 */
export const signUpDestination = (pool: Pool, user: User): Destination | undefined => {
  const verified = pool.settings.autoVerifiedAttributes ?? []
  for (const attribute of ['phone_number', 'email'] as const) {
    const address = user.attributes[attribute]
    if (verified.includes(attribute) && address) return { attribute, address }
  }
  return undefined
}
