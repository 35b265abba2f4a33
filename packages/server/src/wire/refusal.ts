// The form of refusals on the wire (protocol/authentication 1.4 to 1.10).
import type { ServiceError } from '../errors.ts'
import type { HttpAnswer } from '../http/exchange.ts'

/** The content type of every API answer. */
export const contentType = 'application/x-amz-json-1.1'

const headerCharacters = 1024

/** The answer to a refused request. */
export const refusal = (error: ServiceError, requestId: string): HttpAnswer => ({
  status: error.status,
  headers: {
    'content-type': contentType,
    'x-amzn-requestid': requestId,
    'x-amzn-errortype': `${error.name}:`,
    'x-amzn-errormessage': headerText(error.message),
  },
  body: refusalBody(error),
})

/** The answer to a request that was not read to its end; such a request has no id. */
export const unreadRefusal = (error: ServiceError): HttpAnswer => ({
  status: error.status,
  headers: { 'content-type': contentType, 'x-amzn-errortype': `${error.name}:` },
  body: refusalBody(error),
})

/** Text that a header can hold: printable ASCII, the rest percent-encoded. */
const headerText = (text: string): string =>
  text
    .slice(0, headerCharacters)
    .toWellFormed()
    .replace(/[^\x20-\x7e]/gu, (character) => encodeURIComponent(character))

/**
 * The JSON of a refusal. Only SerializationException writes `Message` with a capital (protocol/authentication 1.9).
 */
const refusalBody = (error: ServiceError): string =>
  error.name === 'SerializationException'
    ? JSON.stringify({ __type: error.name, Message: error.message })
    : JSON.stringify({ __type: error.name, message: error.message })
