// The destination of a code, and its masked form for callers (protocol/authentication 2.2.2 to 2.2.4).
import { maskDestination } from '../../rules/masking.ts'
import type { Pool, User } from '../../store/index.ts'

/** An attribute that can receive a code. */
export type AddressAttribute = 'email' | 'phone_number'

/** The destination of a code. */
export type Destination = { readonly attribute: AddressAttribute; readonly address: string }

/** The masked destination of a code, as callers see it. */
export type DeliveryDetails = {
  readonly destination: string
  readonly attribute: AddressAttribute
}

/** Describes the destination of a code with a masked address. */
export const deliveryDetails = ({ attribute, address }: Destination): DeliveryDetails => ({
  destination: maskDestination(address),
  attribute,
})

/**
 * The destination of a user's sign-up code: the phone number first (protocol/authentication 2.2.3); undefined when the
 * pool verifies no address automatically.
 */
export const signUpDestination = (pool: Pool, user: User): Destination | undefined => {
  const verified = pool.settings.autoVerifiedAttributes ?? []
  for (const attribute of ['phone_number', 'email'] as const) {
    const address = user.attributes[attribute]
    if (verified.includes(attribute) && address) return { attribute, address }
  }
  return undefined
}
