// Every condition of every conditional write, one at a time: a write touches the row that meets them all and no other,
// and where one alone does not hold it is refused and changes nothing.
import assert from 'node:assert/strict'
import { everyRow, insertOf } from '../../testing/rows.ts'
import { migrated, onBoth } from '../../testing/stores.ts'
import type { Database, Value, Write } from './database/index.ts'
import { openStore, type Store } from './index.ts'
import { leases } from './leases.ts'
import { describedTables, type TableName } from './tables.ts'

const now = 1_767_323_045_000
const poolId = 'pool'
const userId = 'user'
const user = { poolId, id: userId }

type Given = Readonly<Record<string, Value>>

/** A row of a table, by its properties as the database holds them; the rest is made up. */
type Row = readonly [table: TableName, given: Given]

/** A write, and the rows around it. */
type Case = {
  readonly write: (store: Store, database: Database) => Write
  /** What must be there; the write is about the first. */
  readonly rows: readonly [Row, ...Row[]]
  /** Each changes one thing in the first row, or in the row of a table that is named, so that one condition fails. */
  readonly unless: readonly (Given | { readonly in: TableName; readonly given: Given })[]
}

const lost = new Error('refused')
const refused = (): Error => lost

const otherPool: Given = { poolId: 'other' }
const otherUser: Given = { userId: 'other' }
const owners = [otherPool, otherUser]

const code = { poolId, userId, purpose: 'recovery', mac: 'mac', attribute: 'email', pending: undefined } as const
const codeRow: Given = {
  poolId,
  userId,
  purpose: 'recovery',
  mac: 'mac',
  attribute: 'email',
  attempts: 2,
  expiresAt: now + 1,
}
const keptCode = { ...code, attempts: 2, expiresAt: now + 1 }

const deviceRow: Given = { poolId, userId, key: 'device', verifierSealed: 'sealed', remembered: 1 }

const lock = { subject: user, ticket: 'mine' }
const lockRow: Given = { poolId, userId, failures: 3, lastFailureAt: now - 1, lockedUntil: 0, ticket: 'mine' }
const foreignLock: Given = { lockedUntil: now + 1, ticket: 'other' }

const messageRow: Given = { id: 'message', sentAt: null, leaseUntil: now }

const passkey = { poolId, userId, id: 'credential' }
const passkeyRow: Given = { ...passkey, counter: 4 }

const session = { poolId, userId, id: 'session' }
const sessionRow: Given = { ...session, attempts: 2, expiresAt: now + 1, endedAt: null }
const sessionKey = [...owners, { id: 'other' }]

const signingKeyRow: Given = { poolId, kid: 'kid', privateSealed: 'sealed', retiredAt: null }

const tokenRow: Given = { poolId, userId, secret: 'before', pending: 'pending', lastStep: 7 }

const signIn = { poolId, userId, originJti: 'jti', generation: 3 }
const signInRow: Given = {
  ...signIn,
  sessionId: 'tracked',
  deviceKey: 'device',
  expiresAt: now + 1,
  revokedAt: null,
  lastActiveAt: 1,
}
const signInKey = [...owners, { originJti: 'other' }]
const ended = [{ revokedAt: 1 }, { expiresAt: now }]

const userRow: Given = {
  ...user,
  enabled: 1,
  status: 'CONFIRMED',
  credentialsAt: now,
  passwordHash: 'hash',
  srpSealed: 'sealed',
}
const clientRow: Given = { id: 'client', poolId }
const readPool = { id: poolId, region: 'x', name: 'x', settings: {}, createdAt: 1, updatedAt: 1 }
const poolRow: Given = { id: poolId, deletedAt: null }

// The writes take whole rows and read what their conditions name.
const whole = (item: object): never => item as never

const cases: Readonly<Record<string, Case>> = {
  'codes.spend': {
    write: ({ codes }) => codes.spend(keptCode, 2, now, refused),
    rows: [['codes', codeRow]],
    unless: [...owners, { purpose: 'sign-up' }, { mac: 'other' }, { attempts: 3 }, { expiresAt: now }],
  },
  'codes.attempt': {
    write: ({ codes }) => codes.attempt(keptCode, 3, refused),
    rows: [['codes', codeRow]],
    unless: [...owners, { purpose: 'sign-up' }, { mac: 'other' }, { attempts: 3 }],
  },
  'codes.remove': {
    write: ({ codes }) => codes.remove(poolId, userId, 'recovery'),
    rows: [['codes', codeRow]],
    unless: [...owners, { purpose: 'sign-up' }],
  },
  'codes.removeOf': {
    write: ({ codes }) => codes.removeOf(poolId, userId, 'email'),
    rows: [['codes', codeRow]],
    unless: [...owners, { attribute: 'phone_number' }],
  },
  'devices.remember': {
    write: ({ devices }) => devices.remember(user, 'device', false, now),
    rows: [['devices', deviceRow]],
    unless: [...owners, { key: 'other' }],
  },
  'devices.signIn': {
    write: ({ devices }) =>
      devices.signIn(user, 'device', { mustBeRemembered: true, ip: '192.0.2.1', now, otherwise: refused }),
    rows: [['devices', deviceRow]],
    unless: [...owners, { key: 'other' }, { remembered: 0 }],
  },
  'devices.signIn, remembered or not': {
    write: ({ devices }) =>
      devices.signIn(user, 'device', { mustBeRemembered: false, ip: undefined, now, otherwise: refused }),
    rows: [['devices', { ...deviceRow, remembered: 0 }]],
    unless: [...owners, { key: 'other' }],
  },
  'devices.sealAgain': {
    write: ({ devices }) => devices.sealAgain(whole({ ...deviceRow }), 'anew')[0] ?? assert.fail(),
    rows: [['devices', deviceRow]],
    unless: [...owners, { key: 'other' }, { verifierSealed: 'other' }],
  },
  'devices.remove': {
    write: ({ devices }) => devices.remove(user, 'device'),
    rows: [['devices', deviceRow]],
    unless: [...owners, { key: 'other' }],
  },
  'leases.release': {
    write: (_, database) => leases(database).release({ name: 'work', owner: 'mine' }),
    rows: [['leases', { name: 'work', owner: 'mine', until: now }]],
    unless: [{ name: 'other' }, { owner: 'other' }],
  },
  'locks.giveBack': {
    write: ({ locks }) => locks.giveBack(lock, now),
    rows: [['locks', lockRow]],
    unless: [...owners, foreignLock],
  },
  'locks.giveBack, a lock that the attempt brought': {
    write: ({ locks }) => locks.giveBack(lock, now),
    rows: [['locks', { ...lockRow, lockedUntil: now + 1 }]],
    unless: [...owners, { ticket: 'other' }],
  },
  'locks.clear': {
    write: ({ locks }) => locks.clear(lock, now),
    rows: [['locks', lockRow]],
    unless: [...owners, foreignLock],
  },
  'locks.clear, a lock that the attempt brought': {
    write: ({ locks }) => locks.clear(lock, now),
    rows: [['locks', { ...lockRow, lockedUntil: now + 1 }]],
    unless: [...owners, { ticket: 'other' }],
  },
  'locks.keep': {
    write: ({ locks }) => locks.keep(lock, now),
    rows: [['locks', { ...lockRow, ...foreignLock }]],
    unless: [...owners, { lockedUntil: now }, { ticket: 'mine' }],
  },
  'locks.requireNone': {
    write: ({ locks }) => locks.requireNone(user, now),
    rows: [['locks', { ...lockRow, ...foreignLock }]],
    unless: [...owners, { lockedUntil: now }],
  },
  'locks.forget': {
    write: ({ locks }) => locks.forget(user, now),
    rows: [['locks', lockRow]],
    unless: [...owners, foreignLock],
  },
  'locks.lift': {
    write: ({ locks }) => locks.lift(user),
    rows: [['locks', { ...lockRow, ...foreignLock }]],
    unless: owners,
  },
  'locks.shorten': {
    write: ({ locks }) => locks.shorten(user, now),
    rows: [['locks', { ...lockRow, failures: 5, lockedUntil: now + 1001 }]],
    unless: [...owners, { lockedUntil: now + 1000 }, { failures: 6 }],
  },
  'outbox.lease': {
    write: ({ outbox }) => outbox.lease(whole({ id: 'message' }), now + 60_000, now, refused),
    rows: [['outbox', messageRow]],
    unless: [{ id: 'other' }, { sentAt: 1 }, { leaseUntil: now + 1 }],
  },
  'outbox.sent': {
    write: ({ outbox }) => outbox.sent(whole({ id: 'message' }), now),
    rows: [['outbox', messageRow]],
    unless: [{ id: 'other' }, { sentAt: 1 }],
  },
  'outbox.failed': {
    write: ({ outbox }) => outbox.failed(whole({ id: 'message' }), now + 1),
    rows: [['outbox', messageRow]],
    unless: [{ id: 'other' }],
  },
  'outbox.giveUp': {
    write: ({ outbox }) => outbox.giveUp({ id: 'message' }, now),
    rows: [['outbox', messageRow]],
    unless: [{ id: 'other' }],
  },
  'passkeys.advance': {
    write: ({ passkeys }) => passkeys.advance(whole(passkey), 5, refused),
    rows: [['passkeys', passkeyRow]],
    unless: [...owners, { id: 'other' }, { counter: 5 }, { counter: 6 }],
  },
  'passkeys.remove': {
    write: ({ passkeys }) => passkeys.remove(passkey, refused),
    rows: [['passkeys', passkeyRow]],
    unless: [...owners, { id: 'other' }],
  },
  'pools, the row of one that was removed': {
    write: ({ removals }) => removals.finish({ kind: 'pool', poolId, id: poolId })[0] ?? assert.fail(),
    rows: [['pools', { ...poolRow, deletedAt: 1 }]],
    unless: [{ id: 'other' }, { deletedAt: null }],
  },
  'pools.remove': {
    write: ({ pools }) => pools.remove(whole({ ...readPool, version: 4 }), now),
    rows: [['pools', { ...poolRow, version: 4 }]],
    unless: [{ id: 'other' }, { version: 5 }],
  },
  'recoveryCodes.spend': {
    write: ({ recoveryCodes }) => recoveryCodes.spend(user, 'mac', refused),
    rows: [['recovery_codes', { poolId, userId, mac: 'mac' }]],
    unless: [...owners, { mac: 'other' }],
  },
  'recoveryCodes.removeAll': {
    write: ({ recoveryCodes }) => recoveryCodes.removeAll(user),
    rows: [['recovery_codes', { poolId, userId, mac: 'mac' }]],
    unless: owners,
  },
  'sessions.end': {
    write: ({ sessions }) => sessions.end(whole(session), now, refused),
    rows: [['sessions', sessionRow]],
    unless: [...sessionKey, { endedAt: 1 }, { expiresAt: now }],
  },
  'sessions.countAnswer': {
    write: ({ sessions }) => sessions.countAnswer(whole(session), 3, refused),
    rows: [['sessions', sessionRow]],
    unless: [...sessionKey, { endedAt: 1 }, { attempts: 3 }],
  },
  'sessions.uncountAnswer': {
    write: ({ sessions }) => sessions.uncountAnswer(whole(session)),
    rows: [['sessions', sessionRow]],
    unless: [...sessionKey, { endedAt: 1 }, { attempts: 0 }],
  },
  'signingKeys.retire': {
    write: ({ signingKeys }) => signingKeys.retire(whole({ poolId, kid: 'kid' }), now),
    rows: [['signing_keys', signingKeyRow]],
    unless: [otherPool, { kid: 'other' }, { retiredAt: 1 }],
  },
  'signingKeys.sealAgain': {
    write: ({ signingKeys }) => signingKeys.sealAgain(whole({ ...signingKeyRow }), 'anew')[0] ?? assert.fail(),
    rows: [['signing_keys', signingKeyRow]],
    unless: [otherPool, { kid: 'other' }, { privateSealed: 'other' }],
  },
  'signingKeys.remove': {
    write: ({ signingKeys }) => signingKeys.remove(whole({ poolId, kid: 'kid' })),
    rows: [['signing_keys', { ...signingKeyRow, retiredAt: 1 }]],
    unless: [otherPool, { kid: 'other' }, { retiredAt: null }],
  },
  'signIns.active': {
    write: ({ signIns }) =>
      signIns.active(whole(signIn), { lastActiveAt: now, deviceType: 'phone', lastIp: undefined }, refused),
    rows: [['sign_ins', signInRow]],
    unless: [...signInKey, { revokedAt: 1 }],
  },
  'signIns.endTracked': {
    write: ({ signIns }) => signIns.endTracked(user, 'tracked', now, refused),
    rows: [['sign_ins', signInRow]],
    unless: [...owners, { sessionId: 'other' }, { sessionId: null }, ...ended],
  },
  'signIns.rotate': {
    write: ({ signIns }) => signIns.rotate(whole(signIn), now, refused),
    rows: [['sign_ins', signInRow]],
    unless: [...signInKey, { generation: 2 }, { generation: 4 }, ...ended],
  },
  'signIns.holdDevice': {
    write: ({ signIns }) => signIns.holdDevice(whole(signIn), 'device', now, refused),
    rows: [['sign_ins', signInRow]],
    unless: [...signInKey, { deviceKey: 'other' }, { deviceKey: null }, ...ended],
  },
  'signIns.endRefresh': {
    write: ({ signIns }) => signIns.endRefresh(user, 'device', now),
    rows: [['sign_ins', signInRow]],
    unless: [...owners, { deviceKey: 'other' }, { deviceKey: null }, { expiresAt: now - 1 }],
  },
  'signIns.revoke': {
    write: ({ signIns }) => signIns.revoke(poolId, userId, 'jti', now),
    rows: [['sign_ins', signInRow]],
    unless: [...signInKey, { revokedAt: 1 }],
  },
  'signIns.revokeAll': {
    write: ({ signIns }) => signIns.revokeAll(user, now),
    rows: [['sign_ins', signInRow]],
    unless: [...owners, { revokedAt: 1 }],
  },
  'softwareTokens.verify': {
    write: ({ softwareTokens }) =>
      softwareTokens.verify(
        whole({ poolId, userId, secret: 'before', pending: 'pending' }),
        { secret: 'sealed', step: 9, friendlyName: undefined },
        now,
      ),
    rows: [['software_tokens', tokenRow]],
    unless: [...owners, { pending: 'other' }, { pending: null }, { secret: 'other' }, { secret: null }],
  },
  'softwareTokens.verify, the first': {
    write: ({ softwareTokens }) =>
      softwareTokens.verify(
        whole({ poolId, userId, secret: undefined, pending: 'pending' }),
        { secret: 'sealed', step: 9, friendlyName: 'phone' },
        now,
      ),
    rows: [['software_tokens', { ...tokenRow, secret: null }]],
    unless: [...owners, { pending: 'other' }, { secret: 'before' }],
  },
  'softwareTokens.sealAgain': {
    write: ({ softwareTokens }) =>
      softwareTokens.sealAgain(whole({ poolId, userId, secret: 'before' }), 'anew')[0] ?? assert.fail(),
    rows: [['software_tokens', tokenRow]],
    unless: [...owners, { secret: 'other' }, { secret: null }],
  },
  'softwareTokens.spend': {
    write: ({ softwareTokens }) => softwareTokens.spend(user, 8),
    rows: [['software_tokens', tokenRow]],
    unless: [...owners, { secret: null }, { lastStep: 8 }, { lastStep: 9 }],
  },
  'softwareTokens.remove': {
    write: ({ softwareTokens }) => softwareTokens.remove(user),
    rows: [['software_tokens', tokenRow]],
    unless: owners,
  },
  'users.signIn': {
    write: ({ users }) => users.signIn(whole(user), { clientId: 'client', credentialsAt: now, otherwise: refused }),
    rows: [
      ['users', userRow],
      ['clients', clientRow],
      ['pools', poolRow],
    ],
    unless: [
      otherPool,
      { id: 'other' },
      { enabled: 0 },
      ...['UNCONFIRMED', 'RESET_REQUIRED', 'FORCE_CHANGE_PASSWORD', 'ARCHIVED'].map((status) => ({ status })),
      { credentialsAt: now - 1 },
      { in: 'clients', given: { id: 'other' } },
      { in: 'clients', given: { poolId: 'living' } },
      { in: 'pools', given: { deletedAt: 1 } },
      { in: 'pools', given: { id: 'other' } },
    ],
  },
  'users.signIn, of a provider': {
    write: ({ users }) => users.signIn(whole(user), { clientId: 'client', credentialsAt: now, otherwise: refused }),
    rows: [
      ['users', { ...userRow, status: 'EXTERNAL_PROVIDER' }],
      ['clients', clientRow],
      ['pools', poolRow],
    ],
    unless: [{ enabled: 0 }],
  },
  'users.rehash': {
    write: ({ users }) => users.rehash(whole(user), 'hash', 'anew'),
    rows: [['users', userRow]],
    unless: [otherPool, { id: 'other' }, { passwordHash: 'other' }, { passwordHash: null }],
  },
  'users.sealAgain': {
    write: ({ users }) => users.sealAgain(whole({ ...user, srpSealed: 'sealed' }), 'anew')[0] ?? assert.fail(),
    rows: [['users', userRow]],
    unless: [otherPool, { id: 'other' }, { srpSealed: 'other' }, { srpSealed: null }],
  },
}

/** Another pool that lives, in which a client of another pool may be. */
const living: Row = ['pools', { id: 'living', deletedAt: null }]

const fill = async (database: Database, rows: readonly Row[]): Promise<void> => {
  const tables = new Map(describedTables.map((table) => [table.name, table]))
  const named = [...new Set([...rows.map(([table]) => table), living[0]])]
  await database.migrate([
    ...named.map((table) => ({ sql: `delete from ${table}`, parameters: [] })),
    ...[living, ...rows].map(([table, given]) => insertOf(tables.get(table) ?? assert.fail(), given)),
  ])
}

/** Writes. @returns whether the write was refused */
const isRefused = async (database: Database, write: Write): Promise<boolean> => {
  try {
    await database.commit([write])
    return false
  } catch (error) {
    assert.ok(error instanceof Error)
    assert.doesNotMatch(error.message, /syntax|constraint|column/)
    return true
  }
}

const without = (rows: Case['rows'], change: Case['unless'][number]): Row[] => {
  const place = 'in' in change ? rows.findIndex(([table]) => table === change.in) : 0
  const given = 'in' in change ? (change.given as Given) : change
  return rows.map(([table, before], index) => [table, index === place ? { ...before, ...given } : before])
}

for (const [name, { write, rows, unless }] of Object.entries(cases)) {
  onBoth(`req 104: ${name} holds each of its conditions`, async (open) => {
    const database = await migrated(open)
    const made = write(openStore(database), database)
    // A write that must find nothing is refused where all holds, and changes nothing anywhere.
    const mustFind = made.rows !== 0
    await fill(database, rows)
    const before = await everyRow(database)
    assert.equal(await isRefused(database, made), !mustFind)
    const touched = JSON.stringify(await everyRow(database)) !== JSON.stringify(before)
    const visible = mustFind && !['signIns.holdDevice', 'users.signIn'].some((one) => name.startsWith(one))
    assert.equal(touched, visible)
    for (const change of unless) {
      await fill(database, without(rows, change))
      const kept = await everyRow(database)
      assert.equal(await isRefused(database, made), made.rows === 1, JSON.stringify(change))
      assert.deepEqual(await everyRow(database), kept, JSON.stringify(change))
    }
  })
}

onBoth(
  'a lease is taken where it is free, its own, has ended, or ends later than any can; else it stays',
  async (open) => {
    const database = await migrated(open)
    const take = leases(database).take({ name: 'work', owner: 'mine', now, milliseconds: 60_000 }, refused)
    const taken: Given = { name: 'work', owner: 'mine', until: now + 60_000 }
    const others: readonly Given[] = [
      { ...taken, until: now + 30_000 },
      { ...taken, owner: 'other', until: now - 1 },
      { ...taken, owner: 'other', until: now + 60_001 },
    ]
    for (const other of others) {
      await fill(database, [['leases', other]])
      assert.equal(await isRefused(database, take), false, JSON.stringify(other))
      assert.deepEqual((await everyRow(database)).leases, [{ name: 'work', owner: 'mine', until_at: now + 60_000 }])
    }
    for (const until of [now, now + 60_000]) {
      await fill(database, [['leases', { ...taken, owner: 'other', until }]])
      assert.equal(await isRefused(database, take), true, String(until))
      assert.deepEqual((await everyRow(database)).leases, [{ name: 'work', owner: 'other', until_at: until }])
    }
  },
)

onBoth('a counter of a passkey that is 0 may stay 0, and no other may', async (open) => {
  const database = await migrated(open)
  const stay = openStore(database).passkeys.advance(whole(passkey), 0, refused)
  for (const [counter, isLost] of [
    [0, false],
    [1, true],
  ] as const) {
    await fill(database, [['passkeys', { ...passkeyRow, counter }]])
    assert.equal(await isRefused(database, stay), isLost)
    assert.deepEqual(
      (await everyRow(database)).passkeys.map((row) => row['counter']),
      [counter],
    )
  }
})

onBoth('the passkeys of other users and pools take nothing from the limit of a user', async (open) => {
  const database = await migrated(open)
  const { passkeys } = openStore(database)
  const added = { ...passkey, id: 'added', transports: [] }
  const add = passkeys.add(
    whole({ ...added, publicKey: 'x', counter: 0, name: 'x', relyingParty: 'x', createdAt: now }),
    2,
  )
  const beside: readonly Row[] = [otherPool, otherUser].flatMap((other) =>
    ['a', 'b', 'c'].map((id): Row => ['passkeys', { ...passkeyRow, ...other, id }]),
  )
  for (const [own, isLost] of [
    [['a'], false],
    [['a', 'b'], true],
  ] as const) {
    await fill(database, [...beside, ...own.map((id): Row => ['passkeys', { ...passkeyRow, id }])])
    assert.equal(await isRefused(database, add), isLost)
  }
})

onBoth(
  'req 104: beside a new sign-in the most recently active are kept, of those alone that are alive and tracked',
  async (open) => {
    const database = await migrated(open)
    const { signIns } = openStore(database)
    const tracked = (originJti: string, lastActiveAt: number, more: Given = {}): Row => [
      'sign_ins',
      { ...signInRow, originJti, sessionId: originJti, lastActiveAt, ...more },
    ]
    const rows = [
      tracked('new', 100),
      tracked('recent', 50),
      tracked('older', 40),
      tracked('expired', 90, { expiresAt: now }),
      tracked('revoked', 95, { revokedAt: 1 }),
      tracked('untracked', 99, { sessionId: null }),
      tracked('of another user', 99, otherUser),
      tracked('of another user, older', 1, otherUser),
      tracked('of another pool', 99, otherPool),
      tracked('of another pool, older', 1, otherPool),
    ]
    await fill(database, rows)
    await database.commit([signIns.evict({ poolId, userId, originJti: 'new' }, 2, now)])
    const revoked = (await everyRow(database)).sign_ins.filter((row) => row['revoked_at'] !== null)
    const ends = Object.fromEntries(revoked.map((row) => [row['origin_jti'], row['revoked_at']]))
    assert.deepEqual(ends, { expired: now, older: now, revoked: 1 })
  },
)
