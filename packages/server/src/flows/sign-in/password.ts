// The password as first factor, of a known user and of nobody: the same work and the same words for both
// (spec: authentication 2.4, 3.2; requirements 11, 12).
import type { RequestContext } from '../../context.ts'
import { notAuthorized, type ServiceError } from '../../errors.ts'
import type { User } from '../../store/index.ts'
import { refuseLocked } from '../standing.ts'
import { WrongAnswer, type Begun, type Passed, type Start } from './attempt.ts'
import { counted } from './lock.ts'
import { beginAttempt, openUser, requireFlow, requireParameter } from './opening.ts'

/** The answer to a wrong name or password. */
export const incorrect = (reason: string): ServiceError => notAuthorized('Incorrect username or password.', reason)

/** Does the work of a password check for a user who does not exist. */
export const checkNobody = async ({ keys }: RequestContext, password: string): Promise<never> => {
  await keys.passwords.verify(password, undefined)
  throw incorrect('no such user')
}

/**
 * Checks a password. A lock is looked at first, and while it holds nothing is checked.
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
  if (!matches) throw new WrongAnswer(incorrect(user.passwordHash ? 'wrong password' : 'the user has no password'))
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
  const { user } = await openUser(context, start)
  if (!user) return checkNobody(context, password)
  const passed = await counted({ context, user, session: undefined }, () => checkPasswordOf(context, user, password))
  return { attempt: beginAttempt(context, start, user), passed }
}
