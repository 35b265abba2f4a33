// Converts between the names of the wire and those of settings. A setting has the name of the wire with a lower-case first
// letter; a leading acronym is lowered whole. Maps, whose keys are not names, must not pass through here.

/** The settings names of members that begin with an acronym. */
const settingNames = { SMSMessage: 'smsMessage', KMSKeyID: 'kmsKeyId' } as const

/** The wire names, by structure: a verification template has an SmsMessage, an invitation an SMSMessage. */
const wireNames = {
  inviteMessageTemplate: { smsMessage: 'SMSMessage' },
  lambdaConfig: { kmsKeyId: 'KMSKeyID' },
} as const

type SettingNames = typeof settingNames
type WireNames = typeof wireNames

type SettingName<Name> = Name extends keyof SettingNames ? SettingNames[Name] : Uncapitalize<Name & string>

type WireName<Name, Structure> = Structure extends keyof WireNames
  ? Name extends keyof WireNames[Structure]
    ? WireNames[Structure][Name]
    : Capitalize<Name & string>
  : Capitalize<Name & string>

/** A wire shape with the names of settings. */
export type Lowered<Value> = Value extends readonly (infer Item)[]
  ? readonly Lowered<Item>[]
  : Value extends object
    ? { readonly [Name in keyof Value as SettingName<Name>]: Lowered<Value[Name]> }
    : Value

/** Settings with the names of the wire. `Structure` is the setting that holds them. */
export type Raised<Value, Structure = ''> = Value extends readonly (infer Item)[]
  ? Raised<Item, Structure>[]
  : Value extends object
    ? { [Name in keyof Value as WireName<Name, Structure> & string]: Raised<Value[Name], Name> }
    : Value

/** Converts a wire shape to settings. */
export const fromWire = <Value>(value: Value): Lowered<Value> => renamed(value, '', settingNameOf) as Lowered<Value>

/**
 * Converts settings to a wire shape.
 *
 * @param value - settings that hold whole structures, because the wire names depend on the structure
 */
export const toWire = <Value>(value: Value): Raised<Value> => renamed(value, '', wireNameOf) as Raised<Value>

type Rename = (name: string, structure: string) => string

const renamed = (value: unknown, structure: string, rename: Rename): unknown => {
  if (Array.isArray(value)) return value.map((item) => renamed(item, structure, rename))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [rename(name, structure), renamed(member, name, rename)]),
  )
}

const own = (names: Readonly<Record<string, string>> | undefined, name: string): string | undefined =>
  names && Object.hasOwn(names, name) ? names[name] : undefined

const settingNameOf: Rename = (name) => own(settingNames, name) ?? name.charAt(0).toLowerCase() + name.slice(1)

const wireNameOf: Rename = (name, structure) => {
  const structures: Readonly<Record<string, Readonly<Record<string, string>>>> = wireNames
  const names = Object.hasOwn(structures, structure) ? structures[structure] : undefined
  return own(names, name) ?? name.charAt(0).toUpperCase() + name.slice(1)
}
