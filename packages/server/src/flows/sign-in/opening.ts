// The beginning that all flows of a sign-in share: the flow is permitted, the parameters are there, the secret hash
// holds, the user is found, no lock stands, PreAuthentication lets the user in; in this order
// (spec: authentication 3.2; administration 14.5, 14.6).
import type { RequestContext } from '../../context.ts'
import { invalidParameter } from '../../errors.ts'
import { allowsFlow, flowRefusal, type PermittedFlow } from '../../rules/client-settings.ts'
import type { Pool, User } from '../../store/index.ts'
import { requireSecretHash } from '../callers/app-client.ts'
import { findUser, hidesUsers, userNotFound } from '../users/find-user.ts'
import { nobodyOf } from '../users/unknown-name.ts'
import { refuseLocked } from '../users/standing.ts'
import { beforeAuthentication } from '../triggers/sign-in.ts'
import { migrateSigningIn } from '../users/user-migration.ts'
import type { Answers, Attempt, Start } from './attempt.ts'
import { madeUpUser } from '../users/decoy.ts'
import { sentDeviceKey, withSentDevice } from '../factors/device-of-sign-in.ts'

/** A parameter that the flow needs. @throws ServiceError InvalidParameterException when it is missing or empty */
export const requireParameter = (parameters: Answers, name: string): string => {
  const value = parameters[name]
  if (!value) throw invalidParameter(`Missing required parameter ${name}`)
  return value
}

/** Refuses a flow that the client is not permitted. */
export const requireFlow = ({ client }: Start, flow: PermittedFlow): void => {
  if (!allowsFlow(client.settings.explicitAuthFlows, flow)) throw flowRefusal(flow)
}

/** Who signs in, as typed and as found; undefined for a user whose absence is not told. */
export type Opened = { readonly name: string; readonly user: User | undefined }

/**
 * Finds who signs in, after the secret hash.
 *
 * @param password - where the flow sends it, so that a user whom nobody here knows may come over by it
 * @throws ServiceError UserNotFoundException where the client does not hide users
 */
export const openUser = async (context: RequestContext, start: Start, password?: string): Promise<Opened> => {
  const { pool, client, parameters } = start
  const name = requireParameter(parameters, 'USERNAME')
  requireSecretHash(context, client, { username: name, given: parameters['SECRET_HASH'] })
  const user = (await findUser(context, pool, name)) ?? (await broughtBy(context, start, name, password))
  if (!user && !hidesUsers(client)) throw userNotFound()
  return { name, user }
}

const broughtBy = async (
  context: RequestContext,
  { pool, client, clientMetadata: validationData }: Start,
  username: string,
  password: string | undefined,
): Promise<User | undefined> =>
  password === undefined
    ? undefined
    : migrateSigningIn(context, { pool, client, username, password, validationData, clientMetadata: {} })

// What the first request sends as ClientMetadata is for PreAuthentication and UserMigration alone (14.5).
const beginAttempt = (context: RequestContext, start: Start, user: User): Attempt => {
  const { pool, client, admin, parameters } = start
  const deviceKey = sentDeviceKey(start, parameters)
  const carried = withSentDevice({ proved: [] }, deviceKey)
  const clientMetadata = {}
  return { context, pool, client, user, admin, session: undefined, carried, sentDeviceKey: deviceKey, clientMetadata }
}

/**
 * The user who stands in for a name that leads to nobody, where that is not told (2.4): locked as a user would be.
 */
export const standIn = async (context: RequestContext, pool: Pool, name: string): Promise<User> => ({
  ...madeUpUser(context, pool, name),
  lockedUntil: await context.store.attempts.lockedUntil(nobodyOf(context, pool, name)),
})

const attemptOf = async (context: RequestContext, start: Start, { name, user }: Opened): Promise<Attempt> => {
  if (user) return beginAttempt(context, start, user)
  const attempt = beginAttempt(context, start, await standIn(context, start.pool, name))
  return { ...attempt, carried: { ...attempt.carried, nobody: name } }
}

/**
 * The attempt of whoever was opened: not locked, and let in by PreAuthentication. About nobody it never ends in tokens.
 *
 * @throws ServiceError "Password attempts exceeded", or what the function refuses
 */
export const beginAs = async (context: RequestContext, start: Start, opened: Opened): Promise<Attempt> => {
  const attempt = await attemptOf(context, start, opened)
  refuseLocked(attempt.user, context.clock.now())
  await beforeAuthentication(context, { ...start, ...opened })
  return attempt
}
