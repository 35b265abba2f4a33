// HTML forms: reads bodies of application/x-www-form-urlencoded, within limits. A repeated field is refused, because two
// readers could take different values (RFC 6749, section 3.1).
import { isUtf8 } from 'node:buffer'
import { invalidParameter, ServiceError } from '../errors.ts'
import { isStorable } from '../rules/text.ts'
import type { Incoming } from './exchange.ts'

/** A form: the fields by their names. */
export type Form = ReadonlyMap<string, string>

const bytesAtMost = 65_536
const fieldsAtMost = 100

/**
 * Reads the form in a request's body.
 *
 * @returns the fields, those without a value included
 * @throws ServiceError RequestEntityTooLargeException over 64 KiB; InvalidParameterException when the body is of
 * another content type, is not valid UTF-8 after decoding, holds U+0000, has more than a hundred fields or one field
 * twice
 */
export const readForm = ({ body, header }: Pick<Incoming, 'body' | 'header'>): Form => {
  const type = header('content-type')?.split(';')[0]?.trim().toLowerCase()
  if (type !== 'application/x-www-form-urlencoded')
    throw invalidParameter('The content type must be application/x-www-form-urlencoded.')
  if (body.length > bytesAtMost) throw new ServiceError('RequestEntityTooLargeException', 'The form is too large.')
  if (!isUtf8(body)) throw invalidParameter('The form is not valid UTF-8.')
  return fieldsOf(Buffer.from(body.buffer, body.byteOffset, body.length).toString('utf8'))
}

const fieldsOf = (text: string): Form => {
  const pairs = text.split('&').filter((pair) => pair !== '')
  if (pairs.length > fieldsAtMost) throw invalidParameter('The form has too many fields.')
  const fields = new Map<string, string>()
  for (const pair of pairs) {
    const equals = pair.indexOf('=')
    const name = decode(equals === -1 ? pair : pair.slice(0, equals))
    if (fields.has(name)) throw invalidParameter('The form has a field more than once.')
    fields.set(name, equals === -1 ? '' : decode(pair.slice(equals + 1)))
  }
  return fields
}

const decode = (text: string): string => {
  const decoded = decodePercents(text.replaceAll('+', ' '))
  if (isStorable(decoded)) return decoded
  throw invalidParameter('The form holds the character U+0000.')
}

const decodePercents = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    throw invalidParameter('The form holds a percent sign that begins no UTF-8.')
  }
}
