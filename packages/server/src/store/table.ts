// What the description of a table is: its columns with their kinds, its key, the owner that its rows are removed with,
// when they end and how they are spread over several machines. tables.ts holds the descriptions; row types, statements
// and the lists of reset, sweep, purge and distribution follow from them.

/**
 * What a column holds: text, a whole number, a moment in epoch milliseconds, a flag (stored as 0 or 1), a document
 * (stored as JSON text), or the version of a row: it counts the changes, and a change names the version that was read.
 * `former` is a number that earlier versions of the service kept: it is written as 0 and not read.
 */
type Kind = 'text' | 'count' | 'instant' | 'flag' | 'json' | 'version' | 'former'

/**
 * A column: its kind, `?` where it may be absent, and the name of its column where that is not the name of its property
 * with underscores: `text? as secret_sealed`.
 */
export type Column = `${Kind}${'' | '?'}${'' | ` as ${string}`}`

/** With which row the rows of a table are removed; those of a server stay until the database is thrown away. */
type Owner = 'server' | 'pool' | 'user'

/** When the rows of a table end. */
type Ends = {
  /** The column that holds the moment. */
  readonly at: string
  /** For how many hours rows are kept after it. */
  readonly keptHours: number
  /** Whether a row lets a user do something until it ends: a clock that is set back brings no such row back. */
  readonly usable?: boolean
  /** How late the end of a row can lie from now. */
  readonly longestHours?: number
}

/** The description of a table. Keys, ends and spreading name properties of `columns`. */
export type Description = {
  readonly owner: Owner
  /** The primary key, in its order. */
  readonly key: readonly string[]
  readonly columns: Readonly<Record<string, Column>>
  readonly ends?: Ends
  /** Whether rows are kept in memory for a moment; every write to the table makes the server forget them. */
  readonly cached?: boolean
  /** Of several machines: the column by which rows are spread, or `everywhere` for a copy on each. */
  readonly spread: string
}

type Snake<Text extends string> = Text extends `${infer Letter}${infer Rest}`
  ? `${Letter extends Lowercase<Letter> ? Letter : `_${Lowercase<Letter>}`}${Snake<Rest>}`
  : ''

type NameOf<Property, Text> = Text extends `${string} as ${infer Name}`
  ? Name
  : Property extends string
    ? Snake<Property>
    : never

type Stored<Text> = Text extends `${'text' | 'json'}${string}` ? string : number

type Absent<Text, Nothing> = Text extends `${Kind}?${string}` ? Nothing : never

/** The columns of a described table as the database holds them. */
export type StoredColumns<Columns> = {
  [Property in keyof Columns as NameOf<Property, Columns[Property]>]:
    | Stored<Columns[Property]>
    | Absent<Columns[Property], null>
}

type Held<Text> = Text extends `text${string}`
  ? string
  : Text extends `flag${string}`
    ? boolean
    : Text extends `json${string}`
      ? unknown
      : number

/**
 * A row of a described table.
 *
 * @typeParam Narrower - what texts and documents hold, where the kind of their column does not say it
 */
export type RowOf<Columns, Narrower = Record<never, never>> = {
  readonly [Property in keyof Columns as Columns[Property] extends 'former' ? never : Property]:
    | (Property extends keyof Narrower ? Narrower[Property] : Held<Columns[Property]>)
    | Absent<Columns[Property], undefined>
}

/** The key of a row. */
export type KeyOfRow<Columns, Key extends readonly string[]> = {
  readonly [Property in Key[number] & keyof Columns]: Stored<Columns[Property]>
}

const asColumn = / as (.+)$/

/** The name of the column of a property. */
export const columnName = ({ columns }: Pick<Description, 'columns'>, property: string): string =>
  asColumn.exec(columns[property] ?? '')?.[1] ?? property.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

/** The kind of the column of a property. */
export const kindOf = ({ columns }: Pick<Description, 'columns'>, property: string): string =>
  /^\w+/.exec(columns[property] ?? '')?.[0] ?? ''
