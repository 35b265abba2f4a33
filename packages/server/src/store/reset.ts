// Empties every table, for the development server.
import type { Database } from './database/index.ts'

const tables = [
  'outbox',
  'signing_keys',
  'passkeys',
  'devices',
  'software_tokens',
  'sign_ins',
  'sessions',
  'codes',
  'attempts',
  'search',
  'directory',
  'users',
  'clients',
  'pools',
]

/** Removes everything but access keys and the schema. */
export const emptyDatabase = (database: Database): Promise<void> =>
  database.migrate(tables.map((table) => ({ sql: `delete from ${table}`, parameters: [] })))
