// A user who has several second factors and prefers none says which to be asked (protocol/authentication 3.4, 5.4).
import { activeFactors } from '../../rules/next-step.ts'
import { mfaRulesOf, mfaUserOf } from '../factors/mfa.ts'
import { stepOfFactor, type Challenge } from './attempt.ts'
import { FieldFault } from './field-fault.ts'

/** The choice among second factors. */
export const selectFactor: Challenge<'select-factor'> = {
  issue: async (_attempt, { choices }) => ({ told: { factors: choices }, state: undefined }),
  take: async ({ context, pool, user }, { factor }) => {
    if (!factor) throw new FieldFault('factor', 'malformed')
    const token = await context.store.softwareTokens.find(pool.id, user.id)
    const active = activeFactors(mfaRulesOf(pool), mfaUserOf(pool, user, token))
    if (!active.includes(factor)) throw new FieldFault('factor', 'unavailable')
    return { writes: [], next: stepOfFactor[factor] }
  },
}
