import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { cookieOf, endCookie, setCookie, type CookieOptions } from './cookies.ts'

const options: CookieOptions = { path: '/', secure: true, sameSite: 'Lax' }

const requestWith = (cookie: string | undefined) => ({
  header: (name: string) => (name === 'cookie' ? cookie : undefined),
})

test('a cookie says how it is kept, and is never read by script', () => {
  assert.equal(setCookie('__Host-s', 'a b', options), '__Host-s=a%20b; Path=/; HttpOnly; Secure; SameSite=Lax')
  const kept = setCookie('s', 'x', { path: '/p', secure: false, sameSite: 'Strict', lifetimeSeconds: 60 })
  assert.equal(kept, 's=x; Max-Age=60; Path=/p; HttpOnly; SameSite=Strict')
  assert.match(endCookie('__Host-s', options), /^__Host-s=; Max-Age=0; Path=\/; HttpOnly; Secure/)
})

test('a name that is no token, and a prefix whose rules are broken, make no cookie', () => {
  for (const name of ['', 'a b', 'a=b', 'a;b', 'a\r\nb']) assert.throws(() => setCookie(name, 'x', options), name)
  assert.throws(() => setCookie('__Host-s', 'x', { ...options, secure: false }))
  assert.throws(() => setCookie('__Host-s', 'x', { ...options, path: '/p' }))
})

test('a cookie is read by its name, and one that was sent twice is none', () => {
  assert.equal(cookieOf(requestWith('a=1; s=x%20y; b=2'), 's'), 'x y')
  assert.equal(cookieOf(requestWith('ss=1; xs=2'), 's'), undefined)
  assert.equal(cookieOf(requestWith('s=mine; s=theirs'), 's'), undefined)
  assert.equal(cookieOf(requestWith('s=x%00y'), 's'), undefined)
  assert.equal(cookieOf(requestWith('constructor=1'), '__proto__'), undefined)
  for (const header of [undefined, '', ';', '=', 's', ';;=;'])
    assert.equal(cookieOf(requestWith(header), 's'), undefined)
})

test('any value comes back as it was set', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (value) => {
      const [pair = ''] = setCookie('s', value, options).split('; ')
      assert.equal(cookieOf(requestWith(`a=1; ${pair}`), 's'), value)
    }),
  )
})
