// A database is opened by the mode that made it, and by no other; what an old one is, its rows tell.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { closing } from '../../../testing/closing.ts'
import { fillOldDatabase } from '../../../testing/old-database.ts'
import { startPostgres, unhurried } from '../../../testing/postgres.ts'
import { migrated, onBoth } from '../../../testing/stores.ts'
import { folderOf } from '../../../testing/folders.ts'
import { lightArgon2, strongArgon2 } from '../../config.ts'
import { readyClientId, readyPoolId } from '../../rules/ready-pool.ts'
import type { Database, Value } from './index.ts'
import { markMode, refuseOtherMode, type Mode } from './mode.ts'
import { openDatabase } from './open-database.ts'
import { openPostgres } from './postgres.ts'
import { openSqlite } from './sqlite.ts'

const refusals = {
  dev: { message: /^This database is a production server’s, or may be one’s: .*--data or --database\.$/ },
  serve: { message: /^This database was made by poolkeeper dev: .*--data or --database\.$/ },
} as const

const start = async (database: Database, mode: Mode): Promise<void> => {
  await refuseOtherMode(database, mode)
  await markMode(database, mode)
}

const rowsIn = (database: Database, sql: string): Promise<Record<string, Value>[]> =>
  database.read({ sql, parameters: [] })

const run = (database: Database, ...list: string[]): Promise<void> =>
  database.migrate(list.map((sql) => ({ sql, parameters: [] })))

const hashBy = ({ memoryKib, passes, parallelism }: typeof lightArgon2): string =>
  `$argon2id$v=19$m=${memoryKib},t=${passes},p=${parallelism}$c2FsdA$dGFn`

const rows = {
  pool: (id: string) => `insert into pools values ('${id}', 'zz-local-1', 'pool', '{}', 1, 0, 0, null)`,
  removedPool: (id: string) => `insert into pools values ('${id}', 'zz-local-1', 'pool', '{}', 1, 0, 0, 1)`,
  client: (id: string) => `insert into clients values ('${id}', 'zz-local-1_a', 'client', '{}', '[]', 1, 0, 0)`,
  user: (hash: string | null) =>
    `insert into users values ('zz-local-1_a', 'jane', 'jane', 'CONFIRMED', 1, '{}', ${hash === null ? 'null' : `'${hash}'`}, null, '[]', 0, null, '{}', 0, 0, 0, 1, 0, 0)`,
  accessKey: (disabledAt: number | null) =>
    `insert into access_keys (access_key_id, secret_sealed, note, created_at, disabled_at) values ('key', 'x', '', 0, ${disabledAt})`,
} as const

const ready = [rows.pool(readyPoolId('eu-west-3')), rows.client(readyClientId)]

/** Rows of databases from before there were marks, and the mode that opens them; the other one does not. */
const unmarked: Readonly<Record<string, { readonly rows: readonly string[]; readonly mode: Mode }>> = {
  'a pool, but not the ready one': { rows: [rows.pool('zz-local-1_a')], mode: 'serve' },
  'a pool that was removed': { rows: [rows.removedPool('zz-local-1_a')], mode: 'serve' },
  'users without a pool': { rows: [rows.user(null)], mode: 'serve' },
  'an access key alone': { rows: [rows.accessKey(null)], mode: 'serve' },
  'the ready pool and its client': { rows: ready, mode: 'dev' },
  'the ready pool alone': { rows: ready.slice(0, 1), mode: 'dev' },
  'its client alone': { rows: ready.slice(1), mode: 'dev' },
  'the ready pool and users with light hashes': { rows: [...ready, rows.user(hashBy(lightArgon2))], mode: 'dev' },
  'the ready pool and users without a password': { rows: [...ready, rows.user(null)], mode: 'dev' },
  'the ready pool and an access key': { rows: [...ready, rows.accessKey(null)], mode: 'serve' },
  'the ready pool and a disabled access key': { rows: [...ready, rows.accessKey(1)], mode: 'serve' },
  'the ready pool and a strong hash': { rows: [...ready, rows.user(hashBy(strongArgon2))], mode: 'serve' },
  'the ready pool and a hash that nobody knows': { rows: [...ready, rows.user('$other$')], mode: 'serve' },
}

for (const [title, { rows: list, mode }] of Object.entries(unmarked)) {
  onBoth(`req 127: a database without a mark that holds ${title} is opened by ${mode} alone`, async (open) => {
    const database = await migrated(open)
    await run(database, ...list)
    const other = mode === 'dev' ? 'serve' : 'dev'
    await assert.rejects(start(database, other), refusals[other])
    assert.deepEqual(await rowsIn(database, 'select * from marks'), [])
    await start(database, mode)
    await assert.rejects(start(database, other), refusals[other])
  })
}

for (const [mode, other] of [
  ['dev', 'serve'],
  ['serve', 'dev'],
] as const) {
  onBoth(
    `req 127: an empty database is marked by ${mode}, and ${other} does not open it, whatever comes into it`,
    async (open) => {
      const database = await migrated(open)
      for (const list of [[], ready, [rows.pool('zz-local-1_a')], [rows.accessKey(null)]]) {
        await run(database, ...list)
        await start(database, mode)
        await assert.rejects(refuseOtherMode(database, other), refusals[other])
        await assert.rejects(markMode(database, other), refusals[other])
      }
      assert.deepEqual(
        (await rowsIn(database, 'select value from marks')).map(({ value }) => value),
        [mode],
      )
    },
  )
}

onBoth('req 127: of servers of both modes that start together on an empty database one kind goes on', async (open) => {
  const databases = [await migrated(open), open(), open()]
  const modes = Array.from({ length: 50 }, (_, index): Mode => (index % 2 === 0 ? 'dev' : 'serve'))
  const started = await Promise.allSettled(
    modes.map((mode, index) => start(databases[index % databases.length] ?? assert.fail(), mode)),
  )
  const won = new Set(modes.filter((_, index) => started[index]?.status === 'fulfilled'))
  assert.equal(won.size, 1)
  assert.equal(started.filter(({ status }) => status === 'fulfilled').length, 25)
})

type Place = { readonly database: string; readonly open: () => Database }

/** Where a database is, by which it is opened as a start does. */
const places = async (t: TestContext): Promise<Place[]> => {
  const folder = folderOf(t)
  const path = join(folder, 'poolkeeper.db')
  const url = await (await startPostgres()).freshDatabase()
  return [
    { database: path, open: () => openSqlite(path) },
    { database: url, open: () => openPostgres(url, 1, () => {}, unhurried) },
  ]
}

test('req 127: the development server changes nothing in an old database that it refuses; the production server migrates it', async (t) => {
  for (const { database: place, open } of await places(t)) {
    const old = open()
    closing(t, old.close)
    await fillOldDatabase(old)
    const opening = (mode: Mode): Promise<Database> =>
      openDatabase({
        database: place,
        poolSize: 1,
        mode,
        now: () => 0,
        lost: () => {},
        waits: () => {},
        exposed: () => {},
      })
    const before = await rowsIn(old, 'select * from migrations order by number')
    await assert.rejects(opening('dev'), refusals.dev)
    assert.deepEqual(await rowsIn(old, 'select * from migrations order by number'), before)
    const opened = await opening('serve')
    closing(t, opened.close)
    assert.deepEqual(
      (await rowsIn(opened, 'select value from marks')).map(({ value }) => value),
      ['serve'],
    )
    await assert.rejects(opening('dev'), refusals.dev)
  }
})
