// The password as first factor, of a known user and of nobody: the same work and the same words for both
// (spec: authentication 2.4, 3.2; requirements 11, 12).
import type { RequestContext } from '../../context.ts'
import { notAuthorized, type ServiceError } from '../../errors.ts'
import type { User } from '../../store/index.ts'
import { refuseLocked } from '../users/standing.ts'
import type { Begun, Passed, Start } from './attempt.ts'
import { counted, countedOn } from '../sessions/wrong-answers.ts'
import { isMadeUp } from '../users/decoy.ts'
import { beginAs, openUser, requireFlow, requireParameter } from './opening.ts'
import { WrongAnswer } from '../sessions/wrong-answer.ts'

/** The answer to a wrong name or password. */
export const incorrect = (reason: string): ServiceError => notAuthorized('Incorrect username or password.', reason)

const whyNot = (user: User): string => {
  if (isMadeUp(user)) return 'no such user'
  return user.passwordHash === undefined ? 'the user has no password' : 'wrong password'
}

/**
 * Checks a password; for a user who has none, or stands in for nobody, the same work is done. A lock is looked at
 * first, and while it holds nothing is checked.
 *
 * @throws WrongAnswer "Incorrect username or password."; ServiceError "Password attempts exceeded"
 */
export const checkPasswordOf = async (
  { keys, clock, store }: RequestContext,
  user: User,
  password: string,
): Promise<Passed> => {
  refuseLocked(user, clock.now())
  const { matches, outdated } = await keys.passwords.verify(password, user.passwordHash)
  if (!matches) throw new WrongAnswer(incorrect(whyNot(user)))
  if (!outdated || user.passwordHash === undefined) return { proof: 'password', writes: [] }
  return {
    proof: 'password',
    writes: [store.users.rehash(user, user.passwordHash, await keys.passwords.hash(password))],
  }
}

/**
 * Begins a flow that sends the password itself. A wrong one is counted, then refused.
 *
 * @throws ServiceError by the order of spec authentication 3.2
 */
export const beginByPassword = async (context: RequestContext, start: Start): Promise<Begun> => {
  requireFlow(start, start.flow === 'USER_PASSWORD_AUTH' ? 'USER_PASSWORD_AUTH' : 'ADMIN_USER_PASSWORD_AUTH')
  requireParameter(start.parameters, 'USERNAME')
  const password = requireParameter(start.parameters, 'PASSWORD')
  const attempt = await beginAs(context, start, await openUser(context, start, password))
  const passed = await counted(countedOn(attempt), () => checkPasswordOf(context, attempt.user, password))
  return { attempt, passed }
}
