// MFA_SETUP: a user who must have a second factor and has none. AssociateSoftwareToken and VerifySoftwareToken carry
// its session through the enrolment; the Session that the latter returns answers this challenge and ends the sign-in
// (spec: authentication 5.2).
import type { Challenge } from './attempt.ts'

/** The steps of the enrolment, as sessions name them. */
export const setupSteps = {
  asked: 'MFA_SETUP',
  associated: 'MFA_SETUP/ASSOCIATED',
  verified: 'MFA_SETUP/VERIFIED',
} as const

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
  answer: async () => ({ writes: [] }),
}
