// The filter of ListUsers: one attribute, = or ^=, one quoted value (protocol/administration 4.3; requirement 94).
import { invalidParameter } from '../errors.ts'

/** The attributes that a filter may name. */
export const filterAttributes = [
  'username',
  'email',
  'phone_number',
  'name',
  'given_name',
  'family_name',
  'preferred_username',
  'cognito:user_status',
  'status',
  'sub',
] as const

/** An attribute that a filter may name. */
export type FilterAttribute = (typeof filterAttributes)[number]

/** A filter: equality, or a prefix. */
export type Filter = {
  readonly attribute: FilterAttribute
  readonly operator: '=' | '^='
  readonly value: string
}

/**
 * Reads a filter, in time linear in its length.
 *
 * @returns the filter; undefined for an empty text, which means all users
 * @throws ServiceError InvalidParameterException
 */
export const parseFilter = (text: string): Filter | undefined => {
  if (text.trim() === '') return undefined
  const name = nameAt(text, skipSpaces(text, 0))
  const operatorFrom = skipSpaces(text, name.end)
  const operator = operatorAt(text, operatorFrom)
  const valueFrom = skipSpaces(text, operatorFrom + operator.length)
  if (text.charAt(valueFrom) !== '"') throw unparsable()
  const { value, end } = quoted(text, valueFrom)
  if (skipSpaces(text, end) !== text.length) throw unparsable()
  if (!isFilterAttribute(name.value)) throw invalidParameter(`Invalid search attribute: ${name.value}`)
  return { attribute: name.value, operator, value }
}

const unparsable = (): Error => invalidParameter('Error while parsing filter.')

const isFilterAttribute = (name: string): name is FilterAttribute =>
  (filterAttributes as readonly string[]).includes(name)

// Reads the quoted text at `from`. A backslash escapes the next " or \. Returns the value and the index after it.
const quoted = (text: string, from: number): { value: string; end: number } => {
  let value = ''
  for (let index = from + 1; index < text.length; index += 1) {
    const character = text.charAt(index)
    if (character === '"') return { value, end: index + 1 }
    if (character !== '\\') {
      value += character
      continue
    }
    index += 1
    const escaped = text.charAt(index)
    if (escaped !== '"' && escaped !== '\\') throw unparsable()
    value += escaped
  }
  throw unparsable()
}

const skipSpaces = (text: string, from: number): number => {
  let index = from
  while (text.charAt(index) === ' ') index += 1
  return index
}

const nameAt = (text: string, from: number): { value: string; end: number } => {
  if (text.charAt(from) === '"') return quoted(text, from)
  let end = from
  while (end < text.length && !' =^"'.includes(text.charAt(end))) end += 1
  if (end === from) throw unparsable()
  return { value: text.slice(from, end), end }
}

const operatorAt = (text: string, from: number): '=' | '^=' => {
  if (text.charAt(from) === '=') return '='
  if (text.startsWith('^=', from)) return '^='
  throw unparsable()
}
