// CUSTOM_AUTH: a sign-in by challenges of the pool's own. DefineAuthChallenge decides after each step what follows, on
// the list of all steps so far, which the server alone keeps; CreateAuthChallenge makes a challenge,
// VerifyAuthChallengeResponse checks its answer. Tokens come of issueTokens alone, and the second factor that is due is
// asked after it (protocol/authentication 3.3, 3.7, 3.8; protocol/administration 14.3 to 14.6).
import type { RequestContext } from '../../context.ts'
import { invalidParameter, ServiceError } from '../../errors.ts'
import { allowsFlow, flowRefusal } from '../../rules/client-settings.ts'
import type { Answers, Asked, Attempt, Begun, Challenge, ChallengeStep } from './attempt.ts'
import type { Check, CountedAttempt, Passed, Start } from './attempt.ts'
import { attemptOf, openUser, requireFlow, requireParameter } from './opening.ts'
import { checkPasswordOf, incorrect } from './password.ts'
import { invalidSession, stateOf } from '../sessions/session-token.ts'
import { clientPublicValue } from './srp.ts'
import { eventAttributes } from '../triggers/event-attributes.ts'
import { WrongAnswer } from '../sessions/wrong-answer.ts'
import type { CustomProgress, CustomResult } from '../sessions/progress.ts'
import { sealedPlaces } from '../../store/sealed-places.ts'

type CustomTrigger = 'DefineAuthChallenge' | 'CreateAuthChallenge' | 'VerifyAuthChallengeResponse'

/** The step of a session that waits for the answer to a challenge of the pool's own. */
const customStep = 'CUSTOM_CHALLENGE'

/** Steps of one sign-in at most. */
const resultsLimit = 50

/** What a function may give a challenge, as JSON, and the metadata of one, in characters. */
const parametersLimit = 65_536
const metadataLimit = 2048

const notConfigured = (name: CustomTrigger): ServiceError =>
  new ServiceError(
    'InvalidUserPoolConfigurationException',
    'Custom auth lambda trigger is not configured for the user pool.',
    `the pool names no ${name}`,
  )

const unrecognizable = (reason: string): ServiceError =>
  new ServiceError('InvalidLambdaResponseException', 'Unrecognizable lambda output', reason)

const called = async (
  { context, pool, client, user, carried, clientMetadata }: Attempt,
  name: CustomTrigger,
  of: { readonly request: Readonly<Record<string, unknown>>; readonly response: Readonly<Record<string, null>> },
): Promise<Record<string, unknown>> => {
  const userNotFound = carried.nobody !== undefined
  const answer = await context.triggers.call(name, {
    pool,
    clientId: client.id,
    username: carried.nobody ?? user.username,
    source: 'Authentication',
    request: {
      userAttributes: userNotFound ? {} : eventAttributes(pool, user),
      ...of.request,
      clientMetadata,
      userNotFound,
    },
    response: of.response,
  })
  if (!answer) throw notConfigured(name)
  return answer
}

// A password step is the administrator's alone, and a proof by SRP needs the value that the client began with.
const stepNamed = (attempt: Attempt, name: unknown, { publicValue }: CustomProgress): ChallengeStep => {
  const { client, admin, user, carried } = attempt
  if (name === customStep) return { step: customStep }
  if (name === 'PASSWORD_VERIFIER' && publicValue !== undefined) {
    return { step: 'PASSWORD_VERIFIER', publicValue, name: carried.nobody ?? user.username }
  }
  if (name === 'ADMIN_NO_SRP_AUTH' && admin) {
    if (allowsFlow(client.settings.explicitAuthFlows, 'ADMIN_USER_PASSWORD_AUTH')) return { step: name }
    throw flowRefusal('ADMIN_USER_PASSWORD_AUTH')
  }
  throw unrecognizable('challengeName is none that can follow here')
}

type Decision = { readonly step: 'tokens' } | { readonly step: 'fail' } | ChallengeStep

const decided = async (attempt: Attempt, progress: CustomProgress): Promise<Decision> => {
  const { challengeName, issueTokens, failAuthentication } = await called(attempt, 'DefineAuthChallenge', {
    request: { session: progress.results },
    response: { challengeName: null, issueTokens: null, failAuthentication: null },
  })
  if (failAuthentication === true) return { step: 'fail' }
  if (issueTokens === true) return { step: 'tokens' }
  return stepNamed(attempt, challengeName, progress)
}

const define = async (attempt: Attempt, progress: CustomProgress): Promise<Passed> => {
  if (progress.results.length >= resultsLimit) throw incorrect('too many steps in one sign-in')
  const decision = await decided(attempt, progress)
  if (decision.step === 'fail') throw incorrect('DefineAuthChallenge failed the sign-in')
  if (decision.step !== 'tokens') return { writes: [], carried: { custom: progress }, next: decision }
  return { proof: 'custom', writes: [], carried: { custom: undefined } }
}

const startingWith = (parameters: Answers): CustomProgress => {
  const name = parameters['CHALLENGE_NAME']
  if (!name) return { results: [] }
  if (name !== 'SRP_A') throw invalidParameter('CHALLENGE_NAME can be SRP_A only.')
  const publicValue = clientPublicValue(requireParameter(parameters, 'SRP_A'))
  return { results: [{ challengeName: 'SRP_A', challengeResult: true, challengeMetadata: null }], publicValue }
}

/**
 * Begins CUSTOM_AUTH.
 *
 * @throws ServiceError by the order of protocol/authentication 3.2; InvalidUserPoolConfigurationException without
 * functions
 */
export const beginCustom = async (context: RequestContext, start: Start): Promise<Begun> => {
  requireFlow(start, 'CUSTOM_AUTH')
  requireParameter(start.parameters, 'USERNAME')
  const progress = startingWith(start.parameters)
  if (!context.triggers.has(start.pool, 'DefineAuthChallenge')) throw notConfigured('DefineAuthChallenge')
  const opened = await openUser(context, start)
  return { attempt: attemptOf(context, start, opened), opened, take: (attempt) => beginning(attempt, progress) }
}

// About an unknown name the functions may say what they like: there are no tokens.
const provesUnknown = ({ carried }: Attempt, { proof }: Passed): boolean =>
  carried.nobody !== undefined && proof !== undefined

const beginning = async (attempt: Attempt, progress: CustomProgress): Promise<Passed> => {
  const passed = await define(attempt, progress)
  if (provesUnknown(attempt, passed)) throw incorrect('no such user')
  return passed
}

// What a function says of a wrong answer is not undone by what else it says, nor by its throwing: the answer stays
// counted either way.
const defineAfter = async (
  attempt: Attempt,
  progress: CustomProgress,
  { proof: _, next: __, ...kept }: Passed,
): Promise<Passed> => {
  const wrong = progress.results.at(-1)?.challengeResult === false
  try {
    const next = await define(attempt, progress)
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

/**
 * Goes on with a custom sign-in after a step; what such a step proved is an entry of the list and nothing more. Any
 * other sign-in goes on as it does.
 *
 * @param challenge - that was answered
 * @throws WrongAnswer or ServiceError when DefineAuthChallenge fails the sign-in
 */
export const goOnCustom = async (attempt: Attempt, challenge: string, passed: Passed): Promise<Passed> => {
  const before = attempt.carried.custom
  if (!before) return passed
  const result: CustomResult = { challengeName: challenge, challengeResult: true, challengeMetadata: null }
  const progress = passed.carried?.custom ?? { ...before, results: [...before.results, result] }
  return defineAfter(attempt, progress, passed)
}

/** What a session of CUSTOM_CHALLENGE remembers: the private parameters, sealed, and the metadata. */
type CustomState = { readonly sealed: string; readonly metadata: string | null }

const limited = (name: string, value: unknown): Record<string, string> => {
  // The types of all members were checked with the answer.
  const parameters = (value ?? {}) as Record<string, string>
  if (JSON.stringify(parameters).length <= parametersLimit) return parameters
  throw unrecognizable(`${name} are longer than ${parametersLimit} characters`)
}

const ask = async (attempt: Attempt): Promise<Asked> => {
  const { context, pool, user, carried } = attempt
  if (!context.triggers.has(pool, 'VerifyAuthChallengeResponse')) throw notConfigured('VerifyAuthChallengeResponse')
  const { publicChallengeParameters, privateChallengeParameters, challengeMetadata } = await called(
    attempt,
    'CreateAuthChallenge',
    {
      request: { challengeName: customStep, session: carried.custom?.results ?? [] },
      response: { publicChallengeParameters: null, privateChallengeParameters: null, challengeMetadata: null },
    },
  )
  const shown = limited('publicChallengeParameters', publicChallengeParameters)
  const hidden = limited('privateChallengeParameters', privateChallengeParameters)
  const metadata = typeof challengeMetadata === 'string' ? challengeMetadata : null
  if ((metadata ?? '').length > metadataLimit) {
    throw unrecognizable(`challengeMetadata is longer than ${metadataLimit} characters`)
  }
  const sealed = context.keys.seal.sealRow(JSON.stringify(hidden), sealedPlaces.customChallenge(user))
  const state: CustomState = { sealed, metadata }
  return { parameters: { ...shown, USERNAME: user.username }, state }
}

// A function that throws has looked at the answer, unless it was never reached.
const verified = async (attempt: Attempt, request: Readonly<Record<string, unknown>>): Promise<boolean> => {
  try {
    const { answerCorrect } = await called(attempt, 'VerifyAuthChallengeResponse', {
      request,
      response: { answerCorrect: null },
    })
    return answerCorrect === true
  } catch (error) {
    const looked = error instanceof ServiceError && error.name !== 'UnexpectedLambdaException'
    throw looked ? new WrongAnswer(error) : error
  }
}

const check = async (attempt: CountedAttempt, challengeAnswer: string): Promise<Passed> => {
  const { context, user, session, carried } = attempt
  const state = stateOf(session) as CustomState | undefined
  if (!state || !carried.custom) throw invalidSession('the session is none of a custom sign-in')
  const privateChallengeParameters: unknown = JSON.parse(
    context.keys.seal.openRow(state.sealed, sealedPlaces.customChallenge(user)).toString('utf8'),
  )
  const result: CustomResult = {
    challengeName: customStep,
    challengeResult: await verified(attempt, { privateChallengeParameters, challengeAnswer }),
    challengeMetadata: state.metadata,
  }
  return { writes: [], carried: { custom: { ...carried.custom, results: [...carried.custom.results, result] } } }
}

const read = (answers: Answers): Check => {
  const challengeAnswer = requireParameter(answers, 'ANSWER')
  return (attempt) => check(attempt, challengeAnswer)
}

/** The challenge CUSTOM_CHALLENGE. Its session takes one answer. */
export const customChallenge: Challenge = { sessionLimit: 1, ask, read, readUnknown: read }

const readPassword = (answers: Answers): Check => {
  const password = requireParameter(answers, 'PASSWORD')
  return async (attempt) => {
    if (!attempt.admin) throw invalidSession('the password is a step of the Admin operations alone')
    return checkPasswordOf(attempt, password)
  }
}

/** The challenge ADMIN_NO_SRP_AUTH: the password itself, as a step of a custom sign-in. */
export const adminPassword: Challenge = {
  ask: async ({ user }) => ({ parameters: { USERNAME: user.username } }),
  read: readPassword,
  readUnknown: readPassword,
}
