// The password as first factor, of a known user and of nobody: the same work and the same words for both
// (protocol/authentication 2.4, 3.2; requirements 11, 12).
import type { RequestContext } from '../../context.ts'
import { notAuthorized, ServiceError } from '../../errors.ts'
import type { User } from '../../store/index.ts'
import { counted, countedOn } from '../sessions/guesses.ts'
import { WrongAnswer } from '../sessions/wrong-answer.ts'
import { beforeAuthentication } from '../triggers/sign-in.ts'
import { isMadeUp } from '../users/decoy.ts'
import { hidesUsers, userNotFound } from '../users/find-user.ts'
import { migrateSigningIn } from '../users/user-migration.ts'
import type { Begun, CountedAttempt, Passed, Start } from './attempt.ts'
import { attemptOf, openUser, requireFlow, requireParameter } from './opening.ts'

/** The answer to a wrong name or password. */
export const incorrect = (reason: string): ServiceError => notAuthorized('Incorrect username or password.', reason)

const whyNot = (user: User): string => {
  if (isMadeUp(user)) return 'no such user'
  return user.passwordHash === undefined ? 'the user has no password' : 'wrong password'
}

/**
 * Checks a password; for a user who has none, or stands in for an unknown name, the same work is done.
 *
 * @throws WrongAnswer "Incorrect username or password."
 */
export const checkPasswordOf = async (
  { context: { keys, store }, user }: CountedAttempt,
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

// A function that is asked about an unknown name looks at a guess: it is counted on the name, once, whoever is asked.
const bringer =
  (context: RequestContext, start: Start, password: string) =>
  async (username: string): Promise<User | undefined> => {
    const { pool, client, clientMetadata: validationData } = start
    if (!context.triggers.has(pool, 'UserMigration')) return undefined
    const attempt = attemptOf(context, start, { name: username, user: undefined })
    return counted(countedOn(attempt), async (hold) => {
      const migrating = { pool, client, username, password, validationData, clientMetadata: {} }
      const user = await migrateSigningIn(context, migrating)
      if (!user) return refuseUnknown({ ...attempt, hold }, start, password)
      await context.store.commit(hold.finish())
      return user
    })
  }

// As about any other unknown name. The function has looked at the password: whatever refuses the sign-in now, it stays
// counted.
const refuseUnknown = async (attempt: CountedAttempt, start: Start, password: string): Promise<never> => {
  const { context, client, carried } = attempt
  if (!hidesUsers(client)) throw new WrongAnswer(userNotFound())
  try {
    await beforeAuthentication(context, { ...start, name: carried.nobody ?? '', user: undefined })
    await checkPasswordOf(attempt, password)
  } catch (error) {
    throw error instanceof ServiceError ? new WrongAnswer(error) : error
  }
  throw new WrongAnswer(incorrect('no such user'))
}

/**
 * Begins a flow that sends the password itself.
 *
 * @throws ServiceError by the order of protocol/authentication 3.2
 */
export const beginByPassword = async (context: RequestContext, start: Start): Promise<Begun> => {
  requireFlow(start, start.flow === 'USER_PASSWORD_AUTH' ? 'USER_PASSWORD_AUTH' : 'ADMIN_USER_PASSWORD_AUTH')
  requireParameter(start.parameters, 'USERNAME')
  const password = requireParameter(start.parameters, 'PASSWORD')
  const opened = await openUser(context, start, bringer(context, start, password))
  const attempt = attemptOf(context, start, opened)
  return { attempt, opened, check: (reserved) => checkPasswordOf(reserved, password) }
}
