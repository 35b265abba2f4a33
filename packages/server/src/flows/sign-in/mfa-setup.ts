// A user must have a second factor and has none. AssociateSoftwareToken and VerifySoftwareToken carry the session of this
// challenge through the enrolment of an authenticator app; the Session that the latter returns answers the challenge and
// ends the sign-in. An address in the answer is sent a code instead, which makes it the user's factor
// (protocol/authentication 3.8, 5.2).
import { checkAttributeUpdate } from '../../rules/attributes.ts'
import { nextStep } from '../../rules/next-step.ts'
import { mfaRulesOf, mfaUserOf } from '../factors/mfa.ts'
import type { Destination } from '../messages/delivery-details.ts'
import { invalidSession } from '../sessions/session-token.ts'
import type { Attempt, Challenge, ChallengeStep, VerifiedState } from './attempt.ts'
import { FieldFault } from './field-fault.ts'

/** The steps of the enrolment, as sessions name them. */
export const setupSteps = {
  asked: 'mfa-setup',
  associated: 'mfa-setup/associated',
  verified: 'mfa-setup/verified',
} as const

/** The set-up of a second factor. */
export const mfaSetup: Challenge<'mfa-setup'> = {
  answeredAt: [setupSteps.asked, setupSteps.associated, setupSteps.verified],
  issue: async (_attempt, { choices }) => ({ told: { factors: choices }, state: undefined }),
  take: async (attempt, { address }, state) => {
    if (attempt.session?.step !== setupSteps.verified)
      return { writes: [], next: await setUpByAddress(attempt, address) }
    // The proof stands in the session already: VerifySoftwareToken put it there.
    await requireSameToken(attempt, state)
    return { writes: [] }
  },
}

/** The factor that each address makes. */
const factors = { email: 'email', phone_number: 'sms' } as const

// The password alone adds a factor only while the user has none (requirement 23).
const setUpByAddress = async (attempt: Attempt, destination: Destination | undefined): Promise<ChallengeStep> => {
  const { context, pool, user, carried } = attempt
  if (!destination) throw invalidSession('the set-up is not finished, and the answer names no address')
  const { attribute, address } = destination
  const factor = factors[attribute]
  const token = await context.store.softwareTokens.find(pool.id, user.id)
  const due = nextStep(mfaRulesOf(pool), mfaUserOf(pool, user, token), carried.proved)
  if (due.step !== 'mfa-setup') throw invalidSession(`the sign-in owes ${due.step} by now`)
  if (!due.choices.includes(factor)) throw new FieldFault('address', 'unavailable')
  checkAttributeUpdate(pool.settings.schemaAttributes, { [attribute]: address }, { byAdmin: true, current: {} })
  return { challenge: factor === 'email' ? 'email-code' : 'sms-code', role: 'set-up', address }
}

// The token that was proved may have been taken away since, and another may stand in its place.
const requireSameToken = async ({ context, user }: Attempt, state: VerifiedState | undefined): Promise<void> => {
  const token = await context.store.softwareTokens.find(user.poolId, user.id)
  if (token?.secret && token.secret === state?.verified) return
  throw invalidSession('the software token that was verified is gone')
}
