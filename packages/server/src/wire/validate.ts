// Checks an input against the constraints of the model, and words violations as Cognito does (protocol/authentication
// 1.9 to 1.13, protocol/administration 0, model/vectors/validation-messages.json). It drops members that the model does
// not name.
import { invalidParameter } from '../errors.ts'
import { operationShapes, shapes } from './model.gen.ts'
import type { Inputs, OperationName } from './model.gen.ts'
import { isObject, unreadable } from './parse.ts'
import type { JsonObject } from './parse.ts'
import { cutText, isStorableJson } from '../rules/text.ts'
import { patternTest } from './pattern.ts'
import type { ListShape, MapShape, NumberShape, Shape, StringShape, StructureShape } from './shape.ts'

/** The violations found. All are counted; the first hundred are worded. */
type Found = { count: number; readonly items: string[] }

/**
 * Checks a parsed body against the input shape of an operation. JSON null counts as absent; members that the model does
 * not name are dropped; maps have no prototype; lengths count characters (code points).
 *
 * @returns the input, with only the members that the model names
 * @throws ServiceError SerializationException for a wrong JSON type, InvalidParameterException for every constraint
 * that does not hold
 */
export const validate = <Name extends OperationName>(operation: Name, body: JsonObject): Inputs[Name] => {
  const reader = inputReaders.get(operation)
  if (!reader) throw new Error(`the model has no operation ${operation}`)
  const found: Found = { count: 0, items: [] }
  const input = reader.read(body, '', found)
  if (found.count > 0) throw invalidParameter(wording(found))
  // The reader was made from the same model as the type.
  return input as Inputs[Name]
}

/** The message for the violations (model/vectors/validation-messages.json, `grammar`). */
const wording = ({ count, items }: Found): string =>
  `${count} validation error${count === 1 ? '' : 's'} detected: ${items.join('; ')}`

/** Converts a value and notes its violations. Throws SerializationException for a wrong JSON type. */
type Read = (value: unknown, path: string, found: Found) => unknown

/** A shape, prepared for reading. */
type Reader = {
  readonly read: Read
  /** Whether messages must not quote the value. */
  readonly secret: boolean
  /** For a value without parts: the texts of its constraints, and whether it satisfies them. */
  readonly rules?: readonly string[]
  readonly holds?: (value: unknown) => boolean
}

const noNullCharacter = 'Member must not contain the character U+0000'

/** Whether a text holds U+0000, which databases cannot store. (The parser has refused lone surrogates already.) */
const hasNull = (value: unknown): boolean => typeof value === 'string' && value.includes('\0')

const wordedViolations = 100
const echoedCharacters = 1024

const wrongType = (expected: string, path: string) => unreadable(`Expected ${expected} or null`, `at '${path}'`)

const lowerFirst = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1)

/** The number of characters (code points) in well-formed text. */
const characters = (text: string): number => {
  let count = text.length
  for (let at = 0; at < text.length; at += 1) if ((text.charCodeAt(at) & 0xfc00) === 0xdc00) count -= 1
  return count
}

const cut = (text: string): string => cutText(text, echoedCharacters)

/** A value as messages quote it: `text`, `[a, b]`, `{a=b}`. */
const echo = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.slice(0, echoedCharacters).map(echo).join(', ')}]`
  if (!isObject(value)) return String(value)
  const entries = Object.entries(value).slice(0, echoedCharacters)
  return `{${entries.map(([key, member]) => `${key}=${echo(member)}`).join(', ')}}`
}

const note = (found: Found, subject: () => string, rule: string): void => {
  found.count += 1
  if (found.count <= wordedViolations) found.items.push(`${subject()} failed to satisfy constraint: ${rule}`)
}

const naming =
  (secret: boolean, value: unknown, path: string): (() => string) =>
  () =>
    secret ? `Value at '${path}'` : `Value '${cut(echo(value))}' at '${path}'`

type Rule = { readonly text: string; readonly holds: (size: number) => boolean }

const bounds = (shape: { readonly min?: number; readonly max?: number }, what: 'length' | 'value'): Rule[] => {
  const { min, max } = shape
  const rules: Rule[] = []
  if (min !== undefined)
    rules.push({ text: `Member must have ${what} greater than or equal to ${min}`, holds: (size) => size >= min })
  if (max !== undefined)
    rules.push({ text: `Member must have ${what} less than or equal to ${max}`, holds: (size) => size <= max })
  return rules
}

/** Notes each broken bound. @returns whether all bounds hold */
const checkBounds = (rules: readonly Rule[], size: number, subject: () => string, found: Found): boolean => {
  let sound = true
  for (const rule of rules) {
    if (rule.holds(size)) continue
    sound = false
    note(found, subject, rule.text)
  }
  return sound
}

const stringReader = (shape: StringShape, secret: boolean): Reader => {
  const lengths = bounds(shape, 'length')
  const { max, pattern } = shape
  const matches = pattern === undefined ? undefined : patternTest(pattern)
  const patternText = `Member must satisfy regular expression pattern: ${pattern}`
  const allowed = shape.enum && new Set(shape.enum)
  const enumText = `Member must satisfy enum value set: [${shape.enum?.join(', ')}]`
  const read: Read = (value, path, found) => {
    if (typeof value !== 'string') throw wrongType('string', path)
    const subject = naming(secret, value, path)
    const length = lengths.length > 0 ? characters(value) : 0
    checkBounds(lengths, length, subject, found)
    // A value that is too long is not matched against its pattern, so that matching takes a bounded time.
    const fits = !matches || (max !== undefined && length > max) || matches(value)
    if (!fits) note(found, subject, patternText)
    if (allowed && !allowed.has(value)) note(found, subject, enumText)
    // Enums and most patterns refuse U+0000 by themselves.
    if (fits && !allowed && hasNull(value)) note(found, subject, noNullCharacter)
    return value
  }
  const rules = [...lengths.map(({ text }) => text), ...(matches ? [patternText] : []), ...(allowed ? [enumText] : [])]
  return { read, secret, rules, holds: holdsBy(read) }
}

const holdsBy =
  (read: Read) =>
  (value: unknown): boolean => {
    const found: Found = { count: 0, items: [] }
    read(value, '', found)
    return found.count === 0
  }

const numberReader = (shape: NumberShape, secret: boolean): Reader => {
  const rules = bounds(shape, 'value')
  const whole = shape.t === 'integer' || shape.t === 'long'
  const read: Read = (value, path, found) => {
    if (typeof value !== 'number' || !Number.isFinite(value)) throw wrongType('number', path)
    if (whole && !Number.isSafeInteger(value)) throw wrongType('integer', path)
    checkBounds(rules, value, naming(secret, value, path), found)
    return value
  }
  return { read, secret, rules: rules.map(({ text }) => text), holds: holdsBy(read) }
}

const booleanReader: Reader = {
  secret: false,
  read: (value, path) => {
    if (typeof value !== 'boolean') throw wrongType('boolean', path)
    return value
  },
}

const blobReader = (shape: { readonly min?: number; readonly max?: number }): Reader => {
  const rules = bounds(shape, 'length')
  const read: Read = (value, path, found) => {
    if (typeof value !== 'string' || value.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(value))
      throw wrongType('base64 string', path)
    checkBounds(rules, Buffer.byteLength(value, 'base64'), () => `Value at '${path}'`, found)
    return value
  }
  return { secret: true, read }
}

const documentReader: Reader = {
  secret: true,
  read: (value, path, found) => {
    if (!isStorableJson(value)) note(found, () => `Value at '${path}'`, noNullCharacter)
    return plain(value)
  },
}

/** A copy whose objects have no prototype, so that no member name has a special meaning. */
const plain = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(plain)
  if (!isObject(value)) return value
  const copy: Record<string, unknown> = Object.create(null)
  for (const [name, member] of Object.entries(value)) copy[name] = plain(member)
  return copy
}

/** The rule against U+0000, if a text of a list or map breaks it. */
const nullRule = (values: readonly unknown[]): string[] => (values.some(hasNull) ? [noNullCharacter] : [])

const listReader = (shape: ListShape, secret: boolean): Reader => {
  const item = readerOf(shape.of, secret)
  const sizes = bounds(shape, 'length')
  const { holds, rules } = item
  const nested = (list: readonly unknown[], path: string, found: Found): void => {
    const missing = list.includes(null)
    if (!missing && list.every((value) => holds?.(value) ?? true)) return
    const texts = [...(rules ?? []), ...(missing ? ['Member must not be null'] : []), ...nullRule(list)]
    note(found, naming(item.secret, list, path), `Member must satisfy constraint: [${texts.join(', ')}]`)
  }
  const read: Read = (value, path, found) => {
    if (!Array.isArray(value)) throw wrongType('list', path)
    if (!checkBounds(sizes, value.length, naming(item.secret, value, path), found)) return value
    const list = value.map((member: unknown, index) => {
      if (member === null) return null
      return holds ? member : item.read(member, `${path}.${index + 1}.member`, found)
    })
    nested(list, path, found)
    return list
  }
  return { secret: item.secret, read }
}

const mapReader = (shape: MapShape, secret: boolean): Reader => {
  const key = readerOf(shape.key, secret)
  const item = readerOf(shape.value, secret)
  const hidden = key.secret || item.secret
  const sizes = bounds(shape, 'length')
  const read: Read = (value, path, found) => {
    if (!isObject(value)) throw wrongType('map', path)
    // A null value is an absent one (protocol/authentication 7.5.1).
    const entries = Object.entries(value).filter(([, member]) => member !== null)
    const subject = naming(hidden, value, path)
    if (!checkBounds(sizes, entries.length, subject, found)) return value
    const map: Record<string, unknown> = Object.create(null)
    for (const [name, member] of entries)
      map[name] = item.holds ? member : item.read(member, `${path}.${cut(name)}.member`, found)
    const names = entries.map(([name]) => name)
    if (!names.every((name) => key.holds?.(name) ?? true))
      note(
        found,
        subject,
        `Map keys must satisfy constraint: [${[...(key.rules ?? []), ...nullRule(names)].join(', ')}]`,
      )
    const values = entries.map(([, member]) => member)
    if (!values.every((member) => item.holds?.(member) ?? true))
      note(
        found,
        subject,
        `Map value must satisfy constraint: [${[...(item.rules ?? []), ...nullRule(values)].join(', ')}]`,
      )
    return map
  }
  return { secret: hidden, read }
}

const structureReader = (shape: StructureShape, secret: boolean): Reader => {
  const members = Object.entries(shape.m).map(([name, member]) => ({
    name,
    lowerName: lowerFirst(name),
    reader: readerOf(member, secret),
    required: shape.req?.includes(name) ?? false,
  }))
  const read: Read = (value, path, found) => {
    if (!isObject(value)) throw wrongType('map', path)
    const structure: Record<string, unknown> = {}
    for (const { name, lowerName, reader, required } of members) {
      const member = Object.hasOwn(value, name) ? value[name] : undefined
      const memberPath = path === '' ? lowerName : `${path}.${lowerName}`
      if (member !== undefined && member !== null) structure[name] = reader.read(member, memberPath, found)
      else if (required) note(found, () => `Value null at '${memberPath}'`, 'Member must not be null')
    }
    return structure
  }
  // Messages never quote a whole structure: some of its members may be sensitive.
  return { secret: true, read }
}

const makeReader = (shape: Shape, inherited: boolean): Reader => {
  const secret = inherited || ('sensitive' in shape && shape.sensitive === true)
  switch (shape.t) {
    case 'structure':
      return structureReader(shape, secret)
    case 'list':
      return listReader(shape, secret)
    case 'map':
      return mapReader(shape, secret)
    case 'string':
      return stringReader(shape, secret)
    case 'blob':
      return blobReader(shape)
    case 'boolean':
      return booleanReader
    case 'document':
      return documentReader
    default:
      return numberReader(shape, secret)
  }
}

// Made from constant data, once for each shape; requests do not change them.
const readers = new Map<string, Reader>()

function readerOf(name: string, inherited: boolean): Reader {
  const key = `${name}${inherited ? ' inside a sensitive shape' : ''}`
  const known = readers.get(key)
  if (known) return known
  const shape = shapes[name]
  if (!shape) throw new Error(`the model has no shape ${name}`)
  const reader = makeReader(shape, inherited)
  readers.set(key, reader)
  return reader
}

const inputReaders = new Map<string, Reader>(
  Object.entries(operationShapes).map(([name, operation]) => [name, readerOf(operation.in, false)]),
)
