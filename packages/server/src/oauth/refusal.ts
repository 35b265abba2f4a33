// The wording of refusals at the OAuth door.
import type { ServiceError } from '../errors.ts'
import { jsonAnswer, type HttpAnswer } from '../http/exchange.ts'

/** The answer to a refused request. Its status is 404 for a missing resource, else that of the error's name. */
export const refuse = (error: ServiceError): HttpAnswer =>
  jsonAnswer(error.name === 'ResourceNotFoundException' ? 404 : error.status, {
    __type: error.name,
    message: error.message,
  })
