// Wrong answers are counted before they are answered, on the user for the lock and on the session, so that guesses
// that come together are all counted. Names that lead to nobody are locked like users
// (spec: authentication 3.2, 3.6.5; requirements 6, 20).
import { limits } from '../../config.ts'
import type { Pool, Session, User, Write } from '../../store/index.ts'
import type { RequestContext } from '../../context.ts'
import { nobodyOf } from '../users/unknown-name.ts'
import type { Carried } from './progress.ts'
import { invalidSession } from './session-token.ts'
import { WrongAnswer } from './wrong-answer.ts'

/** What a wrong answer is counted on. */
export type Counted = {
  readonly context: RequestContext
  readonly user: User
  readonly session: Session | undefined
  /** On whom it is counted instead, where the name leads to nobody. */
  readonly nobody?: { readonly poolId: string; readonly id: string } | undefined
}

/** What the wrong answers of a sign-in are counted on. */
export const countedOn = ({
  context,
  pool,
  user,
  session,
  carried,
}: Omit<Counted, 'nobody'> & { readonly pool: Pool; readonly carried: Carried }): Counted => ({
  context,
  user,
  session,
  nobody: carried.nobody === undefined ? undefined : nobodyOf(context, pool, carried.nobody),
})

/** Counts a wrong answer towards the lock. */
export const failureOf = ({ context, user, nobody }: Counted): Write =>
  nobody
    ? context.store.attempts.fail(nobody, context.clock.now())
    : context.store.users.countFailure(user, context.clock.now())

/**
 * Counts a wrong answer, then says so.
 *
 * @throws ServiceError the answer's own refusal; "Password attempts exceeded" when a lock holds by now
 */
const countWrongAnswer = async (on: Counted, wrong: WrongAnswer): Promise<never> => {
  const { session } = on
  const { store } = on.context
  const spent = (): Error => invalidSession('too many wrong answers in this session')
  await store.commit([failureOf(on), ...(session ? [store.sessions.fail(session, limits.sessionAttempts, spent)] : [])])
  throw wrong.refusal
}

/**
 * Checks an answer, and counts a wrong one.
 *
 * @throws ServiceError what the check throws, or what `countWrongAnswer` makes of a wrong answer
 */
export const counted = async <Result>(on: Counted, check: () => Promise<Result>): Promise<Result> => {
  try {
    return await check()
  } catch (error) {
    if (error instanceof WrongAnswer) return countWrongAnswer(on, error)
    throw error
  }
}
