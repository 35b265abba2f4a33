// Keeps the directory equal to the names that rules/directory-names.ts derives from a user, in the commit that changes
// the user.
import type { Context } from '../../context.ts'
import { directoryNames, type DirectoryName, type NameKind } from '../../rules/directory-names.ts'
import type { Pool, User, Write } from '../../store/index.ts'

/** Claims every name of a new user. @param taken - the error for a name that belongs to another user */
export const claimNames = ({ store }: Context, pool: Pool, user: User, taken: (kind: NameKind) => Error): Write[] =>
  namesOf(pool, user).map((name) => store.directory.add(user, name, () => taken(name.kind)))

const namesOf = (pool: Pool, user: User): DirectoryName[] =>
  directoryNames(pool.settings, {
    id: user.id,
    username: user.username,
    confirmed: user.status !== 'UNCONFIRMED',
    attributes: user.attributes,
  })

/** Releases the names that a user loses by a change, and claims the names that it gains. */
export const renameWrites = (
  { store }: Context,
  pool: Pool,
  change: { readonly before: User; readonly after: User },
  taken: (kind: NameKind) => Error,
): Write[] => {
  const before = namesOf(pool, change.before)
  const after = namesOf(pool, change.after)
  const had = new Set(before.map(({ name }) => name))
  const has = new Set(after.map(({ name }) => name))
  return [
    ...before.filter(({ name }) => !has.has(name)).map(({ name }) => store.directory.remove(pool.id, name)),
    ...after
      .filter(({ name }) => !had.has(name))
      .map((name) => store.directory.add(change.after, name, () => taken(name.kind))),
  ]
}
