// SOFTWARE_TOKEN_MFA: a code of the user's authenticator app, each time step once
// (spec: authentication 5.1; RFC 6238, 5.2; requirements 17 to 22).
import { invalidParameter, ServiceError } from '../../errors.ts'
import { matchTotp } from '../../rules/totp.ts'
import { stepSpent } from '../../store/software-tokens.ts'
import { WrongAnswer, type Challenge } from './attempt.ts'

const wrongCode = (): ServiceError =>
  new ServiceError('CodeMismatchException', 'Invalid code received for user', 'wrong code, or outside its window')

const noToken = (): ServiceError =>
  new ServiceError('SoftwareTokenMFANotFoundException', 'Software Token MFA does not exist for the user.')

/** The challenge SOFTWARE_TOKEN_MFA. */
export const softwareToken: Challenge = {
  ask: async ({ context, user }) => {
    const token = await context.store.softwareTokens.find(user.poolId, user.id)
    const name = token?.friendlyName
    return { parameters: { USER_ID_FOR_SRP: user.username, ...(name ? { FRIENDLY_DEVICE_NAME: name } : {}) } }
  },
  answer: async ({ context, user }, answers) => {
    const { store, keys, clock } = context
    const code = answers['SOFTWARE_TOKEN_MFA_CODE']
    if (!code) throw invalidParameter('Missing required parameter SOFTWARE_TOKEN_MFA_CODE')
    const token = await store.softwareTokens.find(user.poolId, user.id)
    if (!token?.secret) throw noToken()
    const step = matchTotp(keys.seal.open(token.secret, 'software-token'), code, clock.now())
    if (step === undefined) throw new WrongAnswer(wrongCode())
    if (step <= token.lastStep) throw stepSpent()
    return { proof: 'software-token', writes: [store.softwareTokens.spend(user, step)] }
  },
}
