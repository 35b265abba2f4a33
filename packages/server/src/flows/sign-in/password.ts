// The password as first factor, of a known user and of an unknown name: the same work and the same words for both
// (protocol/authentication 2.4, 3.2; requirements 11, 12).
import type { RequestContext } from '../../context.ts'
import { ServiceError } from '../../errors.ts'
import type { User } from '../../store/index.ts'
import { counted, countedOn } from '../sessions/guesses.ts'
import { incorrect, WrongAnswer } from '../sessions/wrong-answer.ts'
import { beforeAuthentication } from '../triggers/sign-in.ts'
import { isDecoy } from '../users/decoy.ts'
import { hidesUsers, userNotFound } from '../users/find-user.ts'
import { migrateSigningIn } from '../users/user-migration.ts'
import type { Begun, Passed, ReservedAttempt } from './attempt.ts'
import { attemptOf, openUser, type Start } from './opening.ts'

type PasswordStart = Start<'password' | 'admin-password'>

/**
 * Begins a flow that sends the password itself.
 *
 * @throws ServiceError UserNotFoundException where the client does not hide users
 */
export const beginByPassword = async (context: RequestContext, start: PasswordStart): Promise<Begun> => {
  const opened = await openUser(context, start, () => bring(context, start))
  const attempt = attemptOf(context, start, opened)
  return { attempt, opened, check: (reserved) => checkPasswordOf(reserved, start.password) }
}

// A function that is asked about an unknown name looks at a guess: it is counted on the name, once, whichever function is asked.
const bring = async (context: RequestContext, start: PasswordStart): Promise<User | undefined> => {
  const { pool, client, name: username, password, clientMetadata: validationData } = start
  if (!context.triggers.has(pool, 'UserMigration')) return undefined
  const attempt = attemptOf(context, start, { name: username, user: undefined })
  return counted(countedOn(attempt), async (hold) => {
    const migrating = { pool, client, username, password, validationData, clientMetadata: {} }
    const user = await migrateSigningIn(context, migrating)
    if (!user) return refuseUnknown({ ...attempt, hold }, start)
    await context.store.commit(hold.finish())
    return user
  })
}

// As about any other unknown name. The function has looked at the password: whatever refuses the sign-in now, it stays
// counted.
const refuseUnknown = async (attempt: ReservedAttempt, start: PasswordStart): Promise<never> => {
  const { context, client } = attempt
  if (!hidesUsers(client)) throw new WrongAnswer(userNotFound())
  try {
    await beforeAuthentication(context, { ...start, user: undefined })
    await checkPasswordOf(attempt, start.password)
  } catch (error) {
    throw error instanceof ServiceError ? new WrongAnswer(error) : error
  }
  throw new WrongAnswer(incorrect('no such user'))
}

/**
 * Checks a password; for a user who has none, and for a decoy, the same work is done.
 *
 * @throws WrongAnswer "Incorrect username or password."
 */
export const checkPasswordOf = async (
  { context: { keys, store }, user }: ReservedAttempt,
  password: string,
): Promise<Passed> => {
  const { matches, outdated } = await keys.passwords.verify(password, user.passwordHash)
  if (!matches) throw new WrongAnswer(incorrect(whyNot(user)))
  if (!outdated || user.passwordHash === undefined) return { proof: 'password', writes: [] }
  return {
    proof: 'password',
    writes: [store.users.rehash(user, user.passwordHash, await keys.passwords.hash(password))],
  }
}

const whyNot = (user: User): string => {
  if (isDecoy(user)) return 'no such user'
  return user.passwordHash === undefined ? 'the user has no password' : 'wrong password'
}
