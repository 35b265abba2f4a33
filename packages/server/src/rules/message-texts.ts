// Checks the texts of CustomMessage by the rules for a pool's templates. A text without the placeholder of the code, or
// with forbidden characters, is refused, as was seen on Cognito (protocol/administration 14.4).
import { invalidParameter } from '../errors.ts'

/** The placeholder of the code or temporary password, and that of the user name. */
export type Mark = '{####}' | '{username}'

/** The texts of a function's answer; for undefined members the pool's template is used. */
export type CustomText = { readonly subject: string | undefined; readonly body: string | undefined }

/**
 * Refuses texts that a message cannot have. It ignores members that the medium does not use.
 *
 * @param marks - the placeholders that the body must contain
 * @throws ServiceError InvalidParameterException, which names the member and its constraint
 */
export const checkCustomText = (medium: 'email' | 'sms', text: CustomText, marks: readonly Mark[]): void => {
  const { subject, body } = text
  const faults = [
    ...(medium === 'email' && subject !== undefined ? faultsOf(emailSubject, subject, []) : []),
    ...(body === undefined ? [] : faultsOf(medium === 'email' ? emailBody : smsMessage, body, marks)),
  ]
  if (faults.length === 0) return
  const errors = faults.length === 1 ? 'error' : 'errors'
  throw invalidParameter(
    `${faults.length} validation ${errors} detected: ${faults.join('; ')}`,
    'what CustomMessage answered is no text of a message',
  )
}

/** A member of a message: its name in refusals, its length in characters, and its form. */
type Member = {
  readonly name: 'emailBody' | 'emailSubject' | 'smsMessage'
  readonly least: number
  readonly most: number
  /** The pattern of a text with this placeholder, or without one, in the words of a refusal. */
  pattern(mark: Mark | undefined): string
  readonly form: RegExp
}

const escapedMark = (mark: Mark): string => mark.replace('{', '\\{').replace('}', '\\}')

const printable = '[\\p{L}\\p{M}\\p{S}\\p{N}\\p{P}\\s*]*'

// Only ASCII white space is allowed, so no non-breaking space.
const printableForm = /^[\p{L}\p{M}\p{S}\p{N}\p{P} \t\n\v\f\r]*$/u

const emailBody: Member = {
  name: 'emailBody',
  least: 6,
  most: 20_000,
  pattern: (mark) => (mark ? printable + escapedMark(mark) + printable : printable),
  form: printableForm,
}

const emailSubject: Member = {
  name: 'emailSubject',
  least: 1,
  most: 140,
  pattern: () => '[\\p{L}\\p{M}\\p{S}\\p{N}\\p{P}\\s]+',
  form: printableForm,
}

const smsMessage: Member = {
  name: 'smsMessage',
  least: 6,
  most: 140,
  pattern: (mark) => (mark ? `.*${escapedMark(mark)}.*` : '.*'),
  form: /^[^\n\r\u0085\u2028\u2029]*$/,
}

const failed = ({ name }: Member, constraint: string): string =>
  `Value at '${name}' failed to satisfy constraint: Member must ${constraint}`

// A refusal does not quote the text: it may concern the user, and the caller may be another person.
const faultsOf = (member: Member, text: string, marks: readonly Mark[]): string[] => {
  const length = Array.from(text).length
  const { least, most, form } = member
  const missing = marks.find((mark) => !text.includes(mark))
  return [
    ...(length > most ? [failed(member, `have length less than or equal to ${most}`)] : []),
    ...(length < least ? [failed(member, `have length greater than or equal to ${least}`)] : []),
    ...(missing || !form.test(text)
      ? [failed(member, `satisfy regular expression pattern: ${member.pattern(missing ?? marks[0])}`)]
      : []),
  ]
}
