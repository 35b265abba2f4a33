// Changes a user, as one list of writes: the record, its search rows, the names that lead to it, the removal of void
// codes and the notice to the user.
import type { Context } from '../../context.ts'
import { ServiceError } from '../../errors.ts'
import { withMarks } from '../../rules/attributes.ts'
import type { NameKind } from '../../rules/directory-names.ts'
import type { Pool, User, UserChange, Write } from '../../store/index.ts'
import { sealedPlaces } from '../../store/sealed-places.ts'
import { renameWrites } from './directory.ts'
import { tellOfChange } from '../messages/notices.ts'

/** The user after the change, and the writes of the change. */
export type ChangedUser = { readonly user: User; readonly writes: Write[] }

/** The refusal when a name that a change claims belongs to another user (protocol/administration 4.4). */
export const addressTaken = (kind: NameKind): ServiceError =>
  new ServiceError('AliasExistsException', `An account with the given ${kind} already exists.`)

/**
 * Changes a user; the writes are refused when the user has changed since it was read.
 *
 * @param taken - the error for a name that belongs to another user
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

// A code proves ownership of the address it was sent to, and not of a later address; a recovery code ends when the
// password is set in another way (requirements 57, 61).
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

// The next change of a user seals its verifier again when that was sealed in a former format or under a former key.
const sealedAgain = ({ keys }: Context, user: User): Pick<UserChange, 'srpSealed'> => {
  const sealed = user.srpSealed && keys.seal.sealAgain(user.srpSealed, sealedPlaces.srpVerifier(user))
  return sealed ? { srpSealed: sealed } : {}
}
