// The beginning that all flows of a sign-in share: the flow is permitted, its values are there, the user is found; in
// this order. A door that has a secret hash checks it in between, by `checkStart`. Then index.ts looks at the lock and
// asks PreAuthentication (protocol/authentication 3.2; protocol/administration 14.5, 14.6).
import type { RequestContext } from '../../context.ts'
import { invalidParameter } from '../../errors.ts'
import { requireFlow } from '../../rules/client-settings.ts'
import { requireChoice } from '../../rules/tiers.ts'
import { isTooLong } from '../../rules/user-names.ts'
import type { User } from '../../store/index.ts'
import { sentDeviceKey, withSentDevice } from '../factors/device-of-sign-in.ts'
import { lockSubjectOf, uncountedHold } from '../sessions/guesses.ts'
import { requireCustomTrigger } from '../triggers/custom-sign-in.ts'
import { decoyOf } from '../users/decoy.ts'
import { findUser, hidesUsers, userNotFound } from '../users/find-user.ts'
import type { Attempt, Opened } from './attempt.ts'
import { FieldFault, required } from './field-fault.ts'
import { clientPublicValue } from './srp-exchange.ts'
import type { FlowName, SignInRequest, SignInStart } from './values.ts'

/** The first request of a sign-in. */
export type Start<Flow extends FlowName = FlowName> = SignInRequest & SignInStart<Flow>

/**
 * Refuses a start that its client is not permitted, or that lacks something. It looks at no user: a door that has a
 * secret hash checks that hash between this and `startSignIn`, which begins with it again.
 *
 * @throws ServiceError by the order of protocol/authentication 3.2; FeatureUnavailableInTierException
 * (protocol/authentication 3.1.6); FieldFault
 */
export const checkStart = (context: RequestContext, start: Start): void => {
  const { pool, client, admin } = start
  if (start.flow === 'admin-password' && !admin) throw invalidParameter('Initiate Auth method not supported.')
  requireFlow(client.settings, start.flow)
  if (start.flow === 'choice') requireChoice(pool.settings)
  required(start.name, 'name')
  if (start.flow === 'password' || start.flow === 'admin-password') required(start.password, 'password')
  if (start.flow === 'srp') required(start.publicValue, 'public-value')
  if (start.flow === 'custom') {
    checkOpening(start)
    requireCustomTrigger(context, pool, 'DefineAuthChallenge')
  }
  if (start.flow === 'choice' && start.session !== undefined) return
  // The model bounds the names of every other operation; this one would be kept in a session as it came.
  if (isTooLong(start.name)) throw new FieldFault('name', 'too-long')
}

const checkOpening = ({ opensWith, publicValue }: Start<'custom'>): void => {
  if (opensWith === 'unknown') throw new FieldFault('opening', 'malformed')
  if (opensWith === 'srp') clientPublicValue(required(publicValue, 'public-value'))
}

/**
 * Finds who signs in.
 *
 * @param bring - brings the user over from another service, where the flow can
 * @throws ServiceError UserNotFoundException where the client does not hide users
 */
export const openUser = async (
  context: RequestContext,
  { pool, client, name }: Start,
  bring: () => Promise<User | undefined> = async () => undefined,
): Promise<Opened> => {
  const user = (await findUser(context, pool, name)) ?? (await bring())
  if (!user && !hidesUsers(client)) throw userNotFound()
  return { name, user }
}

/**
 * Begins the attempt of a user who was found, or of an unknown name: then a decoy stands in, and the attempt never ends
 * in anything (protocol/authentication 2.4). ClientMetadata of the first request is for PreAuthentication and
 * UserMigration alone (protocol/administration 14.5).
 */
export const attemptOf = (context: RequestContext, start: Start, { name, user: found }: Opened): Attempt => {
  const { pool, client, admin } = start
  const user = found ?? decoyOf(context, pool, name)
  const deviceKey = sentDeviceKey(start)
  const carried = { ...withSentDevice({ proved: [] }, deviceKey), ...(found ? {} : { unknownName: name }) }
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
