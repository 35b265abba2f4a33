// SELECT_MFA_TYPE: a user who has several second factors and prefers none says which to be asked
// (protocol/authentication 3.4, 5.4).
import { invalidParameter } from '../../errors.ts'
import { activeFactors } from '../../rules/next-step.ts'
import { mfaRulesOf, mfaUserOf } from '../factors/mfa.ts'
import type { Challenge } from './attempt.ts'
import { requireParameter } from './opening.ts'
import type { SecondFactor } from '../../rules/proofs.ts'

/**
 * What clients answer, and the factor that each means; the last by a comment of the SDK (protocol/authentication 9).
 */
const named: Readonly<Record<string, SecondFactor>> = {
  SMS_MFA: 'SMS_MFA',
  SOFTWARE_TOKEN_MFA: 'SOFTWARE_TOKEN_MFA',
  EMAIL_OTP: 'EMAIL_OTP',
  EMAIL_MFA: 'EMAIL_OTP',
}

/** The challenge SELECT_MFA_TYPE. */
export const selectMfaType: Challenge = {
  ask: async ({ user }, next) => ({
    parameters: {
      USER_ID_FOR_SRP: user.username,
      MFAS_CAN_CHOOSE: JSON.stringify(next.step === 'SELECT_MFA_TYPE' ? next.choices : []),
    },
  }),
  take: async ({ context, pool, user }, answers) => {
    const given = requireParameter(answers, 'ANSWER')
    const factor = Object.hasOwn(named, given) ? named[given] : undefined
    // The answer is not repeated: it may be a code that was sent to the wrong challenge.
    if (!factor) throw invalidParameter('ANSWER names no second factor.')
    const token = await context.store.softwareTokens.find(pool.id, user.id)
    const active = activeFactors(mfaRulesOf(pool), mfaUserOf(pool, user, token))
    if (!active.includes(factor)) throw invalidParameter(`${given} is not available to the user.`)
    return { writes: [], next: { step: factor } }
  },
}
