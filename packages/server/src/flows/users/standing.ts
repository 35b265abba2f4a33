// Checks whether a user may sign in: enabled, confirmed, no reset due. This comes after the password check, so that
// only the owner of the password learns the result (protocol/authentication 3.2; requirements 15, 37).
import { notAuthorized, ServiceError } from '../../errors.ts'
import type { User } from '../../store/index.ts'

/** Refuses a disabled user. */
export const refuseDisabled = (user: User): void => {
  if (!user.enabled) throw notAuthorized('User is disabled.', 'an administrator disabled the user')
}

/**
 * Refuses a user who may not sign in now.
 *
 * @throws ServiceError NotAuthorizedException, UserNotConfirmedException or PasswordResetRequiredException
 */
export const requireStanding = (user: User, now: number): void => {
  refuseDisabled(user)
  if (user.status === 'UNCONFIRMED') throw new ServiceError('UserNotConfirmedException', 'User is not confirmed.')
  if (user.status === 'RESET_REQUIRED') {
    throw new ServiceError('PasswordResetRequiredException', 'Password reset required for the user')
  }
  if (user.status !== 'FORCE_CHANGE_PASSWORD') return
  if (user.temporaryUntil !== undefined && user.temporaryUntil <= now) {
    throw notAuthorized('Temporary password has expired and must be reset by an administrator.')
  }
}
