// Recovery codes, by their keyed hash. A row is one use: whoever removes it has used the code.
import { prepare, type Database, type Write } from './database/index.ts'

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
  type Key = { poolId: string; userId: string }
  const select = prepare<Key>(dialect, (db, slot) =>
    db
      .selectFrom('recovery_codes')
      .select('code_mac')
      .where('pool_id', '=', slot('poolId'))
      .where('user_id', '=', slot('userId')),
  )
  const insert = prepare<Key & { mac: string; now: number }>(dialect, (db, slot) =>
    db.insertInto('recovery_codes').values({
      pool_id: slot('poolId'),
      user_id: slot('userId'),
      code_mac: slot('mac'),
      created_at: slot('now'),
    }),
  )
  const spend = prepare<Key & { mac: string }>(dialect, (db, slot) =>
    db
      .deleteFrom('recovery_codes')
      .where('pool_id', '=', slot('poolId'))
      .where('user_id', '=', slot('userId'))
      .where('code_mac', '=', slot('mac')),
  )
  const deleteAll = prepare<Key>(dialect, (db, slot) =>
    db.deleteFrom('recovery_codes').where('pool_id', '=', slot('poolId')).where('user_id', '=', slot('userId')),
  )
  const unreachable = (): Error => new Error('unreachable')
  return {
    list: async ({ poolId, id }) =>
      (await database.read(select({ poolId, userId: id }))).map((row) => String(row['code_mac'])),
    add: ({ poolId, id }, mac, now) => ({
      statement: insert({ poolId, userId: id, mac, now }),
      rows: 1,
      otherwise: unreachable,
    }),
    spend: ({ poolId, id }, mac, otherwise) => ({ statement: spend({ poolId, userId: id, mac }), rows: 1, otherwise }),
    removeAll: ({ poolId, id }) => ({
      statement: deleteAll({ poolId, userId: id }),
      rows: 'any',
      otherwise: unreachable,
    }),
  }
}
