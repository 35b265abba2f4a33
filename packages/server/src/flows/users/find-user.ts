// Which user a typed name means: user name, alias or sub, as the pool compares names (spec: authentication 2.1.8).
import type { Context } from '../../context.ts'
import { ServiceError } from '../../errors.ts'
import { foldName } from '../../rules/user-names.ts'
import type { Client, Pool, User } from '../../store/index.ts'

/** The user of a typed name, or undefined. */
export const findUser = ({ store }: Context, pool: Pool, name: string): Promise<User | undefined> =>
  store.users.find(pool.id, foldName(pool.settings, name))

/** The answer about a user who does not exist, where it may be said. */
export const userNotFound = (message = 'User does not exist.'): ServiceError =>
  new ServiceError('UserNotFoundException', message)

/**
 * The user of a typed name.
 *
 * @throws ServiceError UserNotFoundException
 */
export const getUser = async (context: Context, pool: Pool, name: string): Promise<User> => {
  const user = await findUser(context, pool, name)
  if (!user) throw userNotFound()
  return user
}

/** Whether the client hides which users exist (spec: authentication 2.4). */
export const hidesUsers = (client: Client): boolean => client.settings.preventUserExistenceErrors === 'ENABLED'
