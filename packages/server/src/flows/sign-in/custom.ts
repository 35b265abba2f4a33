// A sign-in by challenges of the pool's own. Its functions decide after each step what follows, on the list of all steps
// so far, which the server alone keeps. What a step proves is an entry of that list and nothing more; the sign-in goes
// on like any other once DefineAuthChallenge says so, with the second factor that is due
// (protocol/authentication 3.3, 3.7, 3.8; protocol/administration 14.3 to 14.6).
import type { RequestContext } from '../../context.ts'
import { ServiceError } from '../../errors.ts'
import { requireFlow } from '../../rules/client-settings.ts'
import { sealedPlaces } from '../../store/sealed-places.ts'
import { invalidSession } from '../sessions/session-token.ts'
import { incorrect, WrongAnswer } from '../sessions/wrong-answer.ts'
import {
  createChallenge,
  defineNext,
  isCustomStep,
  requireCustomTrigger,
  resultOf,
  srpBegun,
  unrecognizable,
  verifyChallengeAnswer,
  type CustomCall,
  type CustomStep,
} from '../triggers/custom-sign-in.ts'
import type { CustomProgress } from '../sessions/progress.ts'
import type { Attempt, Begun, Challenge, ChallengeStep, CustomState, Passed, ReservedAttempt } from './attempt.ts'
import { required } from './field-fault.ts'
import { attemptOf, openUser, type Start } from './opening.ts'
import { checkPasswordOf } from './password.ts'
import { clientPublicValue } from './srp-exchange.ts'
import type { ChallengeName } from './values.ts'

/**
 * Begins a custom sign-in.
 *
 * @throws ServiceError UserNotFoundException where the client does not hide users
 */
export const beginCustom = async (context: RequestContext, start: Start<'custom'>): Promise<Begun> => {
  const progress = progressOf(start)
  const opened = await openUser(context, start)
  return { attempt: attemptOf(context, start, opened), opened, take: (attempt) => takeStart(attempt, progress) }
}

const progressOf = ({ opensWith, publicValue }: Start<'custom'>): CustomProgress =>
  opensWith === 'srp' ? { results: [srpBegun], publicValue: clientPublicValue(publicValue) } : { results: [] }

const takeStart = async (attempt: Attempt, progress: CustomProgress): Promise<Passed> => {
  const passed = await decide(attempt, progress)
  if (provesUnknown(attempt, passed)) throw incorrect('no such user')
  return passed
}

/** Steps of one sign-in at most. */
const stepsLimit = 50

const decide = async (attempt: Attempt, progress: CustomProgress): Promise<Passed> => {
  if (progress.results.length >= stepsLimit) throw incorrect('too many steps in one sign-in')
  const decision = await defineNext(callOf(attempt), progress.results)
  if (decision === 'fail') throw incorrect('DefineAuthChallenge failed the sign-in')
  if (decision === 'finish') return { proof: 'custom', writes: [], carried: { custom: undefined } }
  return { writes: [], carried: { custom: progress }, next: stepOf(attempt, decision, progress) }
}

const callOf = ({ context, pool, client, user, carried, clientMetadata }: Attempt): CustomCall => ({
  context,
  pool,
  client,
  user,
  unknownName: carried.unknownName,
  clientMetadata,
})

// A password step is the administrator's alone, and a proof by SRP needs the value that the client began with.
const stepOf = (
  { client, admin, user, carried }: Attempt,
  step: CustomStep | undefined,
  { publicValue }: CustomProgress,
): ChallengeStep => {
  if (step === 'custom') return { challenge: step }
  if (step === 'password-proof' && publicValue !== undefined) {
    return { challenge: step, publicValue, name: carried.unknownName ?? user.username }
  }
  if (step === 'custom-password' && admin) {
    requireFlow(client.settings, 'admin-password')
    return { challenge: step }
  }
  throw unrecognizable('challengeName names no challenge that can follow here')
}

// Functions may answer anything about an unknown name: it proves nothing.
const provesUnknown = ({ carried }: Attempt, { proof }: Passed): boolean =>
  carried.unknownName !== undefined && proof !== undefined

/**
 * Goes on with a custom sign-in after one of its steps was answered. What a function says of a wrong answer is not
 * undone by what else it says, nor by its throwing: the answer stays counted either way.
 *
 * @param answered - the challenge that was answered
 * @throws WrongAnswer or ServiceError when DefineAuthChallenge fails the sign-in
 */
export const afterCustomStep = async (
  attempt: Attempt,
  before: CustomProgress,
  answered: ChallengeName,
  { proof: _, next: __, ...kept }: Passed,
): Promise<Passed> => {
  const progress = kept.carried?.custom ?? progressWith(before, answered)
  const wrong = progress.results.at(-1)?.challengeResult === false
  try {
    const next = await decide(attempt, progress)
    if (provesUnknown(attempt, next)) throw new WrongAnswer(incorrect('no such user'))
    return {
      ...kept,
      ...next,
      wrong,
      carried: { ...kept.carried, ...next.carried },
      writes: [...kept.writes, ...next.writes],
    }
  } catch (error) {
    if (wrong && error instanceof ServiceError) throw new WrongAnswer(error)
    throw error
  }
}

const progressWith = (before: CustomProgress, answered: ChallengeName): CustomProgress => {
  if (!isCustomStep(answered)) throw new Error(`${answered} is no step of a custom sign-in`)
  return { ...before, results: [...before.results, resultOf(answered, true, null)] }
}

/** A challenge of the pool's own. Its session takes one answer. */
export const custom: Challenge<'custom'> = {
  sessionLimit: 1,
  issue: async (attempt) => {
    const { context, pool, user, carried } = attempt
    requireCustomTrigger(context, pool, 'VerifyAuthChallengeResponse')
    const { shown, hidden, metadata } = await createChallenge(callOf(attempt), carried.custom?.results ?? [])
    const sealed = context.keys.seal.sealRow(JSON.stringify(hidden), sealedPlaces.customChallenge(user))
    return { told: { parameters: shown }, state: { sealed, metadata } }
  },
  read: ({ answer }) => readAnswer(answer),
  readUnknown: ({ answer }) => readAnswer(answer),
}

const readAnswer = (given: string): ((attempt: ReservedAttempt, state: CustomState) => Promise<Passed>) => {
  required(given, 'answer')
  return (attempt, state) => checkAnswer(attempt, given, state)
}

const checkAnswer = async (
  attempt: ReservedAttempt,
  given: string,
  { sealed, metadata }: CustomState,
): Promise<Passed> => {
  const { context, user, carried } = attempt
  if (!carried.custom) throw invalidSession('the session belongs to no custom sign-in')
  const hidden: unknown = JSON.parse(
    context.keys.seal.openRow(sealed, sealedPlaces.customChallenge(user)).toString('utf8'),
  )
  const result = resultOf('custom', await verified(attempt, hidden, given), metadata)
  return { writes: [], carried: { custom: { ...carried.custom, results: [...carried.custom.results, result] } } }
}

// A function that throws has looked at the answer, unless it was never reached.
const verified = async (attempt: Attempt, hidden: unknown, given: string): Promise<boolean> => {
  try {
    return await verifyChallengeAnswer(callOf(attempt), hidden, given)
  } catch (error) {
    const looked = error instanceof ServiceError && error.name !== 'UnexpectedLambdaException'
    throw looked ? new WrongAnswer(error) : error
  }
}

/** The password itself, as a step of a custom sign-in. */
export const customPassword: Challenge<'custom-password'> = {
  issue: async () => ({ told: {}, state: undefined }),
  read: ({ password }) => readPassword(password),
  readUnknown: ({ password }) => readPassword(password),
}

const readPassword = (password: string): ((attempt: ReservedAttempt) => Promise<Passed>) => {
  required(password, 'password')
  return async (attempt) => {
    if (!attempt.admin) throw invalidSession('the password is a step of the admin operations alone')
    return checkPasswordOf(attempt, password)
  }
}
