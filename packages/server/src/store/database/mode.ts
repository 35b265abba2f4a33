// The mode in which a database was made, `serve` or `dev`. A mark records it, and the other mode refuses the database:
// the development server accepts any credentials and empties its database on request, and the production server would
// serve weak password hashes and a pool with publicly known ids.
import { ConfigError } from '../../errors.ts'
import { readyClientId, readyPoolPattern } from '../../rules/ready-pool.ts'
import type { Database, Statement } from './index.ts'

/** The mode of a server. */
export type Mode = 'dev' | 'serve'

/**
 * Refuses a database of the other mode. It changes nothing, and works with a database of any schema.
 *
 * @throws ConfigError
 */
export const refuseOtherMode = async (database: Database, mode: Mode): Promise<void> => {
  const made = await modeOf(database)
  if (made !== undefined && made !== mode) throw new ConfigError(refusals[mode])
}

/**
 * Marks a database of the newest schema, unless it has a mark.
 *
 * @throws ConfigError when a server of the other mode was first
 */
export const markMode = async (database: Database, mode: Mode): Promise<void> => {
  await database.migrate([plain(`insert into marks values ('mode', '${mode}') on conflict do nothing`)])
  const mark = await markOf(database)
  if (mark !== mode) throw new ConfigError(refusals[mode])
}

const refusals: Readonly<Record<Mode, string>> = {
  dev: 'This database is a production server’s, or may be one’s: poolkeeper dev takes any credentials and can empty it at a word, and does not open it. Start poolkeeper serve, or name another place by --data or --database.',
  serve:
    'This database was made by poolkeeper dev: its passwords are hashed lightly, and the ids of its first pool are known to everybody. Name another place by --data or --database.',
}

const plain = (sql: string): Statement => ({ sql, parameters: [] })

const has = async (database: Database, sql: string): Promise<boolean> =>
  (await database.read(plain(`${sql} limit 1`))).length > 0

const hasTable = (database: Database, name: string): Promise<boolean> =>
  database.dialect === 'sqlite'
    ? has(database, `select 1 as found from sqlite_master where type = 'table' and name = '${name}'`)
    : has(database, `select 1 as found where to_regclass('${name}') is not null`)

const markOf = async (database: Database): Promise<string | undefined> => {
  const [row] = await database.read(plain("select value from marks where name = 'mode'"))
  return row && String(row['value'])
}

const modeOf = async (database: Database): Promise<string | undefined> => {
  const mark = (await hasTable(database, 'marks')) ? await markOf(database) : undefined
  if (mark !== undefined) return mark
  return (await hasTable(database, 'pools')) ? modeByRows(database) : undefined
}

/**
 * Infers the mode of a database from before there were marks from its rows. A database that may be a production
 * server's counts as such. This happens once, at the first start that marks the database.
 *
 * @returns undefined when the database is empty
 */
const modeByRows = async (database: Database): Promise<Mode | undefined> => {
  const found = (from: string): Promise<boolean> => has(database, `select 1 as found from ${from}`)
  // The development server accepts any access key, and its hashes use 64 KiB of memory.
  if (await found('access_keys')) return 'serve'
  if (await found("users where password_hash is not null and password_hash not like '%$m=64,%'")) return 'serve'
  if (await found(`clients where client_id = '${readyClientId}'`)) return 'dev'
  if (await found(`pools where pool_id like '${readyPoolPattern}' escape '!'`)) return 'dev'
  return (await found('pools')) || (await found('users')) ? 'serve' : undefined
}
