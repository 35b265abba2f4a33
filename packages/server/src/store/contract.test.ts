// What the store asks of a database, shown of SQLite and of PostgreSQL alike; then what each promises by itself.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { startPostgres } from '../../../../test/postgres.ts'
import { ServiceError } from '../errors.ts'
import type { Database, Write } from './database.ts'
import { openStore, type Session, type SignIn, type Store, type User } from './index.ts'
import { migrate } from './migrate.ts'
import { openPostgres } from './postgres.ts'
import { openSqlite } from './sqlite.ts'

/** Opens one fresh database as often as it is called, as several servers would; all is closed after the test. */
type Place = (t: TestContext) => Promise<() => Database>

const closing = (t: TestContext, open: () => Database, gone: () => void): (() => Database) => {
  const opened: Database[] = []
  t.after(async () => {
    await Promise.all(opened.map((database) => database.close()))
    gone()
  })
  return () => {
    const database = open()
    opened.push(database)
    return database
  }
}

const sqliteFile: Place = async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'poolkeeper-contract-'))
  const remove = (): void => rmSync(folder, { recursive: true, force: true })
  return closing(t, () => openSqlite(join(folder, 'poolkeeper.sqlite')), remove)
}

const postgresDatabase: Place = async (t) => {
  const url = await (await startPostgres()).freshDatabase()
  return closing(
    t,
    () => openPostgres(url, 8, () => {}),
    () => {},
  )
}

const places = { SQLite: sqliteFile, PostgreSQL: postgresDatabase } as const

/** Runs a test on each database. */
const onBoth = (title: string, run: (open: () => Database) => Promise<void>): void => {
  for (const [name, place] of Object.entries(places)) {
    test(`${title} (${name})`, async (t) => run(await place(t)))
  }
}

const migrated = async (open: () => Database): Promise<Database> => {
  const database = open()
  await migrate(database, () => 0)
  return database
}

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
const fold = (_attribute: string, value: string): string => value

const jane: User = {
  poolId,
  id: '11111111-2222-4333-8444-555555555555',
  username: 'jane',
  status: 'CONFIRMED',
  enabled: true,
  attributes: { email: 'jane@example.com' },
  passwordHash: 'hash',
  srpSealed: undefined,
  passwordHistory: [],
  credentialsAt: now,
  temporaryUntil: undefined,
  mfa: { enabled: [] },
  failures: 0,
  lastFailureAt: 0,
  lockedUntil: 0,
  version: 1,
  createdAt: now,
  updatedAt: now,
}

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
}

const accessKey = (id: string) => ({ id, secret: 'sealed', note: '', createdAt: now })

const keyIds = async (store: Store): Promise<string[]> => (await store.accessKeys.list()).map(({ id }) => id)

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
    [add('f'), add('f')],
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
    store.users.addName({ poolId, id: `user${index}` }, { name: 'jane', kind: 'username' }, otherwise),
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

onBoth('req 60, 104: a code bears five wrong answers and no more', async (open) => {
  const stores = await threeStores(open)
  const [store] = stores
  const code = { poolId, userId: jane.id, purpose: 'sign-up', mac: 'mac', attribute: 'email' } as const
  const kept = { ...code, pending: undefined, attempts: 0, expiresAt: now + 1 }
  await store?.commit([store.codes.put(kept)])
  assert.equal((await fifty(stores, ({ codes }) => [codes.fail(kept, 5, otherwise)])).won, 5)
  assert.equal((await fifty(stores, ({ codes }) => [codes.spend(kept, 5, now, otherwise)])).won, 0)
})

onBoth('req 35, 104: a session is ended once', async (open) => {
  const stores = await threeStores(open)
  const [store] = stores
  await store?.commit([store.sessions.add(session)])
  const found = (await store?.sessions.find(poolId, jane.id, session.id)) ?? assert.fail()
  await assertOneWinner(stores, ({ sessions }) => [sessions.end(found, 5, now, otherwise)])
})

onBoth('req 17, 18, 104: a time step is spent once, and no earlier one after it', async (open) => {
  const stores = await threeStores(open)
  const [store] = stores
  await store?.commit([store.softwareTokens.begin(jane, 'sealed')])
  const token = (await store?.softwareTokens.find(poolId, jane.id)) ?? assert.fail()
  const spent = { name: 'ExpiredCodeException', message: 'Your software token has already been used once.' }
  await store?.commit([store.softwareTokens.verify(token, 10, undefined, now)])
  await assertOneWinner(stores, ({ softwareTokens }) => [softwareTokens.spend(jane, 11)], spent)
  for (const step of [10, 11]) {
    const late = store?.commit([store.softwareTokens.spend(jane, step)])
    await assert.rejects(late ?? assert.fail(), spent)
  }
})

onBoth('req 24, 104: a waiting secret is verified once', async (open) => {
  const stores = await threeStores(open)
  const [store] = stores
  await store?.commit([store.softwareTokens.begin(jane, 'sealed')])
  const token = (await store?.softwareTokens.find(poolId, jane.id)) ?? assert.fail()
  const refused = { name: 'EnableSoftwareTokenMFAException', message: 'Code mismatch' }
  await assertOneWinner(stores, ({ softwareTokens }, i) => [softwareTokens.verify(token, i, undefined, now)], refused)
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
  await store.commit(store.users.add(jane, fold))
  const tooMany = { name: 'TooManyRequestsException', message: 'Too many requests' }
  const change = ({ users }: Store, index: number): Write[] =>
    users.change(jane, { attributes: { email: `jane${index}@example.com` } }, now, fold)
  await assertOneWinner(stores, change, tooMany)
  const email = (await store.users.get(poolId, jane.id))?.attributes['email'] ?? ''
  const page = { by: 'email', low: '', high: 'z', cursor: { value: '', userId: '' }, limit: 9 } as const
  const listed = await store.users.list(poolId, page)
  assert.deepEqual(
    listed.map(({ value }) => value),
    [email],
  )
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

onBoth('req 6, 105: five wrong answers lock, then each one locks twice as long, on every server', async (open) => {
  const stores = await threeStores(open)
  const [store = assert.fail()] = stores
  await store.commit(store.users.add(jane, fold))
  const failAt = (at: number) => fifty(stores, ({ users }) => [users.countFailure(jane, at)])
  const { won, errors } = await failAt(now)
  assert.equal(won, 5)
  const locked = { name: 'NotAuthorizedException', message: 'Password attempts exceeded' }
  assertAll(errors, locked)
  const lockedUntil = async (): Promise<number> =>
    (await openStore(open()).users.get(poolId, jane.id))?.lockedUntil ?? 0
  assert.equal(await lockedUntil(), now + 1000)
  let at = now + 1000
  for (const seconds of [2, 4, 8, 16, 32, 64, 128, 256, 512, 900]) {
    assert.equal((await failAt(at - 1)).won, 0, 'while the lock holds nothing is counted')
    assert.equal((await failAt(at)).won, 1)
    assert.equal(await lockedUntil(), at + seconds * 1000)
    at += seconds * 1000
  }
  assert.equal((await failAt(at)).won, 5, 'after a quarter of an hour the count begins anew')
})
