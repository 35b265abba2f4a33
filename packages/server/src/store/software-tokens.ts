// Software tokens (TOTP): one a user. A new secret waits beside the old one until it is verified; an accepted time
// step is spent for ever.
import { ServiceError } from '../errors.ts'
import { prepare, type Database, type Value, type Write } from './database/index.ts'

/** A user's software token. */
export type SoftwareToken = {
  readonly poolId: string
  readonly userId: string
  /** The verified secret, sealed. */
  readonly secret: string | undefined
  /** A secret that waits for its first code, sealed. */
  readonly pending: string | undefined
  readonly friendlyName: string | undefined
  /** The newest time step that was accepted. */
  readonly lastStep: number
  readonly verifiedAt: number | undefined
}

export type SoftwareTokens = {
  find(poolId: string, userId: string): Promise<SoftwareToken | undefined>
  /** Puts a secret beside the verified one, in place of one that waited. */
  begin(user: { poolId: string; id: string }, pending: string): Write
  /** Makes the waiting secret the user's token and spends the step; refused when either secret changed meanwhile. */
  verify(token: SoftwareToken, step: number, friendlyName: string | undefined, now: number): Write
  /** Spends a time step; refused when it, or a later one, was spent (RFC 6238, 5.2). */
  spend(user: { poolId: string; id: string }, step: number): Write
  remove(user: { poolId: string; id: string }): Write
}

const tokenOf = (row: Record<string, Value>): SoftwareToken => ({
  poolId: String(row['pool_id']),
  userId: String(row['user_id']),
  secret: row['secret_sealed'] === null ? undefined : String(row['secret_sealed']),
  pending: row['pending_sealed'] === null ? undefined : String(row['pending_sealed']),
  friendlyName: row['friendly_name'] === null ? undefined : String(row['friendly_name']),
  lastStep: Number(row['last_step']),
  verifiedAt: row['verified_at'] === null ? undefined : Number(row['verified_at']),
})

/** The answer to a code whose time step was accepted before (spec: authentication 5.1.10). */
export const stepSpent = (): ServiceError =>
  new ServiceError('ExpiredCodeException', 'Your software token has already been used once.', 'time step is spent')

const replaced = (): ServiceError =>
  new ServiceError('EnableSoftwareTokenMFAException', 'Code mismatch', 'the secret was replaced or verified meanwhile')

const unreachable = (): Error => new Error('unreachable')

/** The table of software tokens. */
export const softwareTokens = (database: Database): SoftwareTokens => {
  const { dialect } = database
  type Key = { poolId: string; userId: string }
  const select = prepare<Key>(dialect, (db, slot) =>
    db
      .selectFrom('software_tokens')
      .selectAll()
      .where('pool_id', '=', slot('poolId'))
      .where('user_id', '=', slot('userId')),
  )
  const begin = prepare<Key & { pending: string }>(dialect, (db, slot) =>
    db
      .insertInto('software_tokens')
      .values({
        pool_id: slot('poolId'),
        user_id: slot('userId'),
        secret_sealed: null,
        pending_sealed: slot('pending'),
        friendly_name: null,
        last_step: 0,
        verified_at: null,
      })
      .onConflict((conflict) =>
        conflict.columns(['pool_id', 'user_id']).doUpdateSet((eb) => ({
          pending_sealed: eb.ref('excluded.pending_sealed'),
        })),
      ),
  )
  type Verify = Key & { secret: string; pending: string; step: number; friendlyName: string | null; now: number }
  const verify = prepare<Verify>(dialect, (db, slot) =>
    db
      .updateTable('software_tokens')
      .set({
        secret_sealed: slot('pending'),
        pending_sealed: null,
        friendly_name: slot('friendlyName'),
        last_step: slot('step'),
        verified_at: slot('now'),
      })
      .where('pool_id', '=', slot('poolId'))
      .where('user_id', '=', slot('userId'))
      .where('pending_sealed', '=', slot('pending'))
      .where((eb) => eb(eb.fn.coalesce('secret_sealed', eb.val('')), '=', slot('secret'))),
  )
  const spend = prepare<Key & { step: number }>(dialect, (db, slot) =>
    db
      .updateTable('software_tokens')
      .set({ last_step: slot('step') })
      .where('pool_id', '=', slot('poolId'))
      .where('user_id', '=', slot('userId'))
      .where('secret_sealed', 'is not', null)
      .where('last_step', '<', slot('step')),
  )
  const remove = prepare<Key>(dialect, (db, slot) =>
    db.deleteFrom('software_tokens').where('pool_id', '=', slot('poolId')).where('user_id', '=', slot('userId')),
  )
  return {
    find: async (poolId, userId) => {
      const [row] = await database.read(select({ poolId, userId }))
      return row && tokenOf(row)
    },
    begin: ({ poolId, id }, pending) => ({
      statement: begin({ poolId, userId: id, pending }),
      rows: 1,
      otherwise: unreachable,
    }),
    verify: ({ poolId, userId, secret = '', pending = '' }, step, friendlyName, now) => ({
      statement: verify({ poolId, userId, secret, pending, step, friendlyName: friendlyName ?? null, now }),
      rows: 1,
      otherwise: replaced,
    }),
    spend: ({ poolId, id }, step) => ({
      statement: spend({ poolId, userId: id, step }),
      rows: 1,
      otherwise: stepSpent,
    }),
    remove: ({ poolId, id }) => ({ statement: remove({ poolId, userId: id }), rows: 'any', otherwise: unreachable }),
  }
}
