// Completed sign-ins. Each is known by its origin_jti, which its tokens and all their refreshes carry: what ends the
// row ends them all.
import { prepare, type Database, type Value, type Write } from './database/index.ts'

/** A completed sign-in. */
export type SignIn = {
  readonly poolId: string
  readonly userId: string
  readonly originJti: string
  readonly clientId: string
  readonly eventId: string
  /** When the user signed in: `auth_time` of every token of this sign-in. */
  readonly authAt: number
  /** When the refresh token ends; rotation does not move it. */
  readonly expiresAt: number
  /** Which refresh token of this sign-in is the newest; the first is 1. */
  readonly generation: number
  /** When the newest refresh token replaced the one before. */
  readonly rotatedAt: number | undefined
  readonly deviceKey: string | undefined
  /** What else the sign-in is known by, as JSON. */
  readonly details: string
  readonly revokedAt: number | undefined
  /** How the user sees it, where the pool tracks sessions. */
  readonly tracked: Tracked | undefined
}

/** A sign-in as its user sees it. */
export type Tracked = {
  readonly sessionId: string
  readonly lastActiveAt: number
  readonly deviceType: string
  readonly lastIp: string | undefined
}

export type SignIns = {
  find(poolId: string, userId: string, originJti: string): Promise<SignIn | undefined>
  add(signIn: Omit<SignIn, 'revokedAt' | 'rotatedAt'>): Write
  /** Makes the next refresh token the newest; refused when another request did so first, or the sign-in ended. */
  rotate(signIn: SignIn, now: number, refused: () => Error): Write
  /** Notes that a tracked sign-in was active; refused when it has ended. */
  active(signIn: SignIn, tracked: Omit<Tracked, 'sessionId'>, refused: () => Error): Write
  /** The tracked sign-ins of a user that are alive, the most recently active first. */
  listTracked(user: { poolId: string; id: string }, now: number, limit: number): Promise<SignIn[]>
  /** Ends the tracked sign-ins of a user but the newest and the `most - 1` that were active last beside it. */
  evict(signIn: Pick<SignIn, 'poolId' | 'userId' | 'originJti'>, most: number, now: number): Write
  /** Ends a living tracked sign-in of a user by its session id; refused when there is none. */
  endTracked(user: { poolId: string; id: string }, sessionId: string, now: number, refused: () => Error): Write
  /** Touches a living sign-in that this device belongs to; refused when it ended, or the device was forgotten. */
  holdDevice(signIn: SignIn, deviceKey: string, now: number, refused: () => Error): Write
  /** Ends the refresh tokens of a device; its access tokens live out their time. */
  endRefresh(user: { poolId: string; id: string }, deviceKey: string, now: number): Write
  /** Ends a sign-in; ending it twice is no error. */
  revoke(poolId: string, userId: string, originJti: string, now: number): Write
  /** Ends every sign-in of a user. */
  revokeAll(user: { poolId: string; id: string }, now: number): Write
}

const trackedOf = (row: Record<string, Value>): Tracked | undefined =>
  row['session_id'] === null || row['session_id'] === undefined
    ? undefined
    : {
        sessionId: String(row['session_id']),
        lastActiveAt: Number(row['last_active_at']),
        deviceType: String(row['device_type']),
        lastIp: row['last_ip'] === null ? undefined : String(row['last_ip']),
      }

const signInOf = (row: Record<string, Value>): SignIn => ({
  poolId: String(row['pool_id']),
  userId: String(row['user_id']),
  originJti: String(row['origin_jti']),
  clientId: String(row['client_id']),
  eventId: String(row['event_id']),
  authAt: Number(row['auth_at']),
  expiresAt: Number(row['expires_at']),
  generation: Number(row['generation']),
  rotatedAt: row['rotated_at'] === null ? undefined : Number(row['rotated_at']),
  deviceKey: row['device_key'] === null ? undefined : String(row['device_key']),
  details: String(row['details']),
  revokedAt: row['revoked_at'] === null ? undefined : Number(row['revoked_at']),
  tracked: trackedOf(row),
})

const unreachable = (): Error => new Error('unreachable')

/** The table of sign-ins. */
export const signIns = (database: Database): SignIns => {
  const { dialect } = database
  type Key = { poolId: string; userId: string; originJti: string }
  const select = prepare<Key>(dialect, (db, slot) =>
    db
      .selectFrom('sign_ins')
      .selectAll()
      .where('pool_id', '=', slot('poolId'))
      .where('user_id', '=', slot('userId'))
      .where('origin_jti', '=', slot('originJti')),
  )
  type Row = Key & {
    clientId: string
    eventId: string
    authAt: number
    expiresAt: number
    generation: number
    deviceKey: string | null
    details: string
    sessionId: string | null
    lastActiveAt: number | null
    deviceType: string | null
    lastIp: string | null
  }
  const insert = prepare<Row>(dialect, (db, slot) =>
    db.insertInto('sign_ins').values({
      pool_id: slot('poolId'),
      user_id: slot('userId'),
      origin_jti: slot('originJti'),
      client_id: slot('clientId'),
      event_id: slot('eventId'),
      auth_at: slot('authAt'),
      expires_at: slot('expiresAt'),
      generation: slot('generation'),
      rotated_at: null,
      device_key: slot('deviceKey'),
      details: slot('details'),
      revoked_at: null,
      session_id: slot('sessionId'),
      last_active_at: slot('lastActiveAt'),
      device_type: slot('deviceType'),
      last_ip: slot('lastIp'),
    }),
  )
  type Activity = Key & { lastActiveAt: number; deviceType: string; lastIp: string | null }
  const touch = prepare<Activity>(dialect, (db, slot) =>
    db
      .updateTable('sign_ins')
      .set({ last_active_at: slot('lastActiveAt'), device_type: slot('deviceType'), last_ip: slot('lastIp') })
      .where('pool_id', '=', slot('poolId'))
      .where('user_id', '=', slot('userId'))
      .where('origin_jti', '=', slot('originJti'))
      .where('revoked_at', 'is', null),
  )
  const selectTracked = prepare<{ poolId: string; userId: string; now: number; limit: number }>(dialect, (db, slot) =>
    db
      .selectFrom('sign_ins')
      .selectAll()
      .where('pool_id', '=', slot('poolId'))
      .where('user_id', '=', slot('userId'))
      .where('session_id', 'is not', null)
      .where('revoked_at', 'is', null)
      .where('expires_at', '>', slot('now'))
      .orderBy('last_active_at', 'desc')
      .orderBy('origin_jti')
      .limit(slot('limit')),
  )
  // The guard of the user's row comes first in the list of a sign-in, so that of two at once the second sees the first.
  const evict = prepare<Key & { others: number; now: number }>(dialect, (db, slot) =>
    db
      .updateTable('sign_ins')
      .set({ revoked_at: slot('now') })
      .where('pool_id', '=', slot('poolId'))
      .where('user_id', '=', slot('userId'))
      .where('origin_jti', '<>', slot('originJti'))
      .where('session_id', 'is not', null)
      .where('revoked_at', 'is', null)
      .where((eb) =>
        eb(
          'origin_jti',
          'not in',
          eb
            .selectFrom('sign_ins as kept')
            .select('kept.origin_jti')
            .where('kept.pool_id', '=', slot('poolId'))
            .where('kept.user_id', '=', slot('userId'))
            .where('kept.origin_jti', '<>', slot('originJti'))
            .where('kept.session_id', 'is not', null)
            .where('kept.revoked_at', 'is', null)
            .where('kept.expires_at', '>', slot('now'))
            .orderBy('kept.last_active_at', 'desc')
            .orderBy('kept.origin_jti')
            .limit(slot('others')),
        ),
      ),
  )
  const endTracked = prepare<{ poolId: string; userId: string; sessionId: string; now: number }>(dialect, (db, slot) =>
    db
      .updateTable('sign_ins')
      .set({ revoked_at: slot('now') })
      .where('pool_id', '=', slot('poolId'))
      .where('user_id', '=', slot('userId'))
      .where('session_id', '=', slot('sessionId'))
      .where('revoked_at', 'is', null)
      .where('expires_at', '>', slot('now')),
  )
  const rotate = prepare<Key & { generation: number; now: number }>(dialect, (db, slot) =>
    db
      .updateTable('sign_ins')
      .set((eb) => ({ generation: eb('generation', '+', 1), rotated_at: slot('now') }))
      .where('pool_id', '=', slot('poolId'))
      .where('user_id', '=', slot('userId'))
      .where('origin_jti', '=', slot('originJti'))
      .where('generation', '=', slot('generation'))
      .where('revoked_at', 'is', null)
      .where('expires_at', '>', slot('now')),
  )
  const holdDevice = prepare<Key & { deviceKey: string; now: number }>(dialect, (db, slot) =>
    db
      .updateTable('sign_ins')
      .set({ device_key: slot('deviceKey') })
      .where('pool_id', '=', slot('poolId'))
      .where('user_id', '=', slot('userId'))
      .where('origin_jti', '=', slot('originJti'))
      .where('device_key', '=', slot('deviceKey'))
      .where('revoked_at', 'is', null)
      .where('expires_at', '>', slot('now')),
  )
  const endRefresh = prepare<{ poolId: string; userId: string; deviceKey: string; now: number }>(dialect, (db, slot) =>
    db
      .updateTable('sign_ins')
      .set({ expires_at: slot('now') })
      .where('pool_id', '=', slot('poolId'))
      .where('user_id', '=', slot('userId'))
      .where('device_key', '=', slot('deviceKey'))
      .where('expires_at', '>', slot('now')),
  )
  const revoke = prepare<Key & { now: number }>(dialect, (db, slot) =>
    db
      .updateTable('sign_ins')
      .set({ revoked_at: slot('now') })
      .where('pool_id', '=', slot('poolId'))
      .where('user_id', '=', slot('userId'))
      .where('origin_jti', '=', slot('originJti'))
      .where('revoked_at', 'is', null),
  )
  const revokeAll = prepare<{ poolId: string; userId: string; now: number }>(dialect, (db, slot) =>
    db
      .updateTable('sign_ins')
      .set({ revoked_at: slot('now') })
      .where('pool_id', '=', slot('poolId'))
      .where('user_id', '=', slot('userId'))
      .where('revoked_at', 'is', null),
  )
  return {
    find: async (poolId, userId, originJti) => {
      const [row] = await database.read(select({ poolId, userId, originJti }))
      return row && signInOf(row)
    },
    listTracked: async ({ poolId, id }, now, limit) =>
      (await database.read(selectTracked({ poolId, userId: id, now, limit }))).map(signInOf),
    active: ({ poolId, userId, originJti }, { lastActiveAt, deviceType, lastIp }, otherwise) => ({
      statement: touch({ poolId, userId, originJti, lastActiveAt, deviceType, lastIp: lastIp ?? null }),
      rows: 1,
      otherwise,
    }),
    evict: ({ poolId, userId, originJti }, most, now) => ({
      statement: evict({ poolId, userId, originJti, others: most - 1, now }),
      rows: 'any',
      otherwise: unreachable,
    }),
    endTracked: ({ poolId, id }, sessionId, now, otherwise) => ({
      statement: endTracked({ poolId, userId: id, sessionId, now }),
      rows: 1,
      otherwise,
    }),
    add: ({ deviceKey, tracked, ...signIn }) => ({
      statement: insert({
        ...signIn,
        deviceKey: deviceKey ?? null,
        sessionId: tracked?.sessionId ?? null,
        lastActiveAt: tracked?.lastActiveAt ?? null,
        deviceType: tracked?.deviceType ?? null,
        lastIp: tracked?.lastIp ?? null,
      }),
      rows: 1,
      otherwise: unreachable,
    }),
    rotate: ({ poolId, userId, originJti, generation }, now, otherwise) => ({
      statement: rotate({ poolId, userId, originJti, generation, now }),
      rows: 1,
      otherwise,
    }),
    holdDevice: ({ poolId, userId, originJti }, deviceKey, now, otherwise) => ({
      statement: holdDevice({ poolId, userId, originJti, deviceKey, now }),
      rows: 1,
      otherwise,
    }),
    endRefresh: ({ poolId, id }, deviceKey, now) => ({
      statement: endRefresh({ poolId, userId: id, deviceKey, now }),
      rows: 'any',
      otherwise: unreachable,
    }),
    revoke: (poolId, userId, originJti, now) => ({
      statement: revoke({ poolId, userId, originJti, now }),
      rows: 'any',
      otherwise: unreachable,
    }),
    revokeAll: ({ poolId, id }, now) => ({
      statement: revokeAll({ poolId, userId: id, now }),
      rows: 'any',
      otherwise: unreachable,
    }),
  }
}
