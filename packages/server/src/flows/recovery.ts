// Recovers a forgotten password by a code to a verified address, begun by the user or an administrator; and changes a
// known password (protocol/authentication 2.4, 2.6; protocol/administration 4.4; requirements 14, 60 to 63).
import type { RequestContext } from '../context.ts'
import { limits } from '../config.ts'
import { invalidParameter, notAuthorized, ServiceError } from '../errors.ts'
import { activeFactors } from '../rules/next-step.ts'
import type { Client, Pool, User, Write } from '../store/index.ts'
import { changeUser } from './users/change-user.ts'
import { checkCode, codeMismatch, newCode } from './messages/codes.ts'
import { deliveryDetails, type DeliveryDetails, type Destination } from './messages/delivery-details.ts'
import { findUser, hidesUsers, userNotFound } from './users/find-user.ts'
import { sendCode } from './messages/messages.ts'
import { mfaRulesOf, mfaUserOf } from './factors/mfa.ts'
import { deadRecoveryCode, unknownNameRow, simulatedDetails } from './users/unknown-name.ts'
import { newCredentials } from './users/passwords.ts'
import { counted, type CountedHold } from './sessions/guesses.ts'
import { afterRecovery } from './triggers/sign-up.ts'
import { migrateForgotten } from './users/user-migration.ts'
import type { SecondFactor } from '../rules/proofs.ts'
import { WrongAnswer } from './sessions/wrong-answer.ts'

type Metadata = Readonly<Record<string, string>>

/** A request of a user who has forgotten the password. */
export type Forgotten = {
  readonly pool: Pool
  readonly client: Client
  readonly username: string
  readonly clientMetadata: Metadata
}

/**
 * Sends a code to a user who has forgotten the password.
 *
 * @throws ServiceError by protocol/authentication 2.4 and 2.6; when the client hides which users exist, a made-up
 * answer replaces most of them
 */
export const forgotPassword = async (context: RequestContext, forgotten: Forgotten): Promise<DeliveryDetails> => {
  const { store, clock } = context
  const { pool, client } = forgotten
  const hidden = hidesUsers(client)
  const user = (await findUser(context, pool, forgotten.username)) ?? (await migrateForgotten(context, forgotten))
  if (!user && !hidden) throw userNotFound('Username/client id combination not found.')
  const row = user ?? unknownNameRow(context, pool, forgotten.username)
  await store.commit([store.attempts.count(row, 'recovery', limits.recoveryPerHour, clock.now())])
  const destination = user && (await destinationOf(context, pool, user))
  const recoverable = user?.enabled && user.status !== 'FORCE_CHANGE_PASSWORD' && destination !== undefined
  if (!user || (hidden && !recoverable)) {
    await store.commit([deadRecoveryCode(context, row)])
    return simulatedDetails(context, pool, mechanismsOf(pool), forgotten.username)
  }
  if (!user.enabled) throw notAuthorized('User is disabled.')
  if (user.status === 'FORCE_CHANGE_PASSWORD') throw cannotReset()
  if (!destination) throw noDestination()
  await store.commit(await sendRecoveryCode(context, { ...forgotten, user, destination }))
  return deliveryDetails(destination)
}

const addressOf = { verified_email: 'email', verified_phone_number: 'phone_number' } as const

/**
 * The addresses for password recovery, preferred first; without a setting: phone, then e-mail (protocol/authentication
 * 2.6.2).
 */
const mechanismsOf = (pool: Pool): ('email' | 'phone_number')[] => {
  const set = pool.settings.accountRecoverySetting?.recoveryMechanisms
  if (!set || set.length === 0) return ['phone_number', 'email']
  return set
    .toSorted((a, b) => a.priority - b.priority)
    .flatMap(({ name }) => (name === 'admin_only' ? [] : [addressOf[name]]))
}

const factorOf = { email: 'email', phone_number: 'sms' } as const

// The second factors that a sign-in of the user may require, by the user's choice or the pool's.
const askedFactors = async ({ store }: RequestContext, pool: Pool, user: User): Promise<readonly SecondFactor[]> => {
  const rules = mfaRulesOf(pool)
  if (rules.mfa === 'OFF') return []
  const mfaUser = mfaUserOf(pool, user, await store.softwareTokens.find(pool.id, user.id))
  const { preferred, enabled } = mfaUser
  const active = activeFactors(rules, mfaUser)
  return preferred && active.includes(preferred) ? [preferred, ...enabled] : [...active, ...enabled]
}

// The address of the user's second factor cannot recover the password too (protocol/authentication 2.6.3).
const destinationOf = async (context: RequestContext, pool: Pool, user: User): Promise<Destination | undefined> => {
  const asked = await askedFactors(context, pool, user)
  for (const attribute of mechanismsOf(pool)) {
    const address = user.attributes[attribute]
    const verified = user.attributes[`${attribute}_verified`] === 'true'
    if (address && verified && !asked.includes(factorOf[attribute])) return { attribute, address }
  }
  return undefined
}

const noDestination = (): Error =>
  invalidParameter('Cannot reset password for the user as there is no registered/verified email or phone_number')

const sendRecoveryCode = async (
  context: RequestContext,
  recipient: {
    readonly pool: Pool
    readonly client: Client | undefined
    readonly user: User
    readonly destination: Destination
    readonly clientMetadata: Metadata
  },
): Promise<Write[]> => {
  const lifetimeSeconds = limits.recoveryCodeSeconds
  const attribute = recipient.destination.attribute
  const { code, put } = newCode(context, recipient.user, { purpose: 'recovery', attribute, lifetimeSeconds })
  return [put, await sendCode(context, { ...recipient, occasion: 'ForgotPassword', code, lifetimeSeconds })]
}

const cannotReset = (): Error => notAuthorized('User password cannot be reset in the current state.')

/** A recovery code and the new password. */
export type Recovery = Forgotten & { readonly code: string; readonly password: string }

/**
 * Sets a new password with a recovery code. Existing sign-ins continue, and second factors are still required.
 *
 * @throws ServiceError by protocol/authentication 2.4 and 2.6
 */
export const confirmForgotPassword = async (context: RequestContext, recovery: Recovery): Promise<void> => {
  const { store, clock } = context
  const { pool, client } = recovery
  const hidden = hidesUsers(client)
  const user = await findUser(context, pool, recovery.username)
  if (!user && !hidden) throw userNotFound()
  if (user && !user.enabled && !hidden) throw notAuthorized('User is disabled.')
  const subject = user ?? unknownNameRow(context, pool, recovery.username)
  const count = store.attempts.count(subject, 'recovery', limits.recoveryPerHour, clock.now())
  const { stored, spend } = await checkCode(context, { subject, purpose: 'recovery', given: recovery.code, count })
  if (!user?.enabled) throw codeMismatch('there is no such user, or the user is disabled')
  if (user.status === 'FORCE_CHANGE_PASSWORD') throw cannotReset()
  const credentials = await newCredentials(context, pool, user, recovery.password)
  const attributes = { ...user.attributes, [`${stored.attribute}_verified`]: 'true' }
  const changed = changeUser(context, pool, user, {
    ...credentials,
    status: 'CONFIRMED',
    temporaryUntil: undefined,
    attributes: stored.attribute === '' ? user.attributes : attributes,
  })
  // The code of an unknown name stays until it expires. When the client hides which users exist, so does the code of a
  // user.
  const dead = hidden ? [deadRecoveryCode(context, user)] : []
  await store.commit([spend, ...changed.writes, ...dead])
  await afterRecovery(context, { ...recovery, user: changed.user })
}

/**
 * Requires a user to choose a new password: the old one ends at once, and a code is sent.
 *
 * @throws ServiceError by protocol/administration 4.4
 */
export const resetByAdmin = async (
  context: RequestContext,
  reset: { readonly pool: Pool; readonly user: User; readonly clientMetadata: Metadata },
): Promise<void> => {
  const { store, clock } = context
  const { pool, user } = reset
  if (!user.enabled) throw notAuthorized('User is disabled')
  if (user.status !== 'CONFIRMED' && user.status !== 'RESET_REQUIRED') throw cannotReset()
  const destination = await destinationOf(context, pool, user)
  if (!destination) throw noDestination()
  const code = await sendRecoveryCode(context, { ...reset, client: undefined, destination })
  const changed = changeUser(context, pool, user, {
    status: 'RESET_REQUIRED',
    credentialsAt: Math.max(clock.now(), user.credentialsAt + 1),
  })
  await store.commit([...changed.writes, ...code])
}

/**
 * Changes the password of a signed-in user. A wrong current password counts towards the lock, and a lock refuses the
 * change as it refuses a sign-in.
 *
 * @param change.previous - the current password; undefined for a user without one
 * @throws ServiceError NotAuthorizedException for a wrong password (protocol/authentication 2.6.9) and during a lock;
 * PasswordResetRequiredException when a reset has ended the current password
 */
export const changePassword = async (
  context: RequestContext,
  change: {
    readonly pool: Pool
    readonly user: User
    readonly previous: string | undefined
    readonly proposed: string
  },
): Promise<void> => {
  const { store, clock } = context
  const { pool, user, previous, proposed } = change
  if (user.status === 'RESET_REQUIRED') {
    throw new ServiceError('PasswordResetRequiredException', 'Password reset required for the user')
  }
  const count = store.attempts.count(user, 'change-password', limits.changePasswordPerHour, clock.now())
  const work = async (hold: CountedHold): Promise<void> => {
    await checkPrevious(context, user, previous)
    const credentials = await newCredentials(context, pool, user, proposed)
    const { writes } = changeUser(context, pool, user, { ...credentials, temporaryUntil: undefined })
    await store.commit([...hold.goOn(), ...writes])
  }
  await counted({ context, subject: user, session: undefined }, work, [count])
}

const checkPrevious = async (
  { keys }: RequestContext,
  { passwordHash }: User,
  previous: string | undefined,
): Promise<void> => {
  if (passwordHash === undefined) return
  if (previous === undefined) throw invalidParameter('Missing required parameter PreviousPassword')
  const { matches } = await keys.passwords.verify(previous, passwordHash)
  if (!matches) throw new WrongAnswer(notAuthorized('Incorrect username or password.', 'wrong previous password'))
}
