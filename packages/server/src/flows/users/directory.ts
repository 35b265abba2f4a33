// Keeps the directory equal to what rules/directory-names.ts says of a user, in the commit that changes the user.
import type { Context } from '../../context.ts'
import { directoryNames, type DirectoryName, type NameKind } from '../../rules/directory-names.ts'
import type { Pool, User, Write } from '../../store/index.ts'

/** Every name of a new user; `taken` is the error about a name that another user has. */
export const claimNames = ({ store }: Context, pool: Pool, user: User, taken: (kind: NameKind) => Error): Write[] =>
  namesOf(pool, user).map((name) => store.directory.add(user, name, () => taken(name.kind)))

const namesOf = (pool: Pool, user: User): DirectoryName[] =>
  directoryNames(pool.settings, {
    id: user.id,
    username: user.username,
    confirmed: user.status !== 'UNCONFIRMED',
    attributes: user.attributes,
  })

/** The names that a change of a user gives up and claims. */
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
