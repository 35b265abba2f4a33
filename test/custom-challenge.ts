// The trigger functions of a sign-in by challenges of the pool's own: a question with a fixed answer, which must be right
// once and may be wrong twice. Where the sign-in begins by SRP, the password is proved first.
import { functionArn, type PoolChoices } from './dev-server.ts'

/** What the user is asked, and the right answer. */
export const riddle = { question: 'What has keys but opens no door?', answer: 'a piano' } as const

/** The functions, for `startDev`. */
export const customFunctions: Readonly<Record<string, string>> = {
  define: `
    export const handler = async (event) => {
      const session = event.request.session
      const last = session.at(-1)
      const wrong = session.filter((one) => !one.challengeResult).length
      if (wrong > 2) event.response.failAuthentication = true
      else if (last?.challengeName === 'SRP_A') event.response.challengeName = 'PASSWORD_VERIFIER'
      else if (last?.challengeName === 'CUSTOM_CHALLENGE' && last.challengeResult) event.response.issueTokens = true
      else event.response.challengeName = 'CUSTOM_CHALLENGE'
      return event
    }`,
  create: `
    export const handler = async (event) => {
      event.response.publicChallengeParameters = { question: ${JSON.stringify(riddle.question)} }
      event.response.privateChallengeParameters = { answer: ${JSON.stringify(riddle.answer)} }
      return event
    }`,
  verify: `
    export const handler = async (event) => {
      const { privateChallengeParameters, challengeAnswer } = event.request
      event.response.answerCorrect = challengeAnswer === privateChallengeParameters.answer
      return event
    }`,
}

/** A pool that names the functions, and a client that may use them. */
export const customPool: PoolChoices = {
  pool: {
    LambdaConfig: {
      DefineAuthChallenge: functionArn('define'),
      CreateAuthChallenge: functionArn('create'),
      VerifyAuthChallengeResponse: functionArn('verify'),
    },
  },
  client: { ExplicitAuthFlows: ['ALLOW_CUSTOM_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'] },
}
