// Refreshes and ends sign-ins by their refresh tokens (protocol/authentication 6.3, 6.4; requirements 43, 47 to 50).
import type { RequestContext } from '../../context.ts'
import { notAuthorized, ServiceError } from '../../errors.ts'
import type { Client, Pool, SignIn, User } from '../../store/index.ts'
import { secretsOf } from '../callers/app-client.ts'
import { refusesDevice } from '../factors/devices.ts'
import { readRefreshToken, type RefreshToken } from './refresh-token.ts'
import { matchesSecret } from '../../rules/secret-hash.ts'
import { refuseDisabled } from '../users/standing.ts'
import { renewTokens, rotates, type Tokens } from './index.ts'

/** A refresh, from any of the operations that refresh. */
export type Refresh = {
  readonly pool: Pool
  readonly client: Client
  readonly refreshToken: string
  /** Proves the client's secret, once the user is known. @throws ServiceError */
  readonly requireSecret: (user: User) => void
  readonly deviceKey: string | undefined
  /** Whether the operation may rotate refresh tokens. */
  readonly rotate: boolean
  /** The operation's message about an unknown refresh token. */
  readonly unknown: string
  readonly clientMetadata: Readonly<Record<string, string>>
}

/**
 * Gives new tokens for a refresh token. Within the grace period a rotated-out refresh token gives the newest one again,
 * also when another request rotated it during this one.
 *
 * @throws ServiceError by protocol/authentication 6.3.5 to 6.3.7
 */
export const refresh = async (context: RequestContext, request: Refresh): Promise<Tokens> => {
  let lost: Error | undefined
  try {
    return await refreshOnce(context, request, () => (lost = lostToAnother()))
  } catch (error) {
    if (error !== lost) throw error
    return refreshOnce(context, request, lostToAnother)
  }
}

type Alive = { readonly signIn: SignIn; readonly user: User; readonly token: RefreshToken }

const openToken = async (context: RequestContext, request: Refresh): Promise<Alive> => {
  const { store, clock } = context
  const unknown = (reason: string): ServiceError => notAuthorized(request.unknown, reason)
  const token = readRefreshToken(context, request.refreshToken)
  if (!token) throw unknown('this service did not write the token, or it was changed')
  context.subject.user ??= token.userId
  if (token.poolId !== request.pool.id) throw unknown('the token is of another pool')
  const [signIn, user] = await Promise.all([
    store.signIns.find(token.poolId, token.userId, token.originJti),
    store.users.get(token.poolId, token.userId),
  ])
  if (!signIn || !user) throw unknown('the sign-in or its user is gone')
  if (signIn.clientId !== request.client.id) throw unknown('the token is another client’s')
  request.requireSecret(user)
  const otherDevice = refusesDevice(request.pool, signIn, request.deviceKey)
  if (otherDevice !== undefined) throw unknown(otherDevice)
  if (signIn.revokedAt !== undefined) throw notAuthorized('Refresh Token has been revoked')
  if (signIn.expiresAt <= clock.now()) {
    throw notAuthorized(
      'Refresh Token has expired',
      `expired ${Math.round((clock.now() - signIn.expiresAt) / 1000)} s ago`,
    )
  }
  return { signIn, user, token }
}

const reused = (reason: string): ServiceError =>
  new ServiceError('RefreshTokenReuseException', 'Refresh token has been used already.', reason)

/** A rotated-out token that is used again this soon comes from a repeated request, not from a thief. */
const sentTwiceSeconds = 10

// A rotated-out token is valid only during the grace period. When it is used later, it or its successor was stolen: the
// whole sign-in ends (requirement 49).
const standingOf = async (
  context: RequestContext,
  request: Refresh,
  { signIn, token }: Alive,
): Promise<'newest' | 'grace'> => {
  if (token.generation === signIn.generation) return 'newest'
  const { store, clock } = context
  const now = clock.now()
  const graceSeconds = request.client.settings.refreshTokenRotation?.retryGracePeriodSeconds ?? 0
  const within = (seconds: number): boolean =>
    token.generation === signIn.generation - 1 && now < (signIn.rotatedAt ?? 0) + seconds * 1000
  // Without a grace period, a server with a slow clock must not conclude that the rotation is still to come
  // (requirement 107).
  if (graceSeconds > 0 && within(graceSeconds)) return 'grace'
  if (within(sentTwiceSeconds)) throw reused('a refresh token was used again within seconds of its rotation')
  await store.commit([store.signIns.revoke(signIn.poolId, signIn.userId, signIn.originJti, now)])
  throw reused('a refresh token that was rotated out came back; its sign-in has been ended')
}

const lostToAnother = (): ServiceError => reused('another request rotated this refresh token first')

const refreshOnce = async (context: RequestContext, request: Refresh, lost: () => Error): Promise<Tokens> => {
  const alive = await openToken(context, request)
  refuseDisabled(alive.user)
  const standing = await standingOf(context, request, alive)
  const rotating = request.rotate && rotates(request.client)
  return renewTokens(context, {
    pool: request.pool,
    client: request.client,
    user: alive.user,
    signIn: alive.signIn,
    rotation: !rotating ? 'none' : standing === 'newest' ? 'next' : 'same',
    lost,
    clientMetadata: request.clientMetadata,
  })
}

/** A request to revoke a refresh token. */
export type Revocation = { readonly client: Client; readonly token: string; readonly clientSecret: string | undefined }

const requireClientSecret = (context: RequestContext, { client, clientSecret }: Revocation): void => {
  const unauthorized = (reason: string): ServiceError =>
    new ServiceError('UnauthorizedException', 'Unauthorized request', reason)
  const secrets = secretsOf(context, client)
  if (secrets.length === 0 && clientSecret !== undefined) throw unauthorized('the client has no secret')
  if (secrets.length > 0 && !matchesSecret(secrets, clientSecret)) throw unauthorized('wrong or missing client secret')
}

/**
 * Ends the sign-in of a refresh token, and so all tokens of that sign-in. An unknown or ended token is not an error
 * (RFC 7009, 2.2).
 *
 * @throws ServiceError UnauthorizedException, UnsupportedOperationException or UnsupportedTokenTypeException
 * (protocol/authentication 6.4.2)
 */
export const revoke = async (context: RequestContext, revocation: Revocation): Promise<void> => {
  requireClientSecret(context, revocation)
  if (revocation.client.settings.enableTokenRevocation === false) {
    throw new ServiceError('UnsupportedOperationException', 'Revocation is not enabled for this client.')
  }
  const { store, clock, subject } = context
  const token = readRefreshToken(context, revocation.token)
  if (!token && revocation.token.split('.').length === 3) {
    throw new ServiceError('UnsupportedTokenTypeException', 'Only refresh tokens can be revoked.')
  }
  if (!token) return
  subject.pool ??= token.poolId
  subject.user ??= token.userId
  const signIn = await store.signIns.find(token.poolId, token.userId, token.originJti)
  if (!signIn) return
  if (signIn.clientId !== revocation.client.id) {
    throw new ServiceError('UnauthorizedException', 'Unauthorized request', 'the token is another client’s')
  }
  await store.commit([store.signIns.revoke(signIn.poolId, signIn.userId, signIn.originJti, clock.now())])
}
