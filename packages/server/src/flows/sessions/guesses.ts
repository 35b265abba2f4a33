// The one door to everything that can be guessed: passwords, proofs, codes, signatures, answers to custom challenges.
// `counted` counts an attempt as if it were wrong, in one conditional write, and only then hands it to the check; while
// a lock holds, nothing is looked at. A wrong answer needs no other write. A right one is taken back or clears the
// count in the commit that gives what it bought, and that commit holds the lock: it is refused when the attempts of
// others brought one meanwhile. Unknown names are counted like users (protocol/authentication 3.2, 3.6.5; requirements
// 6, 7, 20, 121, 122).
import { limits } from '../../config.ts'
import type { RequestContext } from '../../context.ts'
import { ServiceError } from '../../errors.ts'
import { lockLimitMilliseconds, lockMilliseconds } from '../../rules/lock.ts'
import type { LockSubject, Pool, Session, User, Write } from '../../store/index.ts'
import { lockedOut } from '../../store/locks.ts'
import { unknownNameRow } from '../users/unknown-name.ts'
import { inTurnOf } from './guess-turns.ts'
import type { Carried } from './progress.ts'
import { invalidSession, sessionUsed } from './session-token.ts'
import { WrongAnswer } from './wrong-answer.ts'

/** What a guess is counted on. */
export type CountedOn = {
  readonly context: RequestContext
  readonly subject: LockSubject
  /** The session that the guess answers. */
  readonly session: Session | undefined
  /** Guesses that the session bears; the limit of all sessions if not given. */
  readonly sessionLimit?: number | undefined
}

/**
 * What a commit of a sign-in writes about the lock, before all else, so that it holds to the end of the commit. Each is
 * refused with "Password attempts exceeded" while a lock holds that an attempt of another request brought.
 */
export type LockHold = {
  /** Whether an attempt of this request was counted. `counted` alone makes such a hold. */
  readonly counted: boolean
  /** For a commit after which the sign-in goes on: takes the attempt back, which was right, and no other. */
  readonly goOn: () => readonly Write[]
  /** For a commit after which the sign-in goes on though the answer was wrong. */
  readonly goOnAfterWrong: () => readonly Write[]
  /** For the commit that gives tokens: every failure is forgotten. */
  readonly finish: () => readonly Write[]
}

/** The hold of a request whose attempt was counted. */
export type CountedHold = LockHold & {
  readonly counted: true
  /** The refusal of its writes. */
  readonly lockedMeanwhile: ServiceError
}

/** A sign-in, as far as it bears on whom its guesses are about. */
type SigningIn = { readonly pool: Pool; readonly user: User; readonly carried: Carried }

/** Whom the guesses of a sign-in are about: the user, or what stands for an unknown name. */
export const lockSubjectOf = (context: RequestContext, { pool, user, carried }: SigningIn): LockSubject =>
  carried.unknownName === undefined ? user : unknownNameRow(context, pool, carried.unknownName)

/** What a guess of a sign-in is counted on. */
export const countedOn = (
  attempt: SigningIn & Pick<CountedOn, 'context' | 'session'>,
  sessionLimit?: number,
): CountedOn => ({
  context: attempt.context,
  subject: lockSubjectOf(attempt.context, attempt),
  session: attempt.session,
  sessionLimit,
})

/** The hold of a request that holds nothing to guess. */
export const uncountedHold = ({ store, clock }: RequestContext, subject: LockSubject): LockHold => {
  const none = (): Write => store.locks.requireNone(subject, clock.now())
  return {
    counted: false,
    goOn: () => [none()],
    goOnAfterWrong: () => [none()],
    finish: () => [store.locks.forget(subject, clock.now()), none()],
  }
}

/** The refusal of a locked subject. A lock that a clock which was ahead made much longer than its rule is shortened. */
const refusalOf = async ({ store, clock }: RequestContext, subject: LockSubject): Promise<ServiceError> => {
  const now = clock.now()
  const { failures, lockedUntil } = (await store.locks.find(subject)) ?? { failures: 0, lockedUntil: now }
  const isTooLong = lockedUntil - now > lockLimitMilliseconds(limits, failures)
  if (isTooLong) await store.commit([store.locks.shorten(subject, now)])
  const left = isTooLong ? lockMilliseconds(limits, failures) : Math.max(0, lockedUntil - now)
  return lockedOut(`the user is locked for another ${Math.ceil(left / 1000)} s`)
}

/**
 * Refuses a request about a locked subject in which nothing can be guessed. What it commits must hold the lock as well.
 *
 * @throws ServiceError "Password attempts exceeded"
 */
export const requireUnlocked = async (context: RequestContext, subject: LockSubject): Promise<void> => {
  const lock = await context.store.locks.find(subject)
  if (lock && lock.lockedUntil > context.clock.now()) throw await refusalOf(context, subject)
}

/**
 * Hands a guess to its check, after it was counted.
 *
 * @param work - checks, and commits what a right answer buys together with the writes of the hold
 * @param also - what else the counting commit writes
 * @throws ServiceError "Password attempts exceeded" while a lock holds; the refusal of a wrong answer, which stays
 * counted; any other refusal, after which the attempt is taken back
 */
export const counted = <Result>(
  on: CountedOn,
  work: (hold: CountedHold) => Promise<Result>,
  also: readonly Write[] = [],
): Promise<Result> =>
  inTurnOf(on.context.store, on.subject, async () => {
    const hold = await reserve(on, also)
    try {
      return await work(hold)
    } catch (error) {
      if (error instanceof WrongAnswer) throw error.refusal
      if (error instanceof ServiceError) await takeBack(on, hold, error)
      throw error
    }
  })

// Where a lock came meanwhile, the session is left as if nothing had been looked at in it: an answer that was right must
// not be told by it from those that met the lock.
const takeBack = async ({ context: { store }, session }: CountedOn, hold: CountedHold, error: ServiceError) => {
  const { lockedMeanwhile } = hold
  const met = error === lockedMeanwhile ? error : await refusedBy(lockedMeanwhile, store.commit(hold.goOn()))
  if (!met) return
  if (session) await store.commit([store.sessions.uncountAnswer(session)])
  throw met
}

/** Whether a commit was refused by this error, which is then returned. */
const refusedBy = (refusal: ServiceError, commit: Promise<void>): Promise<ServiceError | undefined> =>
  commit.then(
    () => undefined,
    (error: unknown) => {
      if (error === refusal) return refusal
      throw error
    },
  )

const reserve = async (
  { context, subject, session, sessionLimit = limits.sessionAttempts }: CountedOn,
  also: readonly Write[],
): Promise<CountedHold> => {
  const { store, clock, random } = context
  const attempt = { subject, ticket: random.uuid() }
  const locked = lockedOut('a lock holds after wrong answers')
  const spent = sessionLimit === 1 ? sessionUsed() : invalidSession('too many wrong answers in this session')
  try {
    await store.commit([
      { ...store.locks.reserve(attempt, clock.now()), otherwise: () => locked },
      ...(session ? [store.sessions.countAnswer(session, sessionLimit, () => spent)] : []),
      ...also,
    ])
  } catch (error) {
    if (error === locked) throw await refusalOf(context, subject)
    if (error === spent && session && (await hasEnded(context, session))) throw sessionUsed()
    throw error
  }
  const lockedMeanwhile = lockedOut('a lock came while the answer was looked at')
  const refusing = (write: Write): Write => ({ ...write, otherwise: () => lockedMeanwhile })
  return {
    counted: true,
    lockedMeanwhile,
    goOn: () => [refusing(store.locks.giveBack(attempt, clock.now()))],
    goOnAfterWrong: () => [refusing(store.locks.keep(attempt, clock.now()))],
    finish: () => [refusing(store.locks.clear(attempt, clock.now()))],
  }
}

const hasEnded = async ({ store }: RequestContext, { poolId, userId, id }: Session): Promise<boolean> =>
  (await store.sessions.find(poolId, userId, id))?.endedAt !== undefined
