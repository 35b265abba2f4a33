// The sign-ins of a user as the user sees them, where the pool tracks sessions: shown, counted, ended one by one
// (protocol/authentication 7.4, protocol/administration 11).
import type { RequestContext } from '../../context.ts'
import { invalidParameter, resourceNotFound, ServiceError } from '../../errors.ts'
import { defaultSessionTracking, type SessionTracking } from '../../rules/pool-settings.ts'
import type { Pool, SignIn, Tracked, User, Write } from '../../store/index.ts'
import { deviceTypeOf } from './device-type.ts'

/** How a pool tracks sessions. */
export const sessionTrackingOf = ({ settings }: Pool): SessionTracking =>
  settings.sessionTracking ?? defaultSessionTracking

/** How a session id begins, as its type has it. */
const tokenPrefix = 'tkn'

const idAlphabet = 'abcdefghijklmnopqrstuvwxyz0123456789'

/** Sessions on the one page that a list has. */
const pageSize = 125

/** What a sign-in that begins now is seen as; undefined where the pool tracks none. */
export const trackedNow = async (context: RequestContext, pool: Pool): Promise<Tracked | undefined> => {
  if (!sessionTrackingOf(pool).enabled) return undefined
  const sessionId = `${tokenPrefix}${context.random.text(25, idAlphabet)}`
  return { sessionId, ...(await activityNow(context)) }
}

type Activity = Omit<Tracked, 'sessionId'>

const activityNow = async ({ clock, userAgent, remoteAddress }: RequestContext): Promise<Activity> => ({
  lastActiveAt: clock.now(),
  deviceType: await deviceTypeOf(userAgent),
  lastIp: remoteAddress?.slice(0, 128),
})

/** Ends the sign-ins of a user that are too many beside the one that is added, those first that rested longest. */
export const evictOldest = (
  { store, clock }: RequestContext,
  pool: Pool,
  signIn: Pick<SignIn, 'poolId' | 'userId' | 'originJti' | 'tracked'>,
): Write[] => (signIn.tracked ? [store.signIns.evict(signIn, sessionTrackingOf(pool).maxPerUser, clock.now())] : [])

/** Notes that a refresh was made. Refused with `ended` when the sign-in has ended meanwhile. */
export const noteActivity = async (context: RequestContext, signIn: SignIn, ended: () => Error): Promise<Write[]> =>
  signIn.tracked ? [context.store.signIns.active(signIn, await activityNow(context), ended)] : []

/**
 * The living sign-ins of a user, on one page, the most recently active first.
 *
 * @param nextToken - none is ever given out, so none is taken
 * @throws ServiceError OperationNotEnabledException, InvalidParameterException
 */
export const listSessions = async (
  { store, clock }: RequestContext,
  { pool, user, nextToken }: { readonly pool: Pool; readonly user: User; readonly nextToken: string | undefined },
): Promise<SignIn[]> => {
  requireTracking(pool)
  if (nextToken !== undefined) throw invalidParameter('Invalid pagination token given.')
  return store.signIns.listTracked(user, clock.now(), pageSize)
}

/** Refuses what needs tracked sessions in a pool that tracks none. */
const requireTracking = (pool: Pool): void => {
  if (sessionTrackingOf(pool).enabled) return
  throw new ServiceError('OperationNotEnabledException', 'Session tracking is not enabled for this user pool.')
}

/**
 * Ends one sign-in of a user, and with it its refresh token and all that came of it.
 *
 * @param target.current - the sign-in that asks, which it cannot end by this way
 * @throws ServiceError OperationNotEnabledException, InvalidParameterException, ResourceNotFoundException
 */
export const endTrackedSession = async (
  { store, clock }: RequestContext,
  target: {
    readonly pool: Pool
    readonly user: User
    readonly sessionId: string
    readonly current: SignIn | undefined
  },
): Promise<void> => {
  const { pool, user, sessionId, current } = target
  requireTracking(pool)
  if (current?.tracked?.sessionId === sessionId) {
    throw invalidParameter('The session that the access token belongs to cannot be revoked by this operation.')
  }
  const missing = (): ServiceError => resourceNotFound('Session does not exist.', 'no living session of this user')
  await store.commit([store.signIns.endTracked(user, sessionId, clock.now(), missing)])
}
