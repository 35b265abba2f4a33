// U+0000, which PostgreSQL cannot keep, is refused in every text that any operation takes: the inputs are made from the
// model, one for each place where text may stand.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ServiceError } from '../errors.ts'
import { operationShapes, shapes, type OperationName } from './model.gen.ts'
import { parseBody } from './parse.ts'
import { validate } from './validate.ts'

const text = 'a\0b'

/** By a rule of its own, or by a pattern or enum that does not hold it. */
const byItself = /Member must not contain the character U\+0000/
const pattern = /Member must satisfy (regular expression pattern|enum value set)/

/** Values of a shape that hold the text once: in each member, list, key and value that may hold text. */
const holding = (name: string, above: readonly string[] = []): unknown[] => {
  const shape = shapes[name]
  // A shape within itself adds no other place.
  if (!shape || above.includes(name)) return []
  const within = [...above, name]
  switch (shape.t) {
    case 'string':
      return [text]
    case 'document':
      return [text, [{ deep: text }], { [text]: 1 }]
    case 'list':
      return holding(shape.of, within).map((item) => Array.from({ length: Math.max(1, shape.min ?? 1) }, () => item))
    case 'map':
      return [
        ...holding(shape.value, within).map((value) => ({ key: value })),
        ...holding(shape.key, within).map((key) => ({
          [String(key)]: shapes[shape.value]?.t === 'string' ? 'value' : {},
        })),
      ]
    case 'structure':
      return Object.entries(shape.m).flatMap(([member, kind]) =>
        holding(kind, within).map((value) => ({ [member]: value })),
      )
    default:
      return []
  }
}

for (const [operation, { in: input }] of Object.entries(operationShapes)) {
  test(`U+0000 is refused wherever ${operation} takes text`, () => {
    for (const value of holding(input)) {
      const body = parseBody(Buffer.from(JSON.stringify(value)))
      assert.throws(
        () => validate(operation as OperationName, body),
        (error) => {
          assert.ok(error instanceof ServiceError)
          assert.equal(error.name, 'InvalidParameterException')
          assert.match(error.message, byItself.test(error.message) ? byItself : pattern, JSON.stringify(value))
          return true
        },
      )
    }
  })
}

test('texts were found in every kind of place', () => {
  const all = Object.values(operationShapes).flatMap(({ in: input }) => holding(input))
  assert.ok(all.length > 700, String(all.length))
})
