// How the OAuth door words its refusals.
import type { ServiceError } from '../errors.ts'
import { jsonAnswer, type HttpAnswer } from '../http/exchange.ts'

/** The answer to a refused request: 404 for what does not exist, else the status of the error's name. */
export const refuse = (error: ServiceError): HttpAnswer =>
  jsonAnswer(error.name === 'ResourceNotFoundException' ? 404 : error.status, {
    __type: error.name,
    message: error.message,
  })
