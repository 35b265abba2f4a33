// Makes the record of a new user and checks its names and attributes, for SignUp and AdminCreateUser
// (protocol/authentication 2.1, 2.2; protocol/administration 1.5, 1.6, 4.2).
import type { Context } from '../../context.ts'
import { invalidParameter } from '../../errors.ts'
import { checkNewUserAttributes } from '../../rules/attributes.ts'
import { checkPreferredUsername, checkUsername } from '../../rules/user-names.ts'
import type { Pool, User, UserStatus } from '../../store/index.ts'

/**
 * Makes the record of a new user, without a password.
 *
 * @param profile.requireAll - whether all required attributes must be present (false for AdminCreateUser)
 * @throws ServiceError InvalidParameterException for an invalid name or attribute
 */
export const newUser = (
  { random, clock }: Context,
  pool: Pool,
  profile: {
    readonly username: string
    readonly attributes: Readonly<Record<string, string>>
    readonly status: UserStatus
    readonly requireAll: boolean
  },
): User => {
  const { kind } = checkUsername(pool.settings, profile.username)
  const given = Object.fromEntries(Object.entries(profile.attributes).filter(([, value]) => value !== ''))
  const attributes = kind === 'username' ? given : { ...given, [kind]: profile.username }
  if (kind !== 'username' && given[kind] !== undefined && given[kind] !== profile.username) {
    throw invalidParameter(`User name and ${kind} must be the same.`)
  }
  checkNewUserAttributes(pool.settings.schemaAttributes, attributes, { requireAll: profile.requireAll })
  checkPreferredUsername(pool.settings, attributes['preferred_username'])
  const id = random.uuid()
  const now = clock.now()
  return {
    poolId: pool.id,
    id,
    username: kind === 'username' ? profile.username : id,
    status: profile.status,
    enabled: true,
    attributes,
    passwordHash: undefined,
    srpSealed: undefined,
    passwordHistory: [],
    credentialsAt: now,
    temporaryUntil: undefined,
    mfa: { enabled: [] },
    version: 1,
    createdAt: now,
    updatedAt: now,
  }
}
