// Between the wire's names and those of settings: a setting is named as on the wire, with a small first letter. Maps,
// whose keys are not names, must not pass through here.

/** What settings call a wire shape's members. */
export type Lowered<Value> = Value extends readonly (infer Item)[]
  ? readonly Lowered<Item>[]
  : Value extends object
    ? { readonly [Name in keyof Value as Uncapitalize<Name & string>]: Lowered<Value[Name]> }
    : Value

/** What the wire calls the members of settings. */
export type Raised<Value> = Value extends readonly (infer Item)[]
  ? Raised<Item>[]
  : Value extends object
    ? { [Name in keyof Value as Capitalize<Name & string>]: Raised<Value[Name]> }
    : Value

const renamed = (value: unknown, rename: (name: string) => string): unknown => {
  if (Array.isArray(value)) return value.map((item) => renamed(item, rename))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [rename(name), renamed(member, rename)]))
}

/** A wire shape as settings. */
export const fromWire = <Value>(value: Value): Lowered<Value> =>
  renamed(value, (name) => name.charAt(0).toLowerCase() + name.slice(1)) as Lowered<Value>

/** Settings as a wire shape. */
export const toWire = <Value>(value: Value): Raised<Value> =>
  renamed(value, (name) => name.charAt(0).toUpperCase() + name.slice(1)) as Raised<Value>
