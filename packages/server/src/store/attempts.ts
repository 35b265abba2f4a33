// Counts attempts by a user, or about an unknown name, within an hour. One conditional write counts an attempt or
// refuses it.
import { sql, type RawBuilder } from 'kysely'
import { ServiceError } from '../errors.ts'
import { prepare, type Database, type Write } from './database/index.ts'

/** The kinds of attempts (protocol/administration 13.3). */
export type AttemptKind =
  | 'confirm-sign-up'
  | 'resend'
  | 'recovery'
  | 'change-password'
  | 'attribute-code'
  | 'verify-attribute'
  | 'recovery-codes'
  | 'sign-in-code'

export type Attempts = {
  /** Counts one attempt; refused with LimitExceededException after `limit` attempts within the hour. */
  count(user: Owner, kind: AttemptKind, limit: number, now: number): Write
}

/** The user, or the row of an unknown name, whose attempts are counted. */
type Owner = { readonly poolId: string; readonly id: string }

const hour = 3_600_000

/** The table of attempts. */
export const attempts = (database: Database): Attempts => {
  type Row = { poolId: string; userId: string; kind: string; now: number; hourAgo: number; limit: number }
  const count = prepare<Row>(database.dialect, (db, slot) =>
    db
      .insertInto('attempts')
      .values({ pool_id: slot('poolId'), user_id: slot('userId'), kind: slot('kind'), count: 1, since_at: slot('now') })
      .onConflict((conflict) =>
        conflict
          .columns(['pool_id', 'user_id', 'kind'])
          .doUpdateSet((eb) => ({
            count: countedSince(slot('hourAgo')),
            since_at: eb
              .case()
              .when('attempts.since_at', '<=', slot('hourAgo'))
              .then(eb.ref('excluded.since_at'))
              .else(eb.ref('attempts.since_at'))
              .end(),
          }))
          .where((eb) =>
            eb.or([eb('attempts.since_at', '<=', slot('hourAgo')), eb('attempts.count', '<', slot('limit'))]),
          ),
      ),
  )
  return {
    count: ({ poolId, id }, kind, limit, now) => ({
      statement: count({ poolId, userId: id, kind, now, hourAgo: now - hour, limit }),
      rows: 1,
      otherwise: () => exceeded(kind),
    }),
  }
}

const exceeded = (kind: AttemptKind): ServiceError => {
  const message = 'Attempt limit exceeded, please try after some time.'
  return new ServiceError('LimitExceededException', message, 'too often within the hour', `user/${kind}`)
}

/** The count including this attempt; it restarts when the counted hour began at `since` or before. */
const countedSince = (since: number): RawBuilder<number> =>
  sql<number>`case when attempts.since_at <= ${since} then 1 else attempts.count + 1 end`
