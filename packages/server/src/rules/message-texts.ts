// What a text of CustomMessage must be to be sent: what the service asks of the pool's own templates. A text that lacks
// the mark of the code, or holds characters that the service does not take, is refused, as was seen on Cognito
// (protocol/administration 14.4).
import { invalidParameter } from '../errors.ts'

/** What stands for the code or the temporary password, and for the user name. */
export type Mark = '{####}' | '{username}'

/** A member of a message: how it is called in a refusal, its length in characters, and its form. */
type Member = {
  readonly name: 'emailBody' | 'emailSubject' | 'smsMessage'
  readonly least: number
  readonly most: number
  /** The pattern that a text with this mark has, or any text; as a refusal writes it. */
  pattern(mark: Mark | undefined): string
  readonly form: RegExp
}

const escapedMark = (mark: Mark): string => mark.replace('{', '\\{').replace('}', '\\}')

const printable = '[\\p{L}\\p{M}\\p{S}\\p{N}\\p{P}\\s*]*'

// White space is that of ASCII: a non-breaking space is none.
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

// A refusal does not quote the text: it may speak of the user, and the caller may be another person.
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

/** A message as a function words it: undefined members are left to the pool's template. */
export type CustomText = { readonly subject: string | undefined; readonly body: string | undefined }

/**
 * Refuses texts that a message cannot have. Members that the medium does not use are not looked at.
 *
 * @param marks - that the body must contain
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
