// Unknown names, and names of users whose existence is hidden. They are counted, given codes and answered like users,
// so that neither an answer nor a limit shows the difference (protocol/authentication 2.4; requirement 14).
import type { Context } from '../../context.ts'
import { limits } from '../../config.ts'
import { foldName, isEmail, isPhoneNumber } from '../../rules/user-names.ts'
import type { Pool, Write } from '../../store/index.ts'
import { deliveryDetails, type AddressAttribute, type DeliveryDetails } from '../messages/delivery-details.ts'

/**
 * The row on which attempts against an unknown name are counted. Each name has its own row, as each user has, so that
 * names never share a count. The counts expire within hours.
 */
export const unknownNameRow = (context: Context, pool: Pool, name: string): { poolId: string; id: string } => ({
  poolId: pool.id,
  id: `nobody-${hashOf(context, pool, name)}`,
})

/**
 * The keyed hash of a name in a pool: it has the same length for every name, and cannot be predicted without the
 * server's key.
 */
const hashOf = ({ keys }: Context, pool: Pool, name: string): string => {
  const [, mac = ''] = keys.seal.mac(JSON.stringify([pool.id, foldName(pool.settings, name)]), 'nobody').split('.')
  return mac
}

/** Stores a recovery code that is not sent and that no guess matches. */
export const deadRecoveryCode = (
  { store, keys, random, clock }: Context,
  { poolId, id }: { readonly poolId: string; readonly id: string },
): Write =>
  store.codes.put({
    poolId,
    userId: id,
    purpose: 'recovery',
    mac: keys.seal.mac(random.uuid(), 'dead-code'),
    attribute: '',
    pending: undefined,
    expiresAt: clock.now() + limits.recoveryCodeSeconds * 1000,
  })

/**
 * The made-up destination of a code that was not sent. It is derived from the name and the pool's settings, so that it
 * looks like any other and a name always gets the same one.
 *
 * @param offered - the attributes that a real code might be sent to, preferred first
 */
export const simulatedDetails = (
  context: Context,
  pool: Pool,
  offered: readonly AddressAttribute[],
  name: string,
): DeliveryDetails => {
  const attribute = mediumOf(pool, offered, name)
  if (attribute === 'email' ? isEmail(name) : isPhoneNumber(name)) return deliveryDetails({ attribute, address: name })
  const number = numberOf(context, pool, name)
  const [first = ''] = Array.from(name)
  const address =
    attribute === 'email'
      ? `${first}@${String.fromCodePoint(97 + (number % 26))}`
      : `+1000000${String(number % 10_000).padStart(4, '0')}`
  return deliveryDetails({ attribute, address })
}

const numberOf = (context: Context, pool: Pool, name: string): number =>
  Buffer.from(hashOf(context, pool, name), 'base64url').readUInt32BE()

// Chooses by the form of the name, else the attribute that the pool verifies automatically, else the first one.
const mediumOf = (pool: Pool, offered: readonly AddressAttribute[], name: string): AddressAttribute => {
  if (isEmail(name) && offered.includes('email')) return 'email'
  if (isPhoneNumber(name) && offered.includes('phone_number')) return 'phone_number'
  const verified: readonly string[] = pool.settings.autoVerifiedAttributes ?? []
  return offered.find((attribute) => verified.includes(attribute)) ?? offered[0] ?? 'email'
}
