// From sign-up into sign-in without another code: the code that confirms buys the Session of ConfirmSignUp, and that one
// ends a sign-in, once (protocol/authentication 2.2.13, 2.3.12).
import type { RequestContext } from '../../context.ts'
import { limits } from '../../config.ts'
import { codeFactors } from '../../rules/first-factors.ts'
import type { Client, Pool, User, Write } from '../../store/index.ts'
import { codeAttributesFor, firstFactorsOf } from '../factors/first-factors.ts'
import type { AddressAttribute } from '../messages/delivery-details.ts'
import {
  carriedBy,
  endSession,
  invalidSession,
  newSession,
  openSession,
  type NewSession,
} from '../sessions/session-token.ts'
import { findUser } from '../users/find-user.ts'
import type { Attempt, Begun } from './attempt.ts'
import { attemptOf, type Start } from './opening.ts'

/** The steps of a sign-up that goes on, as sessions name them. */
const steps = { signedUp: 'sign-up', confirmed: 'sign-up/confirmed' } as const

type SignedUp = { readonly pool: Pool; readonly client: Client; readonly user: User }

/**
 * The Session of SignUp. It lives as long as the code, without which it is worth nothing.
 *
 * @param attribute - where the code goes
 * @returns undefined where such a code does not sign in
 */
export const sessionOfSignUp = (
  context: RequestContext,
  signedUp: SignedUp,
  attribute: AddressAttribute | undefined,
): NewSession | undefined => {
  if (attribute === undefined || !goesOn(signedUp, attribute)) return undefined
  const { client, user } = signedUp
  const progress = { proved: [] }
  return newSession(context, {
    client,
    user,
    step: steps.signedUp,
    progress,
    lifetimeSeconds: limits.signUpCodeSeconds,
  })
}

const goesOn = ({ pool, client }: SignedUp, attribute: string): attribute is AddressAttribute =>
  (codeAttributesFor(pool, client) as readonly string[]).includes(attribute)

/**
 * The Session of ConfirmSignUp, after the right code. The Session of SignUp is not asked for: Amplify does not send it,
 * and where this one is given the code is a first factor by itself.
 *
 * @param confirmed.attribute - whose address the code proved
 * @param token - the Session of SignUp, which must be good where it is sent
 * @throws ServiceError NotAuthorizedException for a Session that SignUp did not give to this user and client
 */
export const sessionOfConfirmation = async (
  context: RequestContext,
  confirmed: SignedUp & { readonly attribute: string },
  token: string | undefined,
): Promise<{ readonly token: string | undefined; readonly writes: readonly Write[] }> => {
  const ends = token === undefined ? [] : [await endOfSignUp(context, confirmed, token)]
  const { client, user, attribute } = confirmed
  if (!goesOn(confirmed, attribute)) return { token: undefined, writes: ends }
  const progress = { proved: [codeFactors[attribute]] }
  const following = newSession(context, { client, user, step: steps.confirmed, progress })
  return { token: following.token, writes: [...ends, following.add] }
}

// The Session that SignUp gave ends here.
const endOfSignUp = async (
  context: RequestContext,
  { pool, client, user }: SignedUp,
  token: string,
): Promise<Write> => {
  const session = await openSession(context, token, { client, steps: [steps.signedUp] })
  if (session.poolId !== pool.id || session.userId !== user.id) throw invalidSession('the session is another user’s')
  return endSession(context, session)
}

/**
 * The attempt of a start by the Session of ConfirmSignUp. The proof counts while such a code is a first factor of the
 * user; else the attempt begins like any other.
 *
 * @throws ServiceError NotAuthorizedException for a Session that is not good for this
 */
export const continueFromSignUp = async (
  context: RequestContext,
  start: Start,
  token: string,
): Promise<Pick<Begun, 'attempt' | 'opened'>> => {
  const { pool, client, name } = start
  const session = await openSession(context, token, { client, steps: [steps.confirmed] })
  const user = await findUser(context, pool, name)
  if (!user || session.poolId !== pool.id || session.userId !== user.id) {
    throw invalidSession('the session is another user’s')
  }
  if (user.credentialsAt !== session.credentialsAt) throw invalidSession('the password was changed meanwhile')
  const opened = { name, user }
  const attempt: Attempt = { ...attemptOf(context, start, opened), session }
  const { proved } = carriedBy(session)
  const offered: readonly string[] = await firstFactorsOf(context, pool, user)
  const carried = { ...attempt.carried, proved: proved.every((proof) => offered.includes(proof)) ? proved : [] }
  return { attempt: { ...attempt, carried }, opened }
}
