// Sets a password, for every flow that sets one: checks policy, common passwords and history, then makes hash and SRP
// verifier, all before any write (protocol/authentication 2.7, 4.6; requirements 1, 10).
import type { Context } from '../../context.ts'
import { ServiceError } from '../../errors.ts'
import { checkPassword, type PolicyWording } from '../../rules/password-policy.ts'
import type { Pool, User, UserChange } from '../../store/index.ts'
import { sealedPlaces } from '../../store/sealed-places.ts'

/** The pool name in SRP: the part of the pool id after the underscore (protocol/authentication 4). */
export const srpPoolName = (poolId: string): string => poolId.slice(poolId.indexOf('_') + 1)

type Credentials = Required<Pick<UserChange, 'passwordHash' | 'srpSealed' | 'passwordHistory' | 'credentialsAt'>>

/**
 * Makes the fields that a new password sets on a user.
 *
 * @param user - the user before the change; a new user has no password yet
 * @param wording - the operation's wording of a policy violation (protocol/authentication 2.7.3, 2.7.4)
 * @throws ServiceError InvalidPasswordException, PasswordHistoryPolicyViolationException or TooManyRequestsException
 */
export const newCredentials = async (
  context: Context,
  pool: Pool,
  user: User,
  password: string,
  wording: PolicyWording = 'policy',
): Promise<Credentials> => {
  checkPassword(pool.settings.policies.passwordPolicy, password, wording)
  refuseCommon(context, password, wording)
  await refuseUsedBefore(context, pool, user, password)
  const [passwordHash, srpSealed] = await Promise.all([
    context.keys.passwords.hash(password),
    sealedVerifier(context, user, password),
  ])
  const history = user.passwordHash === undefined ? [] : [user.passwordHash, ...user.passwordHistory]
  return {
    passwordHash,
    srpSealed,
    passwordHistory: history.slice(0, Math.max(0, historySize(pool) - 1)),
    // Later than the last change even within one millisecond: a sign-in that began with the old password must not
    // succeed.
    credentialsAt: Math.max(context.clock.now(), user.credentialsAt + 1),
  }
}

const historySize = (pool: Pool): number => pool.settings.policies.passwordPolicy.passwordHistorySize ?? 0

const refuseCommon = ({ commonPasswords }: Context, password: string, wording: PolicyWording): void => {
  if (!commonPasswords.has(password)) return
  throw new ServiceError(
    'InvalidPasswordException',
    `Password did not conform with ${wording}: Password is too common`,
    "the password is in the server's list",
  )
}

// Compares one at a time: each comparison costs a full hash, and a history has at most 24.
const refuseUsedBefore = async ({ keys }: Context, pool: Pool, user: User, password: string): Promise<void> => {
  const earlier = [user.passwordHash, ...user.passwordHistory].slice(0, historySize(pool))
  for (const stored of earlier) {
    if (stored === undefined) continue
    if (!(await keys.passwords.verify(password, stored)).matches) continue
    throw new ServiceError('PasswordHistoryPolicyViolationException', 'Password has previously been used')
  }
}

const sealedVerifier = async (
  { keys }: Context,
  user: Pick<User, 'poolId' | 'id' | 'username'>,
  password: string,
): Promise<string> => {
  const made = await keys.makeSrpVerifier({ poolName: srpPoolName(user.poolId), username: user.username, password })
  return keys.seal.sealRow(JSON.stringify(made), sealedPlaces.srpVerifier(user))
}

/** Makes the fields of a password that a user brings from another service; policy and history are not applied. */
export const migratedCredentials = async (
  context: Context,
  user: User,
  password: string,
): Promise<Pick<User, 'passwordHash' | 'srpSealed'>> => {
  const [passwordHash, srpSealed] = await Promise.all([
    context.keys.passwords.hash(password),
    sealedVerifier(context, user, password),
  ])
  return { passwordHash, srpSealed }
}

/** The end of a temporary password that is set now (protocol/administration 4.2; 0 days means 7). */
export const temporaryUntil = ({ clock }: Context, pool: Pool): number => {
  const days = pool.settings.policies.passwordPolicy.temporaryPasswordValidityDays || 7
  return clock.now() + days * 86_400_000
}
