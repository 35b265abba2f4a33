// An alias that moves: it leaves the user who has it verified, who keeps the address, unverified
// (protocol/authentication 2.1.11; protocol/administration 4.2, 14.4).
import type { RequestContext } from '../../context.ts'
import type { Pool, User, Write } from '../../store/index.ts'
import { changeUser } from './change-user.ts'
import type { AddressAttribute } from '../messages/delivery-details.ts'
import { findUser } from './find-user.ts'

/**
 * Takes aliases from whoever has them.
 *
 * @param newHolder.id - the user they move to, who may have them already
 * @param newHolder.attributes - with the addresses
 * @param names - the aliases that move; those that are no alias in this pool stay
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

/** The addresses that the attributes say are verified. */
export const verifiedAddresses = (attributes: Readonly<Record<string, string>>): AddressAttribute[] =>
  (['email', 'phone_number'] as const).filter((name) => attributes[`${name}_verified`] === 'true')
