// The work beside requests, on both databases: what it removes, what it leaves, and that one server at a time does it.
import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { closing } from '../../testing/closing.ts'
import { poolOn, type PoolUnderTest, refused } from '../../testing/pool.ts'
import { makeTestApp, type TestApp } from '../../testing/app.ts'
import { fillOldDatabase, known } from '../../testing/old-database.ts'
import { ask, everyRow, insertOf } from '../../testing/rows.ts'
import { migrated, onBoth } from '../../testing/stores.ts'
import { systemRandom } from '../random.ts'
import { defaultPoolSettings } from '../rules/pool-settings.ts'
import { openStore, type Database, type Store } from '../store/index.ts'
import { columnName } from '../store/table.ts'
import { describedTables, type DescribedTable } from '../store/tables.ts'
import { startWork, type Work, type WorkOptions } from './index.ts'

const now = 1_767_323_045_000
const hour = 3_600_000
const day = 24 * hour

const fail = ({ err }: Record<string, unknown>): void => {
  throw new Error('a work failed', { cause: err })
}
const log = { debug: () => {}, info: () => {}, warn: () => {}, error: fail }

type Tried = { readonly store?: Store; readonly at?: number | (() => number); readonly options?: WorkOptions }

/** The work of a server, which is done when a test says so. */
const workOn = (t: TestContext, database: Database, { store, at = now, options }: Tried = {}): Work => {
  const clock = { now: typeof at === 'number' ? () => at : at }
  const work = startWork(
    { store: store ?? openStore(database), clock, random: systemRandom, log },
    { everyMilliseconds: 2 ** 31 - 1, pause: async () => {}, ...options },
  )
  closing(t, () => work.stop())
  return work
}

const ending = describedTables.filter(({ ends }) => ends !== undefined)

const idOf = ({ key }: DescribedTable): string => key.at(-1) ?? ''

onBoth('the sweep removes the rows of every table that ended longer ago than they are kept', async (open, t) => {
  const database = await migrated(open)
  assert.deepEqual(
    ending.map(({ name, ends }) => [name, ends?.keptHours]),
    [
      ['attempts', 2],
      ['locks', 1],
      ['codes', 0],
      ['sessions', 0],
      ['sign_ins', 24],
      ['outbox', 168],
    ],
  )
  for (const table of ending) {
    const { at, keptHours } = table.ends ?? assert.fail()
    const last = now - keptHours * hour
    const ends = { dead: last - 1, 'just kept': last, living: now + 1 }
    await database.migrate(
      Object.entries(ends).map(([id, end]) => insertOf(table, { [idOf(table)]: id, [at]: end, userId: id })),
    )
  }
  const removed: unknown[] = []
  const note = (...noted: unknown[]): void => void removed.push(noted)
  await workOn(t, database, { options: { removed: note } }).run()
  for (const table of ending) {
    const left = await ask(database, `select ${columnName(table, idOf(table))} as id from ${table.name} order by 1`)
    assert.deepEqual(
      left.map(({ id }) => id),
      ['just kept', 'living'],
      table.name,
    )
  }
  assert.deepEqual(
    removed,
    ending.map(({ name }) => ['ended', name, 1]),
  )
})

onBoth('req 124: the sweep goes on until nothing is left, two hundred rows and a pause at a time', async (open, t) => {
  const database = await migrated(open)
  const sessions = describedTables.find(({ name }) => name === 'sessions') ?? assert.fail()
  const dead = Array.from({ length: 1001 }, (_, index) => insertOf(sessions, { id: `s${index}`, expiresAt: now - 1 }))
  await database.migrate([...dead, insertOf(sessions, { id: 'living', expiresAt: now })])
  const left = async (): Promise<number> => (await ask(database, 'select session_id from sessions')).length
  const seen: number[] = []
  const pause = async (): Promise<void> => void seen.push(await left())
  await workOn(t, database, { options: { pause } }).run()
  assert.equal(await left(), 1)
  const steps = seen.filter((rows, index) => rows !== seen[index - 1])
  assert.deepEqual(steps, [1002, 802, 602, 402, 202, 2, 1])
})

onBoth('a message leaves a week after it was sent, was given up or has expired', async (open, t) => {
  const database = await migrated(open)
  const store = openStore(database)
  const add = (id: string, expiresAt: number): Promise<void> =>
    store.commit([
      store.outbox.add({
        id,
        poolId: 'pool',
        userId: 'user',
        channel: 'email',
        recipient: 'jane@example.com',
        content: 'sealed',
        createdAt: now,
        expiresAt,
      }),
    ])
  for (const id of ['sent', 'given up', 'waiting']) await add(id, now + 90 * day)
  await add('expired', now)
  const [message = assert.fail()] = await store.outbox.newest(undefined, 1)
  await store.commit([store.outbox.sent({ ...message, id: 'sent' }, now), store.outbox.giveUp({ id: 'given up' }, now)])
  const left = async (): Promise<unknown[]> =>
    (await ask(database, 'select message_id from outbox order by 1')).map((row) => row['message_id'])
  await workOn(t, database, { at: now + 7 * day }).run()
  assert.deepEqual(await left(), ['expired', 'given up', 'sent', 'waiting'])
  await workOn(t, database, { at: now + 7 * day + 1 }).run()
  assert.deepEqual(await left(), ['waiting'])
})

onBoth('an hour is counted anew when the sweep has removed its count, and not before', async (open, t) => {
  const database = await migrated(open)
  const store = openStore(database)
  const again = (id: string, at: number): Promise<void> =>
    store.commit([store.attempts.count({ poolId: 'pool', id }, 'recovery', 1, at)])
  await again('jane', now - hour + 1)
  await workOn(t, database).run()
  await assert.rejects(again('jane', now), { name: 'LimitExceededException' })
  await again('jane', now + 1)
})

onBoth('of two servers one works at a time; the lease of one that died is waited for', async (open, t) => {
  const database = await migrated(open)
  const sessions = describedTables.find(({ name }) => name === 'sessions') ?? assert.fail()
  const fill = (): Promise<void> => database.migrate([insertOf(sessions, { expiresAt: now - 1 })])
  const left = async (): Promise<number> => (await ask(database, 'select 1 as one from sessions')).length
  await fill()
  const inside = Promise.withResolvers<void>()
  const outside = Promise.withResolvers<void>()
  const pause = async (): Promise<void> => {
    inside.resolve()
    await outside.promise
  }
  const first = workOn(t, database, { options: { pause } }).run()
  await inside.promise
  await workOn(t, open()).run()
  assert.equal(await left(), 1, 'the second has left it to the first')
  outside.resolve()
  await first
  assert.equal(await left(), 0)
  assert.deepEqual(await ask(database, 'select * from leases'), [], 'leases are given back')

  await fill()
  await database.migrate([
    { sql: `insert into leases values ('sweep', 'dead', ${now + 60_000})`, parameters: [] },
    { sql: `insert into leases values ('purge', 'dead', ${now + 60_000})`, parameters: [] },
  ])
  await workOn(t, database, { at: now + 60_000 }).run()
  assert.equal(await left(), 1)
  await workOn(t, database, { at: now + 60_001 }).run()
  assert.equal(await left(), 0)
  await fill()
  await database.migrate([{ sql: `insert into leases values ('sweep', 'ahead', ${now + 30 * day})`, parameters: [] }])
  await workOn(t, database).run()
  assert.equal(await left(), 0, 'a lease that a clock of the future took holds nothing up')
})

onBoth('a work that stops keeps what it has done, and gives its lease back', async (open, t) => {
  const database = await migrated(open)
  const sessions = describedTables.find(({ name }) => name === 'sessions') ?? assert.fail()
  await database.migrate(
    Array.from({ length: 500 }, (_, index) => insertOf(sessions, { id: `s${index}`, expiresAt: now - 1 })),
  )
  let stopping: Promise<void> | undefined
  const options: WorkOptions = { removed: () => (stopping ??= work.stop()) }
  const work = workOn(t, database, { options })
  await work.run()
  await stopping
  assert.equal((await ask(database, 'select 1 as one from sessions')).length, 300)
  assert.deepEqual(await ask(database, 'select * from leases'), [])
})

type Ids = { readonly poolId: string; readonly userId: string; readonly clientId: string; readonly tag: string }

const settings = JSON.stringify(defaultPoolSettings())

/** A row of each of these tables, which names the ids wherever the table has them. */
const fill = (database: Database, tables: readonly DescribedTable[], ids: Ids): Promise<void> =>
  database.migrate(
    tables.map((table) => {
      const { poolId, userId, clientId, tag } = ids
      const own: Readonly<Record<string, string>> = { pools: poolId, users: userId, clients: clientId }
      const id = own[table.name] ?? tag
      return insertOf(table, {
        settings,
        poolId,
        userId,
        clientId,
        id,
        name: tag,
        value: tag,
        kid: tag,
        identifier: tag,
      })
    }),
  )

/** Two users and clients of one pool, and one of another, each with a row in every table. */
const fillPools = async (database: Database): Promise<void> => {
  const owned = describedTables.filter(({ owner }) => owner !== 'server')
  const alive = { sql: 'update pools set deleted_at = null', parameters: [] }
  await fill(database, owned, { poolId: 'pool1', userId: 'user1', clientId: 'client1', tag: 'a' })
  const second = owned.filter(({ name }) => name !== 'pools')
  await fill(database, second, { poolId: 'pool1', userId: 'user2', clientId: 'client2', tag: 'b' })
  await fill(database, owned, { poolId: 'pool2', userId: 'user3', clientId: 'client3', tag: 'c' })
  await database.migrate([alive, { sql: 'delete from removals', parameters: [] }])
}

/** Every row as text, with the name of its table. */
const lines = async (database: Database): Promise<string[]> =>
  Object.entries(await everyRow(database)).flatMap(([table, rows]) =>
    rows.map((row) => `${table} ${JSON.stringify(row)}`),
  )

const removes: Readonly<Record<string, (store: Store) => Promise<void>>> = {
  user1: (store) => store.commit(store.removals.user({ poolId: 'pool1', id: 'user1' }, now)),
  client1: async (store) =>
    store.commit([
      store.clients.remove(await store.clients.get('client1')),
      store.removals.client({ poolId: 'pool1', id: 'client1' }, now),
    ]),
  pool1: async (store) => store.commit([store.pools.remove(await store.pools.get('pool1'), now)]),
}

for (const [id, remove] of Object.entries(removes)) {
  onBoth(`req 125: of ${id}, which was removed, no row is left in any table, and all others are`, async (open, t) => {
    const database = await migrated(open)
    await fillPools(database)
    // More than one step removes.
    const signIns = describedTables.filter(({ name }) => name === 'sign_ins')
    const many = Array.from({ length: 450 }, (_, index) =>
      signIns.map((table) =>
        insertOf(table, {
          poolId: 'pool1',
          userId: 'user1',
          clientId: 'client1',
          originJti: `jti${index}`,
          expiresAt: now + 90 * day,
        }),
      ),
    )
    await database.migrate(many.flat())
    // What has not ended is left to the purge.
    for (const { name, columns, ends } of describedTables)
      if (ends)
        await database.migrate([
          { sql: `update ${name} set ${columnName({ columns }, ends.at)} = ${now + day}`, parameters: [] },
        ])
    const others = (await lines(database)).filter((line) => !line.includes(id))
    await remove(openStore(database))
    await workOn(t, database, { at: now + 59_999 }).run()
    const noted = (await lines(database)).filter((line) => line.includes(id))
    assert.ok(
      noted.some((line) => /^(removals|pools) /.test(line)),
      'a minute is left to requests under way',
    )
    await workOn(t, database, { at: now + 60_000 }).run()
    assert.deepEqual(new Set(await lines(database)), new Set(others))
  })
}

const startOld = async (t: TestContext, database: Database): Promise<PoolUnderTest> => {
  await fillOldDatabase(database)
  const app = await makeTestApp(t, { database, sealKeys: known.sealKeys, startAt: known.madeAt })
  return poolOn(app, known.poolId, known.clientId)
}

const work = (t: TestContext, database: Database, { context }: TestApp): Promise<void> =>
  workOn(t, database, { store: context.store, at: context.clock.now }).run()

onBoth('req 125: DeleteUser, DeleteUserPoolClient and DeleteUserPool leave no row behind', async (open, t) => {
  const database = open()
  const at = await startOld(t, database)
  const { UserPoolId, ClientId } = at
  const mentioning = async (text: string): Promise<string[]> =>
    (await lines(database)).filter((line) => line.includes(text))
  assert.ok((await mentioning(known.deletedPoolId)).length > 5)
  at.server.advance(60)
  await work(t, database, at.server)
  assert.deepEqual(await mentioning(known.deletedPoolId), [], 'a pool that was deleted before the purge was there')

  const { UserAttributes } = await at.server.call('AdminGetUser', { UserPoolId, Username: 'jane' })
  const sub = UserAttributes?.find(({ Name }) => Name === 'sub')?.Value ?? assert.fail()
  assert.ok((await mentioning(sub)).length > 20)
  await at.server.call('DeleteUser', { AccessToken: known.jane.accessToken })
  assert.equal((await mentioning(sub)).length, 1, 'the removal itself is noted')
  await refused(
    at.server.call('AdminGetUser', { UserPoolId, Username: 'jane' }),
    'UserNotFoundException: User does not exist.',
  )

  assert.ok((await mentioning(ClientId)).length > 2)
  await at.server.call('DeleteUserPoolClient', { UserPoolId, ClientId })
  at.server.advance(60)
  await work(t, database, at.server)
  assert.deepEqual(await mentioning(sub), [])
  assert.deepEqual(await mentioning(ClientId), [])

  await at.server.call('DeleteUserPool', { UserPoolId })
  const gone = `ResourceNotFoundException: User pool ${UserPoolId} does not exist.`
  await refused(at.server.call('DescribeUserPool', { UserPoolId }), gone)
  await refused(at.server.call('ListUsers', { UserPoolId }), gone)
  at.server.advance(60)
  await work(t, database, at.server)
  assert.deepEqual(await mentioning(UserPoolId), [])
  const left = Object.entries(await everyRow(database)).filter(([, rows]) => rows.length > 0)
  assert.deepEqual(
    left.map(([table]) => table),
    ['access_keys', 'migrations'],
  )
})
