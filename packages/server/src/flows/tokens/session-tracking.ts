// Lists, limits and ends a user's sign-ins, in pools that track sessions (protocol/authentication 7.4,
// protocol/administration 11).
import type { RequestContext } from '../../context.ts'
import { invalidParameter, resourceNotFound, ServiceError } from '../../errors.ts'
import { defaultSessionTracking, type SessionTracking } from '../../rules/pool-settings.ts'
import type { Pool, SignIn, Tracked, User, Write } from '../../store/index.ts'
import { deviceTypeOf } from './device-type.ts'

/** The session tracking settings of a pool. */
export const sessionTrackingOf = ({ settings }: Pool): SessionTracking =>
  settings.sessionTracking ?? defaultSessionTracking

/** The prefix of a session id, as its type in the model requires. */
const tokenPrefix = 'tkn'

const idAlphabet = 'abcdefghijklmnopqrstuvwxyz0123456789'

/** The most sessions that a list returns; it has one page only. */
const pageSize = 125

/** The tracking data of a sign-in that begins now; undefined when the pool does not track sessions. */
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

/** Ends the least recently active sign-ins above the pool's limit, never the one being added. */
export const evictOldest = (
  { store, clock }: RequestContext,
  pool: Pool,
  signIn: Pick<SignIn, 'poolId' | 'userId' | 'originJti' | 'tracked'>,
): Write[] => (signIn.tracked ? [store.signIns.evict(signIn, sessionTrackingOf(pool).maxPerUser, clock.now())] : [])

/** Records the activity of a refresh. The write is refused with `ended` when the sign-in has ended meanwhile. */
export const noteActivity = async (context: RequestContext, signIn: SignIn, ended: () => Error): Promise<Write[]> =>
  signIn.tracked ? [context.store.signIns.active(signIn, await activityNow(context), ended)] : []

/**
 * Lists the sign-ins of a user that have not ended, on one page, the most recently active first.
 *
 * @param nextToken - must be undefined: a list has one page, so no token is ever given out
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

/** Refuses the operation in a pool that does not track sessions. */
const requireTracking = (pool: Pool): void => {
  if (sessionTrackingOf(pool).enabled) return
  throw new ServiceError('OperationNotEnabledException', 'Session tracking is not enabled for this user pool.')
}

/**
 * Ends one sign-in of a user, and so all of its tokens.
 *
 * @param target.current - the sign-in of the caller, which this operation cannot end
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
