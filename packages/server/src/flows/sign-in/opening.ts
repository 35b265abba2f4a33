// The beginning that all flows of a sign-in share: the flow is permitted, the parameters are there, the secret hash
// holds, the user is found; in this order. Then index.ts looks at the lock and asks PreAuthentication
// (protocol/authentication 3.2; protocol/administration 14.5, 14.6).
import type { RequestContext } from '../../context.ts'
import { invalidParameter } from '../../errors.ts'
import { allowsFlow, flowRefusal, type PermittedFlow } from '../../rules/client-settings.ts'
import { isTooLong } from '../../rules/user-names.ts'
import type { User } from '../../store/index.ts'
import { requireSecretHash } from '../callers/app-client.ts'
import { findUser, hidesUsers, userNotFound } from '../users/find-user.ts'
import { lockSubjectOf, uncountedHold } from '../sessions/guesses.ts'
import type { Answers, Attempt, Opened, Start } from './attempt.ts'
import { madeUpUser } from '../users/decoy.ts'
import { sentDeviceKey, withSentDevice } from '../factors/device-of-sign-in.ts'

/** A parameter that the flow needs. @throws ServiceError InvalidParameterException when it is missing or empty */
export const requireParameter = (parameters: Answers, name: string): string => {
  const value = parameters[name]
  if (!value) throw invalidParameter(`Missing required parameter ${name}`)
  return value
}

// The model bounds the names of every other operation; this one would be kept in a session as it came.
const requireName = (parameters: Answers): string => {
  const name = requireParameter(parameters, 'USERNAME')
  if (!isTooLong(name)) return name
  throw invalidParameter(
    "1 validation error detected: Value at 'username' failed to satisfy constraint: Member must have length less than or equal to 128",
  )
}

/** Refuses a flow that the client is not permitted. */
export const requireFlow = ({ client }: Start, flow: PermittedFlow): void => {
  if (!allowsFlow(client.settings.explicitAuthFlows, flow)) throw flowRefusal(flow)
}

/**
 * Finds who signs in, after the secret hash.
 *
 * @param bring - brings over a user whom nobody here knows, where the flow can
 * @throws ServiceError InvalidParameterException for a name that is longer than any, UserNotFoundException where the
 * client does not hide users
 */
export const openUser = async (
  context: RequestContext,
  start: Start,
  bring: (name: string) => Promise<User | undefined> = async () => undefined,
): Promise<Opened> => {
  const { pool, client, parameters } = start
  const name = requireName(parameters)
  requireSecretHash(context, client, { username: name, given: parameters['SECRET_HASH'] })
  const user = (await findUser(context, pool, name)) ?? (await bring(name))
  if (!user && !hidesUsers(client)) throw userNotFound()
  return { name, user }
}

/**
 * The sign-in of whoever was opened. About an unknown name it never ends in tokens: a made-up user stands in for it
 * (protocol/authentication 2.4). What the first request sends as ClientMetadata is for PreAuthentication and
 * UserMigration alone (protocol/administration 14.5).
 */
export const attemptOf = (context: RequestContext, start: Start, { name, user: found }: Opened): Attempt => {
  const { pool, client, admin, parameters } = start
  const user = found ?? madeUpUser(context, pool, name)
  const deviceKey = sentDeviceKey(start, parameters)
  const carried = { ...withSentDevice({ proved: [] }, deviceKey), ...(found ? {} : { nobody: name }) }
  return {
    context,
    pool,
    client,
    user,
    admin,
    session: undefined,
    carried,
    sentDeviceKey: deviceKey,
    clientMetadata: {},
    hold: uncountedHold(context, lockSubjectOf(context, { pool, user, carried })),
  }
}
