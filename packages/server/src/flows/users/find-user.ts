// The room of users: found, made, changed, listed. This file says which user a typed name means: user name, alias or sub,
// as the pool compares names (protocol/authentication 2.1.8).
//
//   find-user.ts       a typed name leads to a user, or to none
//   new-user.ts        the record of a user who does not exist yet
//   change-user.ts     a change of a user, as one list of writes: record, names, codes, notices
//   directory.ts       the names that lead to a user, kept equal to its record
//   aliases.ts         an alias leaves one user for another
//   attributes.ts      a user's attributes: changed, taken away, verified
//   passwords.ts       a password is set: policy, history, hash, SRP verifier
//   standing.ts        whether a user may sign in at all
//   list-users.ts      users in pages, by a filter
//   user-migration.ts  users who come over from another service
//   unknown-name.ts    a name that leads to no user: counted and answered like a user
//   decoy.ts           the made-up user who stands in for it in a sign-in
import type { RequestContext } from '../../context.ts'
import { ServiceError } from '../../errors.ts'
import { foldName } from '../../rules/user-names.ts'
import type { Client, Pool, User } from '../../store/index.ts'

/** The user of a typed name, or undefined; noted as the subject of the request, unless it has one. */
export const findUser = async (
  { store, subject }: Pick<RequestContext, 'store' | 'subject'>,
  pool: Pool,
  name: string,
): Promise<User | undefined> => {
  const user = await store.users.find(pool.id, foldName(pool.settings, name))
  if (user) subject.user ??= user.id
  return user
}

/** The answer about a user who does not exist, where it may be said. */
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
