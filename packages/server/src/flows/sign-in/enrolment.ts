// Enrolment of a software token: AssociateSoftwareToken gives a secret, VerifySoftwareToken takes its first code; by
// access token for a signed-in user, by Session for one whose sign-in waits for the set-up of a second factor
// (protocol/authentication 5.1, 5.2; requirements 17, 20 to 25).
import type { RequestContext } from '../../context.ts'
import { invalidParameter, ServiceError } from '../../errors.ts'
import { encodeBase32 } from '../../rules/base32.ts'
import { explainTotp, matchTotp } from '../../rules/totp.ts'
import type { Client, Pool, Session, SoftwareToken, User } from '../../store/index.ts'
import { sealedPlaces } from '../../store/sealed-places.ts'
import { openAccessToken } from '../callers/access-token.ts'
import { tell } from '../messages/notices.ts'
import { counted, requireUnlocked, uncountedHold } from '../sessions/guesses.ts'
import type { Progress } from '../sessions/progress.ts'
import {
  carriedBy,
  endSession,
  invalidSession,
  newSession,
  openSession,
  type NewSession,
} from '../sessions/session-token.ts'
import { WrongAnswer } from '../sessions/wrong-answer.ts'
import { requireStanding } from '../users/standing.ts'
import type { VerifiedState } from './attempt.ts'
import { setupSteps } from './mfa-setup.ts'

/** How the caller says who enrols: by one of the two, not both. */
export type EnrolmentKey = { readonly accessToken: string | undefined; readonly session: string | undefined }

/**
 * Begins an enrolment.
 *
 * @returns the secret in Base32, and by Session the Session that takes its place
 */
export const associate = async (
  context: RequestContext,
  key: EnrolmentKey,
): Promise<{ secret: string; session: string | undefined }> => {
  const { store, keys, random } = context
  const { pool, client, user, session } = await openByKey(context, key, [setupSteps.asked, setupSteps.associated])
  requireOffered(pool)
  requireFirst(session, await store.softwareTokens.find(pool.id, user.id))
  const secret = random.bytes(secretLength)
  const begin = store.softwareTokens.begin(user, keys.seal.sealRow(secret, sealedPlaces.softwareToken(user)))
  const following =
    session && newSession(context, { client, user, step: setupSteps.associated, progress: carriedBy(session) })
  const bySession = session && following ? [endSession(context, session), following.add] : []
  await store.commit([...(session ? uncountedHold(context, user).goOn() : []), ...bySession, begin])
  return { secret: encodeBase32(secret), session: following?.token }
}

/** Bytes of a secret: 32, which is 52 characters of Base32 (protocol/authentication 5.1.2). */
const secretLength = 32

/**
 * Ends an enrolment with the first code of the new secret. The code's time step is spent.
 *
 * @returns by Session the Session that answers the challenge of the set-up; undefined by access token
 * @throws ServiceError EnableSoftwareTokenMFAException for a wrong code; the Session stays good
 * (protocol/authentication 5.1.7)
 */
export const verify = async (
  context: RequestContext,
  key: EnrolmentKey,
  given: { readonly code: string; readonly friendlyName: string | undefined },
): Promise<{ session: string | undefined }> => {
  const { store, clock } = context
  const { pool, client, user, session } = await openByKey(context, key, [setupSteps.associated])
  requireOffered(pool)
  const token = await store.softwareTokens.find(pool.id, user.id)
  requireFirst(session, token)
  if (!token?.pending) {
    throw new ServiceError('SoftwareTokenMFANotFoundException', 'Software Token MFA does not exist for the user.')
  }
  const { pending } = token
  return counted({ context, subject: user, session }, async (hold) => {
    const step = stepOf(context, user, pending, given.code)
    const secret = context.keys.seal.sealAgain(pending, sealedPlaces.softwareToken(user)) ?? pending
    const following = session && afterEnrolment(context, { client, user, session }, secret)
    await store.commit([
      ...hold.goOn(),
      ...(session && following ? [endSession(context, session), following.add] : []),
      store.softwareTokens.verify(token, { secret, step, friendlyName: given.friendlyName }, clock.now()),
      ...tell(context, pool, user, 'authenticator-set-up'),
    ])
    return { session: following?.token }
  })
}

type Enrolling = {
  readonly pool: Pool
  readonly client: Client
  readonly user: User
  readonly session: Session | undefined
}

const openByKey = async (
  context: RequestContext,
  { accessToken, session }: EnrolmentKey,
  steps: readonly string[],
): Promise<Enrolling> => {
  if (accessToken !== undefined && session !== undefined) {
    throw invalidParameter('Only one of AccessToken and Session may be given.')
  }
  if (accessToken !== undefined) return { ...(await openAccessToken(context, accessToken)), session: undefined }
  if (session === undefined) throw invalidParameter('Missing required parameter AccessToken or Session')
  return openBySession(context, await openSession(context, session, { client: undefined, steps }))
}

const openBySession = async (context: RequestContext, session: Session): Promise<Enrolling> => {
  const { store, clock } = context
  const client = await store.clients.get(session.clientId)
  const pool = await store.pools.get(session.poolId)
  const user = await store.users.get(session.poolId, session.userId)
  if (!user) throw invalidSession('the user is gone')
  if (user.credentialsAt !== session.credentialsAt) throw invalidSession('the password was changed meanwhile')
  requireStanding(user, clock.now())
  await requireUnlocked(context, user)
  return { pool, client, user, session }
}

const requireOffered = ({ settings }: Pool): void => {
  if (settings.softwareTokenMfaConfiguration?.enabled) return
  throw new ServiceError('SoftwareTokenMFANotFoundException', 'Software Token MFA has not been enabled by the userPool')
}

// A session was given for the password alone: it enrols a first token and never replaces one (requirement 23).
const requireFirst = (session: Session | undefined, token: SoftwareToken | undefined): void => {
  if (session && token?.secret) throw invalidSession('the user has a verified software token')
}

const stepOf = ({ keys, clock }: RequestContext, user: User, sealed: string, code: string): number => {
  const secret = keys.seal.openRow(sealed, sealedPlaces.softwareToken(user))
  const step = matchTotp(secret, code, clock.now())
  if (step === undefined) throw mismatch(explainTotp(secret, code, clock.now()))
  return step
}

const mismatch = (reason: string): WrongAnswer =>
  new WrongAnswer(new ServiceError('EnableSoftwareTokenMFAException', 'Code mismatch', reason))

const afterEnrolment = (
  context: RequestContext,
  { client, user, session }: { readonly client: Client; readonly user: User; readonly session: Session },
  verified: string,
): NewSession => {
  const carried = carriedBy(session)
  const state: VerifiedState = { verified }
  const progress: Progress = { ...carried, proved: [...carried.proved, 'software-token'], state }
  return newSession(context, { client, user, step: setupSteps.verified, progress })
}
