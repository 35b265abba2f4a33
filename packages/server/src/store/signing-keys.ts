// The RSA keys of a pool. A retired key no longer signs, and stays published until its last token has expired.
import { prepare, type Database, type Write } from './database/index.ts'
import { rowsOf } from './rows.ts'
import type { KeyOf, Row } from './tables.ts'
import { recent } from './recent.ts'

/** The tokens that a key signs (protocol/authentication 6.1). */
export type SigningUse = 'access' | 'id'

/** A stored signing key. */
export type StoredSigningKey = Row<'signing_keys', { readonly use: SigningUse }>

export type StoredSigningKeys = {
  /** All keys of a pool, newest first. */
  list(poolId: string): Promise<StoredSigningKey[]>
  add(key: StoredSigningKey): Write
  /** Stops a key from signing. */
  retire(key: StoredSigningKey, now: number): Write
  /** Replaces the sealed private key by one that was sealed again; no write without one. */
  sealAgain(key: StoredSigningKey, sealed: string | undefined): Write[]
  /** Removes a key whose tokens have all expired. */
  remove(key: StoredSigningKey): Write
  /** Forgets the rows in memory. */
  forget(): void
}

/** The table of signing keys. */
export const storedSigningKeys = (database: Database): StoredSigningKeys => {
  const { dialect } = database
  const rows = rowsOf<'signing_keys', StoredSigningKey>(database, 'signing_keys')
  const replacePrivate = rows.replaceText('privateSealed')
  const retire = prepare<KeyOf<'signing_keys'> & { now: number }>(dialect, (db, slot) =>
    db
      .updateTable('signing_keys')
      .set({ retired_at: slot('now') })
      .where((eb) => eb.and(rows.key(slot)))
      .where('retired_at', 'is', null),
  )
  const remove = prepare<KeyOf<'signing_keys'>>(dialect, (db, slot) =>
    db
      .deleteFrom('signing_keys')
      .where((eb) => eb.and(rows.key(slot)))
      .where('retired_at', 'is not', null),
  )
  const memory = recent<StoredSigningKey[] | undefined>()
  return {
    list: (poolId) =>
      memory
        .get(poolId, async () => {
          const keys = (await rows.all({ poolId })).toSorted((one, other) => other.createdAt - one.createdAt)
          return keys.length > 0 ? keys : undefined
        })
        .then((keys) => keys ?? []),
    add: (key) => rows.insert(key, changedMeanwhile),
    retire: ({ poolId, kid }, now) => rows.one(retire({ poolId, kid, now }), changedMeanwhile),
    sealAgain: (key, sealed) => (sealed === undefined ? [] : [replacePrivate(key, key.privateSealed, sealed)]),
    remove: ({ poolId, kid }) => rows.one(remove({ poolId, kid }), changedMeanwhile),
    forget: memory.clear,
  }
}

const changedMeanwhile = (): Error => new Error('the signing keys were changed by another request')
