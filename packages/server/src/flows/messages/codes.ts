// Codes that a user gets by message: made, checked and spent in one place. A code serves one user and one purpose,
// once, within its time and a few wrong answers (spec: authentication 2.3; requirements 59 to 63).
import type { Context } from '../../context.ts'
import { limits } from '../../config.ts'
import { ServiceError } from '../../errors.ts'
import type { Code, CodePurpose, User, Write } from '../../store/index.ts'

/** The answer to a wrong code (2.3.4). */
export const codeMismatch = (reason: string): ServiceError =>
  new ServiceError('CodeMismatchException', 'Invalid verification code provided, please try again.', reason)

/** The answer to a code that expired, was used, or was never asked for (2.3.5). */
export const codeExpired = (reason: string): ServiceError =>
  new ServiceError('ExpiredCodeException', 'Invalid code provided, please request a code again.', reason)

const macInput = (user: Pick<User, 'poolId' | 'id'>, purpose: CodePurpose, code: string): string =>
  JSON.stringify([user.poolId, user.id, purpose, code])

/** A fresh code and the write that stores its keyed hash in place of an earlier one. */
export type NewCode = { readonly code: string; readonly put: Write }

/**
 * Makes a code.
 *
 * @param of.pending - a value that the code will make valid, sealed
 */
export const newCode = (
  { random, keys, clock, store }: Context,
  user: Pick<User, 'poolId' | 'id'>,
  of: {
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
    purpose: of.purpose,
    mac: keys.seal.mac(macInput(user, of.purpose, code), 'code'),
    attribute: of.attribute,
    pending: of.pending,
    expiresAt: clock.now() + of.lifetimeSeconds * 1000,
  })
  return { code, put }
}

/** A code that was found right, and the write that uses it up. */
export type RightCode = { readonly stored: Code; readonly spend: Write }

/**
 * Checks a code. A wrong one is counted on the code, then refused.
 *
 * @throws ServiceError CodeMismatchException or ExpiredCodeException
 */
export const checkCode = async (
  { store, keys, clock }: Context,
  user: Pick<User, 'poolId' | 'id'>,
  purpose: CodePurpose,
  given: string,
): Promise<RightCode> => {
  const now = clock.now()
  const stored = await store.codes.find(user.poolId, user.id, purpose)
  if (!stored) throw codeExpired('no code of this purpose was asked for, or it was used')
  if (stored.expiresAt <= now)
    throw codeExpired(`the code expired ${Math.round((now - stored.expiresAt) / 1000)} s ago`)
  const worn = (): ServiceError => codeExpired('the code has borne too many wrong answers')
  if (stored.attempts >= limits.codeAttempts) throw worn()
  if (!keys.seal.macMatches(macInput(user, purpose, given), 'code', stored.mac)) {
    await store.commit([store.codes.fail(stored, limits.codeAttempts, worn)])
    throw codeMismatch('wrong code, or one that a newer code replaced')
  }
  const spend = store.codes.spend(stored, limits.codeAttempts, now, () =>
    codeExpired('the code was used by another request'),
  )
  return { stored, spend }
}
