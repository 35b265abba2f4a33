// A database of commit 8c9f2a2 (schema 8): users, aliases, clients, sessions, tokens, authenticator apps, passkeys,
// devices, recovery codes, a deleted pool. That program made it over the wire; old-database.json holds its rows.
import { readFileSync } from 'node:fs'
import type { Database, Value } from '../src/store/database/index.ts'
import { migrations, statementsOf } from '../src/store/database/migrations/index.ts'
import type { TestDevice } from './device.ts'

type Old = {
  readonly schema: readonly string[]
  readonly rows: Readonly<Record<string, readonly Readonly<Record<string, Value>>[]>>
  readonly known: {
    readonly sealKeys: string
    readonly madeAt: number
    readonly poolId: string
    readonly deletedPoolId: string
    readonly clientId: string
    readonly confidentialClientId: string
    readonly clientSecret: string
    readonly machine: { readonly ClientId: string; readonly Secret: string }
    readonly accessKey: { readonly accessKeyId: string; readonly secretAccessKey: string }
    readonly jane: {
      readonly totpSecret: string
      readonly recoveryCodes: readonly string[]
      readonly device: TestDevice
      readonly accessToken: string
      readonly refreshToken: string
      readonly session: string
    }
    readonly wendy: { readonly id: string; readonly privateKey: string; readonly userHandle: string }
    readonly john: { readonly code: string; readonly accessToken: string }
    readonly mary: { readonly code: string }
    readonly kate: { readonly accessToken: string; readonly creationOptions: unknown; readonly totpSecret: string }
    readonly emma: { readonly session: string; readonly code: string }
  }
}

const file = new URL('./old-database.json', import.meta.url)

const { schema, rows, known: kept } = JSON.parse(readFileSync(file, 'utf8')) as Old

/** What its users know. */
export const known: Old['known'] = kept

/** The tables as that program made them: its own text on SQLite, its migrations on PostgreSQL. */
const tablesOf = (database: Database): string[] => {
  if (database.dialect === 'sqlite') return [...schema]
  const published = migrations.filter(({ number }) => number <= 8)
  return [
    'create table migrations (number BIGINT primary key, name TEXT not null, applied_at BIGINT not null)',
    'create table leases (name TEXT primary key, owner TEXT not null, until_at BIGINT not null)',
    ...published.flatMap((migration) => statementsOf(migration, 'TEXT COLLATE "C"')),
  ]
}

/** Makes the tables and rows of the old database in an empty one. */
export const fillOldDatabase = (database: Database): Promise<void> =>
  database.migrate([
    ...tablesOf(database).map((sql) => ({ sql, parameters: [] })),
    ...Object.entries(rows).flatMap(([table, list]) =>
      list.map((row) => {
        const places = Object.keys(row).map((_, index) => (database.dialect === 'sqlite' ? '?' : `$${index + 1}`))
        const names = Object.keys(row).map((name) => `"${name}"`)
        const sql = `insert into ${table} (${names.join(', ')}) values (${places.join(', ')})`
        return { sql, parameters: Object.values(row) }
      }),
    ),
  ])
