// Passkeys: the credentials that users have registered with authenticators (W3C Web Authentication). A signature
// counter only rises.
import { sql } from 'kysely'
import { ServiceError } from '../errors.ts'
import { prepare, type Database, type Write } from './database/index.ts'
import { rowsOf } from './rows.ts'
import type { KeyOf, Row } from './tables.ts'

/** A passkey of a user. */
export type Passkey = Row<'passkeys', { readonly transports: readonly string[] }>

export type Passkeys = {
  /** All passkeys of a user, the oldest first. */
  list(poolId: string, userId: string): Promise<Passkey[]>
  /**
   * Adds a passkey; refused with LimitExceededException when the user has `limit` passkeys, or has this one already.
   */
  add(passkey: Passkey, limit: number): Write
  /**
   * Stores the counter of a signature; refused when it does not rise, or the passkey does not exist any more (WebAuthn,
   * 6.1.1).
   */
  advance(passkey: Passkey, counter: number, refused: () => Error): Write
  /** Removes a passkey; refused when it does not exist any more. */
  remove(passkey: Pick<Passkey, 'poolId' | 'userId' | 'id'>, gone: () => Error): Write
}

/** The refusal of a passkey above the limit (protocol/authentication 7.2.1). */
export const tooManyPasskeys = (): ServiceError =>
  new ServiceError('LimitExceededException', 'The user has the maximum number of passkeys.')

/** The table of passkeys. */
export const passkeys = (database: Database): Passkeys => {
  const { dialect } = database
  type Key = KeyOf<'passkeys'>
  const rows = rowsOf<'passkeys', Passkey>(database, 'passkeys')
  const insert = rows.insertWhere<{ limit: number }>(
    (slot) =>
      sql`(select count(*) from passkeys where pool_id = ${slot('poolId')} and user_id = ${slot('userId')}) < ${slot('limit')}`,
  )
  const advance = prepare<Key & { counter: number }>(dialect, (db, slot) =>
    db
      .updateTable('passkeys')
      .set({ counter: slot('counter') })
      .where((eb) => eb.and(rows.key(slot)))
      .where((eb) =>
        eb.or([
          eb('counter', '<', slot('counter')),
          // Both counters are 0 for an authenticator that does not count.
          eb.and([eb('counter', '=', 0), eb('counter', '=', slot('counter'))]),
        ]),
      ),
  )
  return {
    list: async (poolId, userId) => (await rows.all({ poolId, userId })).toSorted(olderFirst),
    add: (passkey, limit) => insert(passkey, { limit }, tooManyPasskeys),
    advance: ({ poolId, userId, id }, counter, otherwise) =>
      rows.one(advance({ poolId, userId, id, counter }), otherwise),
    remove: rows.remove,
  }
}

const olderFirst = (one: Passkey, other: Passkey): number =>
  one.createdAt - other.createdAt || (one.id < other.id ? -1 : 1)
