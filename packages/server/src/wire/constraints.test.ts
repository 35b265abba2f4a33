// Every constraint of every input of the model, broken one at a time: by each the input is refused, in its place, and
// nothing that is or may be a secret is repeated.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { ServiceError } from '../errors.ts'
import { operationShapes, shapes } from './model.gen.ts'
import type { OperationName } from './model.gen.ts'
import { parseBody } from './parse.ts'
import { validate } from './validate.ts'
import type { Shape } from './shape.ts'

/** A value somewhere in an input: the operation, the members that lead there, and the shape of what stands there. */
type Place = {
  readonly operation: OperationName
  /** Members, `0` for an item of a list, `*` for a value of a map. */
  readonly path: readonly string[]
  readonly shape: Shape
  /** Whether a shape on the way, or this one, says that it is sensitive. */
  readonly sensitive: boolean
}

const shapeOf = (name: string): Shape => shapes[name] ?? assert.fail(name)

const isSensitive = (shape: Shape): boolean => 'sensitive' in shape && shape.sensitive === true

const deepest = 8

const placesBelow = (operation: OperationName, name: string, path: readonly string[], inherited: boolean): Place[] => {
  const shape = shapeOf(name)
  const sensitive = inherited || isSensitive(shape)
  const here: Place = { operation, path, shape, sensitive }
  assert.ok(path.length < deepest, path.join('.'))
  const below = (part: string, step: string): Place[] => placesBelow(operation, part, [...path, step], sensitive)
  switch (shape.t) {
    case 'structure':
      return [here, ...Object.entries(shape.m).flatMap(([member, part]) => below(part, member))]
    case 'list':
      return [here, ...below(shape.of, '0')]
    case 'map':
      return [here, ...below(shape.value, '*')]
    default:
      return [here]
  }
}

const places = (Object.keys(operationShapes) as OperationName[]).flatMap((operation) =>
  placesBelow(operation, operationShapes[operation].in, [], false),
)

/** An input that holds one value at a place and nothing else. */
const inputWith = ({ path }: Place, value: unknown): unknown =>
  path.reduceRight<unknown>((inner, step) => (step === '0' ? [inner] : { [step]: inner }), value)

/** The refusal of an input that holds a value at a place, or what was thrown else. */
const refusalOf = (place: Place, value: unknown): ServiceError | undefined => {
  try {
    validate(place.operation, parseBody(Buffer.from(JSON.stringify(inputWith(place, value)))))
    return undefined
  } catch (error) {
    if (error instanceof ServiceError) return error
    throw error
  }
}

/** Where a message says that something is wrong: items of plain values are told of with their list. */
const toldAt = ({ path, shape }: Place): string => {
  const steps = path.map((step) => step.charAt(0).toLowerCase() + step.slice(1))
  const last = steps.at(-1)
  const plain = !['structure', 'list', 'map', 'boolean', 'blob', 'document'].includes(shape.t)
  const shown = plain && (last === '0' || last === '*') ? steps.slice(0, -1) : steps
  return shown.map((step) => (step === '0' ? '1.member' : step === '*' ? '*.member' : step)).join('.')
}

const assertTold = (place: Place, value: unknown, rule: string): void => {
  const label = `${place.operation} ${place.path.join('.')} ${JSON.stringify(value)?.slice(0, 100)}`
  const refused = refusalOf(place, value)
  assert.equal(refused?.name, 'InvalidParameterException', label)
  const items = refused.message.split('; ').filter((item) => item.includes(`at '${toldAt(place)}' failed`))
  assert.ok(
    items.some((item) => item.includes(rule)),
    `${label}: ${refused.message.slice(0, 2000)}`,
  )
}

const assertTaken = (place: Place, value: unknown): void => {
  const refused = refusalOf(place, value)
  const mine = refused?.message.includes(`at '${toldAt(place)}' failed`) ?? false
  const label = `${place.operation} ${place.path.join('.')} ${JSON.stringify(value)?.slice(0, 100)}`
  assert.ok(!mine && refused?.name !== 'SerializationException', `${label}: ${refused?.message.slice(0, 2000)}`)
}

/** A text of a length, of characters that take two units of UTF-16. */
const textOf = (length: number): string => '😀'.repeat(length)

const wrongTypes: Readonly<Record<Shape['t'], readonly unknown[]>> = {
  structure: ['x', 1, true, []],
  map: ['x', 1, true, []],
  list: ['x', 1, true, {}],
  string: [1, true, [], {}],
  blob: [1, true, [], {}, 'AAA', 'A===', 'AA=A', 'AA A', '****', 'AAAA='],
  boolean: ['true', 1, 0, [], {}],
  integer: ['1', true, [], {}, 1.5, 2 ** 53],
  long: ['1', true, [], {}, 1.5, 2 ** 53],
  number: ['1', true, [], {}],
  timestamp: ['1', true, [], {}],
  document: [],
}

const expectedType: Readonly<Record<Shape['t'], RegExp>> = {
  structure: /^Expected map or null$/,
  map: /^Expected map or null$/,
  list: /^Expected list or null$/,
  string: /^Expected string or null$/,
  blob: /^Expected base64 string or null$/,
  boolean: /^Expected boolean or null$/,
  integer: /^Expected (number|integer) or null$/,
  long: /^Expected (number|integer) or null$/,
  number: /^Expected number or null$/,
  timestamp: /^Expected number or null$/,
  document: /^$/,
}

const taken: Readonly<Record<Shape['t'], readonly unknown[]>> = {
  structure: [{}, { unknown: 1 }],
  map: [],
  list: [],
  string: [],
  blob: ['AAAA', 'AAA=', 'AA==', '+/+/'],
  boolean: [true, false],
  integer: [],
  long: [],
  number: [0.5],
  timestamp: [1_767_323_045.5],
  document: ['x', 1, [], { a: [{ b: null }] }],
}

test('req 89: at every place of every input another JSON type is a SerializationException, and the right one is not', () => {
  assert.ok(places.length > 1000, String(places.length))
  for (const place of places.filter(({ path }) => path.length > 0)) {
    for (const value of wrongTypes[place.shape.t]) {
      const refused = refusalOf(place, value)
      const label = `${place.operation} ${place.path.join('.')} ${JSON.stringify(value)}`
      assert.equal(refused?.name, 'SerializationException', label)
      assert.match(refused.message, expectedType[place.shape.t], label)
    }
    for (const value of taken[place.shape.t]) assertTaken(place, value)
  }
})

test('req 89: a number that JSON can write and nothing can hold is refused', () => {
  for (const text of ['1e999', '-1e999']) {
    const body = parseBody(Buffer.from(`{"Limit":${text}}`))
    assert.throws(() => validate('ListDevices', body), { name: 'SerializationException', message: /^Expected number/ })
  }
})

const atLeast = (what: string, bound: number): string => `Member must have ${what} greater than or equal to ${bound}`
const atMost = (what: string, bound: number): string => `Member must have ${what} less than or equal to ${bound}`

test('req 93: at every place of every input the bounds of length and value are held, and no others', () => {
  for (const place of places) {
    const { shape } = place
    if (!('min' in shape || 'max' in shape)) continue
    const { min, max } = shape
    const [what, make] = ((): [string, (size: number) => unknown] => {
      switch (shape.t) {
        case 'string':
          return ['length', textOf]
        case 'list':
          return ['length', (size) => Array.from({ length: size }, () => ({}))]
        case 'map':
          return ['length', (size) => Object.fromEntries(Array.from({ length: size }, (_, at) => [`k${at}`, 'v']))]
        case 'blob':
          return ['length', (size) => Buffer.alloc(size).toString('base64')]
        default:
          return ['value', (size) => size]
      }
    })()
    // Items of a list of plain values must be plain: then the list of another size is made of texts.
    const plainItems = shape.t === 'list' && shapeOf(shape.of).t === 'string'
    const value = (size: number): unknown => (plainItems ? Array.from({ length: size }, () => 'x') : make(size))
    if (min !== undefined && (min > 0 || what === 'value')) assertTold(place, value(min - 1), atLeast(what, min))
    if (max !== undefined && max < 200_000) {
      assertTold(place, value(max + 1), atMost(what, max))
      const { message = '' } = refusalOf(place, value(max)) ?? {}
      assert.ok(!message.includes(`at '${toldAt(place)}' failed to satisfy constraint: ${atMost(what, max)}`))
    }
  }
})

test('req 93: at every place of every input a value outside an enum or a pattern is refused', () => {
  const wrongCharacters = ['\u0001', ' ', '!', '€', '']
  for (const place of places) {
    const { shape } = place
    if (shape.t !== 'string') continue
    if (shape.enum) assertTold(place, 'NOT-ONE-OF-THEM', 'Member must satisfy enum value set: [')
    if (shape.pattern === undefined || shape.pattern === '(?s).*') continue
    const { pattern, min = 0, max = 200_000 } = shape
    const fits = new RegExp(`^(?:${pattern})$`, 'u')
    // As short and as long as the bounds allow.
    for (const length of new Set([Math.max(min, 1), Math.min(max, 3000)])) {
      const wrong = wrongCharacters.map((character) => character.repeat(length)).find((text) => !fits.test(text))
      if (wrong === '' && min > 0) continue
      assertTold(place, wrong, `Member must satisfy regular expression pattern: ${pattern}`)
    }
  }
})

test('req 93: a member that must be there is missed, alone and beside others', () => {
  for (const place of places) {
    const { shape, path } = place
    if (shape.t !== 'structure') continue
    for (const member of shape.req ?? []) {
      const lower = member.charAt(0).toLowerCase() + member.slice(1)
      const at = path.length === 0 ? lower : `${toldAt(place)}.${lower}`
      for (const value of [{}, { [member]: null }]) {
        const { message = '' } = refusalOf(place, value) ?? {}
        assert.ok(
          message.includes(`Value null at '${at}' failed to satisfy constraint: Member must not be null`),
          message,
        )
      }
    }
  }
})

/** Names of members that hold a code, a secret, a token or what proves one, and free text that may hold any. */
const secretMember =
  /(?:Code|Token|Password|Secret|SecretHash|Verifier|Salt|Session|Credential|EncodedData|headerValue|ProviderAttributeValue|Filter)$/

const secretPlace = ({ path, shape }: Place): boolean =>
  shape.t === 'string' &&
  shape.enum === undefined &&
  (secretMember.test(path.at(-1) ?? '') ||
    path.some((step) => ['ProviderDetails', 'ClientMetadata', 'AuthParameters', 'ChallengeResponses'].includes(step)))

test('req 112: what may be a code, a secret or a token is repeated in no message, whatever is wrong with it', () => {
  const marker = 'Hunter2 \u0001'
  let seen = 0
  for (const place of places.filter((one) => secretPlace(one) || (one.sensitive && one.shape.t === 'string'))) {
    seen += 1
    const { message = '', reason = '' } = refusalOf(place, marker.repeat(100_000)) ?? {}
    assert.ok(!message.includes('Hunter2') && !reason.includes('Hunter2'), `${place.operation} ${place.path.join('.')}`)
    const short = refusalOf(place, marker)
    assert.ok(!short?.message.includes('Hunter2'), `${place.operation} ${place.path.join('.')}`)
  }
  assert.ok(seen > 200, String(seen))
})

test('req 112: each shape that the SDK marks as sensitive is sensitive', () => {
  const schemas = '../../../../node_modules/@aws-sdk/client-cognito-identity-provider/dist-es/schemas/schemas_0.js'
  const text = readFileSync(new URL(schemas, import.meta.url), 'utf8')
  const marked = [...text.matchAll(/^var (\w+) = \[0, n0, \w+, 8, 0\];$/gm)].map(([, name = '']) => name)
  assert.ok(marked.length >= 10, marked.join())
  for (const name of marked) {
    const shape = shapes[name]
    assert.ok(shape === undefined || isSensitive(shape), name)
  }
})

test('what is no secret is repeated, as AWS does', () => {
  const place = places.find(({ operation, path }) => operation === 'CreateUserPool' && path.join() === 'PoolName')
  const { message = '' } = refusalOf(place ?? assert.fail(), 'a\u0001') ?? {}
  assert.ok(message.includes("Value 'a\u0001' at 'poolName'"), message)
})
