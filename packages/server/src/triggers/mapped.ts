// Triggers by a mapping: from the ARNs that pools name to functions that this server can call. A call of an unmapped ARN
// is refused (protocol/administration 14.1).
import { ServiceError } from '../errors.ts'
import { isStorableJson } from '../rules/text.ts'
import type { Pool } from '../store/index.ts'
import { eventOf, responseOf } from './event.ts'
import { FunctionThrew, NotInvoked, UnusableAnswer, type TriggerFunction } from './function.ts'
import type { TriggerName, Triggers } from './index.ts'

/** The number of tries before a call fails (protocol/administration 14.1). */
const tries = 3

/** The most characters of a thrown message that the refusal repeats. */
const messageCharacters = 4096

/** Triggers, with a function that closes them. */
export type MappedTriggers = Triggers & { close(): Promise<void> }

/**
 * Makes triggers.
 *
 * @param functions - by ARN
 */
export const makeTriggers = (functions: ReadonlyMap<string, TriggerFunction>): MappedTriggers => ({
  has: (pool, name) => arnOf(pool, name) !== undefined,
  call: async (name, call) => {
    const arn = arnOf(call.pool, name)
    if (arn === undefined) return undefined
    const called = functions.get(arn)
    if (!called) {
      throw refusalOf(name, new NotInvoked('no function is mapped to its ARN', { again: false, reason: arn }))
    }
    const event = eventOf(name, call)
    try {
      return responseOf(name, event, parsed(await invoked(called, JSON.stringify(event))))
    } catch (error) {
      throw refusalOf(name, error)
    }
  },
  close: async () => {
    await Promise.all([...functions.values()].map((each) => each.close()))
  },
})

/** The ARN that a pool names for a trigger. */
const arnOf = ({ settings }: Pool, name: TriggerName): string | undefined => {
  const functions: Readonly<Record<string, unknown>> = settings.lambdaConfig
  const found = functions[`${name.charAt(0).toLowerCase()}${name.slice(1)}`]
  return typeof found === 'string' ? found : undefined
}

const refusalOf = (name: TriggerName, error: unknown): unknown => {
  if (error instanceof FunctionThrew) {
    const message = error.message.slice(0, messageCharacters)
    return new ServiceError('UserLambdaValidationException', `${name} failed with error ${message}.`)
  }
  if (error instanceof NotInvoked) {
    const message = `${name} invocation failed due to error ${error.message}.`
    return new ServiceError('UnexpectedLambdaException', message, error.reason)
  }
  if (error instanceof UnusableAnswer) return invalidOutput(error.message)
  return error
}

const invalidOutput = (reason: string): ServiceError =>
  new ServiceError('InvalidLambdaResponseException', 'Invalid lambda function output : Invalid JSON', reason)

// Each try sends the same event, so the side effects of a function may happen more than once
// (protocol/administration 14.1).
const invoked = async (called: TriggerFunction, event: string, left = tries): Promise<string> => {
  try {
    return await called.invoke(event)
  } catch (error) {
    if (error instanceof NotInvoked && error.again && left > 1) return invoked(called, event, left - 1)
    throw error
  }
}

const parsed = (text: string): unknown => {
  const answer = parsedJson(text)
  if (isStorableJson(answer)) return answer
  throw invalidOutput('the answer holds U+0000 or half a surrogate pair')
}

const parsedJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    throw invalidOutput('the answer is not JSON')
  }
}
