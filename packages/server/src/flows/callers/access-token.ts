// Finds the user of an access token. Every use checks everything: signature, kind, expiry, scope, user, revocation,
// client (protocol/authentication 6.4.5; requirements 39, 40, 43 to 46).
import type { Context, RequestContext } from '../../context.ts'
import { notAuthorized, resourceNotFound } from '../../errors.ts'
import { adminScope } from '../../rules/claims.ts'
import { isStorable } from '../../rules/text.ts'
import type { Client, Pool, SignIn, User } from '../../store/index.ts'
import { userNotFound } from '../users/find-user.ts'
import { issuerOf, publishedKeys } from './signing.ts'
import { refuseDisabled } from '../users/standing.ts'

/** The user of an access token, with the token's pool, client and sign-in. */
export type Caller = {
  readonly pool: Pool
  readonly client: Client
  readonly user: User
  readonly signIn: SignIn
  /** The unique id of the token. */
  readonly jti: string
}

/**
 * Finds the user of an access token.
 *
 * @throws ServiceError NotAuthorizedException, UserNotFoundException or ResourceNotFoundException
 */
export const openAccessToken = async (context: RequestContext, token: string): Promise<Caller> => {
  const { store, subject } = context
  const { pool, payload } = await verified(context, token)
  subject.pool ??= pool.id
  subject.client ??= String(payload['client_id'])
  subject.user ??= String(payload['sub'])
  checkClaims(context, pool, payload)
  const sub = String(payload['sub'])
  const [user, signIn, client] = await Promise.all([
    store.users.get(pool.id, sub),
    store.signIns.find(pool.id, sub, String(payload['origin_jti'] ?? payload['event_id'])),
    store.clients.find(String(payload['client_id'])),
  ])
  if (!user) throw userNotFound()
  if (!signIn || signIn.revokedAt !== undefined) throw notAuthorized('Access Token has been revoked')
  if (!client || client.poolId !== pool.id || client.id !== signIn.clientId) {
    throw resourceNotFound(`User pool client ${String(payload['client_id'])} does not exist.`)
  }
  refuseDisabled(user)
  return { pool, client, user, signIn, jti: String(payload['jti'] ?? '') }
}

type Payload = Readonly<Record<string, unknown>>

const invalid = (reason: string): Error => notAuthorized('Invalid Access Token', reason)

const unverified = (token: string): Payload => {
  try {
    const payload: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'))
    if (typeof payload === 'object' && payload !== null) return payload as Payload
  } catch {
    // The refusal below covers this text as well as tokens of other issuers.
  }
  throw notAuthorized('Could not verify signature for Access Token', 'not a JWT')
}

// The issuer is not verified yet: the signature is checked with the keys of the pool that it names.
const poolOfIssuer = ({ store }: Context, issuer: unknown): Promise<Pool | undefined> =>
  typeof issuer === 'string' && isStorable(issuer)
    ? store.pools.find(issuer.slice(issuer.lastIndexOf('/') + 1))
    : Promise.resolve(undefined)

const verified = async (context: Context, token: string): Promise<{ pool: Pool; payload: Payload }> => {
  const { keys } = context
  const pool = await poolOfIssuer(context, unverified(token)['iss'])
  if (!pool) throw notAuthorized('Could not verify signature for Access Token', 'no pool of that issuer')
  const stored = await publishedKeys(context, pool.id)
  const keyOf = (kid: string): ReturnType<typeof keys.signing.importPublic> | undefined => {
    const key = stored.find((candidate) => candidate.kid === kid && candidate.use === 'access')
    return key && keys.signing.importPublic(kid, () => JSON.parse(key.publicJwk) as Record<string, unknown>)
  }
  const payload = keys.signing.verify(token, keyOf)
  if (!payload)
    throw notAuthorized('Could not verify signature for Access Token', 'signed by no access key of the pool')
  return { pool, payload }
}

/** The clocks of two servers may differ by this much. */
const toleratedMilliseconds = 60_000

// A token that had expired before the clock was set back stays expired. Such a token was issued later than now, or
// before the time to which the clock was set.
const isOfThePast = ({ clock }: Context, token: { readonly issuedAt: number; readonly expiresAt: number }): boolean => {
  const step = clock.steppedBack?.()
  if (!step || token.expiresAt > step.from) return false
  return token.issuedAt < step.to || token.issuedAt > clock.now() + toleratedMilliseconds
}

const checkClaims = (context: Context, pool: Pool, payload: Payload): void => {
  const now = context.clock.now()
  if (payload['token_use'] !== 'access') throw invalid('not an access token')
  if (payload['iss'] !== issuerOf(context, pool)) throw invalid('another issuer')
  const expiresAt = Number(payload['exp']) * 1000
  if (!(expiresAt > now)) {
    throw notAuthorized('Access Token has expired', `expired ${Math.round((now - expiresAt) / 1000)} s ago`)
  }
  if (isOfThePast(context, { issuedAt: Number(payload['iat']) * 1000, expiresAt }))
    throw notAuthorized('Access Token has expired', 'it had expired before the clock was set back')
  const scopes = String(payload['scope'] ?? '').split(' ')
  if (!scopes.includes(adminScope)) throw notAuthorized('Access Token does not have required scopes')
}
