import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ServiceError } from '../errors.ts'
import { filterAttributes, parseFilter, type Filter } from './filter.ts'

const unparsable = { name: 'InvalidParameterException', message: 'Error while parsing filter.' }

const read: readonly [text: string, filter: Filter | undefined][] = [
  ['', undefined],
  ['   ', undefined],
  ['username = "jane"', { attribute: 'username', operator: '=', value: 'jane' }],
  ['username="jane"', { attribute: 'username', operator: '=', value: 'jane' }],
  ['username ="jane"', { attribute: 'username', operator: '=', value: 'jane' }],
  ['  username   =   "jane"  ', { attribute: 'username', operator: '=', value: 'jane' }],
  ['"email"^="testuser"', { attribute: 'email', operator: '^=', value: 'testuser' }],
  ['email ^= "a@b"', { attribute: 'email', operator: '^=', value: 'a@b' }],
  ['phone_number ^= "+1312"', { attribute: 'phone_number', operator: '^=', value: '+1312' }],
  ['family_name = "Reddy"', { attribute: 'family_name', operator: '=', value: 'Reddy' }],
  ['given_name = ""', { attribute: 'given_name', operator: '=', value: '' }],
  ['name = "a \\"quoted\\" name"', { attribute: 'name', operator: '=', value: 'a "quoted" name' }],
  ['name = "back\\\\slash"', { attribute: 'name', operator: '=', value: 'back\\slash' }],
  ['preferred_username = " = "', { attribute: 'preferred_username', operator: '=', value: ' = ' }],
  ['cognito:user_status = "confirmed"', { attribute: 'cognito:user_status', operator: '=', value: 'confirmed' }],
  ['status = "Enabled"', { attribute: 'status', operator: '=', value: 'Enabled' }],
  ['sub = "1"', { attribute: 'sub', operator: '=', value: '1' }],
]

for (const [text, filter] of read) {
  test(`req 94: read: ${text || 'nothing'}`, () => assert.deepEqual(parseFilter(text), filter))
}

const refused: readonly string[] = [
  'username',
  'username =',
  'username = jane',
  "username = 'jane'",
  '= "jane"',
  '"jane"',
  'username == "jane"',
  'username != "jane"',
  'username ^ = "jane"',
  'username ^ "jane"',
  'username > "jane"',
  'username = "jane',
  'username = jane"',
  'username = "jane" extra',
  'username = "jane" and email = "a"',
  'username = "jane" OR 1=1',
  'username = "jane";',
  'username = "ja\\ne"',
  'username = "jane\\"',
  'username = ""jane""',
  '"username = "jane"',
  '(username = "jane")',
  'username = "a" "b"',
  '=',
  '^=',
  '"',
  '\\',
]

for (const text of refused) {
  test(`req 94: refused: ${text}`, () => assert.throws(() => parseFilter(text), unparsable))
}

const unknownNames: readonly string[] = [
  'address',
  'custom:plan',
  'Username',
  'EMAIL',
  'identities',
  '__proto__',
  'constructor',
  'toString',
  'user name',
  'username\t',
]

for (const name of unknownNames) {
  test(`req 94: no search attribute: ${name}`, () =>
    assert.throws(() => parseFilter(`"${name}" = "x"`), {
      name: 'InvalidParameterException',
      message: `Invalid search attribute: ${name}`,
    }))
}

const spaces = fc.nat(3).map((count) => ' '.repeat(count))
const quote = (text: string): string => `"${text.replaceAll(/["\\]/g, (mark) => `\\${mark}`)}"`
const attribute = fc.constantFrom(...filterAttributes)
const operator = fc.constantFrom('=' as const, '^=' as const)

test('req 94: whatever a value holds, it comes back literally', () => {
  fc.assert(
    fc.property(
      attribute,
      operator,
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.boolean(),
      fc.array(spaces, { minLength: 4, maxLength: 4 }),
      (name, sign, value, quoted, [a = '', b = '', c = '', d = '']) => {
        const text = a + (quoted ? quote(name) : name) + b + sign + c + quote(value) + d
        assert.deepEqual(parseFilter(text), { attribute: name, operator: sign, value })
      },
    ),
  )
})

test('req 94: a value that ends early is refused, and never read as something else', () => {
  const unescaped = fc.tuple(fc.string({ maxLength: 40 }), fc.string({ minLength: 1, maxLength: 40 }))
  fc.assert(
    fc.property(attribute, operator, unescaped, (name, sign, [before, after]) => {
      fc.pre(after.trim() !== '')
      assert.throws(() => parseFilter(`${name} ${sign} ${quote(before)}${after}`), unparsable)
    }),
  )
})

test('req 94: any text is read or refused, and nothing else', () => {
  const pieces = fc.constantFrom('"', '\\', '=', '^=', ' ', 'email', 'username', 'x', '\0', '\n', '😀', 'and')
  const texts = fc.oneof(
    fc.array(pieces, { maxLength: 12 }).map((found) => found.join('')),
    fc.string({ unit: 'binary', maxLength: 300 }),
  )
  fc.assert(
    fc.property(texts, (text) => {
      try {
        const filter = parseFilter(text)
        assert.ok(filter === undefined ? text.trim() === '' : filterAttributes.includes(filter.attribute))
      } catch (error) {
        assert.ok(error instanceof ServiceError && error.name === 'InvalidParameterException')
      }
    }),
    { numRuns: 2000 },
  )
})
