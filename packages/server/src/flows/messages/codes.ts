// Makes, checks and spends the codes that users get by message. A code is valid for one user and one purpose, once,
// within its lifetime and for a few tries (protocol/authentication 2.3; requirements 59 to 63).
import type { Context } from '../../context.ts'
import { limits } from '../../config.ts'
import { ServiceError } from '../../errors.ts'
import type { Code, CodePurpose, User, Write } from '../../store/index.ts'

/** The refusal of a wrong code (protocol/authentication 2.3.4). */
export const codeMismatch = (reason: string): ServiceError =>
  new ServiceError('CodeMismatchException', 'Invalid verification code provided, please try again.', reason)

/** The refusal of a code that has expired, was used, or was never sent (protocol/authentication 2.3.5). */
export const codeExpired = (reason: string): ServiceError =>
  new ServiceError('ExpiredCodeException', 'Invalid code provided, please request a code again.', reason)

/** A new code, and the write that stores its keyed hash and replaces an earlier one. */
export type NewCode = { readonly code: string; readonly put: Write }

/**
 * Makes a code.
 *
 * @param draft.pending - the sealed value that the code will make valid
 */
export const newCode = (
  { random, keys, clock, store }: Context,
  user: Pick<User, 'poolId' | 'id'>,
  draft: {
    readonly purpose: CodePurpose
    readonly attribute: string
    readonly lifetimeSeconds: number
    readonly pending?: string
  },
): NewCode => {
  const code = random.digits(6)
  const put = store.codes.put({
    poolId: user.poolId,
    userId: user.id,
    purpose: draft.purpose,
    mac: keys.seal.mac(macInput(user, draft.purpose, code), 'code'),
    attribute: draft.attribute,
    pending: draft.pending,
    expiresAt: clock.now() + draft.lifetimeSeconds * 1000,
  })
  return { code, put }
}

const macInput = (user: Pick<User, 'poolId' | 'id'>, purpose: CodePurpose, code: string): string =>
  JSON.stringify([user.poolId, user.id, purpose, code])

/** A code that was right, and the write that spends it. */
export type RightCode = { readonly stored: Code; readonly spend: Write }

/** A try at a code. */
export type CodeTry = {
  /** The user of the code, or the row of an unknown name. */
  readonly subject: Pick<User, 'poolId' | 'id'>
  readonly purpose: CodePurpose
  readonly given: string
  /** The write that counts the request. */
  readonly count: Write
  /** Whether only the right code may show that a code exists; the work is then the same without one. */
  readonly hidden?: boolean
}

/**
 * Checks a code. The request and the try are counted before the code is compared.
 *
 * @throws ServiceError LimitExceededException; CodeMismatchException or ExpiredCodeException
 */
export const checkCode = async (context: Context, tried: CodeTry): Promise<RightCode> => {
  const { store, keys, clock } = context
  const { subject, purpose, given, hidden = false } = tried
  const now = clock.now()
  const stored = await store.codes.find(subject.poolId, subject.id, purpose)
  const worn = await countTry(context, tried, stored)
  const mac = stored?.mac ?? keys.seal.mac('', 'no code')
  const isRight = !worn && keys.seal.macMatches(macInput(subject, purpose, given), 'code', mac)
  const over = whyOver(stored, worn, now)
  if (over !== undefined && (!hidden || isRight)) throw codeExpired(over)
  if (over !== undefined || !isRight || !stored)
    throw codeMismatch(over ?? 'wrong code, or one that a newer one replaced')
  const spend = store.codes.spend(stored, limits.codeAttempts, now, () =>
    codeExpired('the code was used by another request'),
  )
  return { stored, spend }
}

const wornOut = new Error('the code bears no more tries')

// Counts the try. @returns whether the code had no tries left before this one, or was used meanwhile
const countTry = async ({ store }: Context, { count }: CodeTry, stored: Code | undefined): Promise<boolean> => {
  const tried = stored ? [store.codes.attempt(stored, limits.codeAttempts, () => wornOut)] : []
  try {
    await store.commit([count, ...tried])
    return false
  } catch (error) {
    if (error !== wornOut) throw error
    await store.commit([count])
    return true
  }
}

const whyOver = (stored: Code | undefined, worn: boolean, now: number): string | undefined => {
  if (!stored) return 'no code of this purpose was asked for, or it was used'
  if (worn) return 'the code has borne too many wrong answers, or was used meanwhile'
  return stored.expiresAt <= now ? `the code expired ${Math.round((now - stored.expiresAt) / 1000)} s ago` : undefined
}
