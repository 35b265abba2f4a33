// Passkeys: what a user registered with authenticators (W3C Web Authentication). A signature counter only rises.
import { ServiceError } from '../errors.ts'
import { prepare, type Database, type Value, type Write } from './database/index.ts'

/** A passkey of a user. */
export type Passkey = {
  readonly poolId: string
  readonly userId: string
  /** The credential id, in Base64url. */
  readonly id: string
  /** The public key as COSE, in Base64url. */
  readonly publicKey: string
  /** The highest signature counter that was seen; 0 for authenticators that do not count. */
  readonly counter: number
  readonly name: string
  /** The relying party it was made for; it is worth nothing for another. */
  readonly relyingParty: string
  readonly attachment: string | undefined
  readonly transports: readonly string[]
  readonly createdAt: number
}

export type Passkeys = {
  /** Every passkey of a user, the oldest first. */
  list(poolId: string, userId: string): Promise<Passkey[]>
  /** Adds a passkey; refused with LimitExceededException when the user has `limit`, or has it already. */
  add(passkey: Passkey, limit: number): Write
  /** Stores the counter of a signature; refused when it does not rise, or the passkey is gone (WebAuthn, 6.1.1). */
  advance(passkey: Passkey, counter: number, refused: () => Error): Write
  /** Removes a passkey; refused when it is gone. */
  remove(passkey: Pick<Passkey, 'poolId' | 'userId' | 'id'>, gone: () => Error): Write
}

const passkeyOf = (row: Record<string, Value>): Passkey => ({
  poolId: String(row['pool_id']),
  userId: String(row['user_id']),
  id: String(row['credential_id']),
  publicKey: String(row['public_key']),
  counter: Number(row['counter']),
  name: String(row['name']),
  relyingParty: String(row['relying_party']),
  attachment: row['attachment'] === null ? undefined : String(row['attachment']),
  transports: JSON.parse(String(row['transports'])) as string[],
  createdAt: Number(row['created_at']),
})

/** The answer to one passkey too many (spec: authentication 7.2.1). */
export const tooManyPasskeys = (): ServiceError =>
  new ServiceError('LimitExceededException', 'The user has the maximum number of passkeys.')

/** The table of passkeys. */
export const passkeys = (database: Database): Passkeys => {
  const { dialect } = database
  type Owner = { poolId: string; userId: string }
  type Key = Owner & { id: string }
  const select = prepare<Owner>(dialect, (db, slot) =>
    db
      .selectFrom('passkeys')
      .selectAll()
      .where('pool_id', '=', slot('poolId'))
      .where('user_id', '=', slot('userId'))
      .orderBy('created_at')
      .orderBy('credential_id'),
  )
  type Row = Key & {
    publicKey: string
    counter: number
    name: string
    relyingParty: string
    attachment: string | null
    transports: string
    createdAt: number
  }
  const columns = [
    'pool_id',
    'user_id',
    'credential_id',
    'public_key',
    'counter',
    'name',
    'relying_party',
    'attachment',
    'transports',
    'created_at',
  ] as const
  const insert = prepare<Row & { limit: number }>(dialect, (db, slot) =>
    db
      .insertInto('passkeys')
      .columns(columns)
      .expression(
        db
          .selectNoFrom((eb) => [
            eb.val(slot('poolId')).as('pool_id'),
            eb.val(slot('userId')).as('user_id'),
            eb.val(slot('id')).as('credential_id'),
            eb.val(slot('publicKey')).as('public_key'),
            eb.val(slot('counter')).as('counter'),
            eb.val(slot('name')).as('name'),
            eb.val(slot('relyingParty')).as('relying_party'),
            eb.val(slot('attachment')).as('attachment'),
            eb.val(slot('transports')).as('transports'),
            eb.val(slot('createdAt')).as('created_at'),
          ])
          .where(
            (eb) =>
              eb
                .selectFrom('passkeys')
                .select((inner) => inner.fn.countAll<number>().as('count'))
                .where('pool_id', '=', slot('poolId'))
                .where('user_id', '=', slot('userId')),
            '<',
            slot('limit'),
          ),
      )
      .onConflict((conflict) => conflict.columns(['pool_id', 'user_id', 'credential_id']).doNothing()),
  )
  const advance = prepare<Key & { counter: number }>(dialect, (db, slot) =>
    db
      .updateTable('passkeys')
      .set({ counter: slot('counter') })
      .where('pool_id', '=', slot('poolId'))
      .where('user_id', '=', slot('userId'))
      .where('credential_id', '=', slot('id'))
      .where((eb) =>
        eb.or([
          eb('counter', '<', slot('counter')),
          // Both are 0 where an authenticator does not count.
          eb.and([eb('counter', '=', 0), eb('counter', '=', slot('counter'))]),
        ]),
      ),
  )
  const remove = prepare<Key>(dialect, (db, slot) =>
    db
      .deleteFrom('passkeys')
      .where('pool_id', '=', slot('poolId'))
      .where('user_id', '=', slot('userId'))
      .where('credential_id', '=', slot('id')),
  )
  return {
    list: async (poolId, userId) => (await database.read(select({ poolId, userId }))).map(passkeyOf),
    add: ({ attachment = null, transports, ...passkey }, limit) => ({
      statement: insert({ ...passkey, attachment, transports: JSON.stringify(transports), limit }),
      rows: 1,
      otherwise: tooManyPasskeys,
    }),
    advance: ({ poolId, userId, id }, counter, otherwise) => ({
      statement: advance({ poolId, userId, id, counter }),
      rows: 1,
      otherwise,
    }),
    remove: ({ poolId, userId, id }, otherwise) => ({
      statement: remove({ poolId, userId, id }),
      rows: 1,
      otherwise,
    }),
  }
}
