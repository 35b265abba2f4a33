// Challenge sessions: one step of one sign-in, answered once. The Session on the wire seals the key of the row.
import { prepare, type Database, type Value, type Write } from './database/index.ts'

/** A challenge session as it is kept. */
export type Session = {
  readonly poolId: string
  readonly userId: string
  readonly id: string
  readonly clientId: string
  /** The challenge it waits for an answer to; for MFA_SETUP also how far the set-up has come. */
  readonly step: string
  /** What the flow remembers between steps, as JSON. Holds no secret that is not sealed. */
  readonly state: string
  /** Wrong answers so far. */
  readonly attempts: number
  /** The user's credentialsAt when the sign-in began. */
  readonly credentialsAt: number
  readonly expiresAt: number
  readonly endedAt: number | undefined
}

export type Sessions = {
  find(poolId: string, userId: string, sessionId: string): Promise<Session | undefined>
  add(session: Omit<Session, 'attempts' | 'endedAt'>): Write
  /** Ends a session; refused when it was answered before, has expired, or has borne `limit` wrong answers. */
  end(session: Session, limit: number, now: number, refused: () => Error): Write
  /** Counts a wrong answer; refused when the session bears no more or has ended. */
  fail(session: Session, limit: number, refused: () => Error): Write
}

const sessionOf = (row: Record<string, Value>): Session => ({
  poolId: String(row['pool_id']),
  userId: String(row['user_id']),
  id: String(row['session_id']),
  clientId: String(row['client_id']),
  step: String(row['step']),
  state: String(row['state']),
  attempts: Number(row['attempts']),
  credentialsAt: Number(row['credentials_at']),
  expiresAt: Number(row['expires_at']),
  endedAt: row['ended_at'] === null ? undefined : Number(row['ended_at']),
})

/** The table of challenge sessions. */
export const sessions = (database: Database): Sessions => {
  const { dialect } = database
  type Key = { poolId: string; userId: string; id: string }
  const select = prepare<Key>(dialect, (db, slot) =>
    db
      .selectFrom('sessions')
      .selectAll()
      .where('pool_id', '=', slot('poolId'))
      .where('user_id', '=', slot('userId'))
      .where('session_id', '=', slot('id')),
  )
  type Row = Key & { clientId: string; step: string; state: string; credentialsAt: number; expiresAt: number }
  const insert = prepare<Row>(dialect, (db, slot) =>
    db.insertInto('sessions').values({
      pool_id: slot('poolId'),
      user_id: slot('userId'),
      session_id: slot('id'),
      client_id: slot('clientId'),
      step: slot('step'),
      state: slot('state'),
      attempts: 0,
      credentials_at: slot('credentialsAt'),
      expires_at: slot('expiresAt'),
      ended_at: null,
    }),
  )
  const end = prepare<Key & { limit: number; now: number }>(dialect, (db, slot) =>
    db
      .updateTable('sessions')
      .set({ ended_at: slot('now') })
      .where('pool_id', '=', slot('poolId'))
      .where('user_id', '=', slot('userId'))
      .where('session_id', '=', slot('id'))
      .where('ended_at', 'is', null)
      .where('attempts', '<', slot('limit'))
      .where('expires_at', '>', slot('now')),
  )
  const fail = prepare<Key & { limit: number }>(dialect, (db, slot) =>
    db
      .updateTable('sessions')
      .set((eb) => ({ attempts: eb('attempts', '+', 1) }))
      .where('pool_id', '=', slot('poolId'))
      .where('user_id', '=', slot('userId'))
      .where('session_id', '=', slot('id'))
      .where('ended_at', 'is', null)
      .where('attempts', '<', slot('limit')),
  )
  return {
    find: async (poolId, userId, id) => {
      const [row] = await database.read(select({ poolId, userId, id }))
      return row && sessionOf(row)
    },
    add: ({ poolId, userId, id, clientId, step, state, credentialsAt, expiresAt }) => ({
      statement: insert({ poolId, userId, id, clientId, step, state, credentialsAt, expiresAt }),
      rows: 1,
      otherwise: () => new Error('a session id was drawn twice'),
    }),
    end: ({ poolId, userId, id }, limit, now, otherwise) => ({
      statement: end({ poolId, userId, id, limit, now }),
      rows: 1,
      otherwise,
    }),
    fail: ({ poolId, userId, id }, limit, otherwise) => ({
      statement: fail({ poolId, userId, id, limit }),
      rows: 1,
      otherwise,
    }),
  }
}
