import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readRecoveryCode, recoveryCodeAlphabet, recoveryCodeLength, shownRecoveryCode } from './recovery-code.ts'

test('a code that is shown is read as it was made, however it is typed', () => {
  const characters = fc.array(fc.constantFrom(...recoveryCodeAlphabet.split('')), {
    minLength: recoveryCodeLength,
    maxLength: recoveryCodeLength,
  })
  fc.assert(
    fc.property(characters, (drawn) => {
      const code = drawn.join('')
      const shown = shownRecoveryCode(code)
      assert.match(shown, /^.{4}-.{4}-.{4}$/)
      for (const typed of [shown, code, shown.toLowerCase(), ` ${code.replaceAll('0', 'o').replaceAll('1', 'l')} `])
        assert.equal(readRecoveryCode(typed), code)
    }),
  )
})
