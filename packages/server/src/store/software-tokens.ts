// Software tokens (TOTP): each user has one at most. A new secret is stored beside the old one until it is verified; an
// accepted time step is never accepted again.
import { ServiceError } from '../errors.ts'
import { prepare, type Database, type Write } from './database/index.ts'
import { rowsOf } from './rows.ts'
import type { KeyOf, Row } from './tables.ts'

/** A user's software token. */
export type SoftwareToken = Row<'software_tokens'>

/** A pending secret whose first code was right. */
export type VerifiedSecret = {
  /** The pending secret, sealed for its new place. */
  readonly secret: string
  /** The time step of the code. */
  readonly step: number
  readonly friendlyName: string | undefined
}

export type SoftwareTokens = {
  find(poolId: string, userId: string): Promise<SoftwareToken | undefined>
  /** Stores a pending secret beside the verified one; it replaces an earlier pending one. */
  begin(user: { poolId: string; id: string }, pending: string): Write
  /**
   * Makes the pending secret the user's token and spends the step; refused when either secret has changed meanwhile.
   */
  verify(token: SoftwareToken, verified: VerifiedSecret, now: number): Write
  /** Replaces the sealed secret by one that was sealed again; no write without one. */
  sealAgain(token: SoftwareToken, sealed: string | undefined): Write[]
  /** Spends a time step; refused when this step or a later one was spent (RFC 6238, 5.2). */
  spend(user: { poolId: string; id: string }, step: number): Write
  remove(user: { poolId: string; id: string }): Write
}

/** The refusal of a code whose time step was accepted before (protocol/authentication 5.1.10). */
export const stepSpent = (): ServiceError =>
  new ServiceError('ExpiredCodeException', 'Your software token has already been used once.', 'time step is spent')

/** The table of software tokens. */
export const softwareTokens = (database: Database): SoftwareTokens => {
  const { dialect } = database
  const rows = rowsOf<'software_tokens', SoftwareToken>(database, 'software_tokens')
  const replaceSecret = rows.replaceText('secret')
  type Key = KeyOf<'software_tokens'>
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
  type Verify = Key & {
    before: string
    secret: string
    pending: string
    step: number
    friendlyName: string | null
    now: number
  }
  const verify = prepare<Verify>(dialect, (db, slot) =>
    db
      .updateTable('software_tokens')
      .set({
        secret_sealed: slot('secret'),
        pending_sealed: null,
        friendly_name: slot('friendlyName'),
        last_step: slot('step'),
        verified_at: slot('now'),
      })
      .where((eb) => eb.and(rows.key(slot)))
      .where('pending_sealed', '=', slot('pending'))
      .where((eb) => eb(eb.fn.coalesce('secret_sealed', eb.val('')), '=', slot('before'))),
  )
  const spend = prepare<Key & { step: number }>(dialect, (db, slot) =>
    db
      .updateTable('software_tokens')
      .set({ last_step: slot('step') })
      .where((eb) => eb.and(rows.key(slot)))
      .where('secret_sealed', 'is not', null)
      .where('last_step', '<', slot('step')),
  )
  return {
    find: (poolId, userId) => rows.find({ poolId, userId }),
    begin: ({ poolId, id }, pending) => rows.any(begin({ poolId, userId: id, pending })),
    verify: ({ poolId, userId, secret: before = '', pending = '' }, { secret, step, friendlyName = null }, now) =>
      rows.one(verify({ poolId, userId, before, secret, pending, step, friendlyName, now }), replaced),
    sealAgain: (token, sealed) =>
      token.secret === undefined || sealed === undefined ? [] : [replaceSecret(token, token.secret, sealed)],
    spend: ({ poolId, id }, step) => rows.one(spend({ poolId, userId: id, step }), stepSpent),
    remove: ({ poolId, id }) => rows.remove({ poolId, userId: id }),
  }
}

const replaced = (): ServiceError =>
  new ServiceError('EnableSoftwareTokenMFAException', 'Code mismatch', 'the secret was replaced or verified meanwhile')
