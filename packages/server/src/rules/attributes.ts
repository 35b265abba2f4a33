// The attributes of a pool, and the rules for writing and reading them (protocol/administration 1.4, 1.5; requirements 55,
// 56).
import { invalidParameter, notAuthorized } from '../errors.ts'
import { isEmail, isPhoneNumber } from './user-names.ts'

/** One attribute of a pool's schema. */
export type SchemaAttribute = {
  /** With its prefix: `email`, `custom:plan`, `dev:custom:tier`. */
  readonly name: string
  readonly type: 'String' | 'Number' | 'Boolean' | 'DateTime'
  readonly mutable: boolean
  readonly required: boolean
  readonly developerOnly: boolean
  /** The bounds of the length in characters and of the value; undefined for no bound. */
  readonly minLength?: number | undefined
  readonly maxLength?: number | undefined
  readonly minValue?: number | undefined
  readonly maxValue?: number | undefined
}

/** An attribute as a request declares it; the limits are strings. */
export type DeclaredAttribute = {
  readonly name?: string | undefined
  readonly attributeDataType?: SchemaAttribute['type'] | undefined
  readonly developerOnlyAttribute?: boolean | undefined
  readonly mutable?: boolean | undefined
  readonly required?: boolean | undefined
  readonly stringAttributeConstraints?:
    | { readonly minLength?: string | undefined; readonly maxLength?: string | undefined }
    | undefined
  readonly numberAttributeConstraints?:
    | { readonly minValue?: string | undefined; readonly maxValue?: string | undefined }
    | undefined
}

/** The attributes of a user: values by name. */
export type Attributes = Readonly<Record<string, string>>

/** The attributes that hold an address. The mark of an address, `<name>_verified`, says whether it is verified. */
const addressNames = ['email', 'phone_number'] as const

/**
 * Adds the missing marks of addresses to the attributes of a user, also of a user who was stored without marks: an address
 * without a mark is unverified.
 */
export const withMarks = (attributes: Attributes): Attributes => {
  const unmarked = addressNames.filter(
    (name) => attributes[name] !== undefined && attributes[`${name}_verified`] === undefined,
  )
  if (unmarked.length === 0) return attributes
  return { ...attributes, ...Object.fromEntries(unmarked.map((name) => [`${name}_verified`, 'false'])) }
}

const text = (name: string): SchemaAttribute => ({
  name,
  type: 'String',
  mutable: true,
  required: false,
  developerOnly: false,
  minLength: 0,
  maxLength: 2048,
})

const flag = (name: string): SchemaAttribute => ({
  name,
  type: 'Boolean',
  mutable: true,
  required: false,
  developerOnly: false,
})

/** The attributes that every pool has, in the order of DescribeUserPool (protocol/administration 1.4). */
export const standardAttributes: readonly SchemaAttribute[] = [
  { ...text('sub'), mutable: false, required: true, minLength: 1 },
  text('name'),
  text('given_name'),
  text('family_name'),
  text('middle_name'),
  text('nickname'),
  text('preferred_username'),
  text('profile'),
  text('picture'),
  text('website'),
  text('email'),
  flag('email_verified'),
  text('gender'),
  { ...text('birthdate'), minLength: 10, maxLength: 10 },
  text('zoneinfo'),
  text('locale'),
  text('phone_number'),
  flag('phone_number_verified'),
  text('address'),
  { name: 'updated_at', type: 'Number', mutable: true, required: false, developerOnly: false, minValue: 0 },
]

/** The most characters of a value (protocol/authentication 8). */
const longestValue = 2048

const customPrefix = 'custom:'
const developerPrefix = 'dev:custom:'

const limit = (value: string | undefined, refusal: () => Error): number | undefined => {
  if (value === undefined) return undefined
  if (!/^-?[0-9]{1,15}$/.test(value)) throw refusal()
  return Number(value)
}

const lengthsOf = (name: string, declared: DeclaredAttribute): Pick<SchemaAttribute, 'minLength' | 'maxLength'> => {
  const refusal = (): Error => invalidParameter(`Invalid StringAttributeConstraints for schema attribute ${name}`)
  const minLength = limit(declared.stringAttributeConstraints?.minLength, refusal)
  const maxLength = limit(declared.stringAttributeConstraints?.maxLength, refusal)
  if ((minLength ?? 0) < 0 || (maxLength ?? 0) < 0) throw refusal()
  if (Math.max(minLength ?? 0, maxLength ?? 0) > longestValue) {
    throw invalidParameter(`user.${name}: String attributes cannot have a length of more than ${longestValue}`)
  }
  if (minLength !== undefined && maxLength !== undefined && minLength > maxLength) {
    throw invalidParameter(`Attribute ${name} cannot have a max length shorter than it's min length`)
  }
  return { minLength, maxLength }
}

const valuesOf = (name: string, declared: DeclaredAttribute): Pick<SchemaAttribute, 'minValue' | 'maxValue'> => {
  const refusal = (): Error => invalidParameter(`Invalid NumberAttributeConstraints for schema attribute ${name}`)
  const minValue = limit(declared.numberAttributeConstraints?.minValue, refusal)
  const maxValue = limit(declared.numberAttributeConstraints?.maxValue, refusal)
  if (minValue !== undefined && maxValue !== undefined && minValue > maxValue) {
    throw invalidParameter(`Attribute ${name} cannot have a max value smaller than it's min value`)
  }
  return { minValue, maxValue }
}

const limitsOf = (
  name: string,
  type: SchemaAttribute['type'],
  declared: DeclaredAttribute,
): Partial<SchemaAttribute> => {
  if (type === 'String') return lengthsOf(name, declared)
  return type === 'Number' ? valuesOf(name, declared) : {}
}

const present = <Value extends object>(value: Value): Value =>
  Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as Value

/** Attributes that a request cannot redeclare: it declares custom attributes under these names. */
const builtInFlags: readonly string[] = ['email_verified', 'phone_number_verified']

const standardOf = (standard: SchemaAttribute, declared: DeclaredAttribute): SchemaAttribute => {
  const { name, type } = standard
  const retyped = declared.attributeDataType !== undefined && declared.attributeDataType !== type
  if (retyped || declared.developerOnlyAttribute) {
    throw invalidParameter(
      `You can not change AttributeDataType or set developerOnlyAttribute for standard schema attribute ${name}`,
    )
  }
  if (name === 'sub') return standard
  return {
    ...standard,
    ...present(limitsOf(name, type, declared)),
    mutable: declared.mutable ?? false,
    required: declared.required ?? false,
  }
}

const customOf = (declared: DeclaredAttribute): SchemaAttribute => {
  const prefix = declared.developerOnlyAttribute ? developerPrefix : customPrefix
  const name = `${prefix}${declared.name ?? ''}`
  const type = declared.attributeDataType
  if (!type) {
    throw invalidParameter('Invalid AttributeDataType input, consider using the provided AttributeDataType enum.')
  }
  if (declared.required) throw invalidParameter('Required custom attributes are not supported currently.')
  return {
    name,
    type,
    mutable: declared.mutable ?? false,
    required: false,
    developerOnly: declared.developerOnlyAttribute ?? false,
    ...present(limitsOf(name, type, declared)),
  }
}

/**
 * The schema of a new pool: the standard attributes, with the changes of the request, and its custom attributes.
 *
 * @throws ServiceError InvalidParameterException (protocol/administration 1.3)
 */
export const poolSchema = (declared: readonly DeclaredAttribute[]): SchemaAttribute[] => {
  const standards = new Map(standardAttributes.map((attribute) => [attribute.name, attribute]))
  const customs = new Map<string, SchemaAttribute>()
  for (const attribute of declared) {
    const standard = standards.get(attribute.name ?? '')
    if (standard && !builtInFlags.includes(standard.name)) {
      standards.set(standard.name, standardOf(standard, attribute))
      continue
    }
    const custom = customOf(attribute)
    if (customs.has(custom.name)) {
      throw invalidParameter(`Duplicate custom attribute names ${custom.name} are not allowed in a user pool schema.`)
    }
    customs.set(custom.name, custom)
  }
  return [...standards.values(), ...customs.values()]
}

/** The most custom attributes of a pool (protocol/administration 1.5). */
const customLimit = 50

/**
 * Adds custom attributes to a schema.
 *
 * @throws ServiceError InvalidParameterException for a name that is taken, or too many
 */
export const addCustomAttributes = (
  schema: readonly SchemaAttribute[],
  declared: readonly DeclaredAttribute[],
): SchemaAttribute[] => {
  const added = [...schema]
  for (const attribute of declared) {
    const custom = customOf(attribute)
    if (added.some(({ name }) => name === custom.name)) {
      throw invalidParameter(
        `${customPrefix}${attribute.name ?? ''}: Existing attribute already has name ${custom.name}.`,
      )
    }
    added.push(custom)
  }
  if (added.length - standardAttributes.length > customLimit) {
    throw invalidParameter(`A user pool can have at most ${customLimit} custom attributes.`)
  }
  return added
}

const find = (schema: readonly SchemaAttribute[], name: string): SchemaAttribute | undefined =>
  schema.find((attribute) => attribute.name === name)

const nonConforming = (lines: string): Error => invalidParameter(`Attributes did not conform to the schema: ${lines}`)

const outOfBounds = (value: number, least: number | undefined, most: number | undefined): boolean =>
  value < (least ?? -Infinity) || value > (most ?? Infinity)

const isDate = (value: string): boolean => !Number.isNaN(Date.parse(value))

// The fault of a value, or undefined. Not every database can store NUL, and it has no use.
const fault = (attribute: SchemaAttribute, value: string): string | undefined => {
  const length = Array.from(value).length
  if (length > longestValue || outOfBounds(length, attribute.minLength, attribute.maxLength)) {
    return 'String does not have the length that the schema asks for'
  }
  if (value.includes('\0')) return 'A value cannot contain a NUL character'
  if (attribute.type === 'Number') {
    const isNumber =
      /^-?[0-9]{1,15}$/.test(value) && !outOfBounds(Number(value), attribute.minValue, attribute.maxValue)
    return isNumber ? undefined : 'Not an integer that the schema allows'
  }
  if (attribute.type === 'Boolean') return /^(true|false)$/i.test(value) ? undefined : 'Not a boolean'
  if (attribute.type === 'DateTime') return isDate(value) ? undefined : 'Not a date and time'
  return undefined
}

const checkValue = (attribute: SchemaAttribute, value: string): void => {
  if (attribute.name === 'email' && !isEmail(value)) throw invalidParameter('Invalid email address format.')
  if (attribute.name === 'phone_number' && !isPhoneNumber(value)) {
    throw invalidParameter('Invalid phone number format.')
  }
  const found = fault(attribute, value)
  if (found) throw nonConforming(`${attribute.name}: ${found}\n`)
}

const checkFlags = (attributes: Attributes): void => {
  if (attributes['email_verified'] !== undefined && !attributes['email']) {
    throw invalidParameter('Email is required to verify/un-verify an email')
  }
  if (attributes['phone_number_verified'] !== undefined && !attributes['phone_number']) {
    throw invalidParameter('Phone Number is required to verify/un-verify a phone number')
  }
}

/**
 * Checks the attributes of a new user.
 *
 * @param attributes - the attributes, without empty values
 * @param options.requireAll - whether every required attribute must be present
 * @throws ServiceError InvalidParameterException (protocol/administration 1.5)
 */
export const checkNewUserAttributes = (
  schema: readonly SchemaAttribute[],
  attributes: Attributes,
  options: { readonly requireAll: boolean },
): void => {
  const unknown = Object.keys(attributes).filter((name) => !find(schema, name))
  if (unknown.length > 0) {
    throw nonConforming(unknown.map((name) => `${name}: Attribute does not exist in the schema.\n`).join(''))
  }
  if (attributes['sub'] !== undefined) throw nonConforming('sub: Attribute cannot be set.\n')
  const missing = schema.filter(({ name, required }) => required && name !== 'sub' && attributes[name] === undefined)
  if (options.requireAll && missing.length > 0) {
    throw nonConforming(missing.map(({ name }) => `${name}: The attribute is required\n`).join(''))
  }
  for (const attribute of schema) {
    const value = attributes[attribute.name]
    if (value !== undefined) checkValue(attribute, value)
  }
  checkFlags(attributes)
}

const isFixed = (schema: readonly SchemaAttribute[], name: string): boolean => find(schema, name)?.mutable === false

const isRequired = (schema: readonly SchemaAttribute[], name: string): boolean => find(schema, name)?.required === true

// The refusal names all attributes that fail the same check, each on a line.
const refuseUnknown = (names: readonly string[], prefix: string): void => {
  if (names.length === 0) return
  const lines = names.map((name) => `user.${name}: Attribute does not exist in the schema.\n`)
  throw invalidParameter(prefix + lines.join(''))
}

const refuseFixed = (schema: readonly SchemaAttribute[], names: readonly string[]): void => {
  const lines = names
    .filter((name) => isFixed(schema, name))
    .map((name) => `user.${name}: Attribute cannot be updated.\n`)
  if (lines.length > 0) throw invalidParameter(lines.join(''))
}

const refuseRequired = (schema: readonly SchemaAttribute[], names: readonly string[]): void => {
  const needed = names.filter((name) => isRequired(schema, name))
  if (needed.length === 0) return
  throw invalidParameter(needed.map((name) => `user.${name}: Required attribute cannot be deleted.`).join('\n'))
}

/**
 * Checks a change of a user's attributes. An empty value deletes the attribute.
 *
 * @throws ServiceError InvalidParameterException (protocol/administration 1.5)
 */
export const checkAttributeUpdate = (
  schema: readonly SchemaAttribute[],
  changes: Attributes,
  options: { readonly byAdmin: boolean; readonly current: Attributes },
): void => {
  const names = Object.keys(changes)
  const isHidden = (name: string): boolean => !options.byAdmin && find(schema, name)?.developerOnly === true
  const unknown = names.filter((name) => !find(schema, name) || isHidden(name))
  refuseUnknown(unknown, '')
  refuseFixed(schema, names)
  const emptied = names.filter((name) => changes[name] === '')
  refuseRequired(schema, emptied)
  for (const attribute of schema) {
    const value = Object.hasOwn(changes, attribute.name) ? changes[attribute.name] : undefined
    if (value) checkValue(attribute, value)
  }
  const flags = Object.fromEntries(Object.entries(changes).filter(([name]) => name.endsWith('_verified')))
  const { email, phone_number } = { ...options.current, ...changes }
  checkFlags({ ...flags, ...(email ? { email } : {}), ...(phone_number ? { phone_number } : {}) })
}

/**
 * Checks that attributes can be deleted.
 *
 * @throws ServiceError InvalidParameterException (protocol/administration 1.5)
 */
export const checkAttributeDeletion = (
  schema: readonly SchemaAttribute[],
  names: readonly string[],
  options: { readonly byAdmin: boolean },
): void => {
  const unknown = names.filter((name) => !find(schema, name))
  refuseUnknown(unknown, options.byAdmin ? 'Invalid user attributes: ' : '')
  refuseFixed(schema, names)
  refuseRequired(schema, names)
}

/** The attributes that a client may read: its list, or all except those for developers. */
export const readableAttributes = (
  schema: readonly SchemaAttribute[],
  readAttributes: readonly string[] | undefined,
): ReadonlySet<string> =>
  new Set(readAttributes ?? schema.filter(({ developerOnly }) => !developerOnly).map(({ name }) => name))

/**
 * The attributes that no client may write: a user must not declare an address verified (protocol/authentication 2.2.9).
 */
const neverWritable: readonly string[] = ['sub', 'identities', 'email_verified', 'phone_number_verified']

/** Whether a client's write list may name an attribute. */
export const isWritable = (schema: readonly SchemaAttribute[], name: string): boolean =>
  !neverWritable.includes(name) && find(schema, name)?.developerOnly === false

/**
 * Refuses attributes that a client may not write.
 *
 * @throws ServiceError NotAuthorizedException; InvalidParameterException for one that the pool does not have
 */
export const checkWritable = (
  schema: readonly SchemaAttribute[],
  writeAttributes: readonly string[] | undefined,
  names: readonly string[],
): void => {
  for (const name of names) {
    // An attribute that the pool does not have is refused by the check of attributes, in other words.
    if (!find(schema, name) && !neverWritable.includes(name)) continue
    const allowed = isWritable(schema, name) && (writeAttributes === undefined || writeAttributes.includes(name))
    if (!allowed) throw notAuthorized('A client attempted to write unauthorized attribute', name)
  }
}
