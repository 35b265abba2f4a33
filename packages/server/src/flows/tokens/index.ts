// The room of tokens. `giveTokens` is the only function that gives tokens, for every door and every kind of sign-in. It
// checks that user, client and pool exist and are enabled, that the user is not locked and needs no password reset, and
// that every required factor is proved; it commits this together with the end of the session (protocol/requirements,
// "One function gives tokens").
//
//   index.ts             giveTokens after a sign-in, renewTokens after a refresh, giveClientToken for a client
//   refresh.ts           checks, rotates and revokes refresh tokens; then renewTokens
//   refresh-token.ts     writes and reads the text of a refresh token
//   client-token.ts      checks an app client's request for a token; then giveClientToken
//   session-tracking.ts  lists, counts and ends the sign-ins that a user sees
//   device-type.ts       the name of a device in such a list, from its User-Agent
import type { RequestContext } from '../../context.ts'
import { notAuthorized } from '../../errors.ts'
import { tokenLifetimes } from '../../rules/client-settings.ts'
import { readableAttributes } from '../../rules/attributes.ts'
import { accessClaims, clientClaims, idClaims, type ClaimsSource } from '../../rules/claims.ts'
import { acrOf, levelReached, methodsOf } from '../../rules/assurance.ts'
import type { Client, Device, Pool, Session, SigningUse, SignIn, User, Write } from '../../store/index.ts'
import { deviceOfSignIn, type NewDevice } from '../factors/devices.ts'
import { owedWith } from '../factors/mfa.ts'
import { writeRefreshToken } from './refresh-token.ts'
import { evictOldest, noteActivity, trackedNow } from './session-tracking.ts'
import { detailsOf, type SignInDetails } from '../sessions/sign-in-details.ts'
import { findDevice } from '../factors/device-of-sign-in.ts'
import { endSession, invalidSession } from '../sessions/session-token.ts'
import type { LockHold } from '../sessions/guesses.ts'
import { issuerOf, tokenSigner } from '../callers/signing.ts'
import { requireStanding } from '../users/standing.ts'
import { afterAuthentication, beforeClientToken, beforeTokens, type TokenSource } from '../triggers/sign-in.ts'
import type { Carried } from '../sessions/progress.ts'

/** The tokens of a sign-in or a refresh. */
export type Tokens = {
  readonly accessToken: string
  readonly idToken: string
  /** Absent where a refresh does not rotate (protocol/authentication 6.3.1). */
  readonly refreshToken: string | undefined
  readonly expiresInSeconds: number
  /**
   * The key with which the caller may confirm its device; present when the sign-in came from an unknown device
   * (protocol/authentication 7.1.2).
   */
  readonly newDevice?: NewDevice | undefined
}

/** A completed sign-in, as `giveTokens` takes it. */
export type Grant = {
  readonly pool: Pool
  readonly client: Client
  /** The user as `writes` will leave it. */
  readonly user: User
  /** Whether the sign-in uses the Admin operations. */
  readonly admin: boolean
  /** The state that the sign-in has carried to here, above all its proved factors. */
  readonly carried: Carried
  /** The answered session, which the same commit ends; undefined for a sign-in of one request. */
  readonly session: Session | undefined
  /** The writes of the last step, such as a spent time step or a new password. */
  readonly writes: readonly Write[]
  readonly source: TokenSource
  readonly clientMetadata: Readonly<Record<string, string>>
  /** The user's lock, which the commit checks. */
  readonly hold: LockHold
}

/** Whether refresh tokens of this client rotate (protocol/authentication 6.3.2). */
export const rotates = (client: Client): boolean => client.settings.refreshTokenRotation?.feature === 'ENABLED'

/**
 * Gives the tokens of a completed sign-in.
 *
 * @throws ServiceError the refusals of `requireStanding`; NotAuthorizedException when a factor is missing, or when
 * user, client, pool or session changed before the commit
 */
export const giveTokens = async (context: RequestContext, grant: Grant): Promise<Tokens> => {
  const { store, random, clock } = context
  const { pool, client, user, session } = grant
  const now = clock.now()
  requireStanding(user, now)
  const use = await requireFactors(context, grant)
  const { newDevice, deviceKey, details } = deviceOfSignIn(context, grant, use.device)
  await afterAuthentication(context, { ...grant, newDeviceUsed: newDevice !== undefined })
  const originJti = random.uuid()
  const signIn: Omit<SignIn, 'revokedAt' | 'rotatedAt'> = {
    poolId: pool.id,
    userId: user.id,
    originJti,
    clientId: client.id,
    // A token without origin_jti is traced to its sign-in by its event_id.
    eventId: revocable(client) ? random.uuid() : originJti,
    authAt: now,
    expiresAt: now + lifetimesOf(client).refreshTokenSeconds * 1000,
    generation: 1,
    deviceKey,
    details: JSON.stringify({ ...details, ...provedBy(grant) }),
    tracked: await trackedNow(context, pool),
  }
  const claims = await claimsOf(context, grant, signIn, grant)
  const signed = await signedWith(context, grant, claims, [
    ...grant.hold.finish(),
    ...(session ? [endSession(context, session)] : []),
    ...grant.writes,
    ...noteDevice(context, user, use),
    store.users.signIn(user, {
      clientId: client.id,
      credentialsAt: user.credentialsAt,
      otherwise: () => invalidSession('user, client or pool changed while the sign-in was under way'),
    }),
    store.signIns.add(signIn),
    ...evictOldest(context, pool, signIn),
  ])
  return { ...signed, refreshToken: writeRefreshToken(context, signIn), newDevice }
}

/** The device of a sign-in, and whether it takes the place of a second factor. */
type DeviceUse = { readonly device: Device | undefined; readonly needed: boolean }

// Checks every factor again, on the record as it stands now: a flow that skipped a step by mistake cannot notice it.
const requireFactors = async (context: RequestContext, grant: Grant): Promise<DeviceUse> => {
  const { pool, user, carried, session } = grant
  const { proved } = carried
  const [token, device] = await Promise.all([
    context.store.softwareTokens.find(pool.id, user.id),
    findDevice(context, grant),
  ])
  const enrolled = proved.includes('software-token')
  const dueWith = (known: Device | undefined): string => owedWith(grant, token, known).step
  const due = dueWith(device)
  if (due !== 'done') throw invalidSession(`the sign-in still owes ${due}`)
  if (enrolled && !token?.secret) throw invalidSession('the software token was removed meanwhile')
  if (session && session.userId !== user.id) throw invalidSession('the session is another user’s')
  return { device, needed: dueWith(undefined) !== 'done' }
}

// This write decides whether the device may skip a factor: unless it finds the device in the required state, no tokens
// are given.
const noteDevice = ({ store, clock, remoteAddress }: RequestContext, user: User, use: DeviceUse): Write[] =>
  use.device
    ? [
        store.devices.signIn(user, use.device.key, {
          mustBeRemembered: use.needed,
          ip: remoteAddress,
          now: clock.now(),
          otherwise: () => invalidSession('the device was forgotten, or is not remembered any more'),
        }),
      ]
    : []

const provedBy = ({ user: { credentialsAt }, carried: { proved, target } }: Grant): SignInDetails => ({
  proved,
  credentialsAt,
  ...(target ? { level: levelReached(proved) } : {}),
})

// Tokens name the assurance level when the request named one, in the pool's current wording.
const assuranceOf = ({ settings }: Pool, signIn: Pick<SignIn, 'details'>): ClaimsSource['assurance'] => {
  const { proved = [], level } = detailsOf(signIn)
  return level && { acr: acrOf(settings.acrConfiguration, level), amr: methodsOf(proved) }
}

// Tokens carry origin_jti and jti only where they can be revoked (protocol/authentication 6.1.6).
const revocable = (client: Client): boolean => client.settings.enableTokenRevocation !== false || rotates(client)

const lifetimesOf = (client: Client): ReturnType<typeof tokenLifetimes> => tokenLifetimes(client.settings)

/** The claims of a sign-in's tokens. */
type TokenClaims = Readonly<Record<SigningUse, Record<string, unknown>>>

const claimsOf = async (
  context: RequestContext,
  { pool, client, user }: Pick<Grant, 'pool' | 'client' | 'user'>,
  signIn: Pick<SignIn, 'originJti' | 'eventId' | 'authAt' | 'deviceKey' | 'details'>,
  call: { readonly source: TokenSource; readonly clientMetadata: Readonly<Record<string, string>> },
): Promise<TokenClaims> => {
  const { random, clock } = context
  const lifetimes = lifetimesOf(client)
  const source: ClaimsSource = {
    issuer: issuerOf(context, pool),
    clientId: client.id,
    sub: user.id,
    username: user.username,
    eventId: signIn.eventId,
    originJti: revocable(client) ? signIn.originJti : undefined,
    authAt: signIn.authAt,
    issuedAt: clock.now(),
    deviceKey: signIn.deviceKey,
    assurance: assuranceOf(pool, signIn),
  }
  const jti = (): string | undefined => (revocable(client) ? random.uuid() : undefined)
  const readable = readableAttributes(pool.settings.schemaAttributes, client.settings.readAttributes)
  const attributes = Object.fromEntries(Object.entries(user.attributes).filter(([name]) => readable.has(name)))
  return beforeTokens(
    context,
    { pool, client, user, ...call },
    {
      access: accessClaims(source, jti(), lifetimes.accessTokenSeconds),
      id: idClaims(source, attributes, jti(), lifetimes.idTokenSeconds),
    },
  )
}

// Signing and committing run at the same time. A refused commit rejects this promise, so that the signed tokens never
// leave it.
const signedWith = async (
  context: RequestContext,
  { pool, client }: Pick<Grant, 'pool' | 'client'>,
  claims: TokenClaims,
  writes: readonly Write[],
): Promise<Pick<Tokens, 'accessToken' | 'idToken' | 'expiresInSeconds'>> => {
  const sign = await tokenSigner(context, pool.id)
  const [accessToken, idToken] = await Promise.all([
    sign.access(claims.access),
    sign.id(claims.id),
    writes.length > 0 ? context.store.commit(writes) : undefined,
  ])
  return { accessToken, idToken, expiresInSeconds: lifetimesOf(client).accessTokenSeconds }
}

/** A refresh, as `renewTokens` takes it. */
export type Renewal = {
  readonly pool: Pool
  readonly client: Client
  readonly user: User
  /** The sign-in, which has not ended. */
  readonly signIn: SignIn
  /** The refresh token of the answer: none, the next one, or the newest one again. */
  readonly rotation: 'none' | 'next' | 'same'
  /** The error when another request rotates first. */
  readonly lost: () => Error
  readonly clientMetadata: Readonly<Record<string, string>>
}

/**
 * Gives new tokens to a sign-in that has not ended. They carry its auth_time, origin_jti and event_id, and the user's
 * current attributes (protocol/authentication 6.1.4, 6.1.5, 6.3.8).
 *
 * @throws ServiceError the refusals of `requireStanding`; `lost` when another request rotated first
 */
export const renewTokens = async (context: RequestContext, renewal: Renewal): Promise<Tokens> => {
  const { store, clock } = context
  const { user, signIn, rotation, lost, clientMetadata } = renewal
  requireStanding(user, clock.now())
  if (user.status === 'FORCE_CHANGE_PASSWORD') throw notAuthorized('Refresh Token has been revoked')
  const claims = await claimsOf(context, renewal, signIn, { source: 'RefreshTokens', clientMetadata })
  const writes = await noteActivity(context, signIn, () => notAuthorized('Refresh Token has been revoked'))
  if (rotation === 'next') writes.unshift(store.signIns.rotate(signIn, clock.now(), lost))
  const signed = await signedWith(context, renewal, claims, writes)
  const newest = { ...signIn, generation: signIn.generation + (rotation === 'next' ? 1 : 0) }
  const refreshToken = rotation === 'none' ? undefined : writeRefreshToken(context, newest)
  return { ...signed, refreshToken }
}

/** The token of an app client, without a user. */
export type ClientToken = { readonly accessToken: string; readonly expiresInSeconds: number }

/** The token request of an app client that has proved its secret. */
export type ClientGrant = {
  readonly pool: Pool
  readonly client: Client
  readonly scopes: readonly string[]
  readonly clientMetadata: Readonly<Record<string, string>>
}

/**
 * Gives the token of an app client. The token represents no user, and user operations refuse it.
 *
 * @throws ServiceError when PreTokenGeneration refuses
 */
export const giveClientToken = async (context: RequestContext, grant: ClientGrant): Promise<ClientToken> => {
  const { pool, client, scopes } = grant
  const { accessTokenSeconds } = lifetimesOf(client)
  const claims = clientClaims({
    issuer: issuerOf(context, pool),
    clientId: client.id,
    scopes,
    jti: context.random.uuid(),
    issuedAt: context.clock.now(),
    lifetimeSeconds: accessTokenSeconds,
  })
  const changed = await beforeClientToken(context, grant, claims)
  const sign = await tokenSigner(context, pool.id)
  return { accessToken: await sign.access(changed), expiresInSeconds: accessTokenSeconds }
}
