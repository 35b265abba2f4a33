// Removes what is dead, a bounded number of rows at a time, so that tables stay as large as what they are for.
import { prepare, type Database, type Write } from './database/index.ts'

/** How long what has ended is kept, so that a late request hears why it is refused. */
const keptMilliseconds = 86_400_000

/** What is counted by the hour ends with the hour; the longest lock of a name of nobody is a quarter of it. */
const countedMilliseconds = 3_600_000

/** How long sent messages are kept. */
const sentKeptMilliseconds = 7 * 86_400_000

const rowsAtOnce = 500

const unconditional = (statement: Write['statement']): Write => ({
  statement,
  rows: 'any',
  otherwise: () => new Error('unreachable'),
})

/**
 * Makes the function that removes dead sessions, sign-ins, codes, counts of attempts and messages.
 *
 * @returns removes up to 500 rows of each; `now` in epoch milliseconds
 */
export const sweeper = (database: Database): ((now: number) => Promise<void>) => {
  type Bound = { before: number }
  const sessions = prepare<Bound>(database.dialect, (db, slot) =>
    db
      .deleteFrom('sessions')
      .where((eb) =>
        eb(
          eb.refTuple('pool_id', 'user_id', 'session_id'),
          'in',
          eb
            .selectFrom('sessions')
            .select(['pool_id', 'user_id', 'session_id'])
            .where('expires_at', '<', slot('before'))
            .limit(rowsAtOnce)
            .$asTuple('pool_id', 'user_id', 'session_id'),
        ),
      ),
  )
  const signIns = prepare<Bound>(database.dialect, (db, slot) =>
    db
      .deleteFrom('sign_ins')
      .where((eb) =>
        eb(
          eb.refTuple('pool_id', 'user_id', 'origin_jti'),
          'in',
          eb
            .selectFrom('sign_ins')
            .select(['pool_id', 'user_id', 'origin_jti'])
            .where('expires_at', '<', slot('before'))
            .limit(rowsAtOnce)
            .$asTuple('pool_id', 'user_id', 'origin_jti'),
        ),
      ),
  )
  // A row that is written anew while the sweep reads is no longer dead: the outer condition is looked at again.
  const codes = prepare<Bound>(database.dialect, (db, slot) =>
    db
      .deleteFrom('codes')
      .where('expires_at', '<', slot('before'))
      .where((eb) =>
        eb(
          eb.refTuple('pool_id', 'user_id', 'purpose'),
          'in',
          eb
            .selectFrom('codes')
            .select(['pool_id', 'user_id', 'purpose'])
            .where('expires_at', '<', slot('before'))
            .limit(rowsAtOnce)
            .$asTuple('pool_id', 'user_id', 'purpose'),
        ),
      ),
  )
  const attempts = prepare<Bound>(database.dialect, (db, slot) =>
    db
      .deleteFrom('attempts')
      .where('since_at', '<', slot('before'))
      .where((eb) =>
        eb(
          eb.refTuple('pool_id', 'user_id', 'kind'),
          'in',
          eb
            .selectFrom('attempts')
            .select(['pool_id', 'user_id', 'kind'])
            .where('since_at', '<', slot('before'))
            .limit(rowsAtOnce)
            .$asTuple('pool_id', 'user_id', 'kind'),
        ),
      ),
  )
  const messages = prepare<Bound>(database.dialect, (db, slot) =>
    db
      .deleteFrom('outbox')
      .where((eb) =>
        eb(
          'message_id',
          'in',
          eb
            .selectFrom('outbox')
            .select('message_id')
            .where('created_at', '<', slot('before'))
            .where('sent_at', 'is not', null)
            .orderBy('created_at')
            .limit(rowsAtOnce),
        ),
      ),
  )
  return async (now) => {
    const ended = { before: now - keptMilliseconds }
    await database.commit([unconditional(sessions(ended))])
    await database.commit([unconditional(signIns(ended))])
    await database.commit([unconditional(codes(ended))])
    await database.commit([unconditional(attempts({ before: ended.before - countedMilliseconds }))])
    await database.commit([unconditional(messages({ before: now - sentKeptMilliseconds }))])
  }
}
