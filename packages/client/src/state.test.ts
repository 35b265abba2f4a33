// What the compiler holds to: an answer fits its state, and a state not yet narrowed takes only what fits all.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AnswerTo, State, States } from './state.ts'

type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false
type Code = { readonly code: string } | { readonly recoveryCode: string }

test('answers are typed by their state', () => {
  const held: readonly true[] = [
    true satisfies Same<AnswerTo<States['enter-totp']>, Code>,
    true satisfies Same<AnswerTo<States['enter-totp' | 'enter-code']>, Code>,
    true satisfies Same<AnswerTo<States['password']>, { readonly password: string }>,
    true satisfies Same<AnswerTo<States['enter-totp' | 'password']>, Code & { readonly password: string }>,
    true satisfies Same<Extract<State, { step: 'signed-in' }>, States['signed-in']>,
  ]
  assert.equal(held.length, 5)
})
