// The room of users: it finds, makes, changes and lists them. This file finds the user of a typed name: a user name,
// alias or sub, compared as the pool compares names (protocol/authentication 2.1.8).
//
//   find-user.ts       finds the user of a typed name
//   new-user.ts        makes the record of a new user
//   change-user.ts     changes a user, as one list of writes: record, names, codes, notices
//   directory.ts       keeps the names that lead to a user equal to its record
//   aliases.ts         moves an alias from one user to another
//   attributes.ts      changes, removes and verifies a user's attributes
//   passwords.ts       sets a password: policy, history, hash, SRP verifier
//   standing.ts        whether a user may sign in at all
//   list-users.ts      lists users in pages, by a filter
//   user-migration.ts  brings users over from another service
//   unknown-name.ts    counts and answers an unknown name like a user
//   decoy.ts           makes the decoy that stands in for an unknown name in a sign-in
import type { RequestContext } from '../../context.ts'
import { ServiceError } from '../../errors.ts'
import { foldName } from '../../rules/user-names.ts'
import type { Client, Pool, User } from '../../store/index.ts'

/**
 * The user of a typed name, or undefined. The user becomes the subject of the request in the log, unless it has one.
 */
export const findUser = async (
  { store, subject }: Pick<RequestContext, 'store' | 'subject'>,
  pool: Pool,
  name: string,
): Promise<User | undefined> => {
  const user = await store.users.find(pool.id, foldName(pool.settings, name))
  if (user) subject.user ??= user.id
  return user
}

/** The refusal for an unknown name, when the client does not hide which users exist. */
export const userNotFound = (message = 'User does not exist.'): ServiceError =>
  new ServiceError('UserNotFoundException', message)

/**
 * The user of a typed name.
 *
 * @throws ServiceError UserNotFoundException
 */
export const getUser = async (
  context: Pick<RequestContext, 'store' | 'subject'>,
  pool: Pool,
  name: string,
): Promise<User> => {
  const user = await findUser(context, pool, name)
  if (!user) throw userNotFound()
  return user
}

/** Whether the client hides which users exist (protocol/authentication 2.4). */
export const hidesUsers = (client: Client): boolean => client.settings.preventUserExistenceErrors === 'ENABLED'
