// Codes that were sent to a user: one of each purpose, a newer one ends the older. Only a keyed hash is stored.
import { prepare, type Database, type Value, type Write } from './database/index.ts'

/** What a code is for; a code answers its own purpose only. */
export type CodePurpose = 'sign-up' | 'recovery' | 'verify-email' | 'verify-phone_number' | 'passkey'

/** A code as it is kept. */
export type Code = {
  readonly poolId: string
  readonly userId: string
  readonly purpose: CodePurpose
  /** The keyed hash of the code. */
  readonly mac: string
  /** The attribute whose address the code went to, or '' for none. */
  readonly attribute: string
  /** A new value of that attribute which the code will make valid, sealed. */
  readonly pending: string | undefined
  /** Wrong answers so far. */
  readonly attempts: number
  readonly expiresAt: number
}

export type Codes = {
  find(poolId: string, userId: string, purpose: CodePurpose): Promise<Code | undefined>
  /** Stores a code in place of the one before. */
  put(code: Omit<Code, 'attempts'>): Write
  /** Uses a code up; refused when it was used, replaced, or has borne `limit` wrong answers. */
  spend(code: Code, limit: number, now: number, refused: () => Error): Write
  /** Counts a wrong answer; refused when the code bears no more, or is gone. */
  fail(code: Code, limit: number, refused: () => Error): Write
  /** Ends the code of a purpose, if there is one. */
  remove(poolId: string, userId: string, purpose: CodePurpose): Write
  /** Ends every code that went to the address of an attribute, or waits to change it. */
  removeOf(poolId: string, userId: string, attribute: string): Write
}

const codeOf = (row: Record<string, Value>): Code => ({
  poolId: String(row['pool_id']),
  userId: String(row['user_id']),
  purpose: String(row['purpose']) as CodePurpose,
  mac: String(row['code_mac']),
  attribute: String(row['attribute']),
  pending: row['pending'] === null ? undefined : String(row['pending']),
  attempts: Number(row['attempts']),
  expiresAt: Number(row['expires_at']),
})

/** The table of codes. */
export const codes = (database: Database): Codes => {
  const { dialect } = database
  type Key = { poolId: string; userId: string; purpose: string }
  const select = prepare<Key>(dialect, (db, slot) =>
    db
      .selectFrom('codes')
      .selectAll()
      .where('pool_id', '=', slot('poolId'))
      .where('user_id', '=', slot('userId'))
      .where('purpose', '=', slot('purpose')),
  )
  const upsert = prepare<Key & { mac: string; attribute: string; pending: string | null; expiresAt: number }>(
    dialect,
    (db, slot) =>
      db
        .insertInto('codes')
        .values({
          pool_id: slot('poolId'),
          user_id: slot('userId'),
          purpose: slot('purpose'),
          code_mac: slot('mac'),
          attribute: slot('attribute'),
          pending: slot('pending'),
          attempts: 0,
          expires_at: slot('expiresAt'),
        })
        .onConflict((conflict) =>
          conflict.columns(['pool_id', 'user_id', 'purpose']).doUpdateSet((eb) => ({
            code_mac: eb.ref('excluded.code_mac'),
            attribute: eb.ref('excluded.attribute'),
            pending: eb.ref('excluded.pending'),
            attempts: 0,
            expires_at: eb.ref('excluded.expires_at'),
          })),
        ),
  )
  const spend = prepare<Key & { mac: string; limit: number; now: number }>(dialect, (db, slot) =>
    db
      .deleteFrom('codes')
      .where('pool_id', '=', slot('poolId'))
      .where('user_id', '=', slot('userId'))
      .where('purpose', '=', slot('purpose'))
      .where('code_mac', '=', slot('mac'))
      .where('attempts', '<', slot('limit'))
      .where('expires_at', '>', slot('now')),
  )
  const fail = prepare<Key & { mac: string; limit: number }>(dialect, (db, slot) =>
    db
      .updateTable('codes')
      .set((eb) => ({ attempts: eb('attempts', '+', 1) }))
      .where('pool_id', '=', slot('poolId'))
      .where('user_id', '=', slot('userId'))
      .where('purpose', '=', slot('purpose'))
      .where('code_mac', '=', slot('mac'))
      .where('attempts', '<', slot('limit')),
  )
  const remove = prepare<Key>(dialect, (db, slot) =>
    db
      .deleteFrom('codes')
      .where('pool_id', '=', slot('poolId'))
      .where('user_id', '=', slot('userId'))
      .where('purpose', '=', slot('purpose')),
  )
  const removeOf = prepare<{ poolId: string; userId: string; attribute: string }>(dialect, (db, slot) =>
    db
      .deleteFrom('codes')
      .where('pool_id', '=', slot('poolId'))
      .where('user_id', '=', slot('userId'))
      .where('attribute', '=', slot('attribute')),
  )
  return {
    find: async (poolId, userId, purpose) => {
      const [row] = await database.read(select({ poolId, userId, purpose }))
      return row && codeOf(row)
    },
    put: ({ poolId, userId, purpose, mac, attribute, pending, expiresAt }) => ({
      statement: upsert({ poolId, userId, purpose, mac, attribute, pending: pending ?? null, expiresAt }),
      rows: 'any',
      otherwise: () => new Error('unreachable'),
    }),
    spend: ({ poolId, userId, purpose, mac }, limit, now, otherwise) => ({
      statement: spend({ poolId, userId, purpose, mac, limit, now }),
      rows: 1,
      otherwise,
    }),
    fail: ({ poolId, userId, purpose, mac }, limit, otherwise) => ({
      statement: fail({ poolId, userId, purpose, mac, limit }),
      rows: 1,
      otherwise,
    }),
    remove: (poolId, userId, purpose) => ({
      statement: remove({ poolId, userId, purpose }),
      rows: 'any',
      otherwise: () => new Error('unreachable'),
    }),
    removeOf: (poolId, userId, attribute) => ({
      statement: removeOf({ poolId, userId, attribute }),
      rows: 'any',
      otherwise: () => new Error('unreachable'),
    }),
  }
}
