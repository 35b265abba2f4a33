// A code of the user's authenticator app, each time step once (protocol/authentication 5.1; RFC 6238, 5.2; requirements
// 17 to 22).
import { ServiceError } from '../../errors.ts'
import { explainTotp, matchTotp } from '../../rules/totp.ts'
import { sealedPlaces } from '../../store/sealed-places.ts'
import { stepSpent } from '../../store/software-tokens.ts'
import { WrongAnswer } from '../sessions/wrong-answer.ts'
import type { Challenge, Passed, ReservedAttempt } from './attempt.ts'
import { required } from './field-fault.ts'

/** The challenge of an authenticator app. */
export const softwareToken: Challenge<'software-token'> = {
  issue: async ({ context, user }) => {
    const token = await context.store.softwareTokens.find(user.poolId, user.id)
    return { told: { appName: token?.friendlyName }, state: undefined }
  },
  read: ({ code }) => {
    required(code, 'code')
    return (attempt) => check(attempt, code)
  },
}

const check = async ({ context, user }: ReservedAttempt, code: string): Promise<Passed> => {
  const { store, keys, clock } = context
  const token = await store.softwareTokens.find(user.poolId, user.id)
  if (!token?.secret) throw noToken()
  const place = sealedPlaces.softwareToken(user)
  const secret = keys.seal.openRow(token.secret, place)
  const step = matchTotp(secret, code, clock.now())
  if (step === undefined) throw new WrongAnswer(wrongCode(explainTotp(secret, code, clock.now())))
  if (step <= token.lastStep) throw stepSpent()
  const sealed = keys.seal.sealAgain(token.secret, place)
  return {
    proof: 'software-token',
    writes: [store.softwareTokens.spend(user, step), ...store.softwareTokens.sealAgain(token, sealed)],
  }
}

const wrongCode = (reason: string): ServiceError =>
  new ServiceError('CodeMismatchException', 'Invalid code received for user', reason)

const noToken = (): ServiceError =>
  new ServiceError('SoftwareTokenMFANotFoundException', 'Software Token MFA does not exist for the user.')
