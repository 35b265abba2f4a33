// Moves an alias. The former holder keeps the address as an unverified attribute (protocol/authentication 2.1.11;
// protocol/administration 4.2, 14.4).
import type { RequestContext } from '../../context.ts'
import type { Pool, User, Write } from '../../store/index.ts'
import { changeUser } from './change-user.ts'
import type { AddressAttribute } from '../messages/delivery-details.ts'
import { findUser } from './find-user.ts'

/**
 * Takes aliases from the users who hold them.
 *
 * @param newHolder.id - the user who gets the aliases, and may hold them already
 * @param newHolder.attributes - the attributes with the addresses
 * @param names - the attributes whose aliases move; attributes that are not aliases in this pool are ignored
 */
export const releaseAliases = async (
  context: RequestContext,
  pool: Pool,
  newHolder: Pick<User, 'attributes'> & { readonly id: string | undefined },
  names: readonly AddressAttribute[],
): Promise<Write[]> => {
  const holders = new Map<string, { readonly user: User; readonly flags: Readonly<Record<string, string>> }>()
  for (const name of names) {
    const address = newHolder.attributes[name]
    if (!address || !pool.settings.aliasAttributes?.includes(name)) continue
    const user = await findUser(context, pool, address)
    if (!user || user.id === newHolder.id) continue
    holders.set(user.id, { user, flags: { ...holders.get(user.id)?.flags, [`${name}_verified`]: 'false' } })
  }
  return [...holders.values()].flatMap(
    ({ user, flags }) => changeUser(context, pool, user, { attributes: { ...user.attributes, ...flags } }).writes,
  )
}

/** The address attributes that are marked as verified. */
export const verifiedAddresses = (attributes: Readonly<Record<string, string>>): AddressAttribute[] =>
  (['email', 'phone_number'] as const).filter((name) => attributes[`${name}_verified`] === 'true')
