// Changes a user: the record, its search rows, the names that lead to it, the codes that the change makes void and
// the notice of it, as one list of writes.
import type { Context } from '../../context.ts'
import { ServiceError } from '../../errors.ts'
import { withMarks } from '../../rules/attributes.ts'
import type { NameKind } from '../../rules/directory-names.ts'
import type { Pool, User, UserChange, Write } from '../../store/index.ts'
import { sealedPlaces } from '../../store/sealed-places.ts'
import { renameWrites } from './directory.ts'
import { tellOfChange } from '../messages/notices.ts'

/** A user as it will be, and the writes that make it so. */
export type ChangedUser = { readonly user: User; readonly writes: Write[] }

/** The answer when a name that a change claims is another user's (protocol/administration 4.4). */
export const addressTaken = (kind: NameKind): ServiceError =>
  new ServiceError('AliasExistsException', `An account with the given ${kind} already exists.`)

/**
 * Changes a user that was read.
 *
 * @param taken - the error about a name that another user has
 */
export const changeUser = (
  context: Context,
  pool: Pool,
  before: User,
  to: UserChange,
  taken: (kind: NameKind) => Error = addressTaken,
): ChangedUser => {
  const change = {
    ...sealedAgain(context, before),
    ...to,
    ...(to.attributes ? { attributes: withMarks(to.attributes) } : {}),
  }
  const now = context.clock.now()
  const after: User = { ...before, ...change, updatedAt: now, version: before.version + 1 }
  const writes = [
    ...renameWrites(context, pool, { before, after }, taken),
    ...context.store.users.change(before, change, now),
    ...voidCodes(context, before, change),
    ...tellOfChange(context, pool, before, after),
  ]
  return { user: after, writes }
}

// A code proves whoever holds it to own the address that it went to, and no address that came after; a code that buys
// a password ends when a password is set in another way (requirements 57, 61).
const voidCodes = ({ store }: Context, before: User, change: UserChange): Write[] => {
  const { poolId, id } = before
  const addresses = ['email', 'phone_number'].filter(
    (attribute) => change.attributes && change.attributes[attribute] !== before.attributes[attribute],
  )
  return [
    ...addresses.map((attribute) => store.codes.removeOf(poolId, id, attribute)),
    ...(change.passwordHash === undefined ? [] : [store.codes.remove(poolId, id, 'recovery')]),
  ]
}

// What was sealed in a former way, or under a former key, is sealed anew by the next change.
const sealedAgain = ({ keys }: Context, user: User): Pick<UserChange, 'srpSealed'> => {
  const sealed = user.srpSealed && keys.seal.sealAgain(user.srpSealed, sealedPlaces.srpVerifier(user))
  return sealed ? { srpSealed: sealed } : {}
}
