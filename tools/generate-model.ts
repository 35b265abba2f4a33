// Writes packages/server/src/wire/model.gen.ts from model/model.json and model/extension.json. With --check it only
// compares them.
import { readFileSync } from 'node:fs'
import { keepGenerated } from './generated.ts'

type Member = string | { s: string }
type ModelShape = {
  t: string
  m?: Record<string, Member>
  req?: string[]
  of?: string
  key?: string
  value?: string
  min?: number
  max?: number
  pattern?: string
  enum?: string[]
  sensitive?: boolean
  err?: unknown
}
type ModelOperation = { auth: string; in: string; out: string | null; errors: string[]; service?: string }
type Model = { operations: Record<string, ModelOperation>; shapes: Record<string, ModelShape> }

const target = new URL('../packages/server/src/wire/model.gen.ts', import.meta.url)

/** Corrections of the model, where the service accepts something else, each with its rule. */
const corrections: Record<string, (shape: ModelShape) => ModelShape> = {
  // Authentication 9, "spaces in passwords": inner spaces are allowed, outer ones refused.
  PasswordType: (shape) => ({ ...shape, pattern: '^[\\S]+.*[\\S]+$' }),
  // Endpoints 5.2: named by the documentation of GetClientToken, missing from the enum.
  ExplicitAuthFlowsType: (shape) => ({ ...shape, enum: [...(shape.enum ?? []), 'ALLOW_CLIENT_TOKEN_AUTH'] }),
  // A Smithy document: any JSON value.
  Document: () => ({ t: 'document' }),
}

/**
 * Shapes that the model does not mark, although they hold a code, a secret or a token, or free text that may hold one: no
 * message and no log repeats their values.
 */
const alsoSensitive: readonly string[] = [
  'ClientMetadataType',
  'ConfirmationCodeType',
  'ContextDataType',
  'DeviceSecretVerifierConfigType',
  'PaginationKey',
  'PaginationKeyType',
  'ProviderDetailsType',
  'SearchPaginationTokenType',
  'UserFilterType',
]

/** Sensitive members whose shape other members use as well: they get a sensitive copy of the shape. */
const alsoSensitiveMembers: readonly string[] = ['NextToken', 'ProviderAttributeValue']
const generalShapes: readonly string[] = ['SdkString', 'StringType']
const twinPrefix = 'Sensitive'

const read = (name: string): unknown => JSON.parse(readFileSync(new URL(`../model/${name}`, import.meta.url), 'utf8'))

const cognito = read('model.json') as Model
const extension = read('extension.json') as Model & { service: string }
const extensionNames = Object.keys(extension.operations).toSorted()

const model: Model = {
  operations: {
    ...cognito.operations,
    ...Object.fromEntries(
      Object.entries(extension.operations).map(([name, operation]) => [
        name,
        { ...operation, service: extension.service },
      ]),
    ),
  },
  shapes: { ...extension.shapes, ...cognito.shapes },
}
const names = Object.keys(model.operations).toSorted()

const shapeOf = (name: string): ModelShape => {
  if (name.startsWith(twinPrefix)) return { ...shapeOf(name.slice(twinPrefix.length)), sensitive: true }
  const shape = model.shapes[name]
  if (!shape) throw new Error(`model.json has no shape ${name}`)
  const corrected = corrections[name]?.(shape) ?? shape
  const m = corrected.m && Object.fromEntries(Object.entries(corrected.m).map(withTwin))
  return { ...corrected, ...(m ? { m } : {}), ...(alsoSensitive.includes(name) ? { sensitive: true } : {}) }
}

const withTwin = ([name, member]: [string, Member]): [string, string] => {
  const shape = memberShape(member)
  const twin = alsoSensitiveMembers.includes(name) && generalShapes.includes(shape)
  return [name, twin ? `${twinPrefix}${shape}` : shape]
}

const operationOf = (name: string): ModelOperation => {
  const operation = model.operations[name]
  if (!operation) throw new Error(`model.json has no operation ${name}`)
  return operation
}

const memberShape = (member: Member): string => (typeof member === 'string' ? member : member.s)

const parts = (shape: ModelShape): string[] =>
  [...Object.values(shape.m ?? {}).map(memberShape), shape.of, shape.key, shape.value].filter(
    (name) => name !== undefined,
  )

/** The names of all shapes reachable from `roots`, sorted. */
const reachable = (roots: string[]): string[] => {
  const seen = new Set<string>()
  const pending = [...roots]
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (seen.has(name)) continue
    seen.add(name)
    pending.push(...parts(shapeOf(name)))
  }
  return [...seen].toSorted()
}

const quote = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`

const literal = (value: unknown): string => {
  if (typeof value === 'string') return quote(value)
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`
  if (typeof value !== 'object' || value === null) return String(value)
  const entries = Object.entries(value).filter(([, part]) => part !== undefined)
  return entries.length === 0 ? '{}' : `{ ${entries.map(([name, part]) => `${name}: ${literal(part)}`).join(', ')} }`
}

const members = (shape: ModelShape): string =>
  Object.entries(shape.m ?? {})
    .map(([name, member]) => {
      const type = memberShape(member)
      return shape.req?.includes(name) ? `  ${name}: ${type}\n` : `  ${name}?: ${type} | undefined\n`
    })
    .join('')

/** The TypeScript type of a shape, with the names of the wire. */
const typeText = (name: string): string => {
  const shape = shapeOf(name)
  const is = (text: string) => `export type ${name} = ${text}\n`
  switch (shape.t) {
    case 'structure':
      return Object.keys(shape.m ?? {}).length === 0 ? is('Record<never, never>') : is(`{\n${members(shape)}}`)
    case 'list':
      return is(`${shape.of}[]`)
    case 'map':
      return is(`Record<string, ${shape.value}>`)
    case 'string':
      return is(shape.enum ? shape.enum.map(quote).join(' | ') : 'string')
    case 'blob':
      return is('string')
    case 'boolean':
      return is('boolean')
    case 'document':
      return is('JsonValue')
    default:
      return is('number')
  }
}

/** The constraints of a shape, which validation reads. */
const constraintText = (name: string): string => {
  const shape = shapeOf(name)
  const m = shape.m && Object.fromEntries(Object.entries(shape.m).map(([key, member]) => [key, memberShape(member)]))
  const { t, req, of, key, value, min, max, pattern, enum: values, sensitive } = shape
  return `  ${name}: ${literal({ t, m, req, of, key, value, min, max, pattern, enum: values, sensitive })},\n`
}

const operationText = (name: string): string => {
  const { auth, in: input, out, errors, service } = operationOf(name)
  return `  ${name}: ${literal({ auth, in: input, out, errors, service })},\n`
}

const inputRoots = names.map((name) => operationOf(name).in)
const outputRoots = names.map((name) => operationOf(name).out).filter((name) => name !== null)

const text = [
  '// Generated by tools/generate-model.ts from model/*.json. Do not edit.\n',
  '// Types of every operation by their wire names, and the constraints that validation interprets.\n',
  "import type { JsonValue, OperationShape, Shape } from './shape.ts'\n\n",
  ...reachable([...inputRoots, ...outputRoots]).map(typeText),
  '\n/** What each operation is given. */\nexport interface Inputs {\n',
  ...names.map((name) => `  ${name}: ${operationOf(name).in}\n`),
  '}\n\n/** What each operation answers. */\nexport interface Outputs {\n',
  ...names.map((name) => `  ${name}: ${operationOf(name).out ?? 'Record<never, never>'}\n`),
  '}\n\n/** The name of an operation. */\nexport type OperationName = keyof Inputs\n',
  '\n/** The name of an operation that Amazon Cognito does not have. */\n',
  `export type ExtensionName = ${extensionNames.map(quote).join(' | ')}\n`,
  '\n/** Every operation of the model. */\nexport const operationShapes: Readonly<Record<OperationName, OperationShape>> = {\n',
  ...names.map(operationText),
  '}\n\n/** Every shape that an input can hold. */\nexport const shapes: Readonly<Record<string, Shape>> = {\n',
  ...reachable(inputRoots).map(constraintText),
  '}\n',
].join('')

keepGenerated(target, text, 'model/*.json')
