// Completed sign-ins. Each is known by its origin_jti, which its tokens and all their refreshes carry: what ends the
// row ends them all.
import { prepare, type Database, type Value, type Write } from './database.ts'

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
}

export type SignIns = {
  find(poolId: string, userId: string, originJti: string): Promise<SignIn | undefined>
  add(signIn: Omit<SignIn, 'revokedAt' | 'rotatedAt'>): Write
  /** Makes the next refresh token the newest; refused when another request did so first, or the sign-in ended. */
  rotate(signIn: SignIn, now: number, refused: () => Error): Write
  /** Ends a sign-in; ending it twice is no error. */
  revoke(poolId: string, userId: string, originJti: string, now: number): Write
  /** Ends every sign-in of a user. */
  revokeAll(user: { poolId: string; id: string }, now: number): Write
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
    }),
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
    add: ({ poolId, userId, originJti, clientId, eventId, authAt, expiresAt, generation, deviceKey, details }) => ({
      statement: insert({
        poolId,
        userId,
        originJti,
        clientId,
        eventId,
        authAt,
        expiresAt,
        generation,
        deviceKey: deviceKey ?? null,
        details,
      }),
      rows: 1,
      otherwise: unreachable,
    }),
    rotate: ({ poolId, userId, originJti, generation }, now, otherwise) => ({
      statement: rotate({ poolId, userId, originJti, generation, now }),
      rows: 1,
      otherwise,
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
