// Counts guesses about a user or an unknown name, and locks after too many. `reserve` is one conditional write before
// the answer is checked: it counts the attempt as a failure and locks by the rule. The commit of a right answer carries
// a write that takes the attempt back or clears the count; it is refused while a lock holds that another attempt
// caused. No attempt is reserved during a lock, so only the newest attempt can have caused the lock: the row holds its
// ticket (protocol/authentication 3.2; requirements 6, 7, 20, 121, 122).
import { sql, type Expression, type RawBuilder } from 'kysely'
import { ServiceError } from '../errors.ts'
import { failuresOfLongestLock, lockMilliseconds, type LockRule } from '../rules/lock.ts'
import { prepare, type Database, type Statement, type Write } from './database/index.ts'
import { rowsOf } from './rows.ts'
import type { KeyOf, Row } from './tables.ts'

/** The subject of guesses: a user, or the row of an unknown name. */
export type LockSubject = { readonly poolId: string; readonly id: string }

/** The stored count and lock of a subject. */
export type Lock = Row<'locks'>

/** A counted attempt: its subject and its ticket, a random text. */
export type CountedAttempt = { readonly subject: LockSubject; readonly ticket: string }

export type Locks = {
  find(subject: LockSubject): Promise<Lock | undefined>
  /** Counts an attempt as a failure; refused while a lock holds. */
  reserve(attempt: CountedAttempt, now: number): Write
  /** Takes an attempt back, with the lock that it caused; refused while the lock of another attempt holds. */
  giveBack(attempt: CountedAttempt, now: number): Write
  /** Clears all failures, with the lock that the attempt caused; refused while the lock of another attempt holds. */
  clear(attempt: CountedAttempt, now: number): Write
  /** Leaves an attempt counted; refused while the lock of another attempt holds. */
  keep(attempt: CountedAttempt, now: number): Write
  /** Changes nothing; refused while a lock holds. */
  requireNone(subject: LockSubject, now: number): Write
  /** Clears all failures unless a lock holds. */
  forget(subject: LockSubject, now: number): Write
  /** Clears all failures and ends the lock. */
  lift(subject: LockSubject): Write
  /**
   * Shortens a lock that lasts longer than its rule, because the clock was set back, to the length of the rule from
   * now.
   */
  shorten(subject: LockSubject, now: number): Write
}

/** The refusal while a lock holds. */
export const lockedOut = (reason: string): ServiceError =>
  new ServiceError('NotAuthorizedException', 'Password attempts exceeded', reason, 'user/lock')

/** A ticket that no attempt has. */
const noTicket = 'none'

/** The table of locks. */
export const locks = (database: Database, rule: LockRule): Locks => {
  const { dialect } = database
  const quietMilliseconds = rule.lockMaximumSeconds * 1000
  const rows = rowsOf<'locks', Lock>(database, 'locks')
  type Key = KeyOf<'locks'>
  type Timed = Key & { now: number }
  type Ticketed = Timed & { ticket: string }
  const reserve = prepare<Ticketed & { quietSince: number; first: number }>(dialect, (db, slot) => {
    // The count restarts when the last failure is older than the quiet time of the rule.
    const count = sql<number>`(case when locks.last_failure_at <= ${slot('quietSince')} then 1
      else locks.failures + 1 end)`
    return db
      .insertInto('locks')
      .values({
        pool_id: slot('poolId'),
        user_id: slot('userId'),
        failures: 1,
        last_failure_at: slot('now'),
        locked_until: slot('first'),
        ticket: slot('ticket'),
      })
      .onConflict((conflict) =>
        conflict
          .columns(['pool_id', 'user_id'])
          .doUpdateSet((eb) => ({
            failures: count,
            last_failure_at: eb.ref('excluded.last_failure_at'),
            locked_until: lockEnd(rule, count, eb.ref('excluded.last_failure_at')),
            ticket: eb.ref('excluded.ticket'),
          }))
          .whereRef('locks.locked_until', '<=', 'excluded.last_failure_at'),
      )
  })
  const giveBack = prepare<Ticketed>(dialect, (db, slot) =>
    db
      .updateTable('locks')
      .set((eb) => ({
        // A count that was cleared meanwhile stays at 0.
        failures: eb
          .case()
          .when('failures', '>', 0)
          .then(eb('failures', '-', 1))
          .else(0)
          .end(),
        locked_until: 0,
      }))
      .where((eb) => eb.and(rows.key(slot)))
      .where((eb) => eb.or([eb('locked_until', '<=', slot('now')), eb('ticket', '=', slot('ticket'))])),
  )
  const clear = prepare<Ticketed>(dialect, (db, slot) =>
    db
      .updateTable('locks')
      .set({ failures: 0, locked_until: 0 })
      .where((eb) => eb.and(rows.key(slot)))
      .where((eb) => eb.or([eb('locked_until', '<=', slot('now')), eb('ticket', '=', slot('ticket'))])),
  )
  const touchForeignLock = prepare<Ticketed>(dialect, (db, slot) =>
    db
      .updateTable('locks')
      .set((eb) => ({ ticket: eb.ref('ticket') }))
      .where((eb) => eb.and(rows.key(slot)))
      .where('locked_until', '>', slot('now'))
      .where('ticket', '<>', slot('ticket')),
  )
  const lift = prepare<Key>(dialect, (db, slot) =>
    db
      .updateTable('locks')
      .set({ failures: 0, locked_until: 0 })
      .where((eb) => eb.and(rows.key(slot))),
  )
  const shorten = prepare<Timed>(dialect, (db, slot) => {
    const now = sql<number>`cast(${slot('now')} as bigint)`
    const latest = lockEnd(rule, sql.ref<number>('failures'), now)
    return db
      .updateTable('locks')
      .set({ last_failure_at: slot('now'), locked_until: latest })
      .where((eb) => eb.and(rows.key(slot)))
      .where('locked_until', '>', latest)
  })
  const unlessLocked = (statement: Statement): Write => rows.one(statement, lockHolds)
  const unlessFound = (statement: Statement): Write => ({ statement, rows: 0, otherwise: lockHolds })
  const keyOf = ({ poolId, id }: LockSubject): Key => ({ poolId, userId: id })
  return {
    find: (subject) => rows.find(keyOf(subject)),
    reserve: ({ subject, ticket }, now) => {
      const length = lockMilliseconds(rule, 1)
      const first = length === 0 ? 0 : now + length
      return unlessLocked(reserve({ ...keyOf(subject), ticket, now, quietSince: now - quietMilliseconds, first }))
    },
    giveBack: ({ subject, ticket }, now) => unlessLocked(giveBack({ ...keyOf(subject), ticket, now })),
    clear: ({ subject, ticket }, now) => unlessLocked(clear({ ...keyOf(subject), ticket, now })),
    keep: ({ subject, ticket }, now) => unlessFound(touchForeignLock({ ...keyOf(subject), ticket, now })),
    requireNone: (subject, now) => unlessFound(touchForeignLock({ ...keyOf(subject), ticket: noTicket, now })),
    forget: (subject, now) => rows.any(clear({ ...keyOf(subject), ticket: noTicket, now })),
    lift: (subject) => rows.any(lift(keyOf(subject))),
    shorten: (subject, now) => rows.any(shorten({ ...keyOf(subject), now })),
  }
}

const lockHolds = (): ServiceError => lockedOut('a lock holds after wrong answers')

/** The end of a lock that begins at an instant, as SQL; 0 when this number of failures causes no lock. */
const lockEnd = (rule: LockRule, failures: Expression<number>, at: Expression<number>): RawBuilder<number> => {
  const longest = failuresOfLongestLock(rule)
  const end = (count: number): RawBuilder<number> => {
    const length = lockMilliseconds(rule, count)
    return length === 0 ? sql`0` : sql`${at} + ${sql.lit(length)}`
  }
  const ends = Array.from({ length: longest }, (_, count) => sql`when ${sql.lit(count)} then ${end(count)}`)
  return sql<number>`case ${failures} ${sql.join(ends, sql` `)} else ${end(longest)} end`
}
