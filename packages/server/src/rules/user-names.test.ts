import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { directoryNames, type NamedUser } from './directory-names.ts'
import {
  checkPreferredUsername,
  checkUsername,
  foldName,
  isEmail,
  isPhoneNumber,
  type NameSettings,
} from './user-names.ts'

const refusal = (message: string): object => ({ name: 'InvalidParameterException', message })

const emails = ['jane@example.com', 'a@b', 'j+tag@example.com', 'имя@example.com', "o'hara@example.com", 'a.b@c.d.e']
const notEmails = [
  '',
  '@',
  'jane',
  'jane@',
  '@example.com',
  'a@b@c',
  'jane doe@example.com',
  'jane@exam ple.com',
  'jane@example.com\n',
  'jane@example.com\r\nBcc: x@y',
  'a,b@example.com',
  'a;b@example.com',
  'Jane <jane@example.com>',
  '"jane"@example.com',
  'jane(x)@example.com',
  'jane\u0000@example.com',
  'jane\u202e@example.com',
  `${'a'.repeat(320)}@b`,
]

for (const text of emails) test(`an e-mail address: ${text}`, () => assert.equal(isEmail(text), true))
for (const text of notEmails) {
  test(`no e-mail address: ${JSON.stringify(text.slice(0, 40))}`, () => assert.equal(isEmail(text), false))
}

for (const text of ['+1', '+15555550100', '+123456789012345']) {
  test(`a phone number: ${text}`, () => assert.equal(isPhoneNumber(text), true))
}
for (const text of [
  '',
  '+',
  '15555550100',
  '+1 555',
  '+1-555',
  '+1234567890123456',
  '+１２３',
  '++1',
  '+1\n',
  '00155',
]) {
  test(`no phone number: ${JSON.stringify(text)}`, () => assert.equal(isPhoneNumber(text), false))
}

test('protocol/authentication 2.1.9: names are compared as they are unless the pool says that case does not count', () => {
  assert.equal(foldName({}, 'Jane'), 'Jane')
  assert.equal(foldName({ usernameConfiguration: { caseSensitive: true } }, 'Jane'), 'Jane')
  assert.equal(foldName({ usernameConfiguration: { caseSensitive: false } }, 'JÄNE'), 'jäne')
})

test('protocol/authentication 2.1.3: where an address is the user name, it must be one', () => {
  const email: NameSettings = { usernameAttributes: ['email'] }
  const phone: NameSettings = { usernameAttributes: ['phone_number'] }
  const both: NameSettings = { usernameAttributes: ['phone_number', 'email'] }
  assert.deepEqual(checkUsername(email, 'a@b'), { kind: 'email' })
  assert.deepEqual(checkUsername(phone, '+1555'), { kind: 'phone_number' })
  assert.deepEqual(checkUsername(both, 'a@b'), { kind: 'email' })
  assert.deepEqual(checkUsername(both, '+1555'), { kind: 'phone_number' })
  for (const name of ['jane', '+1555']) {
    assert.throws(() => checkUsername(email, name), refusal('Username should be an email.'))
  }
  for (const name of ['jane', 'a@b']) {
    assert.throws(() => checkUsername(phone, name), refusal('Username should be a phone number.'))
  }
  assert.throws(() => checkUsername(both, 'jane'), refusal('Username should be either an email or a phone number.'))
})

const emailForm = refusal('Username cannot be of email format, since user pool is configured for email alias.')
const phoneForm = refusal(
  'Username cannot be of phone number format, since user pool is configured for phone number alias.',
)

test('protocol/authentication 2.1.5: where an address is an alias, a user name is none', () => {
  assert.throws(() => checkUsername({ aliasAttributes: ['email'] }, 'a@b'), emailForm)
  assert.throws(() => checkUsername({ aliasAttributes: ['phone_number', 'email'] }, 'a@b'), emailForm)
  assert.throws(() => checkUsername({ aliasAttributes: ['phone_number'] }, '+1555'), phoneForm)
  assert.deepEqual(checkUsername({ aliasAttributes: ['email'] }, '+1555'), { kind: 'username' })
  assert.deepEqual(checkUsername({ aliasAttributes: ['phone_number'] }, 'a@b'), { kind: 'username' })
  assert.deepEqual(checkUsername({ aliasAttributes: ['preferred_username'] }, 'a@b'), { kind: 'username' })
  assert.deepEqual(checkUsername({}, 'a@b'), { kind: 'username' })
})

test('a preferred user name that is an alias is a user name, and nobody’s address', () => {
  const settings: NameSettings = { aliasAttributes: ['preferred_username', 'email', 'phone_number'] }
  for (const good of [undefined, '', 'janie', 'x'.repeat(128), '😀'.repeat(128)]) {
    checkPreferredUsername(settings, good)
  }
  assert.throws(() => checkPreferredUsername(settings, 'a@b'), emailForm)
  assert.throws(() => checkPreferredUsername(settings, '+1555'), phoneForm)
  for (const bad of ['x'.repeat(129), 'two words', 'line\nbreak', 'nul\0']) {
    assert.throws(() => checkPreferredUsername(settings, bad), { name: 'InvalidParameterException' })
  }
  checkPreferredUsername({ aliasAttributes: ['email'] }, 'a@b, or anything at all')
})

const jane = (of: Partial<NamedUser> = {}): NamedUser => ({
  id: 'sub-of-jane',
  username: 'Jane',
  confirmed: true,
  attributes: {},
  ...of,
})

const namesOf = (settings: NameSettings, user: NamedUser): string[] =>
  directoryNames(settings, user).map(({ name, kind }) => `${kind} ${name}`)

const addresses = { email: 'Jane@Example.com', phone_number: '+1555', preferred_username: 'Janie' }
const verified = { ...addresses, email_verified: 'true', phone_number_verified: 'true' }

test('protocol/authentication 2.1.8: a user is found by name and by sub', () => {
  assert.deepEqual(namesOf({}, jane({ attributes: verified })), ['sub sub-of-jane', 'username Jane'])
})

test('protocol/authentication 2.1.6: an alias leads to the user only while it is verified', () => {
  const settings: NameSettings = { aliasAttributes: ['email', 'phone_number'] }
  const plain = ['sub sub-of-jane', 'username Jane']
  assert.deepEqual(namesOf(settings, jane({ attributes: addresses })), plain)
  for (const flag of ['false', '', 'TRUE', 'yes']) {
    assert.deepEqual(namesOf(settings, jane({ attributes: { ...addresses, email_verified: flag } })), plain)
  }
  assert.deepEqual(namesOf(settings, jane({ attributes: verified })), [
    'sub sub-of-jane',
    'email Jane@Example.com',
    'phone_number +1555',
    'username Jane',
  ])
})

test('protocol/authentication 2.1.7: a preferred user name leads to the user once the user is confirmed', () => {
  const settings: NameSettings = { aliasAttributes: ['preferred_username'] }
  assert.deepEqual(namesOf(settings, jane({ attributes: verified, confirmed: false })), [
    'sub sub-of-jane',
    'username Jane',
  ])
  assert.deepEqual(namesOf(settings, jane({ attributes: verified })), [
    'sub sub-of-jane',
    'preferred_username Janie',
    'username Jane',
  ])
})

test('protocol/authentication 2.1.4: a sign-in address leads to the user before it is verified', () => {
  const settings: NameSettings = { usernameAttributes: ['email'] }
  const user = jane({ username: 'sub-of-jane', attributes: addresses, confirmed: false })
  assert.deepEqual(namesOf(settings, user), ['username sub-of-jane', 'email Jane@Example.com'])
})

test('protocol/authentication 2.1.9: where case does not count, every name is folded', () => {
  const settings: NameSettings = {
    aliasAttributes: ['email', 'preferred_username'],
    usernameConfiguration: { caseSensitive: false },
  }
  assert.deepEqual(namesOf(settings, jane({ attributes: verified })), [
    'sub sub-of-jane',
    'email jane@example.com',
    'preferred_username janie',
    'username jane',
  ])
})

test('no name is listed twice', () => {
  const kinds = fc.subarray(['email', 'phone_number', 'preferred_username'] as const)
  const name = fc.constantFrom('a@b', 'A@B', '+1', 'jane', 'Jane')
  const text = fc.record({ email: name, phone_number: name, preferred_username: name, username: name })
  fc.assert(
    fc.property(kinds, fc.boolean(), text, (aliasAttributes, caseSensitive, { username, ...values }) => {
      const settings: NameSettings = { aliasAttributes, usernameConfiguration: { caseSensitive } }
      const attributes = { ...values, email_verified: 'true', phone_number_verified: 'true' }
      const names = directoryNames(settings, jane({ username, attributes })).map((found) => found.name)
      assert.equal(new Set(names).size, names.length)
      assert.ok(names.includes(foldName(settings, username)))
    }),
  )
})
