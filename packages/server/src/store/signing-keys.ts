// The RSA keys of a pool. A retired key no longer signs, and stays published until its last token has expired.
import { prepare, type Database, type Value, type Write } from './database/index.ts'
import { recent } from './recent.ts'

/** What a key signs (spec: authentication 6.1). */
export type SigningUse = 'access' | 'id'

/** A signing key as it is kept. */
export type StoredSigningKey = {
  readonly poolId: string
  readonly kid: string
  readonly use: SigningUse
  /** The public key as a JWK, JSON. */
  readonly publicJwk: string
  /** The private key, PKCS #8 in Base64, sealed. */
  readonly privateSealed: string
  readonly createdAt: number
  readonly retiredAt: number | undefined
}

export type StoredSigningKeys = {
  /** Every key of a pool, newest first. */
  list(poolId: string): Promise<StoredSigningKey[]>
  add(key: StoredSigningKey): Write
  /** Stops a key from signing. */
  retire(key: StoredSigningKey, now: number): Write
  /** Forgets a key whose tokens have all expired. */
  remove(key: StoredSigningKey): Write
  /** Forgets what was kept in memory. */
  forget(): void
}

const keyOf = (row: Record<string, Value>): StoredSigningKey => ({
  poolId: String(row['pool_id']),
  kid: String(row['kid']),
  use: String(row['use']) as SigningUse,
  publicJwk: String(row['public_jwk']),
  privateSealed: String(row['private_sealed']),
  createdAt: Number(row['created_at']),
  retiredAt: row['retired_at'] === null ? undefined : Number(row['retired_at']),
})

const changedMeanwhile = (): Error => new Error('the signing keys were changed by another request')

/** The table of signing keys. */
export const storedSigningKeys = (database: Database): StoredSigningKeys => {
  const { dialect } = database
  const select = prepare<{ poolId: string }>(dialect, (db, slot) =>
    db.selectFrom('signing_keys').selectAll().where('pool_id', '=', slot('poolId')).orderBy('created_at', 'desc'),
  )
  type Row = { poolId: string; kid: string; use: string; publicJwk: string; privateSealed: string; now: number }
  const insert = prepare<Row>(dialect, (db, slot) =>
    db.insertInto('signing_keys').values({
      pool_id: slot('poolId'),
      kid: slot('kid'),
      use: slot('use'),
      public_jwk: slot('publicJwk'),
      private_sealed: slot('privateSealed'),
      created_at: slot('now'),
      retired_at: null,
    }),
  )
  const retire = prepare<{ poolId: string; kid: string; now: number }>(dialect, (db, slot) =>
    db
      .updateTable('signing_keys')
      .set({ retired_at: slot('now') })
      .where('pool_id', '=', slot('poolId'))
      .where('kid', '=', slot('kid'))
      .where('retired_at', 'is', null),
  )
  const remove = prepare<{ poolId: string; kid: string }>(dialect, (db, slot) =>
    db
      .deleteFrom('signing_keys')
      .where('pool_id', '=', slot('poolId'))
      .where('kid', '=', slot('kid'))
      .where('retired_at', 'is not', null),
  )
  const memory = recent<StoredSigningKey[] | undefined>()
  return {
    list: (poolId) =>
      memory
        .get(poolId, async () => {
          const keys = (await database.read(select({ poolId }))).map(keyOf)
          return keys.length > 0 ? keys : undefined
        })
        .then((keys) => keys ?? []),
    add: ({ poolId, kid, use, publicJwk, privateSealed, createdAt }) => ({
      statement: insert({ poolId, kid, use, publicJwk, privateSealed, now: createdAt }),
      rows: 1,
      otherwise: changedMeanwhile,
      settings: true,
    }),
    retire: ({ poolId, kid }, now) => ({
      statement: retire({ poolId, kid, now }),
      rows: 1,
      otherwise: changedMeanwhile,
      settings: true,
    }),
    remove: ({ poolId, kid }) => ({
      statement: remove({ poolId, kid }),
      rows: 1,
      otherwise: changedMeanwhile,
      settings: true,
    }),
    forget: memory.clear,
  }
}
