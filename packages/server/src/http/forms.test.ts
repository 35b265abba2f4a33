import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readForm, type Form } from './forms.ts'

const formType = 'application/x-www-form-urlencoded'

const read = (body: string | Uint8Array, type: string | undefined = formType): Form =>
  readForm({ body: Buffer.from(body), header: (name) => (name === 'content-type' ? type : undefined) })

test('fields are read by their names', () => {
  assert.deepEqual(
    [...read('a=1&b=x+y%2Bz&c=&d&é=%C3%A9&__proto__=p&&', `${formType}; charset=UTF-8`)],
    [
      ['a', '1'],
      ['b', 'x y+z'],
      ['c', ''],
      ['d', ''],
      ['é', 'é'],
      ['__proto__', 'p'],
    ],
  )
  assert.equal(read('').size, 0)
})

test('a form is refused that is of another type, too large, not UTF-8 or has a field twice', () => {
  const refused = { name: 'InvalidParameterException' }
  for (const type of [undefined, '', 'application/json', 'multipart/form-data', `${formType}x`])
    assert.throws(() => readForm({ body: Buffer.from('a=1'), header: () => type }), refused)
  for (const body of [
    'a=1&a=1',
    'a=1&%61=2',
    'a=%',
    'a=%zz',
    'a=%ff',
    '%c3=1',
    'a=%00',
    '%00=1',
    'a=\0',
    Buffer.from([0x61, 0x3d, 0xff]),
  ])
    assert.throws(() => read(body), refused)
  const fields = (count: number) => Array.from({ length: count }, (_, index) => `f${index}=`).join('&')
  assert.equal(read(fields(100)).size, 100)
  assert.throws(() => read(fields(101)), refused)
  assert.equal(read(`a=${'x'.repeat(65_534)}`).size, 1)
  assert.throws(() => read(`a=${'x'.repeat(65_535)}`), { name: 'RequestEntityTooLargeException' })
})

test('any fields come back as a browser sends them', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), { maxKeys: 20 }),
      (fields) => {
        const sent = Object.entries(fields)
        assert.deepEqual([...read(String(new URLSearchParams(sent)))], sent)
      },
    ),
  )
})
