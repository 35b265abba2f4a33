// Reads request bodies within two bounds: the size of one body, and the sum of all bodies in flight.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { tooManyRequests, type ServiceError } from '../errors.ts'
import type { BodyShare } from './budget.ts'
import type { HttpAnswer } from './exchange.ts'
import { gather } from './gathered.ts'
import { refuseBody, tooLarge } from './refusals.ts'

/** The bounds of a body, and the wording of its refusal. */
export type BodyBounds = {
  readonly bodyBytes: number
  /** Begins a body's share of the bytes in flight. */
  readonly begin: () => BodyShare
  readonly refuse: (error: ServiceError, request: IncomingMessage) => HttpAnswer
}

/**
 * Reads a request's body to its end.
 *
 * @param received - gets the body. It is not called when the body is too large (the answer is 413), nor when all bodies
 * in flight together have reached their limit (the answer is 503, after which SDKs send the request again). It resolves
 * when the work on the body is done: until then the body holds its room, also when its sender has hung up
 */
export const receiveBody = (
  request: IncomingMessage,
  response: ServerResponse,
  { bodyBytes, begin, refuse }: BodyBounds,
  received: (body: Uint8Array) => Promise<void>,
): void => {
  const share = begin()
  let gathered = gather()
  let size = 0
  let refused = false
  let [isClosed, isAtWork] = [false, false]
  const release = (): void => {
    if (isClosed && !isAtWork) share.release()
  }
  const stop = (answer: HttpAnswer): void => {
    refused = true
    gathered = gather()
    share.release()
    refuseBody(request, response, answer)
  }
  response.once('close', () => {
    isClosed = true
    release()
  })
  request.on('data', (chunk: Buffer) => {
    if (refused) return
    size += chunk.length
    if (size > bodyBytes) stop(refuse(tooLarge('body'), request))
    else if (share.grow(chunk.length)) gathered.add(chunk)
    else stop({ ...refuse(tooMany(), request), status: 503 })
  })
  request.on('end', () => {
    if (refused) return
    const body = gathered.whole()
    gathered = gather()
    isAtWork = true
    void received(body).finally(() => {
      isAtWork = false
      release()
    })
  })
}

const tooMany = (): ServiceError => tooManyRequests('bodies/in-flight', 'the bodies in flight hold as much as they may')
