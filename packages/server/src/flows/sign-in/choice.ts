// The user chooses the first factor, with the first request or from a list. The chosen one is issued as a challenge, or
// checked at once where the proof came along (protocol/authentication 3.5).
import type { RequestContext } from '../../context.ts'
import type { FirstFactor } from '../../rules/first-factors.ts'
import { firstFactorsOf, firstFactorsOfDecoy } from '../factors/first-factors.ts'
import { continueFromSignUp } from './after-sign-up.ts'
import type { Attempt, Begun, Challenge, ChallengeStep, Check, Passed } from './attempt.ts'
import { FieldFault, required } from './field-fault.ts'
import { attemptOf, openUser, type Start } from './opening.ts'
import { checkPasswordOf } from './password.ts'
import { withTarget } from './step-up.ts'
import type { ChallengeAnswer } from './values.ts'

type ChoiceStart = Start<'choice'>

/**
 * Begins a sign-in by choice, or goes on from a sign-up by its Session.
 *
 * @throws ServiceError by the order of protocol/authentication 3.2
 */
export const beginByChoice = async (context: RequestContext, start: ChoiceStart): Promise<Begun> => {
  if (start.session !== undefined) return fromSignUp(context, start, start.session)
  const opened = await openUser(context, start)
  const attempt = await withTarget(context, start, attemptOf(context, start, opened))
  if (attempt.carried.proved.length > 0) return { attempt, opened, take: async () => ({ writes: [] }) }
  return beginPreferring({ attempt, opened }, start)
}

const fromSignUp = async (context: RequestContext, start: ChoiceStart, session: string): Promise<Begun> => {
  const begun = await continueFromSignUp(context, start, session)
  const isProved = begun.attempt.carried.proved.length > 0
  return { ...begun, take: async () => (isProved ? { writes: [] } : listed) }
}

const listed: Passed = { writes: [], next: { challenge: 'choice' } }

// A preference that the user cannot follow is answered with the list (protocol/authentication 3.5).
const beginPreferring = (begun: Pick<Begun, 'attempt' | 'opened'>, start: ChoiceStart): Begun => {
  const { preferred, password, publicValue } = start
  if (preferred === undefined) return { ...begun, take: async () => listed }
  if (preferred === 'unknown') throw new FieldFault('factor', 'malformed')
  if (preferred !== 'password') {
    const take = async (attempt: Attempt): Promise<Passed> =>
      (await isOffered(preferred, attempt)) ? chosen(preferred, attempt, publicValue) : listed
    return { ...begun, take }
  }
  const check: Check = async (attempt) =>
    (await isOffered(preferred, attempt)) ? checkPasswordOf(attempt, required(password, 'password')) : listed
  return { ...begun, check }
}

/** The challenge that lists the first factors. An answer may choose the password, and hold it. */
export const choice: Challenge<'choice'> = {
  issue: async (attempt) => ({ told: { factors: await offeredTo(attempt) }, state: undefined }),
  read: (answer) => readChoice(answer),
  readUnknown: (answer) => readChoice(answer),
}

const readChoice = ({ factor, password, publicValue }: ChallengeAnswer<'choice'>): Check => {
  if (factor === undefined) throw new FieldFault('factor', 'malformed')
  if (factor === 'password') required(password, 'password')
  return async (attempt) => {
    if (!(await isOffered(factor, attempt))) throw new FieldFault('factor', 'unavailable')
    return factor === 'password' ? checkPasswordOf(attempt, password) : chosen(factor, attempt, publicValue)
  }
}

const isOffered = async (factor: FirstFactor, attempt: Attempt): Promise<boolean> =>
  (await offeredTo(attempt)).includes(factor)

/** The first factors that may be chosen now; for an unknown name, those of its decoy. */
const offeredTo = ({ context, pool, user, carried }: Attempt): Promise<readonly FirstFactor[]> =>
  carried.unknownName === undefined
    ? firstFactorsOf(context, pool, user)
    : Promise.resolve(firstFactorsOfDecoy(pool, carried.unknownName))

type SteppedFactor = Exclude<FirstFactor, 'password'>

const chosen = (factor: SteppedFactor, attempt: Attempt, publicValue: string): Passed => ({
  writes: [],
  next: stepOf(factor, attempt, publicValue),
})

// The name in an SRP exchange is the one that was typed, so that the salt of an unknown name is steady
// (protocol/authentication 2.4).
const stepOf = (factor: SteppedFactor, { carried, user }: Attempt, publicValue: string): ChallengeStep => {
  if (factor === 'passkey') return { challenge: 'passkey' }
  if (factor === 'email-otp') return { challenge: 'email-code', role: 'first-factor' }
  if (factor === 'sms-otp') return { challenge: 'sms-sign-in-code', role: 'first-factor' }
  const name = carried.unknownName ?? user.username
  return { challenge: 'password-proof', publicValue: required(publicValue, 'public-value'), name }
}
