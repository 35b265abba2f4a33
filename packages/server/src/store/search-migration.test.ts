// A database from before search rows lost their case: what was stored is found, and nothing is found twice.
import assert from 'node:assert/strict'
import { onBoth, migrated } from '../../testing/stores.ts'
import { migrate } from './database/migrate.ts'
import type { Database, Statement, Value } from './database/index.ts'

const now = 1_767_323_045_000

type Row = readonly [attribute: string, value: string, user: string]

const textOf = (value: Value | undefined): string => (typeof value === 'string' ? value : '')

const rowsOf = async (database: Database): Promise<Row[]> => {
  const sql = 'select attribute, value, user_id from search order by attribute, value, user_id'
  const rows = await database.read({ sql, parameters: [] })
  return rows.map((row) => [textOf(row['attribute']), textOf(row['value']), textOf(row['user_id'])])
}

const plain = (sql: string, ...parameters: Value[]): Statement => ({ sql, parameters })

// As the version before left it.
const older = async (open: () => Database, rows: readonly Row[]): Promise<Database> => {
  const database = await migrated(open)
  const [a, b, c] = database.dialect === 'sqlite' ? ['?', '?', '?'] : ['$1', '$2', '$3']
  await database.migrate([
    plain('delete from migrations where number = 12'),
    ...rows.map((row) => plain(`insert into search values ('pool', ${a}, ${b}, ${c})`, ...row)),
  ])
  return database
}

const people: readonly Row[] = [
  ['email', 'JANE@Example.com', 'u1'],
  ['email', 'john@example.com', 'u2'],
  ['family_name', 'ΟΔΥΣΣΕΥΣ', 'u1'],
  ['family_name', 'οδυσσευς', 'u2'],
  ['name', 'X'.repeat(256), 'u1'],
  ['name', 'Jane', 'u1'],
]

const folded: readonly Row[] = [
  ['email', 'jane@example.com', 'u1'],
  ['email', 'john@example.com', 'u2'],
  ['family_name', 'οδυσσευσ', 'u1'],
  ['family_name', 'οδυσσευσ', 'u2'],
  ['name', 'jane', 'u1'],
  ['name', 'x'.repeat(256), 'u1'],
]

onBoth('stored rows lose their case, once', async (open) => {
  const database = await older(open, people)
  await migrate(database, () => now)
  assert.deepEqual(await rowsOf(database), folded)
  await migrate(database, () => now)
  assert.deepEqual(await rowsOf(database), folded)
})

const many: readonly Row[] = Array.from({ length: 2500 }, (_, index): Row => ['email', `User${index}@EXAMPLE.com`, 'u'])

const lowered = many.map(([, value]) => value.toLowerCase()).toSorted()

const valuesOf = async (database: Database): Promise<string[]> =>
  (await rowsOf(database)).map(([, value]) => value).toSorted()

onBoth('many rows are done in steps, and an interrupted migration goes on', async (open) => {
  const database = await older(open, many)
  let commits = 0
  const failing: Database = {
    ...database,
    commit: async (writes) => {
      // The first is the lease, the others are steps.
      commits += 1
      if (commits === 3) throw new Error('the machine died')
      await database.commit(writes)
    },
  }
  let time = now
  await assert.rejects(
    migrate(failing, () => (time += 10_000)),
    /the machine died/,
  )
  // Each step put the end of the lease off.
  const [lease] = await database.read(plain('select until_at from leases'))
  assert.equal(Number(lease?.['until_at']), now + 20_000 + 60_000)
  const between = await valuesOf(database)
  assert.ok(between.some((value) => value.startsWith('U')) && between.some((value) => value.startsWith('u')))
  // The lease of the dead one has ended.
  await migrate(database, () => now + 80_001)
  assert.deepEqual(await valuesOf(database), lowered)
})

onBoth('servers that start together leave the rows as one does', async (open) => {
  await older(open, many)
  const servers = [open(), open(), open()]
  await Promise.all(servers.map((server) => migrate(server, () => now)))
  for (const server of servers) assert.deepEqual(await valuesOf(server), lowered)
})
