// USER_AUTH and SELECT_CHALLENGE: the user chooses the first factor, with the first request or in answer to the list.
// What is chosen is asked next, or checked at once where the proof came along (spec: authentication 3.5).
import type { RequestContext } from '../../context.ts'
import { invalidParameter } from '../../errors.ts'
import { isFirstFactor, type FirstFactor } from '../../rules/first-factors.ts'
import { firstFactorsOf, firstFactorsOfNobody, requireChoice } from '../factors/first-factors.ts'
import { continueFromSignUp } from './after-sign-up.ts'
import type { Answers, Attempt, Begun, Challenge, ChallengeStep, Passed, Start } from './attempt.ts'
import { counted, countedOn } from '../sessions/wrong-answers.ts'
import { beginAs, openUser, requireFlow, requireParameter } from './opening.ts'
import { checkPasswordOf } from './password.ts'
import { aimed } from './step-up.ts'

/** The step of a session that waits for a choice. */
export const choiceStep = 'SELECT_CHALLENGE'

/** The first factors that whoever signs in may choose now. */
export const offeredTo = ({ context, pool, user, carried }: Attempt): Promise<readonly FirstFactor[]> =>
  carried.nobody === undefined
    ? firstFactorsOf(context, pool, user)
    : Promise.resolve(firstFactorsOfNobody(pool, carried.nobody))

// The name in an SRP exchange is the one that was typed, so that nobody's salt is steady (2.4).
const askedFor = (factor: Exclude<FirstFactor, 'PASSWORD'>, attempt: Attempt, given: Answers): ChallengeStep => {
  if (factor === 'WEB_AUTHN') return { step: 'WEB_AUTHN' }
  if (factor !== 'PASSWORD_SRP') return { step: factor, role: 'first-factor' }
  const name = attempt.carried.nobody ?? attempt.user.username
  return { step: 'PASSWORD_VERIFIER', publicValue: requireParameter(given, 'SRP_A'), name }
}

const take = async (factor: FirstFactor, attempt: Attempt, given: Answers): Promise<Passed> => {
  if (factor !== 'PASSWORD') return { writes: [], next: askedFor(factor, attempt, given) }
  return checkPasswordOf(attempt.context, attempt.user, requireParameter(given, 'PASSWORD'))
}

const namedFactor = (name: string): FirstFactor => {
  if (isFirstFactor(name)) return name
  throw invalidParameter(`${name} is not a first factor.`)
}

const listed: Passed = { writes: [], next: { step: choiceStep } }

// A preference that the user cannot follow is answered with the list (3.5).
const prefer = async (attempt: Attempt, given: Answers): Promise<Passed> => {
  const preferred = given['PREFERRED_CHALLENGE']
  if (!preferred) return listed
  const factor = namedFactor(preferred)
  return (await offeredTo(attempt)).includes(factor) ? take(factor, attempt, given) : listed
}

const fromSignUp = async (context: RequestContext, start: Start, session: string): Promise<Begun> => {
  const attempt = await continueFromSignUp(context, start, session)
  return { attempt, passed: attempt.carried.proved.length > 0 ? { writes: [] } : listed }
}

/**
 * Begins USER_AUTH, or goes on from a sign-up by its Session.
 *
 * @throws ServiceError by the order of spec authentication 3.2; FeatureUnavailableInTierException (3.1.6)
 */
export const beginByChoice = async (context: RequestContext, start: Start): Promise<Begun> => {
  requireFlow(start, 'USER_AUTH')
  requireChoice(start.pool)
  if (start.session !== undefined) return fromSignUp(context, start, start.session)
  const attempt = await aimed(context, start, await beginAs(context, start, await openUser(context, start)))
  if (attempt.carried.proved.length > 0) return { attempt, passed: { writes: [] } }
  const passed = await counted(countedOn(attempt), () => prefer(attempt, start.parameters))
  return { attempt, passed }
}

const choose = async (factor: FirstFactor, attempt: Attempt, answers: Answers): Promise<Passed> => {
  if ((await offeredTo(attempt)).includes(factor)) return take(factor, attempt, answers)
  throw invalidParameter(`${factor} is not available to the user.`)
}

const answered =
  (factorOf: (answers: Answers) => FirstFactor): Challenge['answer'] =>
  (attempt, answers) =>
    choose(factorOf(answers), attempt, answers)

const challengeOf = (factorOf: (answers: Answers) => FirstFactor): Challenge => ({
  answeredAt: [choiceStep],
  nobody: answered(factorOf),
  ask: async (attempt) => ({ parameters: {}, available: await offeredTo(attempt) }),
  answer: answered(factorOf),
})

/** The challenge SELECT_CHALLENGE. */
export const choice: Challenge = challengeOf((answers) => namedFactor(requireParameter(answers, 'ANSWER')))

/** SELECT_CHALLENGE, answered by the name of the choice with a password. */
export const choicePassword: Challenge = challengeOf(() => 'PASSWORD')

/** SELECT_CHALLENGE, answered by the name of the choice with a public value. */
export const choicePasswordSrp: Challenge = challengeOf(() => 'PASSWORD_SRP')
