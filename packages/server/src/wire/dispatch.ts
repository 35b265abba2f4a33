// The wire door: from a request at `POST /` to an operation and back (spec: authentication 1). It checks in the order
// body, authority, constraints, the key's policy, operation (spec: administration 0), and catches once, here.
import { limits } from '../config.ts'
import type { Context, RequestContext } from '../context.ts'
import { resourceNotFound, ServiceError } from '../errors.ts'
import { checkAuthority, checkPolicy, isOpen } from './authority.ts'
import { corsHeaders } from '../http/cors.ts'
import type { Answer, Exchange, Incoming } from '../http/exchange.ts'
import type { Inputs, OperationName, Outputs } from './model.gen.ts'
import { parseBody, unreadable } from './parse.ts'
import { contentType, internalError, plainRefusal, refusal } from './refusal.ts'
import type { FindKey } from './sigv4.ts'
import { operationOfTarget } from './target.ts'
import { validate } from './validate.ts'

/** Runs one operation on its validated input. */
export type Run<Name extends OperationName> = (context: RequestContext, input: Inputs[Name]) => Promise<Outputs[Name]>

/** Every operation, or `later` where it is not written yet. */
export type OperationTable = { readonly [Name in OperationName]: Run<Name> | 'later' }

const contentTypes = /^application\/(?:x-amz-json-1\.[01]|json)\s*(?:;|$)/i
const userAgentCharacters = 1024

const operationOf = (target: string): OperationName => {
  const name = operationOfTarget(target)
  if (name === undefined) throw new ServiceError('UnknownOperationException', 'Unknown operation.')
  return name
}

const checkForm = (incoming: Incoming): void => {
  if (incoming.body.length > limits.bodyBytes)
    throw new ServiceError('RequestEntityTooLargeException', 'The request body is too large.')
  const type = incoming.header('content-type')
  if (type !== undefined && !contentTypes.test(type)) throw unreadable(`The content type must be ${contentType}.`)
}

/** A pool is of the Region that its id begins with, and does not exist in another (spec: authentication 7.5.10). */
const checkRegion = (poolId: unknown, region: string): void => {
  if (typeof poolId !== 'string' || poolId.startsWith(`${region}_`)) return
  const of = poolId.slice(0, poolId.indexOf('_'))
  throw resourceNotFound(
    `User pool ${poolId} does not exist.`,
    `the request is signed for the Region ${region}, the pool's id names ${of}`,
  )
}

const run = async <Name extends OperationName>(
  table: OperationTable,
  name: Name,
  context: RequestContext,
  input: Inputs[Name],
): Promise<Outputs[Name]> => {
  const operation: Run<Name> | 'later' = table[name]
  if (operation === 'later')
    throw new ServiceError('UnsupportedOperationException', `${name} is not available in this version of Poolkeeper.`)
  return operation(context, input)
}

/**
 * Makes the door.
 *
 * @param findKey looks up the access key that a signature names; asked in `serve` only
 * @returns what answers a request at `POST /`. It never rejects: a refusal is logged with its reason, anything else
 * thrown is logged as an error with its cause and answered InternalErrorException
 */
export const makeDispatch = (context: Context, table: OperationTable, findKey: FindKey): Exchange => {
  const { log, random } = context

  const perform = async (name: OperationName, incoming: Incoming, requestId: string): Promise<string> => {
    checkForm(incoming)
    const body = parseBody(incoming.body)
    const caller = await checkAuthority(name, incoming, context, findKey)
    const { region } = caller
    const input = validate(name, body)
    checkPolicy(name, input, caller, context.settings.accountId)
    if (!isOpen(name) && 'UserPoolId' in input) checkRegion(input.UserPoolId, region)
    const { remoteAddress } = incoming
    const userAgent = incoming.header('user-agent')?.slice(0, userAgentCharacters)
    const output = await run(table, name, { ...context, requestId, region, remoteAddress, userAgent }, input)
    return JSON.stringify(output) ?? '{}'
  }

  const refused = (cause: unknown, operation: string, requestId: string): Answer => {
    if (cause instanceof ServiceError) {
      const { name: error, message, reason } = cause
      log.info({ requestId, operation, error, message, reason }, 'refused')
      return refusal(cause, requestId)
    }
    log.error({ requestId, operation, err: cause }, 'failed')
    return refusal(internalError(), requestId)
  }

  const answer = async (incoming: Incoming, requestId: string): Promise<Answer> => {
    const target = incoming.header('x-amz-target')
    if (target === undefined)
      return plainRefusal(404, 'BadRequest', 'The server did not understand the operation that was requested.')
    try {
      const body = await perform(operationOf(target), incoming, requestId)
      return { status: 200, headers: { 'content-type': contentType }, body }
    } catch (cause) {
      return refused(cause, operationOfTarget(target) ?? target.slice(0, 128), requestId)
    }
  }

  return async (incoming) => {
    const requestId = random.uuid()
    const { status, headers, body } = await answer(incoming, requestId)
    return { status, headers: { ...headers, ...corsHeaders, 'x-amzn-requestid': requestId }, body }
  }
}
