import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { systemRandom } from '../random.ts'
import { checkPassword, defaultPasswordPolicy, makePassword, type PasswordPolicy } from './password-policy.ts'

const lax: PasswordPolicy = {
  minimumLength: 6,
  requireUppercase: false,
  requireLowercase: false,
  requireNumbers: false,
  requireSymbols: false,
}

const check = (password: string, policy: PasswordPolicy = defaultPasswordPolicy): void =>
  checkPassword(policy, password, 'policy')

const violations: readonly [password: string, violation: string][] = [
  ['', 'Password not long enough'],
  ['aB3-xyz', 'Password not long enough'],
  ['lower-case-1', 'Password must have uppercase characters'],
  ['UPPER-CASE-1', 'Password must have lowercase characters'],
  ['No-digits-here', 'Password must have numeric characters'],
  ['NoSymbols1', 'Password must have symbol characters'],
  // One at a time, in this order.
  ['a', 'Password not long enough'],
  ['aaaaaaaa', 'Password must have uppercase characters'],
  ['AAAAAAAA', 'Password must have lowercase characters'],
  ['AAAAaaaa', 'Password must have numeric characters'],
  // What is not basic Latin counts for no class (protocol/authentication 2.7.2).
  ['äöüß-1234-abc', 'Password must have uppercase characters'],
  ['ÄÖÜ-abc-1234', 'Password must have uppercase characters'],
  ['ABC-äöü-1234', 'Password must have lowercase characters'],
  ['Abc-defg-٣٤', 'Password must have numeric characters'],
  ['Abcdefg1§', 'Password must have symbol characters'],
  ['Abcdefg1€', 'Password must have symbol characters'],
]

for (const [password, violation] of violations) {
  test(`req 1: ${violation}: ${password || 'empty'}`, () => {
    const refusal = (wording: string): object => ({
      name: 'InvalidPasswordException',
      message: `Password did not conform with ${wording}: ${violation}`,
    })
    assert.throws(() => checkPassword(defaultPasswordPolicy, password, 'policy'), refusal('policy'))
    assert.throws(() => checkPassword(defaultPasswordPolicy, password, 'password policy'), refusal('password policy'))
  })
}

for (const symbol of '^$*.[]{}()?"!@#%&/\\,><\':;|_~`=+-') {
  test(`req 1: ${symbol} is a symbol`, () => check(`Abcdefg1${symbol}`))
}

test('req 1: a space inside is a symbol', () => check('Abcd efg1'))

for (const password of [
  ' Abcdefg1-',
  'Abcdefg1- ',
  '\tAbcdefg1-',
  'Abcdefg1-\n',
  '\u00a0Abcdefg1-',
  'Abcdefg1-\u3000',
]) {
  test(`req 1: white space at an end is refused: ${JSON.stringify(password)}`, () =>
    assert.throws(() => check(password), {
      name: 'InvalidParameterException',
      message:
        "1 validation error detected: Value at 'password' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[\\S]+.*[\\S]+$",
    }))
}

test('req 2: 256 characters are taken and 257 are not, whatever characters they are', () => {
  for (const character of ['x', 'ä', '😀']) {
    check(`Ab1-${character.repeat(252)}`)
    assert.throws(() => check(`Ab1-${character.repeat(253)}`), {
      name: 'InvalidParameterException',
      message:
        "1 validation error detected: Value at 'password' failed to satisfy constraint: Member must have length less than or equal to 256",
    })
  }
})

test('req 1: each rule can be switched off', () => {
  check('aaaaaa', lax)
  assert.throws(() => check('aaaaa', lax), { message: /Password not long enough/ })
  assert.throws(() => check('aaaaaa', { ...lax, requireUppercase: true }), { message: /uppercase/ })
  assert.throws(() => check('AAAAAA', { ...lax, requireLowercase: true }), { message: /lowercase/ })
  assert.throws(() => check('aaaaaa', { ...lax, requireNumbers: true }), { message: /numeric/ })
  assert.throws(() => check('aaaaaa', { ...lax, requireSymbols: true }), { message: /symbol/ })
})

test('req 1: the length counts characters, not bytes and not halves of surrogate pairs', () => {
  assert.throws(() => check('😀😀😀', lax), { message: /Password not long enough/ })
  check('😀😀😀😀😀😀', lax)
})

const policies = fc.record({
  minimumLength: fc.integer({ min: 6, max: 99 }),
  requireUppercase: fc.boolean(),
  requireLowercase: fc.boolean(),
  requireNumbers: fc.boolean(),
  requireSymbols: fc.boolean(),
})

test('a made password is taken by the policy it was made for', () => {
  fc.assert(
    fc.property(policies, (policy) => {
      const password = makePassword(policy, systemRandom)
      check(password, policy)
      assert.equal(password.length, Math.max(12, policy.minimumLength))
    }),
  )
})

test('no two made passwords are alike', () => {
  const made = Array.from({ length: 1000 }, () => makePassword(defaultPasswordPolicy, systemRandom))
  assert.equal(new Set(made).size, made.length)
})
