import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkCustomText, type Mark } from './message-texts.ts'

const code: readonly Mark[] = ['{####}']
const invitation: readonly Mark[] = ['{####}', '{username}']

const value = (member: string, constraint: string): string =>
  `Value at '${member}' failed to satisfy constraint: Member must ${constraint}`

const pattern = (member: string, form: string): string => value(member, `satisfy regular expression pattern: ${form}`)

const printable = '[\\p{L}\\p{M}\\p{S}\\p{N}\\p{P}\\s*]*'
const mailPattern = pattern('emailBody', `${printable}\\{####\\}${printable}`)
const smsPattern = pattern('smsMessage', '.*\\{####\\}.*')
const subjectPattern = pattern('emailSubject', '[\\p{L}\\p{M}\\p{S}\\p{N}\\p{P}\\s]+')

const one = (fault: string): object => ({
  name: 'InvalidParameterException',
  message: `1 validation error detected: ${fault}`,
})

const mail = (body: string | undefined, marks = code, subject?: string): void =>
  checkCustomText('email', { body, subject }, marks)

const sms = (body: string | undefined, marks = code): void => checkCustomText('sms', { body, subject: '' }, marks)

test('a text with its marks is taken, and so is none', () => {
  mail(undefined)
  sms(undefined)
  mail('{####}')
  mail('<p>Ünïcode 😀, *tab*:\t\r\n{####}, once more {####}</p>', code, 'Your code * €')
  mail(`${'x'.repeat(19_994)}{####}`)
  mail(`${'😀'.repeat(19_994)}{####}`, code, '😀'.repeat(140))
  sms('{####}')
  sms(`${'😀'.repeat(134)}{####}`)
  mail('{username}: {####}', invitation)
  sms('{username}: {####}', invitation)
  mail('Hello {username}', ['{username}'])
})

test('a text without its mark is refused by the pattern of its member', () => {
  for (const text of ['none', '{###}', '{#####}', '{####', '####', '{##Click Here##}', '{username}', '123456']) {
    assert.throws(() => mail(`Hello ${text}`), one(mailPattern), text)
    assert.throws(() => sms(`Hello ${text}`), one(smsPattern), text)
  }
  assert.throws(() => mail('only {username}', invitation), one(mailPattern))
  assert.throws(() => mail('only {####}', invitation), one(mailPattern.replace('{####\\}', '{username\\}')))
  assert.throws(() => sms('only {####}', invitation), one(smsPattern.replace('{####\\}', '{username\\}')))
  assert.throws(() => mail('no name at all', ['{username}']), { name: 'InvalidParameterException' })
})

test('characters that the service does not take are refused, with the mark as without', () => {
  for (const odd of ['\u00a0', '\u0000', '\u200d', '\ufeff', '\u2028']) {
    assert.throws(() => mail(`a${odd}b {####}`), one(mailPattern), JSON.stringify(odd))
    assert.throws(() => mail('code {####}', code, `a${odd}b`), one(subjectPattern), JSON.stringify(odd))
  }
  for (const end of ['\n', '\r', '\u0085', '\u2028']) assert.throws(() => sms(`a${end}b {####}`), one(smsPattern))
})

test('lengths are counted in characters; several faults are told together, and the text never', () => {
  const longest = (member: string, most: number) => one(value(member, `have length less than or equal to ${most}`))
  assert.throws(() => mail(`${'x'.repeat(19_995)}{####}`), longest('emailBody', 20_000))
  assert.throws(() => sms(`${'x'.repeat(135)}{####}`), longest('smsMessage', 140))
  assert.throws(() => mail('{####}', code, 'x'.repeat(141)), longest('emailSubject', 140))
  assert.throws(() => mail('no', code, 'a\u0000b'), {
    message: [
      `3 validation errors detected: ${subjectPattern}`,
      value('emailBody', 'have length greater than or equal to 6'),
      mailPattern,
    ].join('; '),
  })
})

test('what the medium has no use for is not looked at', () => {
  checkCustomText('sms', { body: 'code {####}', subject: 'x'.repeat(500) }, code)
})

test('a long text is read in a moment', () => {
  assert.throws(() => mail(`${'{####}'.repeat(3_300)}\u0000`), one(mailPattern))
})
