// The interface of a database: reads, and one atomic list of conditional writes. SQLite and PostgreSQL implement it;
// contract.test.ts tests both.
import {
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type Compilable,
  type RawBuilder,
} from 'kysely'
import { invalidParameter } from '../../errors.ts'
import { isStorable } from '../../rules/text.ts'
import type { Tables } from '../tables.ts'

/** The value of a column. */
export type Value = string | number | null

/** SQL with its parameters in order. */
export type Statement = {
  readonly sql: string
  readonly parameters: readonly Value[]
  /** For a write: the user or name whose rows it locks, if its parameters show one. */
  readonly subject?: string | undefined
}

/**
 * A write as data: the statement, the number of rows it must touch ('any' for a write without a condition), and the
 * error when it touches another number.
 */
export type Write = {
  readonly statement: Statement
  readonly rows: number | 'any'
  readonly otherwise: () => Error
  /** Whether it changes rows that are also kept in memory: pools, clients, signing keys. */
  readonly settings?: boolean
}

/** A database as the store uses it. */
export type Database = {
  readonly dialect: Dialect
  /** Runs a query that changes nothing. */
  read(statement: Statement): Promise<Record<string, Value>[]>
  /**
   * Writes the whole list or nothing: the first write that does not touch its number of rows undoes the list, and its
   * error is thrown. The list is repeated when the database could not serialise it (SQLSTATE 40001, 40P01).
   */
  commit(writes: readonly Write[]): Promise<void>
  /** Runs the statements of a migration in one transaction. */
  migrate(statements: readonly Statement[]): Promise<void>
  /**
   * The settings, as `name=value`, with which acknowledged commits may be lost when the machine fails; empty when every
   * commit waits for the disk (requirement 102).
   */
  weaknesses(): Promise<readonly string[]>
  /** Finishes the current work and closes the database; closing it again is not an error. */
  close(): Promise<void>
}

export type Dialect = 'sqlite' | 'postgres'

const builders: Readonly<Record<Dialect, Kysely<Tables>>> = {
  sqlite: new Kysely<Tables>({
    dialect: {
      createAdapter: () => new SqliteAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (db) => new SqliteIntrospector(db),
      createQueryCompiler: () => new SqliteQueryCompiler(),
    },
  }),
  postgres: new Kysely<Tables>({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (db) => new PostgresIntrospector(db),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
  }),
}

/** Names a parameter of a prepared query. */
export type Slots<Parameters> = <Name extends keyof Parameters & string>(name: Name) => Parameters[Name]

/**
 * Builds and type-checks a query once; the result only fills in values. (Building costs about as much as running.)
 *
 * @param build - makes the query; `slot('x')` is the placeholder for the value `x`
 */
export const prepare = <Parameters extends Readonly<Record<string, Value>>>(
  dialect: Dialect,
  build: (db: Kysely<Tables>, slot: Slots<Parameters>) => Compilable | RawBuilder<unknown>,
): ((values: Parameters) => Statement) => {
  const slots: Slots<Parameters> = (name) => ({ slot: name }) as unknown as Parameters[typeof name]
  const builder = builders[dialect]
  const query = build(builder, slots)
  const { sql, parameters } = 'isRawBuilder' in query ? query.compile(builder) : query.compile()
  const writes = !/^\s*select\b/i.test(sql)
  return (values) => ({
    sql,
    parameters: parameters.map((value) => storable(isSlot(value) ? (values[value.slot] as Value) : (value as Value))),
    subject: writes ? subjectOf(values) : undefined,
  })
}

type Slot = { readonly slot: string }

const isSlot = (value: unknown): value is Slot => typeof value === 'object' && value !== null && 'slot' in value

// Every door refuses such text earlier. Text that a door missed is refused here as invalid input, the same way on both
// databases.
const storable = (value: Value): Value => {
  if (typeof value !== 'string' || isStorable(value)) return value
  throw invalidParameter('A text holds a character that cannot be kept.', 'U+0000 or half a surrogate pair')
}

// Parameters have the same names in all tables. A directory name takes precedence over the user to whom it is given.
const subjectOf = ({ poolId, name, userId, id }: Readonly<Record<string, Value>>): string | undefined => {
  if (poolId === undefined) return id === undefined ? undefined : String(id)
  return `${poolId} ${name ?? userId ?? id ?? ''}`
}
