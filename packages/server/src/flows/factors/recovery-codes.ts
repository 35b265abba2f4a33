// Recovery codes: for users who have lost their second factor. They are off until a pool switches them on; each
// replaces the second factor once, and never the first (docs/decisions/recovery-codes.md).
import { limits } from '../../config.ts'
import type { Context } from '../../context.ts'
import { ServiceError } from '../../errors.ts'
import {
  readRecoveryCode,
  recoveryCodeAlphabet,
  recoveryCodeLength,
  shownRecoveryCode,
} from '../../rules/recovery-code.ts'
import type { Pool, User } from '../../store/index.ts'
import { tell } from '../messages/notices.ts'

/** The number of codes in a new set. */
const codesAtOnce = 10

/** Whether a pool has recovery codes. */
export const hasRecoveryCodes = ({ settings }: Pool): boolean => settings.recoveryCodes?.enabled === true

/** Refuses the operation in a pool without recovery codes. */
export const requireRecoveryCodes = (pool: Pool): void => {
  if (hasRecoveryCodes(pool)) return
  throw new ServiceError('OperationNotEnabledException', 'Recovery codes are not enabled for this user pool.')
}

const purpose = 'recovery-code'

/**
 * Finds the code that a user typed.
 *
 * @returns the stored keyed hash of the code; undefined when the user has no such code
 */
export const findRecoveryCode = async (
  { store, keys }: Context,
  user: User,
  typed: string,
): Promise<string | undefined> => {
  const input = macInput(user, readRecoveryCode(typed))
  return (await store.recoveryCodes.list(user)).find((kept) => keys.seal.macMatches(input, purpose, kept))
}

const macInput = (user: User, code: string): string => JSON.stringify([user.poolId, user.id, code])

/**
 * Gives a user new codes, which replace all earlier ones.
 *
 * @returns the codes in groups of four characters; only their keyed hashes are stored
 */
export const newRecoveryCodes = async (context: Context, pool: Pool, user: User): Promise<string[]> => {
  requireRecoveryCodes(pool)
  const { store, random, clock, keys } = context
  const now = clock.now()
  const codes = Array.from({ length: codesAtOnce }, () => random.text(recoveryCodeLength, recoveryCodeAlphabet))
  await store.commit([
    store.attempts.count(user, 'recovery-codes', limits.recoveryCodesPerHour, now),
    store.recoveryCodes.removeAll(user),
    ...codes.map((code) => store.recoveryCodes.add(user, keys.seal.mac(macInput(user, code), purpose), now)),
    ...tell(context, pool, user, 'recovery-codes-made'),
  ])
  return codes.map(shownRecoveryCode)
}

/** How many codes a user has left. */
export const countRecoveryCodes = async ({ store }: Context, pool: Pool, user: User): Promise<number> => {
  requireRecoveryCodes(pool)
  return (await store.recoveryCodes.list(user)).length
}

/** Ends all codes of a user. */
export const removeRecoveryCodes = async (context: Context, pool: Pool, user: User): Promise<void> => {
  const { store } = context
  const had = (await countRecoveryCodes(context, pool, user)) > 0
  const notices = had ? tell(context, pool, user, 'recovery-codes-removed') : []
  await store.commit([store.recoveryCodes.removeAll(user), ...notices])
}
