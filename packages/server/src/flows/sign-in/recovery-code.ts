// A recovery code in place of the second factor that a sign-in waits for. It is never asked for: who has lost a factor
// says so by answering with a code (docs/decisions/recovery-codes.md).
import { ServiceError } from '../../errors.ts'
import { tell } from '../messages/notices.ts'
import { findRecoveryCode, requireRecoveryCodes } from '../factors/recovery-codes.ts'
import type { Challenge, CountedAttempt, Passed } from './attempt.ts'
import { requireParameter } from './opening.ts'
import { invalidSession } from '../sessions/session-token.ts'
import { provesFirstFactor } from '../../rules/proofs.ts'
import { WrongAnswer } from '../sessions/wrong-answer.ts'

/** The name under which the sign-in takes such an answer; no operation of Amazon Cognito can say it. */
export const recoveryCodeChallenge = 'RECOVERY_CODE'

const used = (): ServiceError =>
  new ServiceError('ExpiredCodeException', 'The recovery code has already been used.', 'used by another request')

const wrong = (): WrongAnswer =>
  new WrongAnswer(new ServiceError('CodeMismatchException', 'Invalid code received for user', 'no such recovery code'))

/** The answer by recovery code. */
export const recoveryCode: Challenge = {
  answeredAt: ['SOFTWARE_TOKEN_MFA', 'SMS_MFA', 'EMAIL_OTP', 'SELECT_MFA_TYPE'],
  ask: () => Promise.reject(new Error('a recovery code is never asked for')),
  read: (answers) => {
    const code = requireParameter(answers, 'RECOVERY_CODE')
    return (attempt) => check(attempt, code)
  },
}

const check = async ({ context, pool, user, carried }: CountedAttempt, code: string): Promise<Passed> => {
  requireRecoveryCodes(pool)
  if (!carried.proved.some(provesFirstFactor)) throw invalidSession('no first factor was proved in this session')
  const mac = await findRecoveryCode(context, user, code)
  if (mac === undefined) throw wrong()
  const notices = tell(context, pool, user, 'recovery-code-used')
  return { proof: 'recovery-code', writes: [context.store.recoveryCodes.spend(user, mac, used), ...notices] }
}
