// Access keys: what `poolkeeper keys` makes and a signature (SigV4) is checked against.
import { policyFrom, unlimited, type KeyPolicy } from '../rules/key-policy.ts'
import { prepare, type Database, type Value, type Write } from './database/index.ts'

/** An access key as it is kept. */
export type AccessKey = {
  readonly id: string
  /** The secret, sealed for the purpose `access-key`. */
  readonly secret: string
  readonly note: string
  readonly policy: KeyPolicy
  readonly createdAt: number
  readonly disabledAt: number | undefined
}

export type AccessKeys = {
  find(accessKeyId: string): Promise<AccessKey | undefined>
  /** Every key, oldest first. */
  list(): Promise<AccessKey[]>
  add(key: Omit<AccessKey, 'disabledAt'>): Write
  /** Disables a key; refused when there is none, or it is disabled. */
  disable(accessKeyId: string, now: number, refused: () => Error): Write
}

const keyOf = (row: Record<string, Value>): AccessKey => ({
  id: String(row['access_key_id']),
  secret: String(row['secret_sealed']),
  note: String(row['note']),
  policy: row['policy'] === null ? unlimited : policyFrom(String(row['policy'])),
  createdAt: Number(row['created_at']),
  disabledAt: row['disabled_at'] === null ? undefined : Number(row['disabled_at']),
})

/** The table of access keys. */
export const accessKeys = (database: Database): AccessKeys => {
  const { dialect } = database
  const select = prepare<{ id: string }>(dialect, (db, slot) =>
    db.selectFrom('access_keys').selectAll().where('access_key_id', '=', slot('id')),
  )
  const selectAll = prepare<Record<never, never>>(dialect, (db) =>
    db.selectFrom('access_keys').selectAll().orderBy('created_at').orderBy('access_key_id'),
  )
  const insert = prepare<{ id: string; secret: string; note: string; policy: string; now: number }>(
    dialect,
    (db, slot) =>
      db.insertInto('access_keys').values({
        access_key_id: slot('id'),
        secret_sealed: slot('secret'),
        note: slot('note'),
        policy: slot('policy'),
        created_at: slot('now'),
        disabled_at: null,
      }),
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
      const [row] = await database.read(select({ id }))
      return row && keyOf(row)
    },
    list: async () => (await database.read(selectAll({}))).map(keyOf),
    add: ({ id, secret, note, policy, createdAt }) => ({
      statement: insert({ id, secret, note, policy: JSON.stringify(policy), now: createdAt }),
      rows: 1,
      otherwise: () => new Error('an access key id was drawn twice'),
    }),
    disable: (id, now, otherwise) => ({ statement: disable({ id, now }), rows: 1, otherwise }),
  }
}
