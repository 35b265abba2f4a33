// The type of a table's description: columns with their kinds, key, the owner with which rows are removed, the end of
// rows and their distribution over several machines. tables.ts holds the descriptions; row types, statements and the
// lists of reset, sweep, purge and distribution are derived from them.

/**
 * The content of a column: text, a whole number, a moment in epoch milliseconds, a flag (stored as 0 or 1), a document
 * (stored as JSON text), or the version of a row: it counts the changes, and a change names the version that was read.
 * `former` is a number that earlier versions of the service kept: it is written as 0 and not read.
 */
type Kind = 'text' | 'count' | 'instant' | 'flag' | 'json' | 'version' | 'former'

/**
 * A column: its kind, `?` where it may be absent, and the name of its column where that is not the name of its property
 * with underscores: `text? as secret_sealed`.
 */
export type Column = `${Kind}${'' | '?'}${'' | ` as ${string}`}`

/** The owner whose removal also removes the rows; rows of the server are never removed with an owner. */
type Owner = 'server' | 'pool' | 'user'

/** The end of a table's rows. */
type Ends = {
  /** The column that holds the moment of the end. */
  readonly at: string
  /** The hours for which rows are kept after that moment. */
  readonly keptHours: number
  /**
   * Whether a row grants a user something until it ends: a clock that is set back must not make such a row valid again.
   */
  readonly usable?: boolean
  /** The most hours from now to the end of a row. */
  readonly longestHours?: number
}

/** The description of a table. `key`, `ends` and `spread` name properties of `columns`. */
export type Description = {
  readonly owner: Owner
  /** The columns of the primary key, in order. */
  readonly key: readonly string[]
  readonly columns: Readonly<Record<string, Column>>
  readonly ends?: Ends
  /** Whether rows are kept in memory for a moment; every write to the table makes the server forget them. */
  readonly cached?: boolean
  /** The column that distributes rows over several machines, or `everywhere` for a copy on each machine. */
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
 * @typeParam Narrower - the types of texts and documents that are narrower than the kind of their column
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
