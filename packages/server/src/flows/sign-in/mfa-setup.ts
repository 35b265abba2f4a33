// MFA_SETUP: a user who must have a second factor and has none. AssociateSoftwareToken and VerifySoftwareToken carry
// its session through the enrolment; the Session that the latter returns answers this challenge and ends the sign-in.
// An address in the answer is sent a code, which makes it the user's factor (protocol/authentication 3.8, 5.2).
import { invalidParameter } from '../../errors.ts'
import { checkAttributeUpdate } from '../../rules/attributes.ts'
import { nextStep } from '../../rules/next-step.ts'
import { mfaRulesOf, mfaUserOf } from '../factors/mfa.ts'
import type { Answers, Attempt, Challenge, ChallengeStep } from './attempt.ts'
import { invalidSession, stateOf } from '../sessions/session-token.ts'

/** The steps of the enrolment, as sessions name them. */
export const setupSteps = {
  asked: 'MFA_SETUP',
  associated: 'MFA_SETUP/ASSOCIATED',
  verified: 'MFA_SETUP/VERIFIED',
} as const

/** What the session of a verified token remembers beside the proof: the secret that was verified, sealed. */
export type VerifiedState = { readonly verified: string }

// The token that was proved may have been taken away since, and another may stand in its place.
const requireSameToken = async ({ context, user, session }: Attempt): Promise<void> => {
  const token = await context.store.softwareTokens.find(user.poolId, user.id)
  const state = stateOf(session) as VerifiedState | undefined
  if (token?.secret && token.secret === state?.verified) return
  throw invalidSession('the software token that was verified is gone')
}

type AddressStep = Extract<ChallengeStep, { readonly role: 'set-up' }>

/**
 * The attributes that an answer may name, in any case of letters, and the factor of each (protocol/authentication 9).
 */
const addresses = { email: 'EMAIL_OTP', phone_number: 'SMS_MFA' } as const

const addressIn = (answers: Answers): { attribute: keyof typeof addresses; address: string } => {
  for (const [name, address] of Object.entries(answers)) {
    const attribute = name.toLowerCase()
    if ((attribute === 'email' || attribute === 'phone_number') && address) return { attribute, address }
  }
  throw invalidSession('the set-up is not finished, and the answer names no address')
}

// The password alone adds a factor only while the user has none (requirement 23).
const setUpByAddress = async (attempt: Attempt, answers: Answers): Promise<AddressStep> => {
  const { context, pool, user, carried } = attempt
  const { attribute, address } = addressIn(answers)
  const step = addresses[attribute]
  const token = await context.store.softwareTokens.find(pool.id, user.id)
  const due = nextStep(mfaRulesOf(pool), mfaUserOf(pool, user, token), carried.proved)
  if (due.step !== 'MFA_SETUP') throw invalidSession(`the sign-in owes ${due.step} by now`)
  if (!due.choices.includes(step)) throw invalidParameter(`${step} cannot be set up in this user pool.`)
  checkAttributeUpdate(pool.settings.schemaAttributes, { [attribute]: address }, { byAdmin: true, current: {} })
  return { step, role: 'set-up', address }
}

/** The challenge MFA_SETUP. */
export const mfaSetup: Challenge = {
  answeredAt: [setupSteps.asked, setupSteps.associated, setupSteps.verified],
  ask: async ({ user }, next) => ({
    parameters: {
      USER_ID_FOR_SRP: user.username,
      MFAS_CAN_SETUP: JSON.stringify(next.step === 'MFA_SETUP' ? next.choices : []),
    },
  }),
  take: async (attempt, answers) => {
    if (attempt.session?.step !== setupSteps.verified) {
      return { writes: [], next: await setUpByAddress(attempt, answers) }
    }
    // The proof stands in the session already: VerifySoftwareToken put it there.
    await requireSameToken(attempt)
    return { writes: [] }
  },
}
