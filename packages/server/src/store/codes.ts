// Codes that were sent to a user: one for each purpose, and a newer code replaces the older one. Only a keyed hash is
// stored.
import { prepare, type Database, type Write } from './database/index.ts'
import { rowsOf } from './rows.ts'
import type { KeyOf, Row } from './tables.ts'

/** The purpose of a code; a code is valid for no other purpose. */
export type CodePurpose = 'sign-up' | 'recovery' | 'verify-email' | 'verify-phone_number' | 'passkey'

/** A stored code. */
export type Code = Row<'codes', { readonly purpose: CodePurpose }>

export type Codes = {
  find(poolId: string, userId: string, purpose: CodePurpose): Promise<Code | undefined>
  /** Stores a code; it replaces the earlier one of its purpose. */
  put(code: Omit<Code, 'attempts'>): Write
  /** Spends a code; refused when it was used or replaced, or has had more than `limit` tries including this one. */
  spend(code: Code, limit: number, now: number, refused: () => Error): Write
  /**
   * Counts a try before the code is compared; refused when the code has had `limit` tries, or does not exist any more.
   */
  attempt(code: Code, limit: number, refused: () => Error): Write
  /** Removes the code of a purpose, if there is one. */
  remove(poolId: string, userId: string, purpose: CodePurpose): Write
  /** Removes every code that was sent to the address of an attribute, or would change that attribute. */
  removeOf(poolId: string, userId: string, attribute: string): Write
}

/** The table of codes. */
export const codes = (database: Database): Codes => {
  const { dialect } = database
  const rows = rowsOf<'codes', Code>(database, 'codes')
  type Key = KeyOf<'codes'>
  const spend = prepare<Key & { mac: string; limit: number; now: number }>(dialect, (db, slot) =>
    db
      .deleteFrom('codes')
      .where((eb) => eb.and(rows.key(slot)))
      .where('code_mac', '=', slot('mac'))
      .where('attempts', '<=', slot('limit'))
      .where('expires_at', '>', slot('now')),
  )
  const attempt = prepare<Key & { mac: string; limit: number }>(dialect, (db, slot) =>
    db
      .updateTable('codes')
      .set((eb) => ({ attempts: eb('attempts', '+', 1) }))
      .where((eb) => eb.and(rows.key(slot)))
      .where('code_mac', '=', slot('mac'))
      .where('attempts', '<', slot('limit')),
  )
  const removeOf = prepare<{ poolId: string; userId: string; attribute: string }>(dialect, (db, slot) =>
    db
      .deleteFrom('codes')
      .where((eb) => eb.and(rows.owner(slot)))
      .where('attribute', '=', slot('attribute')),
  )
  return {
    find: (poolId, userId, purpose) => rows.find({ poolId, userId, purpose }),
    put: (code) => rows.put({ ...code, attempts: 0 }),
    spend: (code, limit, now, otherwise) => rows.one(spend({ ...code, limit, now }), otherwise),
    attempt: (code, limit, otherwise) => rows.one(attempt({ ...code, limit }), otherwise),
    remove: (poolId, userId, purpose) => rows.remove({ poolId, userId, purpose }),
    removeOf: (poolId, userId, attribute) => rows.any(removeOf({ poolId, userId, attribute })),
  }
}
