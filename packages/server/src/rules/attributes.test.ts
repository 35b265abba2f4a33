import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ServiceError } from '../errors.ts'
import {
  addCustomAttributes,
  checkAttributeDeletion,
  checkAttributeUpdate,
  checkNewUserAttributes,
  checkWritable,
  isWritable,
  poolSchema,
  readableAttributes,
  standardAttributes,
  type Attributes,
} from './attributes.ts'

const schema = poolSchema([
  { name: 'given_name', required: true, mutable: true },
  { name: 'nickname', mutable: false },
  {
    name: 'plan',
    mutable: true,
    attributeDataType: 'String',
    stringAttributeConstraints: { minLength: '2', maxLength: '4' },
  },
  {
    name: 'age',
    mutable: true,
    attributeDataType: 'Number',
    numberAttributeConstraints: { minValue: '0', maxValue: '150' },
  },
  { name: 'news', mutable: true, attributeDataType: 'Boolean' },
  { name: 'since', mutable: true, attributeDataType: 'DateTime' },
  { name: 'badge', attributeDataType: 'String', mutable: false },
  { name: 'rank', mutable: true, attributeDataType: 'String', developerOnlyAttribute: true },
])

const refusal = (message: string): object => ({ name: 'InvalidParameterException', message })
const unwritable = { name: 'NotAuthorizedException', message: 'A client attempted to write unauthorized attribute' }
const nonConforming = (lines: string): object => refusal(`Attributes did not conform to the schema: ${lines}`)

const create = (attributes: Attributes, requireAll = false): void =>
  checkNewUserAttributes(schema, attributes, { requireAll })
const update = (changes: Attributes, current: Attributes = {}, byAdmin = false): void =>
  checkAttributeUpdate(schema, changes, { byAdmin, current })

test('every standard attribute can be given to a new user', () => {
  create({
    ...Object.fromEntries(standardAttributes.filter(({ name }) => name !== 'sub').map(({ name }) => [name, 'value'])),
    birthdate: '2001-02-03',
    email: 'jane@example.com',
    email_verified: 'true',
    phone_number: '+1555',
    phone_number_verified: 'false',
    updated_at: '1767323045',
    given_name: 'Jane',
  })
})

test('req 56: a new user has no attribute that the pool lacks; all of them are named', () => {
  assert.throws(
    () => create({ 'custom:rank': 'x', given_name: 'Jane', __proto: 'x', constructor: 'x' }),
    nonConforming(
      [
        'custom:rank: Attribute does not exist in the schema.\n',
        '__proto: Attribute does not exist in the schema.\n',
        'constructor: Attribute does not exist in the schema.\n',
      ].join(''),
    ),
  )
})

test('req 56: the sub of a new user is not for others to say', () => {
  assert.throws(() => create({ sub: 'x' }), nonConforming('sub: Attribute cannot be set.\n'))
})

test('protocol/authentication 2.2.8: a required attribute that is missing is named, where it must be there', () => {
  create({})
  assert.throws(() => create({}, true), nonConforming('given_name: The attribute is required\n'))
  const two = poolSchema([
    { name: 'email', required: true },
    { name: 'name', required: true },
  ])
  assert.throws(
    () => checkNewUserAttributes(two, {}, { requireAll: true }),
    nonConforming('name: The attribute is required\nemail: The attribute is required\n'),
  )
})

const longest = 'x'.repeat(2048)
const values: readonly [name: string, good: readonly string[], bad: readonly string[]][] = [
  ['name', ['x', longest, '😀'.repeat(2048)], [`${longest}x`, 'nul\0', '\0']],
  ['birthdate', ['2001-02-03', '😀'.repeat(10)], ['2001-2-3', '2001-02-031', 'x']],
  ['custom:plan', ['ab', 'abcd', '😀😀'], ['a', 'abcde', '😀']],
  ['custom:age', ['0', '150', '7', '007'], ['-1', '151', '1.5', '1e2', 'x', ' 7', '0x7', '7 ', '٣', '-']],
  ['updated_at', ['0', '1767323045'], ['-1', 'now', '1.5']],
  ['custom:news', ['true', 'false', 'True', 'FALSE'], ['yes', '1', 'true ', 'truefalse']],
  ['custom:since', ['2026-01-02', '2026-01-02T03:04:05Z'], ['yesterday', '2026-13-01']],
  ['dev:custom:rank', ['x'], [`${longest}x`]],
]

for (const [name, good, bad] of values) {
  test(`protocol/administration 1.5: values of ${name}`, () => {
    for (const value of good) {
      create({ [name]: value })
      update({ [name]: value }, {}, true)
    }
    for (const value of bad) {
      const expected = { name: 'InvalidParameterException', message: new RegExp(`schema: ${name}: .+\n$`) }
      assert.throws(() => create({ [name]: value }), expected, value)
      assert.throws(() => update({ [name]: value }, {}, true), expected, value)
    }
  })
}

test('protocol/administration 1.5: addresses have their form', () => {
  for (const check of [create, update]) {
    assert.throws(() => check({ email: 'jane' }), refusal('Invalid email address format.'))
    assert.throws(() => check({ phone_number: '1555' }), refusal('Invalid phone number format.'))
  }
})

test('protocol/administration 1.5: nothing is verified that is not there', () => {
  const email = refusal('Email is required to verify/un-verify an email')
  const phone = refusal('Phone Number is required to verify/un-verify a phone number')
  assert.throws(() => create({ email_verified: 'true' }), email)
  assert.throws(() => create({ phone_number_verified: 'false' }), phone)
  assert.throws(() => update({ email_verified: 'true' }, {}, true), email)
  assert.throws(() => update({ phone_number_verified: 'true' }, {}, true), phone)
  assert.throws(() => update({ email: '', email_verified: 'true' }, { email: 'jane@example.com' }, true), email)
  update({ email_verified: 'true' }, { email: 'jane@example.com' }, true)
  update({ phone_number: '+1555', phone_number_verified: 'true' }, {}, true)
})

test('protocol/administration 1.5: what the pool lacks is refused on update, developer-only attributes to all but administrators', () => {
  for (const name of ['custom:none', 'nonsense', 'identities', 'cognito:username', 'constructor', '__proto__']) {
    const changes = Object.fromEntries([[name, 'x']])
    for (const byAdmin of [true, false]) {
      assert.throws(
        () => update(changes, {}, byAdmin),
        refusal(`user.${name}: Attribute does not exist in the schema.\n`),
      )
    }
  }
  update({ 'dev:custom:rank': 'x' }, {}, true)
  assert.throws(
    () => update({ 'dev:custom:rank': 'x' }),
    refusal('user.dev:custom:rank: Attribute does not exist in the schema.\n'),
  )
})

test('req 56: what is immutable is written once, when the user is made', () => {
  create({ 'custom:badge': 'x', nickname: 'x' })
  for (const name of ['sub', 'nickname', 'custom:badge']) {
    for (const value of ['x', '']) {
      assert.throws(() => update({ [name]: value }, {}, true), refusal(`user.${name}: Attribute cannot be updated.\n`))
    }
  }
})

test('protocol/administration 1.5: a required attribute is never taken away', () => {
  assert.throws(() => update({ given_name: '' }), refusal('user.given_name: Required attribute cannot be deleted.'))
  for (const byAdmin of [true, false]) {
    assert.throws(
      () => checkAttributeDeletion(schema, ['given_name'], { byAdmin }),
      refusal('user.given_name: Required attribute cannot be deleted.'),
    )
  }
})

test('protocol/administration 1.5: deleting what the pool lacks is refused, to an administrator in other words', () => {
  const sentence = 'user.custom:none: Attribute does not exist in the schema.\n'
  const names = ['name', 'custom:none']
  assert.throws(() => checkAttributeDeletion(schema, names, { byAdmin: false }), refusal(sentence))
  assert.throws(
    () => checkAttributeDeletion(schema, names, { byAdmin: true }),
    refusal(`Invalid user attributes: ${sentence}`),
  )
  for (const name of ['sub', 'custom:badge']) {
    assert.throws(
      () => checkAttributeDeletion(schema, [name], { byAdmin: true }),
      refusal(`user.${name}: Attribute cannot be updated.\n`),
    )
  }
  checkAttributeDeletion(schema, ['name', 'email', 'custom:plan', 'dev:custom:rank'], { byAdmin: true })
})

test('protocol/administration 1.5: several attributes that fail the same check are named together, a line each', () => {
  const unknown =
    'user.custom:none: Attribute does not exist in the schema.\nuser.shoe: Attribute does not exist in the schema.\n'
  const fixed = 'user.nickname: Attribute cannot be updated.\nuser.custom:badge: Attribute cannot be updated.\n'
  const needed =
    'user.given_name: Required attribute cannot be deleted.\nuser.email: Required attribute cannot be deleted.'
  const [wrong, immutable] = [
    ['name', 'custom:none', 'nickname', 'shoe', 'given_name'],
    ['name', 'nickname', 'custom:badge', 'given_name'],
  ]
  const taken = (names: readonly string[], value: string) => Object.fromEntries(names.map((name) => [name, value]))
  for (const value of ['', 'x']) {
    assert.throws(() => update(taken(wrong, value), {}, true), refusal(unknown))
    assert.throws(() => update(taken(immutable, value), {}, true), refusal(fixed))
  }
  const strict = poolSchema([
    { name: 'given_name', required: true, mutable: true },
    { name: 'email', required: true, mutable: true },
  ])
  const required = ['given_name', 'name', 'email']
  const change = { byAdmin: true, current: {} }
  assert.throws(() => checkAttributeUpdate(strict, taken(required, ''), change), refusal(needed))
  for (const [byAdmin, prefix] of [
    [true, 'Invalid user attributes: '],
    [false, ''],
  ] as const) {
    assert.throws(() => checkAttributeDeletion(schema, wrong, { byAdmin }), refusal(prefix + unknown))
    assert.throws(() => checkAttributeDeletion(schema, immutable, { byAdmin }), refusal(fixed))
    assert.throws(() => checkAttributeDeletion(strict, required, { byAdmin }), refusal(needed))
  }
})

test('req 55: without a list a client reads all but what is for developers', () => {
  const all = readableAttributes(schema, undefined)
  assert.ok(all.has('email') && all.has('custom:plan') && all.has('email_verified'))
  assert.ok(!all.has('dev:custom:rank'))
  assert.deepEqual([...readableAttributes(schema, ['email'])], ['email'])
  assert.deepEqual([...readableAttributes(schema, [])], [])
})

test('req 55: a client writes what its list names, and without a list all that is writable', () => {
  checkWritable(schema, undefined, ['email', 'custom:plan', 'name'])
  checkWritable(schema, ['email'], ['email'])
  checkWritable(schema, ['email'], [])
  for (const name of ['name', 'custom:plan', 'phone_number']) {
    assert.throws(() => checkWritable(schema, ['email'], ['email', name]), unwritable)
  }
  assert.throws(() => checkWritable(schema, [], ['email']), unwritable)
})

test('req 56: what no user may say no list can let through', () => {
  for (const name of ['sub', 'identities', 'email_verified', 'phone_number_verified', 'dev:custom:rank']) {
    assert.equal(isWritable(schema, name), false)
    assert.throws(() => checkWritable(schema, undefined, [name]), unwritable)
    assert.throws(() => checkWritable(schema, [name], [name]), unwritable)
  }
})

test('what the pool lacks is left to the check of the attributes', () => {
  checkWritable(schema, ['email'], ['custom:none', 'constructor'])
})

test('protocol/administration 1.5: a pool takes fifty custom attributes, and none twice', () => {
  const declared = (index: number): { name: string; attributeDataType: 'String' } => ({
    name: `a${index}`,
    attributeDataType: 'String',
  })
  const fifty = addCustomAttributes(
    standardAttributes,
    Array.from({ length: 50 }, (_, index) => declared(index)),
  )
  assert.throws(
    () => addCustomAttributes(fifty, [declared(50)]),
    refusal('A user pool can have at most 50 custom attributes.'),
  )
  assert.throws(
    () => addCustomAttributes(schema, [{ name: 'plan', mutable: true, attributeDataType: 'Number' }]),
    refusal('custom:plan: Existing attribute already has name custom:plan.'),
  )
})

const anyName = fc.oneof(
  fc.constantFrom(...schema.map(({ name }) => name)),
  fc.constantFrom('__proto__', 'constructor', 'toString', 'custom:', 'identities', 'cognito:user_status', ''),
  fc.string(),
)
const anyValue = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.constantFrom('', 'true', '7', '-1', '151', '1e3', '2001-02-03', 'jane@example.com', '+15550100', '\0'),
  fc.constant('x'.repeat(2049)),
)
const anyAttributes = fc.dictionary(anyName, anyValue, { maxKeys: 6, noNullPrototype: true })

/** Whether a check lets something pass. @throws what is no refusal */
const passes = (check: () => void): boolean => {
  try {
    check()
    return true
  } catch (error) {
    if (error instanceof ServiceError) return false
    throw error
  }
}

// Written by itself, of the schema above.
const conforms = (name: string, value: string): boolean => {
  const length = [...new Intl.Segmenter('und', { granularity: 'grapheme' }).segment(value)].length
  if (value.includes('\0') || length > 2048) return false
  if (name === 'custom:plan') return Array.from(value).length >= 2 && Array.from(value).length <= 4
  if (name === 'custom:age') return /^\d{1,15}$/.test(value) && Number(value) <= 150
  if (name === 'custom:news') return ['true', 'false'].includes(value.toLowerCase())
  if (name === 'birthdate') return Array.from(value).length === 10
  if (name === 'email') return value === 'jane@example.com' || value.includes('@')
  if (name === 'phone_number') return /^\+\d+$/.test(value)
  return schema.some((attribute) => attribute.name === name) && name !== 'sub'
}

test('of any attributes those alone pass that the schema knows, and nothing is a fault', () => {
  fc.assert(
    fc.property(anyAttributes, fc.boolean(), (attributes, requireAll) => {
      if (!passes(() => create(attributes, requireAll))) return
      for (const [name, value] of Object.entries(attributes)) assert.ok(conforms(name, value), `${name}: ${value}`)
      if (requireAll) assert.ok(attributes['given_name'] !== undefined)
    }),
    { numRuns: 1000 },
  )
})

test('of any change that passes each name is one that may change, and an empty value takes away', () => {
  fc.assert(
    fc.property(anyAttributes, fc.boolean(), (changes, byAdmin) => {
      if (!passes(() => update(changes, { email: 'jane@example.com' }, byAdmin))) return
      for (const [name, value] of Object.entries(changes)) {
        assert.ok(!['sub', 'nickname', 'custom:badge'].includes(name), name)
        assert.ok(value === '' ? name !== 'given_name' : conforms(name, value), `${name}: ${value}`)
        if (name.startsWith('dev:')) assert.ok(byAdmin, name)
      }
    }),
    { numRuns: 1000 },
  )
})
