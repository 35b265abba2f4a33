// Step-up: a sign-in by choice with the level that the caller wants reached, and with an access token whose sign-in
// proved part of it already (protocol/authentication 3.3).
import type { RequestContext } from '../../context.ts'
import { notAuthorized } from '../../errors.ts'
import { levelsOf, type Level } from '../../rules/assurance.ts'
import { provesFirstFactor, type Proof } from '../../rules/proofs.ts'
import { openAccessToken } from '../callers/access-token.ts'
import { findDevice } from '../factors/device-of-sign-in.ts'
import { owedBy } from '../factors/mfa.ts'
import { detailsOf } from '../sessions/sign-in-details.ts'
import type { Attempt } from './attempt.ts'
import { FieldFault } from './field-fault.ts'
import type { Start } from './opening.ts'

type ChoiceStart = Start<'choice'>

/**
 * Adds what a start says of levels to the attempt that begins, in which nothing is proved yet.
 *
 * @returns the attempt on its way to the level, with the part that the access token has proved
 * @throws FieldFault; what `openAccessToken` throws; ServiceError NotAuthorizedException for a token of another user
 */
export const withTarget = async (context: RequestContext, start: ChoiceStart, attempt: Attempt): Promise<Attempt> => {
  const target = targetOf(start)
  if (target === undefined && start.accessToken) throw new FieldFault('access-token', 'unavailable')
  if (target === undefined) return attempt
  const proved = await creditOf(context, start, attempt)
  const fresh: Attempt = { ...attempt, carried: { ...attempt.carried, target } }
  if (proved.length === 0) return fresh
  const credited: Attempt = { ...fresh, carried: { ...fresh.carried, proved } }
  return (await leavesSomething(credited)) ? credited : fresh
}

const targetOf = ({ pool, target: requested }: ChoiceStart): readonly Level[] | undefined => {
  if (requested === '') return undefined
  const target = levelsOf(pool.settings.acrConfiguration, requested)
  if (target.length > 0) return target
  throw new FieldFault('target', 'malformed')
}

// The first factor of the token's sign-in counts on, unless it is too long ago or the password is another by now. Beyond
// that everything is proved anew.
const creditOf = async (context: RequestContext, start: ChoiceStart, attempt: Attempt): Promise<readonly Proof[]> => {
  const maxAge = maxAgeOf(start)
  if (start.accessToken === '') return []
  const { user, client, signIn } = await openAccessToken(context, start.accessToken)
  if (user.id !== attempt.user.id || user.poolId !== attempt.user.poolId || client.id !== start.client.id) {
    throw notAuthorized('Invalid Access Token', 'the access token is another user’s or another client’s')
  }
  const { proved = [], credentialsAt } = detailsOf(signIn)
  const isOld = context.clock.now() - signIn.authAt > maxAge * 1000
  if (isOld || credentialsAt !== user.credentialsAt) return []
  return proved.filter(provesFirstFactor).map(asFirstFactor)
}

const maxAgeOf = ({ maxAge }: ChoiceStart): number => {
  if (maxAge === '') return Number.POSITIVE_INFINITY
  if (/^\d{1,10}$/.test(maxAge)) return Number(maxAge)
  throw new FieldFault('max-age', 'malformed')
}

/** A first factor, as it counts in another sign-in: by itself. */
const asFirstFactor = (proof: Proof): Proof => (proof === 'passkey-two-factors' ? 'passkey' : proof)

// Something must be proved anew: tokens alone never buy tokens.
const leavesSomething = async (attempt: Attempt): Promise<boolean> =>
  (await owedBy(attempt, await findDevice(attempt.context, attempt))).step !== 'done'
