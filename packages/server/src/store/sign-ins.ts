// Completed sign-ins. The key is the origin_jti, which all tokens of the sign-in carry, refreshed ones too: ending the
// row ends all of them.
import { prepare, type Database, type Write } from './database/index.ts'
import { rowsOf } from './rows.ts'
import type { KeyOf, Row } from './tables.ts'

type Kept = Row<'sign_ins'>

/** A completed sign-in. */
export type SignIn = Omit<Kept, keyof Tracked> & {
  /** The tracking data, when the pool tracks sessions. */
  readonly tracked: Tracked | undefined
}

/** The tracking data of a sign-in, which its user sees. */
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
  /** Records the activity of a tracked sign-in; refused when it has ended. */
  active(signIn: SignIn, tracked: Omit<Tracked, 'sessionId'>, refused: () => Error): Write
  /** The tracked sign-ins of a user that have not ended, the most recently active first. */
  listTracked(user: { poolId: string; id: string }, now: number, limit: number): Promise<SignIn[]>
  /** Ends the tracked sign-ins of a user, except this one and the `most - 1` others that were active most recently. */
  evict(signIn: Pick<SignIn, 'poolId' | 'userId' | 'originJti'>, most: number, now: number): Write
  /** Ends a tracked sign-in of a user by its session id; refused when there is none that has not ended. */
  endTracked(user: { poolId: string; id: string }, sessionId: string, now: number, refused: () => Error): Write
  /** Touches the sign-in of a device; refused when the sign-in has ended, or the device was forgotten. */
  holdDevice(signIn: SignIn, deviceKey: string, now: number, refused: () => Error): Write
  /** Ends the refresh tokens of a device; its access tokens stay valid until they expire. */
  endRefresh(user: { poolId: string; id: string }, deviceKey: string, now: number): Write
  /** Ends a sign-in; ending it again is not an error. */
  revoke(poolId: string, userId: string, originJti: string, now: number): Write
  /** Ends every sign-in of a user. */
  revokeAll(user: { poolId: string; id: string }, now: number): Write
}

const untracked = { sessionId: undefined, lastActiveAt: undefined, deviceType: undefined, lastIp: undefined }

/** The table of sign-ins. */
export const signIns = (database: Database): SignIns => {
  const { dialect } = database
  const rows = rowsOf<'sign_ins', Kept>(database, 'sign_ins')
  type Key = KeyOf<'sign_ins'>
  type Activity = Key & { lastActiveAt: number; deviceType: string; lastIp: string | null }
  const touch = prepare<Activity>(dialect, (db, slot) =>
    db
      .updateTable('sign_ins')
      .set({ last_active_at: slot('lastActiveAt'), device_type: slot('deviceType'), last_ip: slot('lastIp') })
      .where((eb) => eb.and(rows.key(slot)))
      .where('revoked_at', 'is', null),
  )
  const selectTracked = prepare<{ poolId: string; userId: string; now: number; limit: number }>(dialect, (db, slot) =>
    db
      .selectFrom('sign_ins')
      .selectAll()
      .where((eb) => eb.and(rows.owner(slot)))
      .where('session_id', 'is not', null)
      .where('revoked_at', 'is', null)
      .where('expires_at', '>', slot('now'))
      .orderBy('last_active_at', 'desc')
      .orderBy('origin_jti')
      .limit(slot('limit')),
  )
  // The list of a sign-in first writes the user's row, so that the second of two simultaneous sign-ins sees the first.
  const evict = prepare<Key & { others: number; now: number }>(dialect, (db, slot) =>
    db
      .updateTable('sign_ins')
      .set({ revoked_at: slot('now') })
      .where((eb) => eb.and(rows.owner(slot)))
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
      .where((eb) => eb.and(rows.owner(slot)))
      .where('session_id', '=', slot('sessionId'))
      .where('revoked_at', 'is', null)
      .where('expires_at', '>', slot('now')),
  )
  const rotate = prepare<Key & { generation: number; now: number }>(dialect, (db, slot) =>
    db
      .updateTable('sign_ins')
      .set((eb) => ({ generation: eb('generation', '+', 1), rotated_at: slot('now') }))
      .where((eb) => eb.and(rows.key(slot)))
      .where('generation', '=', slot('generation'))
      .where('revoked_at', 'is', null)
      .where('expires_at', '>', slot('now')),
  )
  const holdDevice = prepare<Key & { deviceKey: string; now: number }>(dialect, (db, slot) =>
    db
      .updateTable('sign_ins')
      .set({ device_key: slot('deviceKey') })
      .where((eb) => eb.and(rows.key(slot)))
      .where('device_key', '=', slot('deviceKey'))
      .where('revoked_at', 'is', null)
      .where('expires_at', '>', slot('now')),
  )
  const endRefresh = prepare<{ poolId: string; userId: string; deviceKey: string; now: number }>(dialect, (db, slot) =>
    db
      .updateTable('sign_ins')
      .set({ expires_at: slot('now') })
      .where((eb) => eb.and(rows.owner(slot)))
      .where('device_key', '=', slot('deviceKey'))
      .where('expires_at', '>', slot('now')),
  )
  const revoke = prepare<Key & { now: number }>(dialect, (db, slot) =>
    db
      .updateTable('sign_ins')
      .set({ revoked_at: slot('now') })
      .where((eb) => eb.and(rows.key(slot)))
      .where('revoked_at', 'is', null),
  )
  const revokeAll = prepare<{ poolId: string; userId: string; now: number }>(dialect, (db, slot) =>
    db
      .updateTable('sign_ins')
      .set({ revoked_at: slot('now') })
      .where((eb) => eb.and(rows.owner(slot)))
      .where('revoked_at', 'is', null),
  )
  return {
    find: async (poolId, userId, originJti) => {
      const row = await rows.find({ poolId, userId, originJti })
      return row && signInOf(row)
    },
    listTracked: async ({ poolId, id }, now, limit) =>
      (await rows.read(selectTracked({ poolId, userId: id, now, limit }))).map(signInOf),
    active: (signIn, { lastActiveAt, deviceType, lastIp = null }, otherwise) =>
      rows.one(touch({ ...signIn, lastActiveAt, deviceType, lastIp }), otherwise),
    evict: (signIn, most, now) => rows.any(evict({ ...signIn, others: most - 1, now })),
    endTracked: ({ poolId, id }, sessionId, now, otherwise) =>
      rows.one(endTracked({ poolId, userId: id, sessionId, now }), otherwise),
    add: ({ tracked = untracked, ...signIn }) =>
      rows.insert(
        { ...signIn, ...tracked, rotatedAt: undefined, revokedAt: undefined },
        () => new Error('the id of a sign-in was drawn twice'),
      ),
    rotate: (signIn, now, otherwise) => rows.one(rotate({ ...signIn, now }), otherwise),
    holdDevice: (signIn, deviceKey, now, otherwise) => rows.one(holdDevice({ ...signIn, deviceKey, now }), otherwise),
    endRefresh: ({ poolId, id }, deviceKey, now) => rows.any(endRefresh({ poolId, userId: id, deviceKey, now })),
    revoke: (poolId, userId, originJti, now) => rows.any(revoke({ poolId, userId, originJti, now })),
    revokeAll: ({ poolId, id }, now) => rows.any(revokeAll({ poolId, userId: id, now })),
  }
}

const signInOf = ({ sessionId, lastActiveAt = 0, deviceType = '', lastIp, ...signIn }: Kept): SignIn => ({
  ...signIn,
  tracked: sessionId === undefined ? undefined : { sessionId, lastActiveAt, deviceType, lastIp },
})
