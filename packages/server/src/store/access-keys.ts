// Access keys: `poolkeeper keys` makes them, and signatures (SigV4) are checked with them.
import { policyFrom, unlimited, type KeyPolicy } from '../rules/key-policy.ts'
import { prepare, type Database, type Write } from './database/index.ts'
import { rowsOf } from './rows.ts'
import type { Row } from './tables.ts'

type Kept = Row<'access_keys'>

/** An access key. */
export type AccessKey = Omit<Kept, 'policy'> & { readonly policy: KeyPolicy }

export type AccessKeys = {
  find(accessKeyId: string): Promise<AccessKey | undefined>
  /** All keys, oldest first. */
  list(): Promise<AccessKey[]>
  add(key: Omit<AccessKey, 'disabledAt'>): Write
  /** Disables a key; refused when the key does not exist or is disabled already. */
  disable(accessKeyId: string, now: number, refused: () => Error): Write
}

/** The table of access keys. */
export const accessKeys = (database: Database): AccessKeys => {
  const { dialect } = database
  const rows = rowsOf<'access_keys', Kept>(database, 'access_keys')
  const selectAll = prepare<Record<never, never>>(dialect, (db) =>
    db.selectFrom('access_keys').selectAll().orderBy('created_at').orderBy('access_key_id'),
  )
  const disable = prepare<{ id: string; now: number }>(dialect, (db, slot) =>
    db
      .updateTable('access_keys')
      .set({ disabled_at: slot('now') })
      .where('access_key_id', '=', slot('id'))
      .where('disabled_at', 'is', null),
  )
  return {
    find: async (id) => {
      const row = await rows.find({ id })
      return row && keyOf(row)
    },
    list: async () => (await rows.read(selectAll({}))).map(keyOf),
    add: (key) =>
      rows.insert(
        { ...key, policy: JSON.stringify(key.policy), disabledAt: undefined },
        () => new Error('an access key id was drawn twice'),
      ),
    disable: (id, now, otherwise) => rows.one(disable({ id, now }), otherwise),
  }
}

const keyOf = (row: Kept): AccessKey => ({
  ...row,
  policy: row.policy === undefined ? unlimited : policyFrom(row.policy),
})
