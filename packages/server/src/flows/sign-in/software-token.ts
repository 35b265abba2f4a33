// SOFTWARE_TOKEN_MFA: a code of the user's authenticator app, each time step once
// (protocol/authentication 5.1; RFC 6238, 5.2; requirements 17 to 22).
import { invalidParameter, ServiceError } from '../../errors.ts'
import { explainTotp, matchTotp } from '../../rules/totp.ts'
import { stepSpent } from '../../store/software-tokens.ts'
import type { Challenge, CountedAttempt, Passed } from './attempt.ts'
import { WrongAnswer } from '../sessions/wrong-answer.ts'
import { sealedPlaces } from '../../store/sealed-places.ts'

const wrongCode = (reason: string): ServiceError =>
  new ServiceError('CodeMismatchException', 'Invalid code received for user', reason)

const noToken = (): ServiceError =>
  new ServiceError('SoftwareTokenMFANotFoundException', 'Software Token MFA does not exist for the user.')

/** The challenge SOFTWARE_TOKEN_MFA. */
export const softwareToken: Challenge = {
  ask: async ({ context, user }) => {
    const token = await context.store.softwareTokens.find(user.poolId, user.id)
    const name = token?.friendlyName
    return { parameters: { USER_ID_FOR_SRP: user.username, ...(name ? { FRIENDLY_DEVICE_NAME: name } : {}) } }
  },
  read: (answers) => {
    const code = answers['SOFTWARE_TOKEN_MFA_CODE']
    if (!code) throw invalidParameter('Missing required parameter SOFTWARE_TOKEN_MFA_CODE')
    return (attempt) => check(attempt, code)
  },
}

const check = async ({ context, user }: CountedAttempt, code: string): Promise<Passed> => {
  const { store, keys, clock } = context
  const token = await store.softwareTokens.find(user.poolId, user.id)
  if (!token?.secret) throw noToken()
  const place = sealedPlaces.softwareToken(user)
  const secret = keys.seal.openRow(token.secret, place)
  const step = matchTotp(secret, code, clock.now())
  if (step === undefined) throw new WrongAnswer(wrongCode(explainTotp(secret, code, clock.now())))
  if (step <= token.lastStep) throw stepSpent()
  return {
    proof: 'software-token',
    writes: [
      store.softwareTokens.spend(user, step),
      ...store.softwareTokens.sealAgain(token, keys.seal.sealAgain(token.secret, place)),
    ],
  }
}
