// The event of a trigger function, and the check of its answer: the answer must be the whole event, its common members
// unchanged, and every member of the response of the documented type (protocol/administration 14.1 to 14.3).
import { isDeepStrictEqual } from 'node:util'
import { ServiceError } from '../errors.ts'
import type { TriggerCall, TriggerName } from './index.ts'

/** The event of a call. */
export type TriggerEvent = {
  readonly version: '1' | '2' | '3'
  readonly region: string
  readonly userPoolId: string
  readonly triggerSource: string
  readonly userName: string
  readonly callerContext: { readonly awsSdkVersion: string; readonly clientId: string }
  readonly request: Readonly<Record<string, unknown>>
  readonly response: Readonly<Record<string, unknown>>
}

/** The name of a trigger in triggerSource; all but one have the name that LambdaConfig uses. */
const sourceName = (name: TriggerName): string => (name === 'PreTokenGeneration' ? 'TokenGeneration' : name)

/** The event that a function receives for a call. */
export const eventOf = (name: TriggerName, call: TriggerCall): TriggerEvent => ({
  version: call.version ?? '1',
  region: call.pool.region,
  userPoolId: call.pool.id,
  triggerSource: `${sourceName(name)}_${call.source}`,
  userName: call.username,
  callerContext: {
    awsSdkVersion: 'aws-sdk-unknown-unknown',
    clientId: call.clientId ?? 'CLIENT_ID_NOT_APPLICABLE',
  },
  request: call.request,
  response: call.response,
})

/**
 * The response in a function's answer.
 *
 * @throws ServiceError InvalidLambdaResponseException for anything but the whole event with a response of its type
 */
export const responseOf = (name: TriggerName, event: TriggerEvent, answer: unknown): Record<string, unknown> => {
  if (!isObject(answer)) throw unrecognizable('the answer is not the event')
  const changed = common.find((member) => !isDeepStrictEqual(answer[member], event[member]))
  if (changed) throw unrecognizable(`${changed} of the event is missing or was changed`)
  const { request, response } = answer
  if (!isObject(request)) throw unrecognizable('request of the event is missing or no object')
  if (!isObject(response)) throw unrecognizable('response of the event is missing or no object')
  for (const [member, type] of Object.entries(responses[name])) {
    const value = response[member]
    if (value === undefined || value === null || memberTypes[type](value)) continue
    throw unrecognizable(`${member} of the response has another type than ${type}`)
  }
  return response
}

type Plain = Record<string, unknown>

const isObject = (value: unknown): value is Plain =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isText = (value: unknown): boolean => typeof value === 'string'

/** The types of response members, each with its test. */
const memberTypes = {
  flag: (value: unknown) => typeof value === 'boolean',
  text: isText,
  texts: (value: unknown) => Array.isArray(value) && value.every(isText),
  object: isObject,
  textMap: (value: unknown) => isObject(value) && Object.values(value).every(isText),
} as const satisfies Record<string, (value: unknown) => boolean>

type MemberType = keyof typeof memberTypes

const responses: Readonly<Record<TriggerName, Readonly<Record<string, MemberType>>>> = {
  PreSignUp: { autoConfirmUser: 'flag', autoVerifyEmail: 'flag', autoVerifyPhone: 'flag' },
  PostConfirmation: {},
  PreAuthentication: {},
  PostAuthentication: {},
  DefineAuthChallenge: { challengeName: 'text', issueTokens: 'flag', failAuthentication: 'flag' },
  CreateAuthChallenge: {
    publicChallengeParameters: 'textMap',
    privateChallengeParameters: 'textMap',
    challengeMetadata: 'text',
  },
  VerifyAuthChallengeResponse: { answerCorrect: 'flag' },
  PreTokenGeneration: { claimsOverrideDetails: 'object', claimsAndScopeOverrideDetails: 'object' },
  CustomMessage: { smsMessage: 'text', emailMessage: 'text', emailSubject: 'text' },
  UserMigration: {
    userAttributes: 'textMap',
    finalUserStatus: 'text',
    messageAction: 'text',
    desiredDeliveryMediums: 'texts',
    forceAliasCreation: 'flag',
    enableSMSMFA: 'flag',
  },
}

const unrecognizable = (reason: string): ServiceError =>
  new ServiceError('InvalidLambdaResponseException', 'Unrecognizable lambda output', reason)

const common = ['version', 'region', 'userPoolId', 'triggerSource', 'userName', 'callerContext'] as const
