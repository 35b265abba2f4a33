// Recovery codes, as keyed hashes. A row is one use: the request that removes it has used the code.
import type { Database, Write } from './database/index.ts'
import { rowsOf } from './rows.ts'
import type { Row } from './tables.ts'

type Owner = { readonly poolId: string; readonly id: string }

export type RecoveryCodes = {
  /** The keyed hashes of the codes that a user has left. */
  list(user: Owner): Promise<string[]>
  add(user: Owner, mac: string, now: number): Write
  /** Spends a code; refused when it was used or removed. */
  spend(user: Owner, mac: string, refused: () => Error): Write
  removeAll(user: Owner): Write
}

/** The table of recovery codes. */
export const recoveryCodes = (database: Database): RecoveryCodes => {
  const rows = rowsOf<'recovery_codes', Row<'recovery_codes'>>(database, 'recovery_codes')
  return {
    list: async ({ poolId, id }) => (await rows.all({ poolId, userId: id })).map(({ mac }) => mac),
    add: ({ poolId, id }, mac, now) =>
      rows.insert({ poolId, userId: id, mac, createdAt: now }, () => new Error('a recovery code was drawn twice')),
    spend: ({ poolId, id }, mac, otherwise) => rows.remove({ poolId, userId: id, mac }, otherwise),
    removeAll: ({ poolId, id }) => rows.removeAll({ poolId, userId: id }),
  }
}
