// The count of guesses and the lock, as the store keeps them on each database.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { migrated, onBoth, sweepOnce } from '../../testing/stores.ts'
import { limits } from '../config.ts'
import { lockLimitMilliseconds, lockMilliseconds } from '../rules/lock.ts'
import type { Database } from './database/index.ts'
import { migrations, statementsOf } from './database/migrations/index.ts'
import { locks } from './locks.ts'
import { openStore, type CountedAttempt, type LockSubject, type Store, type Write } from './index.ts'

const now = 1_767_323_045_000
const day = 86_400_000
const jane: LockSubject = { poolId: 'zz-local-1_Contract1', id: 'jane' }
const locked = { name: 'NotAuthorizedException', message: 'Password attempts exceeded' }

let drawn = 0
const attemptOn = (subject: LockSubject = jane): CountedAttempt => ({ subject, ticket: `ticket ${(drawn += 1)}` })

const threeStores = async (open: () => Database): Promise<readonly [Store, Store, Store]> => {
  const first = openStore(await migrated(open))
  return [first, openStore(open()), openStore(open())]
}

/** What is counted, without its times. */
const countOf = async (store: Store): Promise<unknown> => {
  const { failures, lockedUntil } = (await store.locks.find(jane)) ?? assert.fail()
  return { failures, lockedUntil }
}

/** Counts attempts one after the other. @returns the newest */
const guess = async (store: Store, times: number, at = now): Promise<CountedAttempt> => {
  const attempts = Array.from({ length: times }, () => attemptOn())
  for (const attempt of attempts) await store.commit([store.locks.reserve(attempt, at)])
  return attempts.at(-1) ?? assert.fail()
}

/** Writes of fifty at once, by turns on each store. @returns how many were written; the others must meet a lock */
const fifty = async (stores: readonly Store[], write: (store: Store) => Write): Promise<number> => {
  const settled = await Promise.allSettled(
    Array.from({ length: 50 }, async (_, index) => {
      const store = stores[index % stores.length] ?? assert.fail()
      await store.commit([write(store)])
    }),
  )
  const refused = settled.flatMap((one) => (one.status === 'rejected' ? [String(one.reason)] : []))
  for (const error of refused) assert.equal(error, `${locked.name}: ${locked.message}`)
  return settled.length - refused.length
}

test('the rule: from the fifth failure on 1 s, doubling to a quarter of an hour', () => {
  const seconds = Array.from({ length: 18 }, (_, failures) => lockMilliseconds(limits, failures) / 1000)
  assert.deepEqual(seconds, [0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900])
})

test('the rule: how long a lock may hold from now, whatever its stored end says', () => {
  const seconds = [5, 6, 14, 15, 99].map((failures) => lockLimitMilliseconds(limits, failures) / 1000)
  assert.deepEqual(seconds, [61, 62, 572, 900, 900])
})

onBoth('the statement is made of the rule, whatever its numbers', async (open) => {
  const table = locks(await migrated(open), { failuresBeforeLock: 1, lockMaximumSeconds: 3 })
  const { commit } = openStore(open())
  let at = now
  for (const seconds of [1, 2, 3]) {
    await commit([table.reserve(attemptOn(), at)])
    at += seconds * 1000
    assert.equal((await table.find(jane))?.lockedUntil, at)
    await assert.rejects(commit([table.reserve(attemptOn(), at - 1)]), locked)
  }
})

onBoth('req 6, 104, 105, 121: of fifty attempts at once five are counted, and one after each lock', async (open) => {
  const stores = await threeStores(open)
  const reserveAt = (at: number) => fifty(stores, (store) => store.locks.reserve(attemptOn(), at))
  const lockedUntil = async (): Promise<number> => (await openStore(open()).locks.find(jane))?.lockedUntil ?? 0
  assert.equal(await reserveAt(now), 5)
  assert.equal(await lockedUntil(), now + 1000)
  let at = now + 1000
  for (const seconds of [2, 4, 8, 16, 32, 64, 128, 256, 512, 900]) {
    assert.equal(await reserveAt(at - 1), 0, 'while the lock holds nothing is counted')
    assert.equal(await reserveAt(at), 1)
    assert.equal(await lockedUntil(), at + seconds * 1000)
    at += seconds * 1000
  }
  assert.equal(await reserveAt(at), 5, 'after a quarter of an hour the count begins anew')
})

onBoth('an attempt that was right is taken back, and no other', async (open) => {
  const [store] = await threeStores(open)
  const first = attemptOn()
  await store.commit([store.locks.reserve(first, now)])
  await guess(store, 2)
  await store.commit([store.locks.giveBack(first, now)])
  assert.deepEqual(await countOf(store), { failures: 2, lockedUntil: 0 })
  // The fifth locks; it was right, and the lock goes with it.
  const fifth = await guess(store, 3)
  assert.deepEqual(await countOf(store), { failures: 5, lockedUntil: now + 1000 })
  await store.commit([store.locks.giveBack(fifth, now)])
  assert.deepEqual(await countOf(store), { failures: 4, lockedUntil: 0 })
})

onBoth('nothing is taken back of a count that was cleared meanwhile', async (open) => {
  const [store] = await threeStores(open)
  const first = await guess(store, 1)
  const second = await guess(store, 1)
  await store.commit([store.locks.clear(second, now)])
  await store.commit([store.locks.giveBack(first, now)])
  assert.deepEqual(await countOf(store), { failures: 0, lockedUntil: 0 })
})

for (const how of ['giveBack', 'clear', 'keep'] as const) {
  onBoth(`req 7, 122: ${how} is refused under the lock of another attempt, not under its own`, async (open) => {
    const [store, other] = await threeStores(open)
    const mine = await guess(store, 1)
    const theirs = await guess(other, 4)
    await assert.rejects(store.commit([store.locks[how](mine, now + 999)]), locked)
    assert.deepEqual(await countOf(store), { failures: 5, lockedUntil: now + 1000 })
    await other.commit([other.locks[how](theirs, now + 999)])
    await store.commit([store.locks[how](mine, now + 1000)])
  })
}

onBoth('req 7: what no attempt leads to is refused under any lock, and forgets failures without one', async (open) => {
  const [store] = await threeStores(open)
  await store.commit([store.locks.requireNone(jane, now)])
  await guess(store, 4)
  await store.commit([store.locks.requireNone(jane, now), store.locks.forget(jane, now)])
  assert.equal((await store.locks.find(jane))?.failures, 0)
  await guess(store, 5)
  await store.commit([store.locks.forget(jane, now + 999)])
  assert.equal((await store.locks.find(jane))?.failures, 5)
  await assert.rejects(store.commit([store.locks.requireNone(jane, now + 999)]), locked)
  await store.commit([store.locks.requireNone(jane, now + 1000)])
})

onBoth('a lock can be lifted, and the next failure is the first', async (open) => {
  const [store] = await threeStores(open)
  await guess(store, 5)
  await store.commit([store.locks.lift(jane)])
  await guess(store, 4)
  assert.deepEqual(await countOf(store), { failures: 4, lockedUntil: 0 })
})

onBoth('req F8: a lock that is longer than its rule ends as late from now as the rule says', async (open) => {
  const [store] = await threeStores(open)
  await guess(store, 5, now + 30 * day)
  await store.commit([store.locks.shorten(jane, now)])
  assert.deepEqual(await countOf(store), { failures: 5, lockedUntil: now + 1000 })
  await store.commit([store.locks.shorten(jane, now + 500)])
  assert.equal((await store.locks.find(jane))?.lockedUntil, now + 1000, 'a lock that keeps to its rule stays')
  await assert.rejects(guess(store, 1, now + 999), locked)
  await guess(store, 1, now + 1000)
})

onBoth('req 6: the sweep leaves a count as long as it may lock or be remembered', async (open) => {
  const database = await migrated(open)
  const store = openStore(database)
  // One after the other, each where the lock of the one before ends, to the longest lock.
  let at = now
  for (let made = 0; made < 15; made += 1) {
    await guess(store, 1, at)
    at = Math.max(at, (await store.locks.find(jane))?.lockedUntil ?? 0)
  }
  const failedAt = at - 900_000
  for (const later of [failedAt, at - 1, at, failedAt + 3_600_000]) {
    await sweepOnce(database, later)
    assert.equal((await store.locks.find(jane))?.lockedUntil, at)
  }
  await assert.rejects(guess(store, 1, at - 1), locked)
  await sweepOnce(database, failedAt + 3_600_001)
  assert.equal(await store.locks.find(jane), undefined)
})

onBoth('the counts and locks of users come over from the table of users', async (open) => {
  const database = await migrated(open)
  const store = openStore(database)
  const addUser = (id: string, failures: number, lockedUntil: number) => ({
    sql: `insert into users (pool_id, user_id, username, status, enabled, attributes, password_history, credentials_at,
      mfa, failures, last_failure_at, locked_until, version, created_at, updated_at) values
      ('${jane.poolId}', '${id}', '', 'CONFIRMED', 1, '{}', '[]', 0, '{}', ${failures}, ${now}, ${lockedUntil}, 1, 0, 0)`,
    parameters: [],
  })
  const migration = migrations.find(({ name }) => name === 'locks') ?? assert.fail()
  const keyText = database.dialect === 'sqlite' ? 'TEXT' : 'TEXT COLLATE "C"'
  await database.migrate([
    { sql: 'drop table locks', parameters: [] },
    addUser('jane', 5, now + 1000),
    addUser('june', 0, 0),
    ...statementsOf(migration, keyText).map((sql) => ({ sql, parameters: [] })),
  ])
  assert.deepEqual(await countOf(store), { failures: 5, lockedUntil: now + 1000 })
  assert.equal(await store.locks.find({ ...jane, id: 'june' }), undefined)
  await assert.rejects(store.commit([store.locks.requireNone(jane, now)]), locked)
  await assert.rejects(guess(store, 1), locked)
})
