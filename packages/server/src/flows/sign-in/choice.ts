// USER_AUTH and SELECT_CHALLENGE: the user chooses the first factor, with the first request or in answer to the list.
// What is chosen is asked next, or checked at once where the proof came along (protocol/authentication 3.5).
import type { RequestContext } from '../../context.ts'
import { invalidParameter } from '../../errors.ts'
import { isFirstFactor, type FirstFactor } from '../../rules/first-factors.ts'
import { firstFactorsOf, firstFactorsOfNobody, requireChoice } from '../factors/first-factors.ts'
import { continueFromSignUp } from './after-sign-up.ts'
import type { Answers, Attempt, Begun, Challenge, ChallengeStep, Check, Passed, Start } from './attempt.ts'
import { attemptOf, openUser, requireFlow, requireParameter } from './opening.ts'
import { checkPasswordOf } from './password.ts'
import { aimed } from './step-up.ts'

/** The step of a session that waits for a choice. */
export const choiceStep = 'SELECT_CHALLENGE'

/** The first factors that whoever signs in may choose now. */
export const offeredTo = ({ context, pool, user, carried }: Attempt): Promise<readonly FirstFactor[]> =>
  carried.nobody === undefined
    ? firstFactorsOf(context, pool, user)
    : Promise.resolve(firstFactorsOfNobody(pool, carried.nobody))

// The name in an SRP exchange is the one that was typed, so that nobody's salt is steady (protocol/authentication 2.4).
const askedFor = (factor: Exclude<FirstFactor, 'PASSWORD'>, attempt: Attempt, given: Answers): ChallengeStep => {
  if (factor === 'WEB_AUTHN') return { step: 'WEB_AUTHN' }
  if (factor !== 'PASSWORD_SRP') return { step: factor, role: 'first-factor' }
  const name = attempt.carried.nobody ?? attempt.user.username
  return { step: 'PASSWORD_VERIFIER', publicValue: requireParameter(given, 'SRP_A'), name }
}

const taken = (factor: Exclude<FirstFactor, 'PASSWORD'>, attempt: Attempt, given: Answers): Passed => ({
  writes: [],
  next: askedFor(factor, attempt, given),
})

// The value is not repeated: it may be a code that was sent to the wrong challenge.
const namedFactor = (value: string, parameter: string): FirstFactor => {
  if (isFirstFactor(value)) return value
  throw invalidParameter(`${parameter} names no first factor.`)
}

const listed: Passed = { writes: [], next: { step: choiceStep } }

const isOffered = async (factor: FirstFactor, attempt: Attempt): Promise<boolean> =>
  (await offeredTo(attempt)).includes(factor)

// A preference that the user cannot follow is answered with the list (protocol/authentication 3.5).
const beginPreferring = (begun: Pick<Begun, 'attempt' | 'opened'>, given: Answers): Begun => {
  const preferred = given['PREFERRED_CHALLENGE']
  if (!preferred) return { ...begun, take: async () => listed }
  const factor = namedFactor(preferred, 'PREFERRED_CHALLENGE')
  if (factor !== 'PASSWORD') {
    const take = async (attempt: Attempt): Promise<Passed> =>
      (await isOffered(factor, attempt)) ? taken(factor, attempt, given) : listed
    return { ...begun, take }
  }
  const check: Check = async (attempt) =>
    (await isOffered(factor, attempt)) ? checkPasswordOf(attempt, requireParameter(given, 'PASSWORD')) : listed
  return { ...begun, check }
}

const fromSignUp = async (context: RequestContext, start: Start, session: string): Promise<Begun> => {
  const begun = await continueFromSignUp(context, start, session)
  const isProved = begun.attempt.carried.proved.length > 0
  return { ...begun, take: async () => (isProved ? { writes: [] } : listed) }
}

/**
 * Begins USER_AUTH, or goes on from a sign-up by its Session.
 *
 * @throws ServiceError by the order of protocol/authentication 3.2; FeatureUnavailableInTierException
 * (protocol/authentication 3.1.6)
 */
export const beginByChoice = async (context: RequestContext, start: Start): Promise<Begun> => {
  requireFlow(start, 'USER_AUTH')
  requireChoice(start.pool)
  if (start.session !== undefined) return fromSignUp(context, start, start.session)
  const opened = await openUser(context, start)
  const attempt = await aimed(context, start, attemptOf(context, start, opened))
  if (attempt.carried.proved.length > 0) return { attempt, opened, take: async () => ({ writes: [] }) }
  return beginPreferring({ attempt, opened }, start.parameters)
}

const requireOffered = async (factor: FirstFactor, attempt: Attempt): Promise<void> => {
  if (await isOffered(factor, attempt)) return
  throw invalidParameter(`${factor} is not available to the user.`)
}

const asking: Pick<Challenge, 'answeredAt' | 'ask'> = {
  answeredAt: [choiceStep],
  ask: async (attempt) => ({ parameters: {}, available: await offeredTo(attempt) }),
}

const readPassword = (answers: Answers): Check => {
  const password = requireParameter(answers, 'PASSWORD')
  return async (attempt) => {
    await requireOffered('PASSWORD', attempt)
    return checkPasswordOf(attempt, password)
  }
}

// An answer may choose the password, and hold it.
const readChoice = (answers: Answers): Check => {
  const factor = namedFactor(requireParameter(answers, 'ANSWER'), 'ANSWER')
  if (factor === 'PASSWORD') return readPassword(answers)
  return async (attempt) => {
    await requireOffered(factor, attempt)
    return taken(factor, attempt, answers)
  }
}

/** The challenge SELECT_CHALLENGE. */
export const choice: Challenge = { ...asking, read: readChoice, readUnknown: readChoice }

/** SELECT_CHALLENGE, answered by the name of the choice with a password. */
export const choicePassword: Challenge = { ...asking, read: readPassword, readUnknown: readPassword }

const chosenPasswordSrp = async (attempt: Attempt, answers: Answers): Promise<Passed> => {
  await requireOffered('PASSWORD_SRP', attempt)
  return taken('PASSWORD_SRP', attempt, answers)
}

/** SELECT_CHALLENGE, answered by the name of the choice with a public value. */
export const choicePasswordSrp: Challenge = { ...asking, take: chosenPasswordSrp, takeUnknown: chosenPasswordSrp }
