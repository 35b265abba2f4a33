// Recovery codes, by their keyed hash. A row is one use: whoever removes it has used the code.
import { prepare, type Database, type Write } from './database/index.ts'
import { rowsOf } from './rows.ts'
import type { Row } from './tables.ts'

type Owner = { readonly poolId: string; readonly id: string }

export type RecoveryCodes = {
  /** The keyed hashes of the codes that a user has left. */
  list(user: Owner): Promise<string[]>
  add(user: Owner, mac: string, now: number): Write
  /** Uses a code up; refused when it was used or ended. */
  spend(user: Owner, mac: string, refused: () => Error): Write
  removeAll(user: Owner): Write
}

/** The table of recovery codes. */
export const recoveryCodes = (database: Database): RecoveryCodes => {
  const { dialect } = database
  const rows = rowsOf<'recovery_codes', Row<'recovery_codes'>>(database, 'recovery_codes')
  type User = { poolId: string; userId: string }
  const select = prepare<User>(dialect, (db, slot) =>
    db
      .selectFrom('recovery_codes')
      .selectAll()
      .where('pool_id', '=', slot('poolId'))
      .where('user_id', '=', slot('userId')),
  )
  const deleteAll = prepare<User>(dialect, (db, slot) =>
    db.deleteFrom('recovery_codes').where('pool_id', '=', slot('poolId')).where('user_id', '=', slot('userId')),
  )
  return {
    list: async ({ poolId, id }) => (await rows.read(select({ poolId, userId: id }))).map(({ mac }) => mac),
    add: ({ poolId, id }, mac, now) =>
      rows.insert({ poolId, userId: id, mac, createdAt: now }, () => new Error('a recovery code was drawn twice')),
    spend: ({ poolId, id }, mac, otherwise) => rows.remove({ poolId, userId: id, mac }, otherwise),
    removeAll: ({ poolId, id }) => rows.any(deleteAll({ poolId, userId: id })),
  }
}
