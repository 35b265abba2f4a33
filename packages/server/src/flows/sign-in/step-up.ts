// Step-up: USER_AUTH with the level that the caller wants reached, and with an access token whose sign-in proved part
// of it already (protocol/authentication 3.3, TARGET_ACR_VALUES, ACCESS_TOKEN, MAX_AGE).
import type { RequestContext } from '../../context.ts'
import { invalidParameter, notAuthorized } from '../../errors.ts'
import { levelsOf, type Level } from '../../rules/assurance.ts'
import { openAccessToken } from '../callers/access-token.ts'
import { owedBy } from '../factors/mfa.ts'
import { detailsOf } from '../sessions/sign-in-details.ts'
import type { Attempt, Start } from './attempt.ts'
import { findDevice } from '../factors/device-of-sign-in.ts'
import { provesFirstFactor, type Proof } from '../../rules/proofs.ts'

const targetOf = ({ pool, parameters }: Start): readonly Level[] | undefined => {
  const requested = parameters['TARGET_ACR_VALUES']
  if (!requested) return undefined
  const target = levelsOf(pool.settings.acrConfiguration, requested)
  if (target.length > 0) return target
  throw invalidParameter('None of the requested TARGET_ACR_VALUES is valid.')
}

const maxAgeOf = ({ parameters }: Start): number => {
  const given = parameters['MAX_AGE']
  if (!given) return Number.POSITIVE_INFINITY
  if (/^\d{1,10}$/.test(given)) return Number(given)
  throw invalidParameter('MAX_AGE must be a whole number of seconds.')
}

/** A first factor, as it counts in another sign-in: by itself. */
const asFirstFactor = (proof: Proof): Proof => (proof === 'passkey-two-factors' ? 'passkey' : proof)

// The first factor of the token's sign-in counts on, unless it is too long ago or the password is another by now. What
// it proved beyond that is proved anew.
const creditOf = async (context: RequestContext, start: Start, attempt: Attempt): Promise<readonly Proof[]> => {
  const maxAge = maxAgeOf(start)
  const token = start.parameters['ACCESS_TOKEN']
  if (!token) return []
  const { user, client, signIn } = await openAccessToken(context, token)
  if (user.id !== attempt.user.id || user.poolId !== attempt.user.poolId || client.id !== start.client.id) {
    throw notAuthorized('Invalid Access Token', 'the access token is another user’s or another client’s')
  }
  const { proved = [], credentialsAt } = detailsOf(signIn)
  const isOld = context.clock.now() - signIn.authAt > maxAge * 1000
  if (isOld || credentialsAt !== user.credentialsAt) return []
  return proved.filter(provesFirstFactor).map(asFirstFactor)
}

// Something must be proved anew: tokens alone never buy tokens.
const leavesSomething = async (attempt: Attempt): Promise<boolean> =>
  (await owedBy(attempt, await findDevice(attempt.context, attempt))).step !== 'tokens'

/**
 * Takes what a start says of levels.
 *
 * @param attempt - the sign-in as it begins, nothing proved
 * @returns the sign-in on its way to the level, with what the access token has proved of it
 * @throws ServiceError InvalidParameterException; what `openAccessToken` throws; NotAuthorizedException for a token
 * that is not the user's
 */
export const aimed = async (context: RequestContext, start: Start, attempt: Attempt): Promise<Attempt> => {
  const target = targetOf(start)
  if (target === undefined && start.parameters['ACCESS_TOKEN']) {
    throw invalidParameter('ACCESS_TOKEN needs TARGET_ACR_VALUES.')
  }
  if (target === undefined) return attempt
  const proved = await creditOf(context, start, attempt)
  const fresh: Attempt = { ...attempt, carried: { ...attempt.carried, target } }
  if (proved.length === 0) return fresh
  const credited: Attempt = { ...fresh, carried: { ...fresh.carried, proved } }
  return (await leavesSomething(credited)) ? credited : fresh
}
