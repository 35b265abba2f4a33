// What the store asks of a database, shown of SQLite and of PostgreSQL alike; then what each promises by itself.
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import pg from 'pg'
import { closing } from '../../testing/closing.ts'
import { startPostgres, unhurried } from '../../testing/postgres.ts'
import { userRow } from '../../testing/records.ts'
import { sqliteFile } from '../../testing/places.ts'
import { migrated, onBoth, sweepOnce } from '../../testing/stores.ts'
import { ServiceError } from '../errors.ts'
import { unlimited } from '../rules/key-policy.ts'
import type { Database, Value, Write } from './database/index.ts'
import { openStore, type Session, type SignIn, type Store, type User } from './index.ts'
import { migrate } from './database/migrate.ts'
import { migrations } from './database/migrations/index.ts'
import { openPostgres } from './database/postgres.ts'

/** Three servers on one migrated database. */
const threeStores = async (open: () => Database): Promise<readonly Store[]> => {
  const first = await migrated(open)
  return [first, open(), open()].map(openStore)
}

/** `race` in turn on every one of the stores, fifty at once. */
const fifty = async (
  stores: readonly Store[],
  writes: (store: Store, index: number) => readonly Write[],
): Promise<{ won: number; errors: unknown[] }> => {
  const turns = Array.from({ length: 50 }, (_, index) => {
    const store = stores[index % stores.length] ?? assert.fail()
    return store.commit(writes(store, index))
  })
  const results = await Promise.allSettled(turns)
  const errors = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []))
  return { won: results.length - errors.length, errors }
}

const lost = new ServiceError('NotAuthorizedException', 'too late')
const otherwise = (): Error => lost

const assertAll = (errors: readonly unknown[], { name, message }: { name: string; message: string }): void => {
  const said = new Set(errors.map((error) => String(error)))
  assert.deepEqual(said, new Set([`${name}: ${message}`]))
}

const assertOneWinner = async (
  stores: readonly Store[],
  writes: (store: Store, index: number) => readonly Write[],
  error: { name: string; message: string } = lost,
): Promise<void> => {
  const { won, errors } = await fifty(stores, writes)
  assert.equal(won, 1)
  assertAll(errors, error)
}

const now = 1_767_323_045_000
const poolId = 'zz-local-1_Contract1'
const jane = userRow({
  poolId,
  id: '11111111-2222-4333-8444-555555555555',
  username: 'jane',
  attributes: { email: 'jane@example.com' },
  passwordHash: 'hash',
  createdAt: now,
})

const session: Omit<Session, 'attempts' | 'endedAt'> = {
  poolId,
  userId: jane.id,
  id: 'session',
  clientId: 'client',
  step: 'SOFTWARE_TOKEN_MFA',
  state: '{}',
  credentialsAt: now,
  expiresAt: now + 180_000,
}

const signIn: Omit<SignIn, 'revokedAt' | 'rotatedAt'> = {
  poolId,
  userId: jane.id,
  originJti: 'origin',
  clientId: 'client',
  eventId: 'event',
  authAt: now,
  expiresAt: now + 86_400_000,
  generation: 1,
  deviceKey: undefined,
  details: '{}',
  tracked: undefined,
}

const accessKey = (id: string) => ({ id, secret: 'sealed', note: '', policy: unlimited, createdAt: now })

const keyIds = async (store: Store): Promise<string[]> => (await store.accessKeys.list()).map(({ id }) => id)

onBoth(
  'req 83: what a key is limited to is kept; a key from before has no limits; an unreadable limit opens nothing',
  async (open) => {
    const database = await migrated(open)
    const store = openStore(database)
    const policy = { pools: ['eu-west-3_a', 'eu-west-3_b'], operations: ['Admin*', 'ListUsers'] }
    const nothing = { pools: [], operations: undefined }
    await store.commit([
      store.accessKeys.add({ ...accessKey('limited'), policy }),
      store.accessKeys.add({ ...accessKey('nothing'), policy: nothing }),
      store.accessKeys.add(accessKey('before')),
    ])
    assert.deepEqual((await store.accessKeys.find('limited'))?.policy, policy)
    assert.deepEqual((await store.accessKeys.find('nothing'))?.policy, nothing)
    const set = (value: string): Write => ({
      statement: { sql: `update access_keys set policy = ${value} where access_key_id = 'before'`, parameters: [] },
      rows: 1,
      otherwise,
    })
    await store.commit([set('null')])
    assert.deepEqual((await store.accessKeys.find('before'))?.policy, unlimited)
    for (const text of [
      '',
      '{',
      'null',
      '[]',
      '{"pools":"x"}',
      '{"pools":[1]}',
      '{"operations":null}',
      '{"pool":[]}',
    ]) {
      await store.commit([set(`'${text}'`)])
      await assert.rejects(store.accessKeys.find('before'), text)
    }
  },
)

onBoth('a list is written whole or not at all, and says which write failed first', async (open) => {
  const store = openStore(await migrated(open))
  const disable = (id: string, message: string) => store.accessKeys.disable(id, now, () => new Error(message))
  const refused = [
    store.accessKeys.add(accessKey('one')),
    disable('none', 'the first that failed'),
    disable('none', 'the second'),
    store.accessKeys.add(accessKey('two')),
  ]
  await assert.rejects(store.commit(refused), { name: 'Error', message: 'the first that failed' })
  assert.deepEqual(await keyIds(store), [])
  await store.commit([store.accessKeys.add(accessKey('one')), disable('one', 'never'), disable('one', 'x')]).then(
    () => assert.fail('the second disabling is refused'),
    (error: Error) => assert.equal(error.message, 'x'),
  )
  await store.commit([store.accessKeys.add(accessKey('one')), store.accessKeys.add(accessKey('two'))])
  assert.deepEqual(await keyIds(store), ['one', 'two'])
})

onBoth('of lists that arrive together a refused one leaves the others whole', async (open) => {
  const store = openStore(await migrated(open))
  const add = (id: string): Write => store.accessKeys.add(accessKey(id))
  const lists = [
    [add('a'), add('b')],
    [add('c'), store.accessKeys.disable('none', now, otherwise)],
    [add('d'), add('e')],
    // Fails in the database itself, by the primary key.
    [
      add('f'),
      { statement: { sql: `insert into migrations values (1, 'again', 0)`, parameters: [] }, rows: 1, otherwise },
    ],
    [add('g')],
  ]
  const results = await Promise.allSettled(lists.map((list) => store.commit(list)))
  assert.deepEqual(
    results.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled', 'rejected', 'fulfilled'],
  )
  assert.equal((results[1] as PromiseRejectedResult).reason, lost)
  assert.match(String((results[3] as PromiseRejectedResult).reason), /unique/i)
  assert.deepEqual(await keyIds(store), ['a', 'b', 'd', 'e', 'g'])
})

onBoth(
  'req 100: what fifty writers on three servers were told is written can be read at once on another',
  async (open) => {
    const stores = await threeStores(open)
    const write = async (index: number): Promise<boolean> => {
      const [writer, reader] = [stores[index % 3], stores[(index + 1) % 3]]
      await writer?.commit([writer.accessKeys.add(accessKey(`key${index}`))])
      return (await reader?.accessKeys.find(`key${index}`)) !== undefined
    }
    const found = await Promise.all(Array.from({ length: 50 }, (_, index) => write(index)))
    assert.deepEqual(new Set(found), new Set([true]))
  },
)

onBoth('req 58, 104: a name is taken once', async (open) => {
  const stores = await threeStores(open)
  await assertOneWinner(stores, (store, index) => [
    store.directory.add({ poolId, id: `user${index}` }, { name: 'jane', kind: 'username' }, otherwise),
  ])
})

onBoth('req 59, 104: a code is spent once', async (open) => {
  const stores = await threeStores(open)
  const [store] = stores
  const code = { poolId, userId: jane.id, purpose: 'sign-up', mac: 'mac', attribute: 'email' } as const
  const kept = { ...code, pending: undefined, attempts: 0, expiresAt: now + 1 }
  await store?.commit([store.codes.put(kept)])
  await assertOneWinner(stores, ({ codes }) => [codes.spend(kept, 5, now, otherwise)])
})

onBoth('req 60, 104: a code bears five tries and no more', async (open) => {
  const stores = await threeStores(open)
  const [store] = stores
  const code = { poolId, userId: jane.id, purpose: 'sign-up', mac: 'mac', attribute: 'email' } as const
  const kept = { ...code, pending: undefined, attempts: 0, expiresAt: now + 1 }
  await store?.commit([store.codes.put(kept)])
  assert.equal((await fifty(stores, ({ codes }) => [codes.attempt(kept, 5, otherwise)])).won, 5)
  // The last of them may be the right one; of a code that bore more none is.
  assert.equal((await fifty(stores, ({ codes }) => [codes.spend(kept, 4, now, otherwise)])).won, 0)
  assert.equal((await fifty(stores, ({ codes }) => [codes.spend(kept, 5, now, otherwise)])).won, 1)
})

onBoth('req 35, 104: a session is ended once', async (open) => {
  const stores = await threeStores(open)
  const [store] = stores
  await store?.commit([store.sessions.add(session)])
  const found = (await store?.sessions.find(poolId, jane.id, session.id)) ?? assert.fail()
  await assertOneWinner(stores, ({ sessions }) => [sessions.end(found, now, otherwise)])
})

onBoth('req 17, 18, 104: a time step is spent once, and no earlier one after it', async (open) => {
  const stores = await threeStores(open)
  const [store] = stores
  await store?.commit([store.softwareTokens.begin(jane, 'sealed')])
  const token = (await store?.softwareTokens.find(poolId, jane.id)) ?? assert.fail()
  const spent = { name: 'ExpiredCodeException', message: 'Your software token has already been used once.' }
  await store?.commit([
    store.softwareTokens.verify(token, { secret: 'sealed', step: 10, friendlyName: undefined }, now),
  ])
  await assertOneWinner(stores, ({ softwareTokens }) => [softwareTokens.spend(jane, 11)], spent)
  for (const step of [10, 11]) {
    const late = store?.commit([store.softwareTokens.spend(jane, step)])
    await assert.rejects(late ?? assert.fail(), spent)
  }
})

onBoth('req 24, 104: a waiting secret is verified once, and not when another took its place', async (open) => {
  const stores = await threeStores(open)
  const [store] = stores
  await store?.commit([store.softwareTokens.begin(jane, 'sealed')])
  const token = (await store?.softwareTokens.find(poolId, jane.id)) ?? assert.fail()
  const refused = { name: 'EnableSoftwareTokenMFAException', message: 'Code mismatch' }
  const verified = { secret: 'sealed', friendlyName: undefined }
  const verify = ({ softwareTokens }: Store, step: number): Write[] => [
    softwareTokens.verify(token, { ...verified, step }, now),
  ]
  await assertOneWinner(stores, verify, refused)
  await store?.commit([store.softwareTokens.begin(jane, 'second')])
  const second = (await store?.softwareTokens.find(poolId, jane.id)) ?? assert.fail()
  await store?.commit([store.softwareTokens.begin(jane, 'third')])
  await assert.rejects(
    store?.commit([store.softwareTokens.verify(second, { ...verified, step: 60 }, now)]) ?? assert.fail(),
    refused,
  )
})

onBoth('req 48, 104: a refresh token is rotated once', async (open) => {
  const stores = await threeStores(open)
  const [store] = stores
  await store?.commit([store.signIns.add(signIn)])
  const found = (await store?.signIns.find(poolId, jane.id, signIn.originJti)) ?? assert.fail()
  await assertOneWinner(stores, ({ signIns }) => [signIns.rotate(found, now, otherwise)])
  assert.equal((await store?.signIns.find(poolId, jane.id, signIn.originJti))?.generation, 2)
})

onBoth('req 104: an access key is disabled once', async (open) => {
  const stores = await threeStores(open)
  const [store] = stores
  await store?.commit([store.accessKeys.add(accessKey('key'))])
  await assertOneWinner(stores, ({ accessKeys }) => [accessKeys.disable('key', now, otherwise)])
})

onBoth('req 104: of changes to one version of a user one is written, and its search rows with it', async (open) => {
  const stores = await threeStores(open)
  const [store = assert.fail()] = stores
  await store.commit(store.users.add(jane))
  const tooMany = { name: 'TooManyRequestsException', message: 'Too many requests' }
  const change = ({ users }: Store, index: number): Write[] =>
    users.change(jane, { attributes: { email: `jane${index}@example.com` } }, now)
  await assertOneWinner(stores, change, tooMany)
  const email = (await store.users.get(poolId, jane.id))?.attributes['email'] ?? ''
  const listing = (value: string) =>
    store.users.list(poolId, { by: 'email', low: value, high: value, cursor: { value: '', userId: '' }, limit: 9 })
  assert.deepEqual((await listing(email)).users, [await store.users.get(poolId, jane.id)])
  assert.deepEqual((await listing('jane@example.com')).users, [])
})

onBoth(
  'req 60, 105: attempts beyond the limit of an hour are refused, also by a server that has just started',
  async (open) => {
    const stores = await threeStores(open)
    const exceeded = {
      name: 'LimitExceededException',
      message: 'Attempt limit exceeded, please try after some time.',
    }
    const countAt = (at: number) => fifty(stores, ({ attempts }) => [attempts.count(jane, 'recovery', 7, at)])
    const { won, errors } = await countAt(now)
    assert.equal(won, 7)
    assertAll(errors, exceeded)
    const started = openStore(open())
    const late = now + 3_600_000 - 1
    await assert.rejects(started.commit([started.attempts.count(jane, 'recovery', 7, late)]), exceeded)
    await started.commit([started.attempts.count(jane, 'resend', 7, late)])
    assert.equal((await countAt(now + 3_600_000)).won, 7)
  },
)

// Migrations, sweeping and emptying.

const ask = (database: Database, sql: string): Promise<Record<string, Value>[]> =>
  database.read({ sql, parameters: [] })

const schemaSql = {
  sqlite: `select type, name, tbl_name, sql from sqlite_master order by name`,
  postgres: `select table_name, column_name, data_type, collation_name, is_nullable from information_schema.columns
    where table_schema = 'public' order by 1, 2`,
} as const

const wholeSchema = async (database: Database): Promise<unknown> => [
  await ask(database, schemaSql[database.dialect]),
  await ask(database, 'select * from migrations order by number'),
  await ask(database, 'select * from leases'),
]

onBoth('migrating twice changes nothing', async (open) => {
  const database = await migrated(open)
  const before = await wholeSchema(database)
  await migrate(database, () => now)
  assert.deepEqual(await wholeSchema(database), before)
})

onBoth('of servers that start together one migrates and the others wait for it', async (open) => {
  const databases = [open(), open(), open()]
  await Promise.all(databases.map((database) => migrate(database, () => now)))
  for (const database of databases) {
    const rows = await ask(database, 'select number from migrations order by number')
    assert.deepEqual(
      rows.map((row) => row['number']),
      migrations.map(({ number }) => number),
    )
    assert.deepEqual(await ask(database, 'select * from leases'), [])
  }
})

onBoth('a server that died while it migrated is waited for until its lease of a minute ends', async (open) => {
  const database = open()
  const leases = 'create table leases (name TEXT primary key, owner TEXT not null, until_at BIGINT not null)'
  const dead = `insert into leases values ('migrations', 'dead', ${now + 60_000})`
  await database.migrate([leases, dead].map((sql) => ({ sql, parameters: [] })))
  const held: Value[] = []
  const watched: Database = {
    ...database,
    migrate: async (statements) => {
      const lease = await ask(database, 'select until_at from leases')
      held.push(...lease.map((row) => row['until_at'] ?? null))
      await database.migrate(statements)
    },
  }
  const times = [now, now + 59_999, now + 60_000]
  let told = 0
  await migrate(
    watched,
    () => times.shift() ?? now + 60_001,
    () => (told += 1),
  )
  assert.deepEqual(times, [], 'it asked again and again')
  assert.equal(told, 1, 'it says once that it waits')
  const [seen, ...own] = held
  assert.equal(seen, now + 60_000)
  assert.deepEqual(new Set(own), new Set([now + 120_001]))
  assert.deepEqual(await ask(database, 'select * from leases'), [])
})

onBoth('a database of a newer program is refused in a sentence that says both schemas', async (open) => {
  const database = await migrated(open)
  const newest = Math.max(...migrations.map(({ number }) => number))
  const sql = `insert into migrations values (${newest + 2}, 'from the future', 0)`
  await database.migrate([{ sql, parameters: [] }])
  await assert.rejects(
    migrate(database, () => now),
    {
      name: 'Error',
      message: `The database has schema ${newest + 2}, and this program knows schemas up to ${newest}. Start the version that wrote it, or a newer one.`,
    },
  )
})

const day = 86_400_000

// PostgreSQL by itself.

/** A connection beside the server's, that an administrator might hold. */
const beside = async (t: TestContext, url: string): Promise<pg.Client> => {
  const client = new pg.Client(url)
  await client.connect()
  closing(t, () => client.end())
  return client
}

/**
 * A server's database of `poolSize` connections, and two connections beside it: one that holds locks, one that looks
 * on. (A transaction sees the other connections as they were when it first looked.)
 */
const postgresAlone = async (
  t: TestContext,
  poolSize: number,
): Promise<{ store: Store; holder: pg.Client; observer: pg.Client; url: string; losses: Error[] }> => {
  const url = await (await startPostgres()).freshDatabase()
  const losses: Error[] = []
  const database = openPostgres(
    `${url}?application_name=server`,
    poolSize,
    (error) => void losses.push(error),
    unhurried,
  )
  closing(t, () => database.close())
  await migrate(database, () => 0)
  const [holder, observer] = [await beside(t, url), await beside(t, url)]
  return { store: openStore(database), holder, observer, url, losses }
}

const connections = `from pg_stat_activity where datname = current_database() and application_name = 'server'`

/** Asks until as many of the server's connections wait for a lock. */
const untilBlocked = async (observer: pg.Client, count: number): Promise<void> => {
  const waiting = async (): Promise<number> =>
    (await observer.query(`select pid ${connections} and wait_event_type = 'Lock'`)).rowCount ?? 0
  while ((await waiting()) !== count);
}

const refuseWrites = (times: number): string => `
  create sequence tried;
  create function refuse() returns trigger as $$ begin
    if nextval('tried') <= ${times} then raise exception 'not serialised' using errcode = '40001'; end if;
    return new;
  end $$ language plpgsql;
  create trigger refuse before insert on access_keys for each row execute function refuse()`

test('PostgreSQL: a code that is put anew while the sweep waits for it stays, and so does a count', async (t) => {
  const { store, holder, observer, url } = await postgresAlone(t, 1)
  const sweeping = openPostgres(`${url}?application_name=server`, 1, () => {}, unhurried)
  closing(t, () => sweeping.close())
  const long = now - 2 * day
  await store.commit([
    store.codes.put({
      poolId,
      userId: jane.id,
      purpose: 'recovery',
      mac: 'mac',
      attribute: 'email',
      pending: undefined,
      expiresAt: long,
    }),
    store.attempts.count(jane, 'recovery', 1, long),
  ])
  for (const anew of [`update codes set expires_at = ${now + day}`, `update attempts set since_at = ${now}`]) {
    await holder.query('begin')
    await holder.query(anew)
    const swept = sweepOnce(sweeping, now)
    await untilBlocked(observer, 1)
    await holder.query('commit')
    await swept
    if (anew.includes('codes')) await store.commit([store.attempts.count(jane, 'recovery', 1, long)])
  }
  assert.ok(await store.codes.find(poolId, jane.id, 'recovery'))
  const again = store.commit([store.attempts.count(jane, 'recovery', 1, now)])
  await assert.rejects(again, { name: 'LimitExceededException' })
})

test('PostgreSQL: what could not be serialised is written again, whole', async (t) => {
  const { store, holder } = await postgresAlone(t, 2)
  await holder.query(refuseWrites(2))
  await store.commit([store.softwareTokens.begin(jane, 'sealed'), store.accessKeys.add(accessKey('key'))])
  assert.deepEqual(await keyIds(store), ['key'])
  assert.deepEqual((await holder.query('select last_value from tried')).rows, [{ last_value: '3' }])
})

test('PostgreSQL: what can never be serialised is an error after six times, and nothing is written', async (t) => {
  const { store, holder } = await postgresAlone(t, 2)
  await holder.query(refuseWrites(100))
  const commit = store.commit([store.softwareTokens.begin(jane, 'sealed'), store.accessKeys.add(accessKey('key'))])
  await assert.rejects(commit, { code: '40001', message: 'not serialised' })
  assert.deepEqual((await holder.query('select last_value from tried')).rows, [{ last_value: '6' }])
  assert.equal(await store.softwareTokens.find(poolId, jane.id), undefined)
})

test('PostgreSQL: a conflict of serialisable transactions is met by the condition as it then is', async (t) => {
  const { url, holder, observer } = await postgresAlone(t, 1)
  await holder.query(
    `alter database ${new URL(url).pathname.slice(1)} set default_transaction_isolation = serializable`,
  )
  const database = openPostgres(`${url}?application_name=server`, 4, () => {}, unhurried)
  closing(t, () => database.close())
  const store = openStore(database)
  const count = (): Promise<void> => store.commit([store.attempts.count(jane, 'resend', 5, now)])
  const whileAnother = async (sets: string): Promise<void> => {
    await holder.query(`begin; update attempts set ${sets}`)
    const counted = count()
    await untilBlocked(observer, 1)
    await Promise.all([counted, holder.query('commit')])
  }
  await count()
  await whileAnother('count = count + 1')
  assert.deepEqual((await holder.query('select count from attempts')).rows, [{ count: '3' }])
  await assert.rejects(whileAnother('count = 5'), { name: 'LimitExceededException' })
})

test('PostgreSQL: a connection that is lost while idle is replaced, and said', async (t) => {
  const { store, observer, losses } = await postgresAlone(t, 1)
  await observer.query(`select pg_terminate_backend(pid) ${connections}`)
  while (losses.length === 0) await new Promise(setImmediate)
  assert.match(losses[0]?.message ?? '', /terminating connection due to administrator command/)
  await store.commit([store.accessKeys.add(accessKey('key'))])
  assert.deepEqual(await keyIds(store), ['key'])
})

test('PostgreSQL: a connection that is lost in use is an error for that request alone', async (t) => {
  const { store, holder, observer } = await postgresAlone(t, 1)
  await holder.query('begin; lock table access_keys')
  const lostInUse = [
    () => store.commit([store.accessKeys.add(accessKey('key'))]),
    () => store.accessKeys.list().then(() => {}),
  ]
  for (const request of lostInUse) {
    const asked = assert.rejects(request(), /terminating connection due to administrator command/)
    await untilBlocked(observer, 1)
    await observer.query(`select pg_terminate_backend(pid) ${connections}`)
    await asked
  }
  await holder.query('commit')
  assert.deepEqual(await keyIds(store), [])
  await store.commit([store.accessKeys.add(accessKey('key'))])
  assert.deepEqual(await keyIds(store), ['key'])
})

test('PostgreSQL: fifty requests share the connections of the pool', async (t) => {
  const { store, holder, observer } = await postgresAlone(t, 3)
  await holder.query('begin; lock table access_keys')
  const commits = fifty([store], ({ accessKeys }, index) => [accessKeys.add(accessKey(`key${index}`))])
  await untilBlocked(observer, 3)
  assert.equal((await observer.query(`select pid ${connections}`)).rowCount, 3)
  await holder.query('commit')
  assert.equal((await commits).won, 50)
  assert.equal((await observer.query(`select pid ${connections}`)).rowCount, 3)
})

test('PostgreSQL: a user whose row another transaction holds leaves the connections to the others', async (t) => {
  const { store, holder, observer } = await postgresAlone(t, 8)
  const anna: User = { ...jane, id: 'anna', username: 'anna' }
  await store.commit([...store.users.add(jane), ...store.users.add(anna)])
  await holder.query(`begin; update users set enabled = 1 where user_id = '${jane.id}'`)
  const held = fifty([store], ({ users }) => [users.rehash(jane, 'hash', 'other')])
  await untilBlocked(observer, 2)
  // Each of these needs a connection of its own, six at once.
  assert.equal(
    (await fifty([store], ({ users }, index) => [users.rehash({ ...anna, id: `${index}` }, '', '')])).won,
    50,
  )
  await store.commit([store.users.rehash(anna, 'hash', 'other')])
  assert.equal((await observer.query(`select pid ${connections} and wait_event_type = 'Lock'`)).rowCount, 2)
  await holder.query('commit')
  assert.equal((await held).won, 50)
})

test('PostgreSQL: a name that another transaction is about to give leaves the connections to the others', async (t) => {
  const { store, holder, observer } = await postgresAlone(t, 8)
  const names = (name: string) => ({ name, kind: 'username' }) as const
  const signUp = ({ users, directory }: Store, index: number): Write[] => {
    const user = { ...jane, id: `user${index}`, username: `user${index}` }
    return [
      ...users.add(user),
      directory.add(user, names(user.username), otherwise),
      directory.add(user, names('jane'), otherwise),
    ]
  }
  await holder.query(`begin; insert into directory values ('${poolId}', 'jane', 'username', 'other')`)
  const held = fifty([store], signUp)
  await untilBlocked(observer, 2)
  await store.commit(signUp(store, 99).slice(0, -1))
  await holder.query('commit')
  assert.equal((await held).won, 0)
})

test('req 102: PostgreSQL: settings under which a commit does not wait for the disk are told', async (t) => {
  const url = await (await startPostgres()).freshDatabase()
  const weaknessesOf = async (options: string): Promise<readonly string[]> => {
    const database = openPostgres(`${url}?options=${encodeURIComponent(options)}`, 1, () => {}, unhurried)
    closing(t, () => database.close())
    return database.weaknesses()
  }
  assert.deepEqual(await weaknessesOf(''), [])
  assert.deepEqual(await weaknessesOf('-c synchronous_commit=local'), [])
  assert.deepEqual(await weaknessesOf('-c synchronous_commit=off'), ['synchronous_commit=off'])
})

test('req 102: SQLite writes ahead and waits for the disk', async (t) => {
  const database = await migrated(await sqliteFile(t))
  const pragma = (name: string) => database.read({ sql: `pragma ${name}`, parameters: [] })
  assert.deepEqual({ ...(await pragma('journal_mode'))[0] }, { journal_mode: 'wal' })
  assert.deepEqual({ ...(await pragma('synchronous'))[0] }, { synchronous: 2 })
  assert.deepEqual(await database.weaknesses(), [])
})
