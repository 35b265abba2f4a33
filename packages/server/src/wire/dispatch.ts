// The wire door: from a request at `POST /` to an operation and back (protocol/authentication 1). It checks in the
// order body, authority, constraints, the key's policy, operation (protocol/administration 0).
import { limits } from '../config.ts'
import type { RequestContext } from '../context.ts'
import { resourceNotFound, ServiceError } from '../errors.ts'
import { checkAuthority, checkPolicy, isOpen, poolOf, type ApiCaller } from './authority.ts'
import type { HttpAnswer, Incoming } from '../http/exchange.ts'
import { plainRefusal, preflight, type Door } from '../http/routes.ts'
import type { Inputs, OperationName, Outputs } from './model.gen.ts'
import { parseBody, unreadable } from './parse.ts'
import { contentType, refusal } from './refusal.ts'
import type { FindKey } from './sigv4.ts'
import { operationOfTarget } from './target.ts'
import { validate } from './validate.ts'

/** Runs one operation on its validated input. */
export type RunOperation<Name extends OperationName> = (
  context: RequestContext,
  input: Inputs[Name],
) => Promise<Outputs[Name]>

/** Every operation, or `later` for one that is not built yet. */
export type OperationTable = { readonly [Name in OperationName]: RunOperation<Name> | 'later' }

/**
 * Makes the door: the API at `POST /`.
 *
 * @param findKey - looks up the access key that a signature names; called in `serve` only
 */
export const wireDoor = (table: OperationTable, findKey: FindKey): Door => ({
  routes: [
    { method: 'POST', path: '/', cors: true, answer: (context, request) => answer(table, findKey, context, request) },
    { method: 'OPTIONS', path: '/', answer: async () => preflight('POST') },
  ],
  refuse: (error, { requestId }) => refusal(error, requestId),
  named: ({ header }) => {
    const target = header('x-amz-target') ?? ''
    return { operation: operationOfTarget(target) ?? target.slice(0, 128) }
  },
})

const answer = async (
  table: OperationTable,
  findKey: FindKey,
  context: RequestContext,
  incoming: Incoming,
): Promise<HttpAnswer> => {
  const target = incoming.header('x-amz-target')
  const requestId = { 'x-amzn-requestid': context.requestId }
  if (target === undefined) {
    const refused = plainRefusal(404, 'BadRequest', 'The server did not understand the operation that was requested.')
    return { ...refused, headers: { ...refused.headers, ...requestId } }
  }
  const body = await perform(table, findKey, context, incoming, operationOf(target))
  return { status: 200, headers: { 'content-type': contentType, ...requestId }, body }
}

const perform = async (
  table: OperationTable,
  findKey: FindKey,
  context: RequestContext,
  incoming: Incoming,
  name: OperationName,
): Promise<string> => {
  checkForm(incoming)
  const body = parseBody(incoming.body)
  const caller = await checkAuthority(name, incoming, context, findKey)
  const { region } = caller
  const input = validate(name, body)
  noteSubject(context, input)
  checkPolicy(name, input, caller, context.settings.accountId)
  if (!isOpen(name) && 'UserPoolId' in input) checkRegion(input.UserPoolId, region)
  const output = await run(table, name, { ...context, region, keys: keysFor(context, caller) }, input)
  return JSON.stringify(output)
}

// The input names the pool and the client; flows add the user to the subject later.
const noteSubject = ({ subject }: RequestContext, input: object): void => {
  const pool = poolOf(input)
  if (pool !== undefined) subject.pool = pool
  if ('ClientId' in input && typeof input.ClientId === 'string') subject.client = input.ClientId
}

// The slow work of a signed call waits in the share of its access key, whatever its network.
const keysFor = ({ keys }: RequestContext, { signer }: ApiCaller): RequestContext['keys'] =>
  signer === undefined ? keys : keys.forSource({ signed: true, source: signer.id })

const contentTypes = /^application\/(?:x-amz-json-1\.[01]|json)\s*(?:;|$)/i

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

/** A pool belongs to the Region that its id begins with, and does not exist in another (protocol/authentication 7.5.10). */
const checkRegion = (poolId: unknown, region: string): void => {
  if (typeof poolId !== 'string' || poolId.startsWith(`${region}_`)) return
  const named = poolId.slice(0, poolId.indexOf('_'))
  throw resourceNotFound(
    `User pool ${poolId} does not exist.`,
    `the request is signed for the Region ${region}, the pool's id names ${named}`,
  )
}

const run = async <Name extends OperationName>(
  table: OperationTable,
  name: Name,
  context: RequestContext,
  input: Inputs[Name],
): Promise<Outputs[Name]> => {
  const operation: RunOperation<Name> | 'later' = table[name]
  if (operation === 'later')
    throw new ServiceError('UnsupportedOperationException', `${name} is not available in this version of Poolkeeper.`)
  return operation(context, input)
}
