// The triggers of a custom sign-in: DefineAuthChallenge chooses the next step, CreateAuthChallenge makes a challenge,
// VerifyAuthChallengeResponse checks its answer. Functions get the list of all steps so far, in the names that Amazon
// Cognito uses (protocol/administration 14.3 to 14.6).
import type { RequestContext } from '../../context.ts'
import { ServiceError } from '../../errors.ts'
import type { Client, Pool, User } from '../../store/index.ts'
import { eventAttributes } from './event-attributes.ts'

/** A step that a function may choose: its own challenge, or one of the two proofs of a password. */
export type CustomStep = 'custom' | 'password-proof' | 'custom-password'

/** A completed step of a custom sign-in, as functions see it (protocol/administration 14.3). */
export type CustomResult = {
  readonly challengeName: string
  readonly challengeResult: boolean
  readonly challengeMetadata: string | null
}

/** A custom sign-in, as functions see it. */
export type CustomCall = {
  readonly context: RequestContext
  readonly pool: Pool
  readonly client: Client
  readonly user: User
  /** The typed name, when it is unknown. */
  readonly unknownName: string | undefined
  readonly clientMetadata: Readonly<Record<string, string>>
}

type CustomTrigger = 'DefineAuthChallenge' | 'CreateAuthChallenge' | 'VerifyAuthChallengeResponse'

/**
 * Refuses the sign-in when the pool names no function for the trigger.
 *
 * @throws ServiceError InvalidUserPoolConfigurationException
 */
export const requireCustomTrigger = ({ triggers }: RequestContext, pool: Pool, name: CustomTrigger): void => {
  if (!triggers.has(pool, name)) throw notConfigured(name)
}

const notConfigured = (name: CustomTrigger): ServiceError =>
  new ServiceError(
    'InvalidUserPoolConfigurationException',
    'Custom auth lambda trigger is not configured for the user pool.',
    `the pool names no ${name}`,
  )

/** The first step of a sign-in that began with an SRP public value. */
export const srpBegun: CustomResult = { challengeName: 'SRP_A', challengeResult: true, challengeMetadata: null }

/** The result of an answered step. */
export const resultOf = (step: CustomStep, passed: boolean, metadata: string | null): CustomResult => ({
  challengeName: eventNames[step],
  challengeResult: passed,
  challengeMetadata: metadata,
})

const eventNames: Readonly<Record<CustomStep, string>> = {
  custom: 'CUSTOM_CHALLENGE',
  'password-proof': 'PASSWORD_VERIFIER',
  'custom-password': 'ADMIN_NO_SRP_AUTH',
}

/** Whether a function may choose this challenge. */
export const isCustomStep = (challenge: string): challenge is CustomStep => Object.hasOwn(eventNames, challenge)

/** The decision of DefineAuthChallenge; undefined when it named an unknown challenge. */
export type CustomDecision = 'fail' | 'finish' | CustomStep | undefined

/**
 * Calls DefineAuthChallenge for the next step.
 *
 * @param results - the steps so far, oldest first
 * @throws ServiceError when the function refuses, cannot be called or gives a malformed answer
 */
export const defineNext = async (call: CustomCall, results: readonly CustomResult[]): Promise<CustomDecision> => {
  const { challengeName, issueTokens, failAuthentication } = await callFunction(call, 'DefineAuthChallenge', {
    request: { session: results },
    response: { challengeName: null, issueTokens: null, failAuthentication: null },
  })
  if (failAuthentication === true) return 'fail'
  if (issueTokens === true) return 'finish'
  return Object.keys(eventNames)
    .filter(isCustomStep)
    .find((step) => eventNames[step] === challengeName)
}

/** A challenge that a function made. */
export type MadeChallenge = {
  /** The parameters for the client. */
  readonly shown: Readonly<Record<string, string>>
  /** The parameters that only the verifying function gets, with the answer. */
  readonly hidden: Readonly<Record<string, string>>
  readonly metadata: string | null
}

/** Calls CreateAuthChallenge. @throws ServiceError as `defineNext` does, and for a challenge that is too long */
export const createChallenge = async (call: CustomCall, results: readonly CustomResult[]): Promise<MadeChallenge> => {
  const made = await callFunction(call, 'CreateAuthChallenge', {
    request: { challengeName: eventNames.custom, session: results },
    response: { publicChallengeParameters: null, privateChallengeParameters: null, challengeMetadata: null },
  })
  const shown = limitedParameters('publicChallengeParameters', made['publicChallengeParameters'])
  const hidden = limitedParameters('privateChallengeParameters', made['privateChallengeParameters'])
  const metadata = typeof made['challengeMetadata'] === 'string' ? made['challengeMetadata'] : null
  if ((metadata ?? '').length > metadataLimit) {
    throw unrecognizable(`challengeMetadata is longer than ${metadataLimit} characters`)
  }
  return { shown, hidden, metadata }
}

/** The most characters of a challenge's parameters, as JSON, and of its metadata. */
const parametersLimit = 65_536
const metadataLimit = 2048

const limitedParameters = (name: string, value: unknown): Record<string, string> => {
  // The types of all members were checked when the answer was received.
  const parameters = (value ?? {}) as Record<string, string>
  if (JSON.stringify(parameters).length <= parametersLimit) return parameters
  throw unrecognizable(`${name} are longer than ${parametersLimit} characters`)
}

/** The refusal of a function's answer that the sign-in cannot follow. */
export const unrecognizable = (reason: string): ServiceError =>
  new ServiceError('InvalidLambdaResponseException', 'Unrecognizable lambda output', reason)

/**
 * Calls VerifyAuthChallengeResponse to check an answer.
 *
 * @param hidden - the hidden parameters from CreateAuthChallenge
 * @throws ServiceError as `defineNext` does
 */
export const verifyChallengeAnswer = async (call: CustomCall, hidden: unknown, answer: string): Promise<boolean> => {
  const { answerCorrect } = await callFunction(call, 'VerifyAuthChallengeResponse', {
    request: { privateChallengeParameters: hidden, challengeAnswer: answer },
    response: { answerCorrect: null },
  })
  return answerCorrect === true
}

const callFunction = async (
  { context, pool, client, user, unknownName, clientMetadata }: CustomCall,
  name: CustomTrigger,
  event: { readonly request: Readonly<Record<string, unknown>>; readonly response: Readonly<Record<string, null>> },
): Promise<Record<string, unknown>> => {
  const userNotFound = unknownName !== undefined
  const answer = await context.triggers.call(name, {
    pool,
    clientId: client.id,
    username: unknownName ?? user.username,
    source: 'Authentication',
    request: {
      userAttributes: userNotFound ? {} : eventAttributes(pool, user),
      ...event.request,
      clientMetadata,
      userNotFound,
    },
    response: event.response,
  })
  if (!answer) throw notConfigured(name)
  return answer
}
