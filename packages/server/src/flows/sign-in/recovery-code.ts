// A recovery code in place of the second factor that a sign-in waits for. It is never asked for: a user who has lost a
// factor answers the challenge of that factor with a code (docs/decisions/recovery-codes.md).
import { ServiceError } from '../../errors.ts'
import { provesFirstFactor } from '../../rules/proofs.ts'
import { findRecoveryCode, requireRecoveryCodes } from '../factors/recovery-codes.ts'
import { tell } from '../messages/notices.ts'
import { invalidSession } from '../sessions/session-token.ts'
import { WrongAnswer } from '../sessions/wrong-answer.ts'
import type { Challenge, Passed, ReservedAttempt } from './attempt.ts'
import { required } from './field-fault.ts'

/** The answer by recovery code. */
export const recoveryCode: Challenge<'recovery-code'> = {
  answeredAt: ['software-token', 'sms-code', 'email-code', 'select-factor'],
  issue: () => Promise.reject(new Error('a recovery code is never asked for')),
  read: ({ code }) => {
    required(code, 'code')
    return (attempt) => check(attempt, code)
  },
}

const check = async ({ context, pool, user, carried }: ReservedAttempt, code: string): Promise<Passed> => {
  requireRecoveryCodes(pool)
  if (!carried.proved.some(provesFirstFactor)) throw invalidSession('no first factor was proved in this session')
  const mac = await findRecoveryCode(context, user, code)
  if (mac === undefined) throw wrong()
  const notices = tell(context, pool, user, 'recovery-code-used')
  return { proof: 'recovery-code', writes: [context.store.recoveryCodes.spend(user, mac, used), ...notices] }
}

const used = (): ServiceError =>
  new ServiceError('ExpiredCodeException', 'The recovery code has already been used.', 'used by another request')

const wrong = (): WrongAnswer =>
  new WrongAnswer(new ServiceError('CodeMismatchException', 'Invalid code received for user', 'no such recovery code'))
