// Codes that were sent to a user: one of each purpose, a newer one ends the older. Only a keyed hash is stored.
import { prepare, type Database, type Write } from './database/index.ts'
import { rowsOf } from './rows.ts'
import type { KeyOf, Row } from './tables.ts'

/** What a code is for; a code answers its own purpose only. */
export type CodePurpose = 'sign-up' | 'recovery' | 'verify-email' | 'verify-phone_number' | 'passkey'

/** A code as it is kept. */
export type Code = Row<'codes', { readonly purpose: CodePurpose }>

export type Codes = {
  find(poolId: string, userId: string, purpose: CodePurpose): Promise<Code | undefined>
  /** Stores a code in place of the one before. */
  put(code: Omit<Code, 'attempts'>): Write
  /** Uses a code up; refused when it was used, replaced, or has borne more than `limit` tries, this one among them. */
  spend(code: Code, limit: number, now: number, refused: () => Error): Write
  /** Counts a try before the code is looked at; refused when it has borne `limit` tries, or is gone. */
  attempt(code: Code, limit: number, refused: () => Error): Write
  /** Ends the code of a purpose, if there is one. */
  remove(poolId: string, userId: string, purpose: CodePurpose): Write
  /** Ends every code that went to the address of an attribute, or waits to change it. */
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
