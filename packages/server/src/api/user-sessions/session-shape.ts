// The wire shape of a user's sessions (protocol/authentication 7.4.3).
import type { SignIn } from '../../store/index.ts'
import type { SessionDescriptionType } from '../../wire/model.gen.ts'
import { seconds } from '../operation.ts'

/**
 * A tracked sign-in as SessionDescriptionType.
 *
 * @param current - the session id of the caller's access token, if there is one
 */
export const sessionShape = (
  { clientId, authAt, tracked }: SignIn,
  current: string | undefined,
): SessionDescriptionType => ({
  SessionId: tracked?.sessionId,
  SessionType: 'TOKEN',
  ClientId: clientId,
  CreateDate: seconds(authAt),
  LastActiveDate: seconds(tracked?.lastActiveAt ?? authAt),
  DeviceType: tracked?.deviceType,
  LastIPAddress: tracked?.lastIp,
  IsCurrentSession: current !== undefined && tracked?.sessionId === current,
})
