// MFA_SETUP: a user who must have a second factor and has none. AssociateSoftwareToken and VerifySoftwareToken carry
// its session through the enrolment; the Session that the latter returns answers this challenge and ends the sign-in
// (spec: authentication 5.2).
import type { Attempt, Challenge } from './attempt.ts'
import { invalidSession, stateOf } from './session-token.ts'

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

/** The challenge MFA_SETUP. */
export const mfaSetup: Challenge = {
  answeredAt: [setupSteps.verified],
  ask: async ({ user }, next) => ({
    parameters: {
      USER_ID_FOR_SRP: user.username,
      MFAS_CAN_SETUP: JSON.stringify(next.step === 'MFA_SETUP' ? next.choices : []),
    },
  }),
  // The proof stands in the session already: VerifySoftwareToken put it there.
  answer: async (attempt) => {
    await requireSameToken(attempt)
    return { writes: [] }
  },
}
