// How often a user did something within the hour, and how often names that lead to nobody were guessed at. One
// conditional write counts and refuses.
import { sql, type RawBuilder } from 'kysely'
import { ServiceError } from '../errors.ts'
import { prepare, type Database, type Write } from './database/index.ts'

/** What is counted (spec: administration 13.3). */
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
  /** Counts one attempt; refused with LimitExceededException when `limit` were made within the hour. */
  count(user: Owner, kind: AttemptKind, limit: number, now: number): Write
  /**
   * Counts a wrong answer about a name that leads to nobody, by the rule by which users are locked
   * (`users.countFailure`); refused while such a lock holds.
   */
  fail(nobody: Owner, now: number): Write
  /** Until when a name that leads to nobody is locked; 0 when it is not. */
  lockedUntil(nobody: Owner): Promise<number>
}

/** On whom something is counted. */
type Owner = { readonly poolId: string; readonly id: string }

const exceeded = (): ServiceError =>
  new ServiceError('LimitExceededException', 'Attempt limit exceeded, please try after some time.')

const hour = 3_600_000

const lockedOut = (): ServiceError =>
  new ServiceError('NotAuthorizedException', 'Password attempts exceeded', 'a name that leads to nobody is locked')

/** Failures are forgotten after so long without one (spec: authentication 3.2). */
const quietMilliseconds = 900_000

const wrongAnswers = 'wrong-answers'

/** The count with this attempt: it begins anew where the last was at `since` or before. */
const countedSince = (since: number): RawBuilder<number> =>
  sql<number>`case when attempts.since_at <= ${since} then 1 else attempts.count + 1 end`

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
  // The lock after so many failures in a row: from the fifth on 1 s, doubling to 15 minutes.
  const locked = sql<number>`case when attempts.count < 5 then 0 when attempts.count >= 15 then 900000
    else 1000 << cast(attempts.count - 5 as integer) end`
  type Failure = { poolId: string; userId: string; now: number; quietSince: number }
  const fail = prepare<Failure>(database.dialect, (db, slot) =>
    db
      .insertInto('attempts')
      .values({
        pool_id: slot('poolId'),
        user_id: slot('userId'),
        kind: wrongAnswers,
        count: 1,
        since_at: slot('now'),
      })
      .onConflict((conflict) =>
        conflict
          .columns(['pool_id', 'user_id', 'kind'])
          .doUpdateSet((eb) => ({
            count: countedSince(slot('quietSince')),
            since_at: eb.ref('excluded.since_at'),
          }))
          .where((eb) => eb(eb('attempts.since_at', '+', locked), '<=', eb.ref('excluded.since_at'))),
      ),
  )
  const selectLock = prepare<{ poolId: string; userId: string }>(database.dialect, (db, slot) =>
    db
      .selectFrom('attempts')
      .select((eb) => eb('since_at', '+', locked).as('until'))
      .where('pool_id', '=', slot('poolId'))
      .where('user_id', '=', slot('userId'))
      .where('kind', '=', wrongAnswers)
      .where('count', '>=', 5),
  )
  return {
    fail: ({ poolId, id }, now) => ({
      statement: fail({ poolId, userId: id, now, quietSince: now - quietMilliseconds }),
      rows: 1,
      otherwise: lockedOut,
    }),
    lockedUntil: async ({ poolId, id }) => {
      const [row] = await database.read(selectLock({ poolId, userId: id }))
      return Number(row?.['until'] ?? 0)
    },
    count: ({ poolId, id }, kind, limit, now) => ({
      statement: count({ poolId, userId: id, kind, now, hourAgo: now - hour, limit }),
      rows: 1,
      otherwise: exceeded,
    }),
  }
}
